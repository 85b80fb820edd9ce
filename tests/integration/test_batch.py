"""run_batch: what one tenant does never reaches another, and what is done is done once."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import psycopg
import pytest

from dev.state import CHECKOUT
from include.errors import InvalidInput
from include.ids import tenant_id_of
from include.jobs import batch as batch_module
from include.jobs.batch import Batch, run_batch
from include.jobs.due import leased_tenants, tenants_with_work
from include.jobs.outcome import RecordedOutcome, TenantOutcome, record_outcome, recorded_outcomes
from include.jobs.request import JobRequest, JobResult
from include.storage.leases import Holder, Lease, take_lease
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant
from tests.integration.conftest import Database

JOB = "process_attribution"
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
TENANTS = ("acme", "calm", "umbrella")
FAR = "far-shop"

JobFunction = Callable[[TenantSession, Mapping[str, object], Tenant, JobRequest], JobResult]


def mark(session: TenantSession, run_id: str, status: str = "succeeded") -> None:
    """Write a row in the tenant's transaction: it is there afterwards if and only if the transaction committed."""
    session.execute(
        "job_runs/upsert_outcome",
        job="mark",
        run_id=run_id,
        map_index=-1,
        window_from=None,
        window_to=None,
        status=status,
        counts="{}",
        error=None,
        seconds=0,
    )


@dataclass
class Work:
    """A job that marks each tenant it commits, after what `meanwhile` does for it."""

    meanwhile: Mapping[str, Callable[[TenantSession], None]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    result: JobResult = field(default_factory=lambda: JobResult(counts={"credited": 3}, changed=True))

    def __call__(
        self, session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
    ) -> JobResult:
        self.seen.append(tenant.slug)
        self.meanwhile.get(tenant.slug, lambda _: None)(session)
        mark(session, request.run_id)
        return self.result


@pytest.fixture(scope="module", autouse=True)
def _tenants(database: Database) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for slug, conn_id in [*((slug, "analytics_db") for slug in TENANTS), (FAR, "second_db")]:
            connection.execute(
                "insert into control.tenants (tenant_id, slug, name, status, timezone, currency, db_conn_id)"
                " values (%s, %s, %s, 'active', 'UTC', 'USD', %s)",
                (tenant_id_of(slug), slug, slug, conn_id),
            )


@pytest.fixture
def run_id(request: pytest.FixtureRequest) -> str:
    return f"run:{request.node.name}"


@pytest.fixture
def make(database: Database, run_id: str) -> Callable[..., Batch]:
    """Return a maker of batches against the module's database."""

    def _make(job: JobFunction, **changes: object) -> Batch:
        return replace(
            Batch(
                job=job,
                request=JobRequest(JOB, run_id, NOW),
                holder=Holder(JOB, run_id, "attribute", 0),
                database={"analytics_db": database.jobs_url}.__getitem__,
                deadline_seconds=20,
            ),
            **changes,
        )

    return _make


def marked(database: Database, run_id: str) -> list[str]:
    return [row.slug for row in recorded_outcomes(database.control_url, "mark", run_id)]


def statuses(outcomes: Sequence[TenantOutcome]) -> dict[str, str]:
    return {outcome.slug: outcome.status for outcome in outcomes}


def errors(outcomes: Sequence[TenantOutcome]) -> dict[str, str]:
    return {outcome.slug: outcome.error for outcome in outcomes if outcome.error}


def raising(error: Exception) -> Callable[[TenantSession], None]:
    def _raise(session: TenantSession) -> None:
        raise error

    return _raise


def test_every_tenant_is_worked_and_recorded(database: Database, make: Callable[..., Batch], run_id: str) -> None:
    work = Work(result=JobResult({"credited": 3}, True, window_from=date(2026, 3, 1), window_to=date(2026, 3, 2)))
    assert statuses(run_batch(make(work), TENANTS)) == dict.fromkeys(TENANTS, "succeeded")
    assert marked(database, run_id) == sorted(TENANTS)
    assert recorded_outcomes(database.control_url, JOB, run_id) == [
        RecordedOutcome(slug, 0, "succeeded", None, True) for slug in sorted(TENANTS)
    ]
    with psycopg.connect(database.superuser_url) as connection:
        row = connection.execute(
            "select counts->>'credited', window_from, window_to, started_at <= finished_at from control.job_runs"
            " where job = %s and run_id = %s and tenant_id = %s",
            (JOB, run_id, tenant_id_of("acme")),
        ).fetchone()
    assert row == ("3", date(2026, 3, 1), date(2026, 3, 2), True)


def test_a_poisoned_tenant_fails_alone_and_its_input_is_not_repeated(
    database: Database, make: Callable[..., Batch], run_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    outcomes = run_batch(make(Work({"acme": raising(ValueError("jane@example.com"))})), TENANTS)
    assert statuses(outcomes) == {"acme": "failed", "calm": "succeeded", "umbrella": "succeeded"}
    assert marked(database, run_id) == ["calm", "umbrella"]
    (error,) = errors(outcomes).values()
    assert error.startswith("ValueError at test_batch.py:")
    assert "jane" not in caplog.text + error
    recorded = {row.slug: row for row in recorded_outcomes(database.control_url, JOB, run_id)}
    assert (recorded["acme"].status, recorded["acme"].error) == ("failed", error)


def test_a_database_error_keeps_its_sqlstate_and_loses_its_row(make: Callable[..., Batch]) -> None:
    job = Work({"acme": lambda session: mark(session, "private-run", status="nonsense")})
    (outcome,) = run_batch(make(job), ["acme"])
    assert outcome.error is not None
    assert "CheckViolation, SQLSTATE 23514" in outcome.error
    assert "private-run" not in outcome.error


def test_a_tenant_that_waits_for_a_lock_is_timed_out_and_its_mates_go_on(
    database: Database, make: Callable[..., Batch], run_id: str
) -> None:
    work = Work({"acme": lambda session: mark(session, "locked")})
    run_batch(make(Work({"acme": lambda session: mark(session, "locked")})), ["acme"])
    batch = replace(make(work, deadline_seconds=1.5), request=JobRequest(JOB, f"{run_id}:again", NOW))
    with psycopg.connect(database.superuser_url) as blocker:
        blocker.execute("select 1 from control.job_runs where job = 'mark' and run_id = 'locked' for update")
        begun = time.monotonic()
        outcomes = run_batch(batch, TENANTS)
        assert time.monotonic() - begun < 6
    assert statuses(outcomes) == {"acme": "failed", "calm": "succeeded", "umbrella": "succeeded"}
    assert outcomes[0].timed_out
    assert outcomes[0].error is not None
    assert outcomes[0].error.startswith("timeout: ")
    assert marked(database, f"{run_id}:again") == ["calm", "umbrella"]


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(batch_module, "GRACE_SECONDS", 0.3)
    return


@pytest.mark.usefixtures("short_grace")
def test_work_that_hangs_outside_the_database_is_left_behind_and_may_not_commit_later(
    database: Database, make: Callable[..., Batch], run_id: str
) -> None:
    wake, woken = threading.Event(), threading.Event()

    def hang(session: TenantSession) -> None:
        wake.wait(30)
        # The thread goes on as if no time had passed.
        session.deadline._end = time.monotonic() + 30
        woken.set()

    outcomes = run_batch(make(Work({"acme": hang}), deadline_seconds=0.7), ["acme", "calm"])
    assert statuses(outcomes) == {"acme": "failed", "calm": "succeeded"}
    assert outcomes[0].error == "timeout: not finished within 1 s"
    # Its lease is free at once, although the thread still lives.
    assert leased_tenants(database.control_url, JOB, "another run") == set()
    wake.set()
    assert woken.wait(10)
    abandoned = [thread for thread in threading.enumerate() if thread.name == "tenant-acme"]
    for thread in abandoned:
        thread.join(10)
    assert marked(database, run_id) == ["calm"]
    recorded = {row.slug: row.status for row in recorded_outcomes(database.control_url, JOB, run_id)}
    assert recorded == {"acme": "failed", "calm": "succeeded"}


def test_a_process_ends_although_work_still_hangs_in_it(database: Database) -> None:
    code = f"""
import datetime, time
from include.jobs import batch
from include.jobs.request import JobRequest
from include.storage.leases import Holder
batch.GRACE_SECONDS = 0.2
def hang(*_):
    time.sleep(120)
request = JobRequest("{JOB}", "run:hang", datetime.datetime.now(datetime.UTC))
made = batch.Batch(hang, request, Holder("d", "r", "t", 0), lambda _: "{database.jobs_url}", 0.8)
print(batch.run_batch(made, ["umbrella"])[0].status)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "failed"


def test_a_rerun_works_only_on_those_that_did_not_succeed(make: Callable[..., Batch]) -> None:
    poisoned = Work({"calm": raising(RuntimeError())})
    run_batch(make(poisoned), TENANTS)
    healed = Work()
    assert statuses(run_batch(make(healed), TENANTS)) == {
        "acme": "skipped_done",
        "calm": "succeeded",
        "umbrella": "skipped_done",
    }
    assert healed.seen == ["calm"]


def test_a_killed_tasks_retry_re_enters_its_lease_and_does_the_work(
    database: Database, make: Callable[..., Batch], run_id: str
) -> None:
    batch = make(Work())
    take_lease(database.jobs_url, tenant_id_of("acme"), JOB, batch.holder)
    assert statuses(run_batch(batch, ["acme"])) == {"acme": "succeeded"}
    assert marked(database, run_id) == ["acme"]


def test_a_tenant_that_another_run_holds_is_deferred_by_name_and_not_worked(
    database: Database, make: Callable[..., Batch], run_id: str
) -> None:
    lease = take_lease(database.jobs_url, tenant_id_of("acme"), JOB, Holder(JOB, "other-run", "attribute", 4))
    work = Work()
    outcomes = run_batch(make(work), ["acme", "calm"])
    lease.release()
    assert statuses(outcomes) == {"acme": "deferred", "calm": "succeeded"}
    assert work.seen == ["calm"]
    assert outcomes[0].error == f"{JOB}: leased by run other-run, task attribute[4]"
    recorded = {row.slug: row.status for row in recorded_outcomes(database.control_url, JOB, run_id)}
    assert recorded == {"acme": "deferred", "calm": "succeeded"}


def test_an_instance_that_was_overtaken_commits_and_records_nothing(
    database: Database, make: Callable[..., Batch], run_id: str
) -> None:
    batch = make(Work())
    leases: list[Lease] = []

    def overtake(session: TenantSession) -> None:
        leases.append(take_lease(database.jobs_url, session.tenant_id, JOB, batch.holder))

    (outcome,) = run_batch(replace(batch, job=Work({"acme": overtake})), ["acme"])
    leases[0].release()
    assert (outcome.status, outcome.overtaken) == ("deferred", True)
    assert marked(database, run_id) == []
    assert recorded_outcomes(database.control_url, JOB, run_id) == []


def test_a_recorded_success_stands_whatever_a_late_attempt_says(
    database: Database, make: Callable[..., Batch], run_id: str
) -> None:
    batch = make(Work())
    run_batch(batch, ["acme"])
    late = TenantOutcome("acme", "failed", "late")
    record_outcome(database.jobs_url, tenant_id_of("acme"), batch.request, 0, late)
    assert [row.status for row in recorded_outcomes(database.control_url, JOB, run_id)] == ["succeeded"]


def test_a_tenant_with_rows_left_for_later_waits(database: Database, make: Callable[..., Batch], run_id: str) -> None:
    work = Work(result=JobResult({"sent": 1}, waiting=7))
    assert statuses(run_batch(make(work), ["acme"])) == {"acme": "waiting"}
    assert [row.status for row in recorded_outcomes(database.control_url, JOB, run_id)] == ["waiting"]


def test_a_dry_run_takes_no_lease_writes_only_its_counts_and_shows_twenty_rows(
    database: Database, make: Callable[..., Batch], run_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lease = take_lease(database.jobs_url, tenant_id_of("acme"), JOB, Holder(JOB, "other-run", "attribute", 0))
    work = Work(result=JobResult({"credited": 30}, True, sample=tuple({"conversion_id": n} for n in range(30))))
    outcomes = run_batch(make(work, request=JobRequest(JOB, run_id, NOW, dry_run=True)), ["acme", "calm"])
    lease.release()
    assert statuses(outcomes) == {"acme": "succeeded", "calm": "succeeded"}
    assert marked(database, run_id) == []
    assert recorded_outcomes(database.control_url, JOB, run_id) == [
        RecordedOutcome(slug, 0, "succeeded", None, False) for slug in ("acme", "calm")
    ]
    assert caplog.text.count("acme: would write") == 20


def test_a_tenant_of_another_database_has_its_lease_there_and_its_record_in_the_first(
    database: Database, second_database: Database, make: Callable[..., Batch], run_id: str
) -> None:
    urls = {"analytics_db": database.jobs_url, "second_db": second_database.jobs_url}
    leases = "select tenant_id from analytics.leases where tenant_id = %s"

    def only_look(*_: object) -> JobResult:
        return JobResult({"looked": 1})

    assert statuses(run_batch(make(only_look, database=urls.__getitem__), [FAR])) == {FAR: "succeeded"}
    with psycopg.connect(second_database.superuser_url) as connection:
        assert connection.execute(leases, (tenant_id_of(FAR),)).fetchone()
    with psycopg.connect(database.superuser_url) as connection:
        assert connection.execute(leases, (tenant_id_of(FAR),)).fetchone() is None
    assert [row.slug for row in recorded_outcomes(database.control_url, JOB, run_id)] == [FAR]


def test_a_database_that_is_not_configured_fails_its_tenants_only(
    database: Database, make: Callable[..., Batch]
) -> None:
    def url_of(conn_id: str) -> str:
        if conn_id == "second_db":
            raise InvalidInput("connection second_db does not exist; create it with type postgres")
        return database.jobs_url

    outcomes = run_batch(make(Work(), database=url_of), [FAR, "acme"])
    assert statuses(outcomes) == {FAR: "failed", "acme": "succeeded"}
    assert outcomes[0].error == "connection second_db does not exist; create it with type postgres"


def test_a_database_that_is_down_fails_in_one_line_and_is_not_called_succeeded(
    database: Database, make: Callable[..., Batch]
) -> None:
    nobody_listens = "postgresql://analytics_jobs@127.0.0.1:1/attribution"
    (outcome,) = run_batch(make(Work(), database=lambda _: nobody_listens), ["acme"])
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error.startswith("database unavailable (OperationalError)")
    assert "\n" not in outcome.error
    assert "not recorded in job_runs" in outcome.error


def test_work_that_was_done_but_not_recorded_is_failed_so_that_the_retry_records_it(
    database: Database, make: Callable[..., Batch], run_id: str
) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("alter table control.job_runs add constraint refused check (job <> 'unrecordable')")
        request = JobRequest("unrecordable", run_id, NOW)
        (outcome,) = run_batch(make(Work(), request=request), ["acme"])
        connection.execute("alter table control.job_runs drop constraint refused")
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error.startswith("succeeded, but not recorded in job_runs: CheckViolation")
    assert marked(database, run_id) == ["acme"]
    assert statuses(run_batch(make(Work(), request=request), ["acme"])) == {"acme": "succeeded"}


def test_only_tenants_with_a_due_pending_conversion_have_work(database: Database) -> None:
    rows = [
        ("acme", "pending", None),
        ("calm", "pending", "2026-03-31T12:00:01Z"),
        ("umbrella", "attributed", None),
        (FAR, "pending", "2026-03-31T12:00:00Z"),
    ]
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for slug, status, due in rows:
            connection.execute(
                "insert into analytics.conversions (tenant_id, conversion_id, order_id, occurred_at, value_minor,"
                " currency, status, next_attempt_at) values (%s, 1, 1, '2026-03-01', 100, 'USD', %s, %s)",
                (tenant_id_of(slug), status, due),
            )
    ids = {slug: tenant_id_of(slug) for slug, _, _ in rows}
    found = tenants_with_work(database.control_url, "pending_conversions", ids.values(), NOW)
    assert found == {ids["acme"], ids[FAR]}
    assert tenants_with_work(database.control_url, "pending_conversions", [ids["calm"]], NOW) == set()


def test_a_lease_of_another_run_makes_a_tenant_busy_and_the_runs_own_does_not(database: Database) -> None:
    lease = take_lease(database.jobs_url, tenant_id_of("acme"), JOB, Holder(JOB, "run-1", "attribute", 0))
    assert leased_tenants(database.control_url, JOB, "run-2") == {tenant_id_of("acme")}
    assert leased_tenants(database.control_url, JOB, "run-1") == set()
    assert leased_tenants(database.control_url, "another_job", "run-2") == set()
    lease.release()
    assert leased_tenants(database.control_url, JOB, "run-2") == set()


def stepping(*steps: Callable[[TenantSession], JobResult]) -> JobFunction:
    """Return a job whose steps run one after the other, each in its own transaction."""

    def _step(session: TenantSession, clients: object, tenant: Tenant, request: JobRequest) -> JobResult:
        result = steps[0](session)
        return replace(result, then=stepping(*steps[1:])) if steps[1:] else result

    return _step


def marking(run_id: str, counts: Mapping[str, int], *, changed: bool = False) -> Callable[[TenantSession], JobResult]:
    def _mark(session: TenantSession) -> JobResult:
        mark(session, run_id)
        return JobResult(counts=counts, changed=changed)

    return _mark


def test_a_job_of_several_steps_commits_each_and_counts_them_together(
    database: Database, run_id: str, make: Callable[..., Batch]
) -> None:
    def _sees_the_first_step(session: TenantSession) -> JobResult:
        assert marked(database, run_id) == ["acme"], "another connection sees what the first step committed"
        return JobResult(counts={"rows": 4}, changed=True)

    job = stepping(marking(run_id, {"rows": 3}), _sees_the_first_step)
    (outcome,) = run_batch(make(job), ["acme"])
    assert outcome.status == "succeeded"
    assert outcome.counts == {"rows": 7, "changed": 1}


def test_steps_committed_before_a_failure_stand_and_are_announced(
    database: Database, run_id: str, make: Callable[..., Batch]
) -> None:
    def _fails(session: TenantSession) -> JobResult:
        raise InvalidInput("the second step does not work")

    job = stepping(marking(run_id, {"rows": 3}, changed=True), _fails)
    (outcome,) = run_batch(make(job), ["acme"])
    assert outcome.status == "failed"
    assert outcome.counts == {"rows": 3, "changed": 1}
    assert marked(database, run_id) == ["acme"]
    assert [row.changed for row in recorded_outcomes(database.control_url, JOB, run_id)] == [True]


def test_a_dry_run_of_several_steps_commits_none(database: Database, run_id: str, make: Callable[..., Batch]) -> None:
    job = stepping(marking(run_id, {"rows": 3}), marking(run_id, {"rows": 4}))
    (outcome,) = run_batch(make(job, request=JobRequest(JOB, run_id, NOW, dry_run=True)), ["acme"])
    assert outcome.counts == {"rows": 7, "changed": 0}
    assert marked(database, run_id) == []
