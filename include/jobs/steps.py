"""A job for one tenant from its first step to its last, each in a transaction of its own.

What was committed stands if a later step fails, and a job is written so that running it again goes on from there.
"""

from collections.abc import Callable, Iterator, Mapping

from include.jobs.request import Job, JobRequest, JobResult
from include.storage.deadline import Deadline
from include.storage.session import TenantSession, tenant_connection
from include.tenants.tenant import Tenant


def run_steps(
    url: str,
    tenant: Tenant,
    job: Job,
    request: JobRequest,
    *,
    clients: Mapping[str, object] | None = None,
    deadline: Deadline | None = None,
    confirm: Callable[[TenantSession], None] = lambda session: None,
) -> Iterator[JobResult]:
    """Yield what each step came to, once it is committed.

    url: the jobs' role on the tenant's database. confirm: called last in every transaction; an error there commits
    nothing, as when a lease was lost.
    """
    step: Job | None = job
    with tenant_connection(url, tenant.tenant_id) as connection:
        while step is not None:
            with connection.transaction(deadline) as session:
                result = step(session, clients or {}, tenant, request)
                confirm(session)
            yield result
            step = result.then
