"""process_attribution under a real scheduler: triggered, refused, poisoned, cleared, killed, hung."""

import json
import os
import re
import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from include.ids import tenant_id_of
from tests.e2e.stack import (
    FOURTH,
    TENANTS,
    Stack,
    insert_orders,
    locked,
    pending,
    task_process_waiting_for_a_lock,
)

DAG = "process_attribution"
WORK = "attribute"
SENSELESS: tuple[tuple[dict[str, object], str], ...] = (
    ({"tenant": ["sakura-goods"]}, "unknown param tenant; did you mean tenants?"),
    ({"tenants": ["sakura-good"]}, "sakura-good"),
    ({"date_from": "2026-03-10", "date_to": "2026-03-01"}, "date_from"),
)
WINDOW = {"date_from": "2026-03-01", "date_to": "2026-04-02"}


def run(stack: Stack, conf: dict[str, object], seconds: float = 120) -> tuple[str, str]:
    run_id = stack.api.trigger(DAG, conf, run_id=f"e2e__{time.monotonic_ns()}")
    return run_id, stack.api.wait(DAG, run_id, seconds)


def log_of(stack: Stack, run_id: str, task_id: str, map_index: int = -1) -> str:
    instances = [
        task
        for task in stack.api.task_instances(DAG, run_id)
        if task["task_id"] == task_id and task["map_index"] == map_index
    ]
    path = f"dags/{DAG}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{instances[0]['try_number']}"
    return json.dumps(stack.api.get(path, map_index=map_index), ensure_ascii=False)


@contextmanager
def poisoned(stack: Stack, tenant: str) -> Iterator[None]:
    """Make every write of credit of one tenant fail, and nobody else's."""
    with psycopg.connect(stack.url_of(tenant), autocommit=True) as connection:
        connection.execute(
            "create or replace function public.poison() returns trigger language plpgsql as"
            " $$ begin raise exception 'poisoned'; end $$"
        )
        connection.execute(
            "create trigger poison before insert on analytics.attribution_credits for each row"
            f" when (new.tenant_id = {tenant_id_of(tenant)}) execute function public.poison()"
        )
        try:
            yield
        finally:
            connection.execute("drop trigger poison on analytics.attribution_credits")


def test_a_run_triggered_by_rest_credits_every_tenant_through_executor_and_pool(stack: Stack) -> None:
    for tenant in TENANTS:
        insert_orders(stack, tenant, 3)
    run_id, state = run(stack, dict(WINDOW))
    assert state == "success"
    for tenant in TENANTS:
        assert pending(stack, tenant) == 0
        ((credited,),) = stack.rows(tenant, "select count(*) from analytics.attribution_credits where tenant_id = %s")
        assert credited == 3, tenant
    work = [task for task in stack.api.task_instances(DAG, run_id) if task["task_id"] == WORK]
    assert len(work) == len(TENANTS)
    assert {task["pool"] for task in work} == {"analytics_db"}
    assert {task["state"] for task in work} == {"success"}
    metadata = stack.variables["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
    with psycopg.connect(metadata) as connection:
        rows = connection.execute(
            "select distinct ti.pool, coalesce(ti.executor, 'default'), j.job_type is not null from task_instance ti"
            " left join job j on j.id = ti.queued_by_job_id where ti.run_id = %s and ti.task_id = %s",
            (run_id, WORK),
        ).fetchall()
    assert [row[0] for row in rows] == ["analytics_db"]
    assert rows[0][2], "the task was queued by a scheduler"


def test_a_second_run_over_the_same_window_changes_no_row(stack: Stack) -> None:
    versions = "select xmin::text, conversion_id from analytics.{} where tenant_id = %s order by 2, 1"
    before = {
        (tenant, table): stack.rows(tenant, versions.format(table))
        for tenant in TENANTS
        for table in ("conversions", "attribution_credits")
    }
    _, state = run(stack, dict(WINDOW))
    assert state == "success"
    for (tenant, table), rows in before.items():
        assert stack.rows(tenant, versions.format(table)) == rows, f"{tenant}: {table} was written"


def test_the_command_line_triggers_with_conf(stack: Stack) -> None:
    insert_orders(stack, FOURTH, 1)
    run_id = f"cli__{time.monotonic_ns()}"
    done = stack.airflow("dags", "trigger", DAG, "--run-id", run_id, "--conf", json.dumps({"tenants": [FOURTH]}))
    assert done.returncode == 0, done.stderr
    assert stack.api.wait(DAG, run_id) == "success"
    assert pending(stack, FOURTH) == 0


@pytest.fixture(scope="module")
def refused(stack: Stack) -> list[str]:
    """A run of every request in SENSELESS, triggered at once."""
    number = time.monotonic_ns()
    return [stack.api.trigger(DAG, conf, run_id=f"e2e__{number + index}") for index, (conf, _) in enumerate(SENSELESS)]


@pytest.mark.parametrize("index", range(len(SENSELESS)), ids=lambda index: SENSELESS[index][1].split(";")[0])
def test_a_request_that_makes_no_sense_fails_at_once_with_one_readable_line(
    stack: Stack, refused: list[str], index: int
) -> None:
    run_id, (_, line) = refused[index], SENSELESS[index]
    assert stack.api.wait(DAG, run_id, 60) == "failed"
    assert line in log_of(stack, run_id, "check_request")
    tried = {task["task_id"]: task["try_number"] for task in stack.api.task_instances(DAG, run_id)}
    assert tried["check_request"] == 1
    assert all(task["state"] != "success" for task in stack.api.task_instances(DAG, run_id) if task["task_id"] == WORK)


def test_a_poisoned_tenant_fails_alone_and_the_printed_command_runs_it_alone_again(stack: Stack) -> None:
    for tenant in TENANTS:
        insert_orders(stack, tenant, 2)
    with poisoned(stack, "maison-lumiere"):
        run_id, state = run(stack, dict(WINDOW))
        assert state == "failed"
        assert {tenant: pending(stack, tenant) for tenant in TENANTS} == {
            tenant: 2 if tenant == "maison-lumiere" else 0 for tenant in TENANTS
        }
    verdict = log_of(stack, run_id, "verdict")
    assert "maison-lumiere" in verdict
    command = re.search(r"airflow dags clear \S+ --run-id \S+ --only-failed -y", verdict)
    assert command, verdict
    before = {task["map_index"]: task["try_number"] for task in _work(stack, run_id) if task["state"] == "success"}
    cleared = stack.airflow(*shlex.split(command[0])[1:])
    assert cleared.returncode == 0, cleared.stderr
    assert stack.api.wait(DAG, run_id) == "success"
    assert pending(stack, "maison-lumiere") == 0
    after = {task["map_index"]: task["try_number"] for task in _work(stack, run_id)}
    assert {index: after[index] for index in before} == before, "tenants that had succeeded were run again"


def test_a_hanging_tenant_is_timed_out_and_delays_nobody(stack: Stack) -> None:
    for tenant in TENANTS:
        insert_orders(stack, tenant, 1)
    with locked(stack, "northwind-outdoor"):
        run_id = stack.api.trigger(DAG, dict(WINDOW), run_id=f"e2e__{time.monotonic_ns()}")
        begun = time.monotonic()
        others = [tenant for tenant in TENANTS if tenant != "northwind-outdoor"]
        while any(pending(stack, tenant) for tenant in others):
            assert time.monotonic() - begun < 40, "the others waited for the hanging tenant"
            time.sleep(0.5)
        assert stack.api.wait(DAG, run_id) == "failed"
    verdict = log_of(stack, run_id, "verdict")
    assert "northwind-outdoor" in verdict
    assert re.search(r"timeout|not finished within", verdict)
    assert pending(stack, "northwind-outdoor") == 1
    _, state = run(stack, {"tenants": ["northwind-outdoor"]})
    assert state == "success"
    assert pending(stack, "northwind-outdoor") == 0


def test_a_killed_tasks_retry_does_its_work(stack: Stack) -> None:
    insert_orders(stack, "sakura-goods", 2)
    with locked(stack, "sakura-goods"):
        run_id = stack.api.trigger(DAG, {"tenants": ["sakura-goods"]}, run_id=f"e2e__{time.monotonic_ns()}")
        victim = task_process_waiting_for_a_lock(stack, run_id)
        os.kill(victim, signal.SIGKILL)
        time.sleep(0.5)
    assert stack.api.wait(DAG, run_id) == "success"
    assert pending(stack, "sakura-goods") == 0
    (work,) = _work(stack, run_id)
    assert work["try_number"] == 2
    ((status,),) = stack.rows(
        "sakura-goods",
        "select status from control.job_runs where tenant_id = %s order by started_at desc limit 1",
    )
    assert status == "succeeded"


def _work(stack: Stack, run_id: str) -> list[dict[str, object]]:
    return [task for task in stack.api.task_instances(DAG, run_id) if task["task_id"] == WORK]
