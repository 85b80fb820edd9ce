"""Job 2, attribution_daily_metrics: credit, spend, ROAS and CPA by day, channel, campaign and model, by both clocks."""

from collections.abc import Mapping

from include.jobs.channel_metrics import restated_back, write_channels
from include.jobs.daily_metrics import oldest_provisional
from include.jobs.request import JobRequest, JobResult
from include.metrics.days import restated_days
from include.storage.locks import lock_metrics
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def attribution_daily_metrics(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Write what differs of the days [today-35, today], or of the days asked for (half-open); today is provisional.

    A tenant whose look-back is longer than that has as many more days: credit given today lies on the days of its
    touches by the touch clock. Older days that no run has written as final yet are, once.
    """
    lock_metrics(session)
    back, provisional = restated_back(tenant), oldest_provisional(session).channels
    days = restated_days(tenant.timezone, request.now, request.date_from, request.date_to, back, provisional)
    written = write_channels(session, tenant, request, days)
    return JobResult(
        counts={"days": written.days, "rows": written.rows, "changed_days": len(written.changed)},
        changed=bool(written.changed) and not request.dry_run,
        window_from=days.first,
        window_to=days.last,
        sample=written.sample,
    )
