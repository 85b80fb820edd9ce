"""What a job is asked and what it answers; the same for all thirty."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    # The first tasks of a run read requests, and need no database driver for it.
    from include.alerts.alerts import Alert
    from include.storage.session import TenantSession
    from include.tenants.tenant import Tenant

SAMPLE_ROWS = 20
"""Rows of a dry run's sample."""


@dataclass(frozen=True)
class JobRequest:
    """One run of one job, as every tenant of it sees it.

    now: business time, UTC. date_from, date_to: tenant-local days, half-open; both None means the job's own window.
    options: the job's further params, such as limit or conversion_ids.
    """

    job: str
    run_id: str
    now: datetime
    date_from: date | None = None
    date_to: date | None = None
    dry_run: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobResult:
    """What one tenant's work came to.

    counts: rows and seconds per step, JSON numbers. changed: rows that other jobs wait for were written, so an asset
    event is worth emitting. waiting: rows left for later because a vendor or a rate said when. sample: up to 20 rows of
    what a dry run would write, ids and numbers only. then: the job's next step, run in a transaction of its own once
    this one is committed; what was committed stands if it fails. alerts: what needs a person. alert_rules: the rules
    that this run checked; open alerts of theirs that it did not find again are resolved. resume_seconds: machine time
    after which the same run may go on with what waits; None: not before the next run.
    """

    counts: Mapping[str, int | float] = field(default_factory=dict)
    changed: bool = False
    waiting: int = 0
    window_from: date | None = None
    window_to: date | None = None
    sample: tuple[Mapping[str, Any], ...] = ()
    then: "Job | None" = None
    alerts: "tuple[Alert, ...]" = ()
    alert_rules: tuple[str, ...] = ()
    resume_seconds: float | None = None

    def followed_by(self, later: "JobResult") -> "JobResult":
        """Return what this step and the next one came to together."""
        ends = [end for end in (self.window_to, later.window_to) if end is not None]
        starts = [start for start in (self.window_from, later.window_from) if start is not None]
        names = dict.fromkeys([*self.counts, *later.counts])
        return JobResult(
            counts={name: self.counts.get(name, 0) + later.counts.get(name, 0) for name in names},
            changed=self.changed or later.changed,
            waiting=later.waiting,
            window_from=min(starts, default=None),
            window_to=max(ends, default=None),
            sample=(*self.sample, *later.sample)[:SAMPLE_ROWS],
            then=later.then,
            alerts=(*self.alerts, *later.alerts),
            alert_rules=tuple(dict.fromkeys([*self.alert_rules, *later.alert_rules])),
            resume_seconds=later.resume_seconds,
        )


class Job(Protocol):
    """One step of a job for one tenant, inside the tenant's transaction; it neither commits nor takes a lease."""

    def __call__(
        self, session: "TenantSession", clients: Mapping[str, object], tenant: "Tenant", request: JobRequest
    ) -> JobResult: ...
