"""Job 14, hourly_metrics_rollup: hours, today so far, days that just ended, and what changed of earlier ones.

Two kinds of step, each committed by itself: the open days, then the restate queue, a few weeks of days at a time. A
queued day is worked only for the figures that depend on what changed. The last step looks at what came of it all.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from include.clock import local_today
from include.jobs.channel_metrics import longest_lookback, write_channels
from include.jobs.check_metrics import check_metrics
from include.jobs.daily_metrics import write_days
from include.jobs.hourly_metrics import write_hours
from include.jobs.pnl_days import profit_of_days, queue_cost_changes, store_profit
from include.jobs.request import JobRequest, JobResult
from include.jobs.weekly_figures import restate_weeks
from include.metrics.days import RESTATED_DAYS, Days, restated_days
from include.metrics.restatement import Restatement, restatement_of
from include.storage.locks import lock_metrics
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

QUEUED_AT_ONCE = 100
"""Rows of the queue, a day and a cause each, of one step: some seconds of a large tenant."""

_DAY = timedelta(days=1)
Clients = Mapping[str, object]


def hourly_metrics_rollup(session: TenantSession, clients: Clients, tenant: Tenant, request: JobRequest) -> JobResult:
    """Write today and the days that no run has closed yet, or exactly the days asked for; then work the queue.

    A day is closed by the first run after its local midnight. Counts closed_days, and per figure the days it changed.
    """
    lock_metrics(session)
    today = local_today(tenant.timezone, request.now)
    if request.date_from or request.date_to:
        days = restated_days(tenant.timezone, request.now, request.date_from, request.date_to)
    else:
        days = Days(_first_open_day(session, today), today + _DAY)
    queued = queue_cost_changes(session, tenant, today)
    counts = _write(session, tenant, request, Restatement((days,), (days,), (days,), (days,)))
    return JobResult(
        counts={**counts, "closed_days": sum(day < today for day in days), "cost_days": queued},
        changed=any(counts.values()) and not request.dry_run,
        window_from=days.first,
        window_to=days.last,
        # A dry run rolls back what it takes from the queue: a second look would only find the same again.
        then=None if request.dry_run else work_queue,
    )


def work_queue(session: TenantSession, clients: Clients, tenant: Tenant, request: JobRequest) -> JobResult:
    """Take the newest queued days away, write what depends on them, and go on until none is left.

    Stops with `waiting` = days left once three quarters of the deadline are spent.
    """
    lock_metrics(session)
    if session.deadline.remaining() * 4 < session.deadline.seconds:
        row = session.row("metrics/count_queued_days")
        return JobResult(waiting=row.days if row else 0)
    queued = [(row.day, row.cause) for row in session.rows("metrics/claim_queued_days", limit=QUEUED_AT_ONCE)]
    if not queued:
        return check_metrics(session, clients, tenant, request)
    today = local_today(tenant.timezone, request.now)
    asked = restatement_of(queued, today, longest_lookback(tenant))
    counts = _write(session, tenant, request, asked)
    return JobResult(
        counts={**counts, "queued_days": len({day for day, _ in queued})},
        changed=any(counts.values()),
        then=work_queue,
    )


def _first_open_day(session: TenantSession, today: date) -> date:
    """Return the day after the last closed one, at most as far back as nightly runs go; yesterday where none is."""
    row = session.row("metrics/select_last_closed_day")
    if row is None or row.day is None:
        return today - _DAY
    after: date = row.day + _DAY
    return min(max(after, today - RESTATED_DAYS * _DAY), today)


def _write(session: TenantSession, tenant: Tenant, request: JobRequest, asked: Restatement) -> Mapping[str, int]:
    changed: Counter[str] = Counter()
    for days in asked.days:
        changed["changed_days"] += len(write_days(session, tenant, request, days).changed)
    for days in asked.hours:
        changed["changed_hours_of_days"] += len(write_hours(session, tenant, request, days))
    for days in asked.channels:
        changed["changed_channel_days"] += len(write_channels(session, tenant, request, days).changed)
    for days in asked.profit:
        profits = list(profit_of_days(session, tenant, days, request.now))
        changed["changed_profit_days"] += len(store_profit(session, tenant, request, profits))
    changed.update(restate_weeks(session, tenant, request, [day for days in asked.weeks for day in days]))
    return dict(changed)
