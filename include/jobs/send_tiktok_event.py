"""Job 18, send_tiktok_event: the delivery ledger drained for TikTok; how is said in send_events.py."""

from collections.abc import Mapping

from include.jobs.request import JobRequest, JobResult
from include.jobs.send_events import send_events
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def send_tiktok_event(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Send what is due to the tenant's TikTok destinations; see send_events."""
    return send_events(session, clients, tenant, request, "tiktok")
