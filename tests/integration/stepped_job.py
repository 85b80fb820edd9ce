"""A job of a shop run to its end, as include/jobs/batch.py does it."""

from datetime import datetime
from functools import reduce
from typing import Any

from include.jobs.request import Job, JobRequest, JobResult
from include.jobs.steps import run_steps
from tests.integration.credited_shop import NOW, Shop


def run_job(shop: Shop, job: Job, run_id: str = "run", *, now: datetime = NOW, **request: Any) -> JobResult:
    """Return what the job's steps came to together. request: further fields of JobRequest."""
    asked = JobRequest(getattr(job, "__name__", "job"), run_id, now, **request)
    return reduce(JobResult.followed_by, run_steps(shop.database.jobs_url, shop.tenant, job, asked), JobResult())
