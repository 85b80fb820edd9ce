"""Job 16, send_ga4_purchase: the delivery ledger drained for GA4; how is said in send_events.py."""

from collections.abc import Mapping

from include.jobs.request import JobRequest, JobResult
from include.jobs.send_events import send_events
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def send_ga4_purchase(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Send what is due to the tenant's GA4 destinations; see send_events."""
    return send_events(session, clients, tenant, request, "ga4")
