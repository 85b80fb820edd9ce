"""Kills under a real scheduler: of a task's process, of its supervisor, of both; the retry is the scheduler's own.

The supervisor is the executor's worker that forked the task, sends its heartbeats and reports its end: without it only
the heartbeat's time-out tells the scheduler, while the task itself may go on and commit.
"""

import os
import signal
import time
from datetime import datetime

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from dev import databases
from include.ids import tenant_id_of
from include.jobs.request import JobRequest
from tests.chaos.kills import lanes
from tests.chaos.report import Row
from tests.chaos.tables import deadlocks, differing, stored_rows
from tests.chaos.victim import Ended, Victim, Work
from tests.e2e.stack import NOW, Stack, insert_orders, locked, running_stack, task_process_waiting_for_a_lock

TASK = "scheduler: task process"
SUPERVISOR = "scheduler: supervisor"
BOTH = "scheduler: supervisor and task process"

_DAG = "process_attribution"
_TENANT = "sakura-goods"
_TENANT_ID = tenant_id_of(_TENANT)
_UNDISTURBED = "undisturbed"
_SECONDS = 240.0
_HOLDER = "select run_id from analytics.leases where tenant_id = %s and job = 'process_attribution'"


def kills_under_the_scheduler() -> list[Row]:
    """Start a stack and kill each of them in a run of its own."""
    with running_stack() as stack:
        return [kill_under_the_scheduler(stack, point) for point in (TASK, SUPERVISOR, BOTH)]


def kill_under_the_scheduler(stack: Stack, point: str) -> Row:
    """Kill while the task waits to write credit, let Airflow finish the run, and compare the tenant's tables."""
    _wait_until_nothing_runs(stack)
    insert_orders(stack, _TENANT, 5)
    undisturbed = _copied(stack)
    run_id = f"chaos__{time.monotonic_ns()}"
    with locked(stack, _TENANT):
        stack.api.trigger(_DAG, {"tenants": [_TENANT]}, run_id=run_id)
        task = task_process_waiting_for_a_lock(stack, run_id)
        # A scheduled run may have come first; then it holds the tenant, and ours makes way.
        ((holder,),) = stack.rows(_TENANT, _HOLDER)
        struck = _struck(point, task)
        for process in struck:
            os.kill(process, signal.SIGKILL)
    state = stack.api.wait(_DAG, str(holder), _SECONDS)
    stack.api.wait(_DAG, run_id, _SECONDS)
    tries = [one["try_number"] for one in stack.api.task_instances(_DAG, str(holder)) if one["task_id"] == "attribute"]
    _credit_undisturbed(stack)
    ignored = ("job_runs", "leases")
    differences = differing(
        stored_rows(stack.superuser_url, _TENANT_ID, ignored), stored_rows(undisturbed, _TENANT_ID, ignored)
    )
    notes = [f"{table}: {number} rows differ" for table, number in differences.items()]
    if state != "success":
        notes.append(f"the run ended as {state}")
    return Row(
        _DAG,
        point,
        kills=len(struck),
        retries=sum(tries) - len(tries),
        differences=len(notes) and max(sum(differences.values()), 1),
        deadlocks=deadlocks(stack.superuser_url),
        notes=tuple(notes),
    )


def _wait_until_nothing_runs(stack: Stack) -> None:
    """Wait for scheduled runs, which a new stack starts with: their tasks are not to be struck."""
    end = time.monotonic() + _SECONDS
    while stack.api.get("dags/~/dagRuns", state=["running", "queued"], limit=1)["dag_runs"]:
        if time.monotonic() > end:
            raise TimeoutError(f"runs were still going after {_SECONDS:.0f} s")
        time.sleep(0.5)


def _struck(point: str, task: int) -> list[int]:
    """Return the processes to kill, the supervisor first: it could still report its task's end."""
    supervisor = psutil.Process(task).ppid()
    return {TASK: [task], SUPERVISOR: [supervisor], BOTH: [supervisor, task]}[point]


def _copied(stack: Stack) -> str:
    """Copy the stack's analytics database and return the copy's superuser URL; a copy made before is replaced."""
    server = make_conninfo(stack.superuser_url, dbname="postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        copy, owner = sql.Identifier(_UNDISTURBED), sql.Identifier(databases.OWNER)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(copy))
        # PostgreSQL waits five seconds for sessions of other tasks to leave.
        connection.execute(sql.SQL("create database {} template attribution owner {}").format(copy, owner))
    return make_conninfo(stack.superuser_url, dbname=_UNDISTURBED)


def _credit_undisturbed(stack: Stack) -> None:
    url = make_conninfo(stack.variables["ANALYTICS_DB_URL"], dbname=_UNDISTURBED)
    request = JobRequest(_DAG, "undisturbed", datetime.fromisoformat(NOW))
    with lanes() as pool:
        ended = pool.submit(_attended, Work(url, _TENANT, request)).result()
    assert ended.succeeded, ended.outcome


def _attended(work: Work) -> Ended:
    return Victim(work).wait()
