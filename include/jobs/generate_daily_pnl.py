"""Job 23, generate_daily_pnl: the waterfall from gross sales to net profit of each tenant-local day."""

from collections.abc import Mapping

from include.clock import local_today
from include.jobs.daily_metrics import oldest_provisional
from include.jobs.pnl_days import DayOfProfit, profit_of_days, queue_cost_changes, store_profit
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.metrics.days import restated_days
from include.pnl.waterfall import net_profit
from include.storage.locks import lock_metrics
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def generate_daily_pnl(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Write what differs of the days [today-35, today], or of the days asked for (half-open); today is provisional.

    A day of which something is not known is stored with its reasons and counted as incomplete. Older days that no run
    has written as final yet are, once.
    """
    lock_metrics(session)
    provisional = oldest_provisional(session).profit
    days = restated_days(
        tenant.timezone, request.now, request.date_from, request.date_to, oldest_provisional=provisional
    )
    # Older days that changed unit costs and payments reach are the hourly run's, which works the queue.
    queued = queue_cost_changes(session, tenant, local_today(tenant.timezone, request.now))
    profits = list(profit_of_days(session, tenant, days, request.now))
    changed = store_profit(session, tenant, request, profits)
    return JobResult(
        counts={
            "days": len(profits),
            "changed_days": len(changed),
            "incomplete_days": sum(bool(net_profit(profit.lines).reasons) for profit in profits),
            "queued_days": queued,
        },
        changed=bool(changed),
        window_from=days.first,
        window_to=days.last,
        sample=tuple(_shown(profit) for profit in profits[-SAMPLE_ROWS:]),
    )


def _shown(profit: DayOfProfit) -> Mapping[str, object]:
    return {"day": profit.day, "orders": profit.orders, "net_profit_minor": net_profit(profit.lines).minor}
