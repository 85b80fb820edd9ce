"""Job 11, attribution_process_unattributed: conversions that nobody earned are credited again, less and less often."""

from collections.abc import Mapping
from dataclasses import replace

from include.attribution.retries import next_attempt
from include.jobs.credit_conversions import credit_conversions
from include.jobs.credit_inputs import Selection
from include.jobs.request import JobRequest, JobResult
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

DEFAULT_LIMIT = 50


def process_unattributed(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Credit again up to option limit (50) unattributed conversions whose next attempt is due at request.now.

    Those that stay unattributed keep their reason and wait for their next attempt, or for ever where no retry helps
    (include/attribution/retries.py). Only credit counts as changed, not a later next attempt.
    """
    limit = request.options.get("limit", DEFAULT_LIMIT)
    due = session.rows("attribution/select_retries", now=request.now, limit=limit)
    ids = tuple(row.conversion_id for row in due)
    if not ids:
        return JobResult(counts={"retried": 0})
    result = credit_conversions(session, tenant, Selection(ids=ids), run_id=request.run_id, dry_run=request.dry_run)
    counts = {"retried": len(ids), **result.counts}
    if not request.dry_run:
        counts["given_up"] = _postpone(session, ids, request)
    return replace(result, counts=counts)


def _postpone(session: TenantSession, ids: tuple[int, ...], request: JobRequest) -> int:
    """Write the next attempts of those still unattributed, which the engine has locked; return how many have none."""
    left = session.rows("attribution/select_unattributed", ids=list(ids))
    times = [next_attempt(row.reason, row.attempts + 1, request.now) for row in left]
    session.execute(
        "attribution/update_retries",
        ids=[row.conversion_id for row in left],
        attempts=[row.attempts + 1 for row in left],
        next_attempts=times,
    )
    return times.count(None)
