"""How one tenant's work in one run ended, and its row in control.job_runs.

Rows are written by the jobs' role under the tenant's own row-level security, in the first database, after the tenant's
commit: a kill in between costs a rerun that finds nothing left to do. They are read across tenants by the listing role.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from include.alerts.alerts import Alert
from include.jobs.request import JobRequest
from include.storage.control import control_rows
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
    alerts, alert_rules: as in JobResult, of work that was committed to its end.
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


@dataclass(frozen=True)
class RecordedOutcome:
    """A row of control.job_runs as the verdict reads it."""

    slug: str
    map_index: int
    status: str
    error: str | None
    changed: bool


def has_succeeded(url: str, tenant_id: int, request: JobRequest) -> bool:
    """Return whether this run has already succeeded for the tenant; url: the jobs' role in the first database."""
    with tenant_transaction(url, tenant_id, Deadline(_RECORD_SECONDS)) as session:
        row = session.row("job_runs/select_status", job=request.job, run_id=request.run_id)
    return row is not None and row.status == "succeeded"


def record_outcome(url: str, tenant_id: int, request: JobRequest, map_index: int, outcome: TenantOutcome) -> None:
    """Write the tenant's row of this run; a success already recorded stands. url: as for has_succeeded."""
    with tenant_transaction(url, tenant_id, Deadline(_RECORD_SECONDS)) as session:
        session.execute(
            "job_runs/upsert_outcome",
            job=request.job,
            run_id=request.run_id,
            map_index=map_index,
            window_from=outcome.window_from,
            window_to=outcome.window_to,
            status=outcome.status,
            counts=json.dumps(outcome.counts),
            error=outcome.error,
            seconds=outcome.seconds,
        )


def recorded_outcomes(control_url: str, job: str, run_id: str) -> list[RecordedOutcome]:
    """Return what every tenant of a run came to, by slug; control_url: the listing role."""
    return [
        RecordedOutcome(row.slug, row.map_index, row.status, row.error, bool(row.counts.get("changed")))
        for row in control_rows(control_url, "job_runs/select_outcomes_of_run", job=job, run_id=run_id)
    ]
