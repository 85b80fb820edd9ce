"""The second task of the jobs that work ad accounts: which ones, as batches of tenant/account for the mapped task."""

from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator

from attribution_airflow.batches import batches_of
from attribution_airflow.connections import control_url
from attribution_airflow.tenants import due_accounts


class DueAccounts(BaseOperator):
    """List the enabled ad accounts of a platform; an empty list skips the mapped task and the run succeeds.

    platform: meta, google_ads or tiktok. period: of the job, from run_limits; bounds the number of batches.
    """

    def __init__(self, *, platform: str, period: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.platform = platform
        self.period = period

    def execute(self, context: Any) -> list[list[str]]:
        """Return the batches: lists of slug/account, never rows; what is planned is noted in control.account_runs."""
        from include.jobs.outcome import plan_accounts
        from include.jobs.work import Work

        dag_run = context["dag_run"]
        found = due_accounts(control_url(), self.platform, context["params"])
        plan_accounts(
            control_url(),
            dag_run.dag_id,
            dag_run.run_id,
            [(tenant.tenant_id, account) for tenant, account in found],
        )
        batches = batches_of([str(Work(tenant.slug, account)) for tenant, account in found], self.period)
        self.log.info("%d accounts due in %d batches", len(found), len(batches))
        return batches
