"""Job 8, attribution_recalculate_recent: recent conversions are computed anew; unchanged input writes nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from include.clock import day_bounds, local_today
from include.jobs.credit_conversions import credit_conversions
from include.jobs.credit_inputs import Selection
from include.jobs.request import JobRequest, JobResult
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

RECENT_DAYS = 3


def recalculate_recent(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Credit again all conversions since the start of tenant-local today-3, or of the days asked for (half-open)."""
    today = local_today(tenant.timezone, request.now)
    first = request.date_from or today - timedelta(days=RECENT_DAYS)
    last = request.date_to or today + timedelta(days=1)
    start, end = day_bounds(tenant.timezone, first, last)
    result = credit_conversions(session, tenant, Selection(start, end), run_id=request.run_id, dry_run=request.dry_run)
    return replace(result, window_from=first, window_to=last)
