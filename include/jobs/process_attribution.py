"""Job 1, process_attribution: conversions that wait for credit get it, under all models, in one transaction."""

from collections.abc import Mapping
from dataclasses import replace

from include.clock import day_bounds
from include.jobs.credit_conversions import credit_conversions
from include.jobs.credit_inputs import Selection
from include.jobs.request import JobRequest, JobResult
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def process_attribution(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Credit the tenant's pending conversions that are due at request.now.

    With date_from and date_to (tenant-local days, half-open), or option conversion_ids, all of those are computed
    anew, pending or not; unchanged ones are not written.
    """
    selection = selection_of(tenant, request)
    result = credit_conversions(session, tenant, selection, run_id=request.run_id, dry_run=request.dry_run)
    return replace(result, window_from=request.date_from, window_to=request.date_to)


def selection_of(tenant: Tenant, request: JobRequest) -> Selection:
    """Return what a request asks to be credited: named conversions, a range of days, or whatever is due."""
    ids = tuple(int(text) for text in request.options.get("conversion_ids") or ()) or None
    if request.date_from is not None and request.date_to is not None:
        start, end = day_bounds(tenant.timezone, request.date_from, request.date_to)
        return Selection(start, end, ids=ids)
    if ids:
        return Selection(ids=ids)
    return Selection(due_at=request.now)
