"""A job of a shop run to its end: every step in a transaction of its own, as include/jobs/batch.py does it."""

from datetime import datetime
from typing import Any

from include.jobs.request import Job, JobRequest, JobResult
from include.storage.session import tenant_transaction
from tests.integration.credited_shop import NOW, Shop


def run_job(shop: Shop, job: Job, run_id: str = "run", *, now: datetime = NOW, **request: Any) -> JobResult:
    """Return what the job's steps came to together. request: further fields of JobRequest."""
    asked = JobRequest(getattr(job, "__name__", "job"), run_id, now, **request)
    result = JobResult()
    step: Job | None = job
    while step is not None:
        with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
            result = result.followed_by(step(session, {}, shop.tenant, asked))
        step = result.then
    return result
