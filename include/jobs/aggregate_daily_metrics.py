"""Job 13, aggregate_daily_metrics: one snapshot per tenant-local day, restating the trailing days."""

from collections.abc import Mapping

from include.jobs.daily_metrics import oldest_provisional, write_days
from include.jobs.request import JobRequest, JobResult
from include.metrics.days import restated_days
from include.storage.locks import lock_metrics
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def aggregate_daily_metrics(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Write what differs of the days [today-35, today], or of the days asked for (half-open); today is provisional.

    Older days that no run has written as final yet are, once. The hours of a day that changed follow it.
    """
    lock_metrics(session)
    provisional = oldest_provisional(session).days
    days = restated_days(
        tenant.timezone, request.now, request.date_from, request.date_to, oldest_provisional=provisional
    )
    written = write_days(session, tenant, request, days, with_hours=True)
    return JobResult(
        counts={
            "days": written.days,
            "changed_days": len(written.changed),
            "changed_hours_of_days": len(written.changed_hours),
        },
        changed=bool(written.changed) and not request.dry_run,
        window_from=days.first,
        window_to=days.last,
        sample=written.sample,
    )
