"""What a job is asked and what it answers; the same for all thirty."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


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
    what a dry run would write, ids and numbers only.
    """

    counts: Mapping[str, int | float] = field(default_factory=dict)
    changed: bool = False
    waiting: int = 0
    window_from: date | None = None
    window_to: date | None = None
    sample: tuple[Mapping[str, Any], ...] = ()
