"""Job 28, backfill_attribution: any range of a tenant's days credited anew, in steps that stay done.

A step is as many whole tenant-local days as hold about _STEP_CONVERSIONS, in one transaction that also records them as
finished: a retry or a clear of the run goes on with the day after. What is the same is not written.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from include.clock import day_bounds
from include.jobs.credit_conversions import credit_conversions
from include.jobs.credit_inputs import Selection
from include.jobs.request import JobRequest, JobResult
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_STEP_CONVERSIONS = 50_000
"""Enough that a step's own cost does not show, little enough that a kill loses seconds."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BackfillDay:
    """A tenant-local day and the conversions it holds, one and more."""

    day: date
    conversions: int


@dataclass(frozen=True)
class _Progress:
    """total_days: of the run, those finished before this attempt included. begun: machine time, monotonic seconds."""

    total_days: int
    conversions: int
    begun: float

    def line(self, days_left: int, conversions_left: int) -> str:
        done = self.conversions - conversions_left
        minutes = (time.monotonic() - self.begun) / done * conversions_left / 60
        left = f"about {minutes:.0f} min left" if minutes >= 1 else "less than a minute left"
        return (
            f"{self.total_days - days_left} of {self.total_days} days, {done:,} conversions"
            f"{f', {left}' if days_left else ''}"
        )


def backfill_attribution(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Credit the conversions of all days, or of those asked for (tenant-local, half-open), that this run has not yet.

    Counts `days` that hold conversions, besides those of crediting. A day's conversions that arrive while the run goes
    are pending and need no backfill.
    """
    start = end = None
    if request.date_from is not None and request.date_to is not None:
        start, end = day_bounds(tenant.timezone, request.date_from, request.date_to)
    scope = {"timezone": tenant.timezone, "start": start, "end": end}
    rows = session.rows("backfill/select_days", run_id=request.run_id, **scope)
    days = tuple(BackfillDay(row.day, row.number) for row in rows)
    if not days:
        return JobResult(counts={"days": 0}, window_from=request.date_from, window_to=request.date_to)
    finished = session.rows("backfill/count_finished_days", run_id=request.run_id)[0].days
    progress = _Progress(finished + len(days), sum(day.conversions for day in days), time.monotonic())
    return _credit_days(session, clients, tenant, request, days=days, progress=progress)


def days_of_step(days: Sequence[BackfillDay], conversions: int) -> int:
    """Return how many of the next days make a step: as many as hold at most so many conversions, and at least one."""
    held = 0
    for number, day in enumerate(days):
        held += day.conversions
        if number and held > conversions:
            return number
    return len(days)


def _credit_days(
    session: TenantSession,
    clients: Mapping[str, object],
    tenant: Tenant,
    request: JobRequest,
    *,
    days: tuple[BackfillDay, ...],
    progress: _Progress,
) -> JobResult:
    number = days_of_step(days, _STEP_CONVERSIONS)
    now, later = days[:number], days[number:]
    first, last = now[0].day, now[-1].day
    start, end = day_bounds(tenant.timezone, first, last + timedelta(days=1))
    result = credit_conversions(session, tenant, Selection(start, end), run_id=request.run_id, dry_run=request.dry_run)
    if not request.dry_run:
        session.execute(
            "backfill/insert_days",
            run_id=request.run_id,
            days=[each.day for each in now],
            numbers=[each.conversions for each in now],
        )
    done = progress.line(len(later), sum(day.conversions for day in later))
    log.info("%s: %s to %s: %s", tenant.slug, first, last, done)
    return replace(
        result,
        counts={"days": number, **result.counts},
        window_from=first,
        window_to=last + timedelta(days=1),
        then=partial(_credit_days, days=later, progress=progress) if later else None,
    )
