"""A tenant job over ad accounts: each account is leased, recorded and, where it fails, seen alone."""

from datetime import timedelta
from typing import Any, ClassVar

from airflow.sdk import XComArg
from airflow.sdk.definitions.mappedoperator import MappedOperator

from attribution_airflow.operators.tenant_job import TenantJob


class AccountJob(TenantJob):
    """Run one platform's job for each account of a batch; subclasses name job and pool."""

    account_job: ClassVar[str]
    account_pool: ClassVar[str]

    def __init__(self, *, batch: list[str], period: timedelta, **kwargs: Any) -> None:
        super().__init__(job=self.account_job, batch=batch, period=period, **kwargs)

    @classmethod
    def over_accounts(cls, batches: XComArg, *, task_id: str = "sync") -> MappedOperator:
        """Return the mapped task over due_accounts' batches, one task instance each, named by its accounts."""
        partial = cls.partial(task_id=task_id, pool=cls.account_pool, map_index_template="{{ task.label }}")
        return partial.expand(batch=batches)
