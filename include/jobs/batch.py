"""Run one job for a batch of tenants so that nothing one of them does reaches another.

Each tenant gets its lease as its work starts, a deadline, one transaction per step of the job (most have one), and a
row in control.job_runs. Its errors end here: they fail the tenant and the next one starts. Where a job works a tenant's
ad accounts apart, the same holds for each account. Which tenants or accounts are in the batch, and what a failed one
means for the run, is left to the caller; what the job does, to the job.
"""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import psycopg

from include.alerts.alerts import Alert
from include.alerts.failure import AlertingFailure
from include.errors import AttributionError, DeadlineExceeded, LeaseLost
from include.ids import tenant_id_of
from include.jobs.outcome import TenantOutcome, has_succeeded, record_outcome
from include.jobs.request import SAMPLE_ROWS, Job, JobRequest, JobResult
from include.jobs.steps import run_steps
from include.jobs.work import Work, work_named
from include.storage.deadline import Deadline
from include.storage.leases import Holder, Lease, LeaseHeld, held_lease
from include.storage.session import tenant_connection, tenant_transaction
from include.tenants.registry import load_tenant
from include.tenants.tenant import Tenant

FIRST_DATABASE = "analytics_db"
GRACE_SECONDS = 5.0
"""Statements end at the deadline by themselves; work that hangs anywhere else is abandoned this much later."""

_RELEASE_SECONDS = 10.0
_CHECKOUT = Path(__file__).resolve().parents[2]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """What the tenants of a batch have in common.

    database: db_conn_id -> URL of the jobs' role; raises InvalidInput for one that is not configured.
    deadline_seconds: machine time per tenant, lease and transaction included.
    """

    job: Job
    request: JobRequest
    holder: Holder
    database: Callable[[str], str]
    deadline_seconds: float
    clients: Mapping[str, object] = field(default_factory=dict)


def run_batch(batch: Batch, names: Sequence[str]) -> list[TenantOutcome]:
    """Run the batch's job for each tenant in order and return how each ended; never raises for a tenant.

    names: slugs, or slug/account. One for which this run has succeeded before is skipped, so that a retry or a clear
    reruns only the rest. A dry run takes no lease and rolls back; its row in job_runs holds counts only.
    """
    return [_run_work(batch, work_named(name)) for name in names]


def _run_work(batch: Batch, work: Work) -> TenantOutcome:
    begun = time.monotonic()
    attempt = _Attempt(batch, work)
    outcome = attempt.outcome_within(batch.deadline_seconds + GRACE_SECONDS)
    outcome = replace(outcome, seconds=time.monotonic() - begun)
    if outcome.status != "skipped_done" and not outcome.overtaken:
        outcome = _recorded(batch, outcome)
    level = logging.ERROR if outcome.status == "failed" else logging.INFO
    detail = outcome.error or ", ".join(f"{name} {value}" for name, value in outcome.counts.items())
    log.log(level, "%s: %s in %.1f s%s", work, outcome.status, outcome.seconds, f": {detail}" if detail else "")
    return outcome


def _recorded(batch: Batch, outcome: TenantOutcome) -> TenantOutcome:
    try:
        url = batch.database(FIRST_DATABASE)
        record_outcome(url, tenant_id_of(outcome.slug), batch.request, batch.holder.map_index, outcome)
    except (AttributionError, psycopg.Error) as error:
        # Unrecorded is not succeeded: the retry finds the work done and records it.
        before = f"{outcome.status}, but " if outcome.status != "failed" else f"{outcome.error}; "
        return replace(outcome, status="failed", error=f"{before}not recorded in job_runs: {describe(error)}")
    return outcome


class _Attempt:
    """One piece of work on a thread of its own, so that whatever hangs there can be left behind.

    The thread is a daemon and is never joined without a limit: a process that has left one behind can end.
    """

    def __init__(self, batch: Batch, work: Work) -> None:
        self._batch = batch
        self._piece = work
        self._request = work.of(batch.request)
        self._outcome: TenantOutcome | None = None
        self._lease: Lease | None = None
        self._committed = JobResult()
        self._thread = threading.Thread(target=self._work, name=f"tenant-{work}", daemon=True)

    def outcome_within(self, seconds: float) -> TenantOutcome:
        """Start the work, wait at most this long and return its outcome; what still hangs may no longer commit."""
        self._thread.start()
        self._thread.join(seconds)
        if self._outcome is not None:
            return self._outcome
        late = f"timeout: not finished within {self._batch.deadline_seconds:.0f} s"
        return self._ended("failed", f"{late}{self._revoke()}", timed_out=True)

    def _work(self) -> None:
        try:
            self._outcome = self._attempt()
        except LeaseHeld as error:
            self._outcome = self._ended("deferred", str(error))
        except LeaseLost as error:
            self._outcome = self._ended("deferred", str(error), overtaken=True)
        except DeadlineExceeded as error:
            self._outcome = self._ended("failed", f"timeout: {error}", timed_out=True)
        except Exception as error:  # noqa: BLE001 - the one boundary where a tenant's error, whatever it is, must stop
            alerts = error.alerts if isinstance(error, AlertingFailure) else ()
            self._outcome = self._ended("failed", describe(error), alerts=alerts)

    def _ended(
        self,
        status: Literal["failed", "deferred"],
        error: str,
        *,
        timed_out: bool = False,
        overtaken: bool = False,
        alerts: tuple[Alert, ...] = (),
    ) -> TenantOutcome:
        """Return an outcome that counts the steps committed before the end: other jobs have those to read."""
        done = self._committed
        counts = dict(done.counts) | {"changed": int(done.changed)} if done.counts else {}
        return TenantOutcome(
            self._piece.slug,
            status,
            error,
            account=self._piece.account,
            alerts=alerts,
            counts=counts,
            window_from=done.window_from,
            window_to=done.window_to,
            timed_out=timed_out,
            overtaken=overtaken,
        )

    def _attempt(self) -> TenantOutcome:
        deadline = Deadline(self._batch.deadline_seconds)
        request = self._request
        first = self._batch.database(FIRST_DATABASE)
        tenant_id = tenant_id_of(self._piece.slug)
        if has_succeeded(first, tenant_id, request, self._piece.account):
            return TenantOutcome(self._piece.slug, "skipped_done", account=self._piece.account)
        tenant = load_tenant(first, tenant_id)
        url = first if tenant.db_conn_id == FIRST_DATABASE else self._batch.database(tenant.db_conn_id)
        run = self._rehearse if request.dry_run else self._perform
        return self._outcome_of(run(url, tenant, deadline))

    def _perform(self, url: str, tenant: Tenant, deadline: Deadline) -> JobResult:
        request = self._request
        with held_lease(url, tenant.tenant_id, self._piece.lease_of(request.job), self._batch.holder) as lease:
            self._lease = lease
            steps = run_steps(
                url,
                tenant,
                self._batch.job,
                request,
                clients=self._batch.clients,
                deadline=deadline,
                confirm=lease.confirm,
            )
            for result in steps:
                self._committed = self._committed.followed_by(result)
        return self._committed

    def _rehearse(self, url: str, tenant: Tenant, deadline: Deadline) -> JobResult:
        result = JobResult()
        step: Job | None = self._batch.job
        with tenant_connection(url, tenant.tenant_id) as connection:
            while step is not None:
                try:
                    with connection.transaction(deadline) as session:
                        raise _Rehearsed(step(session, self._batch.clients, tenant, self._request))
                except _Rehearsed as rehearsed:
                    result = result.followed_by(rehearsed.result)
                    step = result.then
        for row in result.sample[:SAMPLE_ROWS]:
            log.info("%s: would write %s", self._piece, ", ".join(f"{name}={value}" for name, value in row.items()))
        return replace(result, changed=False, alerts=(), alert_rules=())

    def _outcome_of(self, result: JobResult) -> TenantOutcome:
        counts = dict(result.counts) | {"changed": int(result.changed)}
        if result.waiting:
            counts["waiting"] = result.waiting
        return TenantOutcome(
            self._piece.slug,
            "waiting" if result.waiting else "succeeded",
            account=self._piece.account,
            resume_seconds=result.resume_seconds,
            counts=counts,
            window_from=result.window_from,
            window_to=result.window_to,
            alerts=result.alerts,
            alert_rules=result.alert_rules,
        )

    def _revoke(self) -> str:
        """Raise the fence, so that the abandoned thread's commit is refused; return what to add to the error."""
        lease = self._lease
        if lease is None:
            return ""
        try:
            with tenant_transaction(lease.url, lease.tenant_id, Deadline(_RELEASE_SECONDS)) as session:
                session.execute("leases/release_lease", job=lease.job, fence=lease.fence)
        except (AttributionError, psycopg.Error) as error:
            return f"; its lease could not be released and ends with this task: {describe(error)}"
        return ""


class _Rehearsed(Exception):
    """Carries a dry run's result out of the transaction that it rolls back."""

    def __init__(self, result: JobResult) -> None:
        self.result = result


def describe(error: Exception) -> str:
    """Return one line about an error that holds ids and places, never values.

    This project's own messages are kept. A database's message may quote rows and any other may quote its input, so of
    those only the class, the SQLSTATE or the place in the code remain.
    """
    if isinstance(error, AttributionError):
        return str(error)
    kind = type(error).__name__
    place = _place_of(error)
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return f"database unavailable ({kind}){place}"
    sqlstate = getattr(error, "sqlstate", None)
    return f"{kind}, SQLSTATE {sqlstate}{place}" if sqlstate else f"{kind}{place}"


def _place_of(error: Exception) -> str:
    frames = [(Path(frame.filename), frame) for frame in traceback.extract_tb(error.__traceback__)]
    own = [frame for path, frame in frames if path.is_relative_to(_CHECKOUT) and "site-packages" not in path.parts]
    return f" at {Path(own[-1].filename).name}:{own[-1].lineno} in {own[-1].name}" if own else ""
