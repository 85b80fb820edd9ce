"""What the senders of events have in common: one vendor's job and pool, in a DAG of their own or behind job 1."""

from dataclasses import replace
from typing import Any, ClassVar

from airflow.sdk import XComArg
from airflow.sdk.definitions.mappedoperator import MappedOperator

from attribution_airflow.operators.tenant_job import TenantJob
from include.jobs.request import JobRequest


class EventSender(TenantJob):
    """Send what is due to one vendor for each tenant of a batch.

    In another job's DAG it sends what that run enqueued, under the lease and records of the sender's own job: where
    that is at work for a tenant, this has nothing to do for it, and never waits.
    """

    sender: ClassVar[str]
    """dag_id of the vendor's own job; its module and function in include/jobs have this name too."""
    vendor_pool: ClassVar[str]

    @classmethod
    def over_tenants(cls, batches: XComArg, *, task_id: str, **kwargs: Any) -> MappedOperator:
        """Return the mapped task over due_tenants' batches; kwargs are those of any operator."""
        partial = cls.partial(
            task_id=task_id,
            job=f"include.jobs.{cls.sender}:{cls.sender}",
            pool=cls.vendor_pool,
            map_index_template="{{ task.label }}",
            **kwargs,
        )
        return partial.expand(batch=batches)

    def request(self, context: Any) -> JobRequest:
        """Return the run's request; of another job's run, to send only what it enqueued."""
        request = super().request(context)
        if request.job == self.sender:
            return request
        return replace(request, job=self.sender, options={"only_run": request.run_id})
