"""How one tenant's work in one run ended, and its row in control.job_runs.

Rows are written by the jobs' role under the tenant's own row-level security, in the first database, after the tenant's
commit: a kill in between costs a rerun that finds nothing left to do. They are read across tenants by the listing role.
Where a job works ad accounts apart each has a row in control.account_runs, and the tenant's row says what they came to.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from include.alerts.alerts import Alert
from include.jobs.request import JobRequest
from include.jobs.work import Work
from include.storage.control import control_rows, control_write
from include.storage.deadline import Deadline
from include.storage.session import tenant_transaction

Status = Literal["succeeded", "failed", "deferred", "waiting", "skipped_done"]

_RECORD_SECONDS = 30.0


@dataclass(frozen=True)
class TenantOutcome:
    """One tenant of a batch.

    status: succeeded; failed; deferred (another task instance holds the lease); waiting (rows left for later because a
    vendor or a rate said when); skipped_done (this run had succeeded for it before). error: one line, ids only.
    counts: rows and seconds per step, `changed` 1 when other jobs have something to read. seconds: machine time.
    timed_out: the deadline was the reason. overtaken: another instance of this task took over and records the end.
    alerts, alert_rules: as in JobResult; of work that failed, what its error opens. account: of work on one ad account.
    resume_seconds: as in JobResult.
    """

    slug: str
    status: Status
    error: str | None = None
    counts: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    window_from: date | None = None
    window_to: date | None = None
    timed_out: bool = False
    overtaken: bool = False
    alerts: tuple[Alert, ...] = ()
    alert_rules: tuple[str, ...] = ()
    account: str | None = None
    resume_seconds: float | None = None

    @property
    def name(self) -> str:
        """The work's name in logs and errors: slug, or slug/account."""
        return str(Work(self.slug, self.account))


@dataclass(frozen=True)
class RecordedOutcome:
    """A row of control.job_runs, or of account_runs, as the verdict reads it; slug is slug/account there."""

    slug: str
    map_index: int
    status: str
    error: str | None
    changed: bool


def has_succeeded(url: str, tenant_id: int, request: JobRequest, account: str | None = None) -> bool:
    """Return whether this run has already succeeded for the tenant, or for one of its ad accounts.

    url: the jobs' role in the first database.
    """
    run = {"job": request.job, "run_id": request.run_id}
    with tenant_transaction(url, tenant_id, Deadline(_RECORD_SECONDS)) as session:
        if account is None:
            row = session.row("job_runs/select_status", **run)
        else:
            row = session.row("job_runs/select_status_of_account", account_id=account, **run)
    return row is not None and row.status == "succeeded"


def record_outcome(url: str, tenant_id: int, request: JobRequest, map_index: int, outcome: TenantOutcome) -> None:
    """Write the tenant's row of this run; a success already recorded stands. url: as for has_succeeded."""
    run = {"job": request.job, "run_id": request.run_id}
    row = {
        "map_index": map_index,
        "window_from": outcome.window_from,
        "window_to": outcome.window_to,
        "status": outcome.status,
        "counts": json.dumps(outcome.counts),
        "error": outcome.error,
        "seconds": outcome.seconds,
    }
    with tenant_transaction(url, tenant_id, Deadline(_RECORD_SECONDS)) as session:
        if outcome.account is None:
            session.execute("job_runs/upsert_outcome", **run, **row)
            return
        # Two accounts of a tenant may end at once: who holds the tenant's row sees the other's account.
        session.execute("job_runs/insert_running", **run)
        session.rows("job_runs/lock_run", **run)
        session.execute("job_runs/upsert_outcome_of_account", account_id=outcome.account, **run, **row)
        session.execute("job_runs/sum_outcomes_of_accounts", **run)


def plan_accounts(control_url: str, job: str, run_id: str, accounts: Iterable[tuple[int, str]]) -> None:
    """Note which accounts a run is to work on, so that one whose task dies is not taken for done.

    accounts: tenant_id and account_id. control_url: the listing role.
    """
    planned = list(accounts)
    control_write(
        control_url,
        (
            "job_runs/insert_planned_accounts",
            {
                "job": job,
                "run_id": run_id,
                "tenant_ids": [tenant_id for tenant_id, _ in planned],
                "account_ids": [account for _, account in planned],
            },
        ),
    )


def recorded_outcomes(control_url: str, job: str, run_id: str) -> list[RecordedOutcome]:
    """Return what every tenant of a run came to, by slug; control_url: the listing role."""
    return [
        RecordedOutcome(row.slug, row.map_index, row.status, row.error, bool(row.counts.get("changed")))
        for row in control_rows(control_url, "job_runs/select_outcomes_of_run", job=job, run_id=run_id)
    ]
