"""The one operator for tenants' work: a mapped task runs a job for a batch of tenants.

Isolation, leases, deadlines and records are include/jobs/batch.py; this says what a batch means to Airflow.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, XComArg
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException

from attribution_airflow.batches import label_of
from attribution_airflow.clients import job_clients
from attribution_airflow.connections import control_url, database_url
from attribution_airflow.defaults import tenant_deadline
from attribution_airflow.pools import ANALYTICS_DB
from attribution_airflow.requests import job_request
from include.errors import AttributionError, TenantsFailed
from include.ids import tenant_id_of

if TYPE_CHECKING:
    from include.jobs.outcome import TenantOutcome
    from include.jobs.request import JobRequest


class TenantJob(BaseOperator):
    """Run a job for each tenant of a batch; fail, once all had their turn, if any tenant failed.

    job: "module:function" of include.jobs, imported when the task runs. batch: slugs, or slug/account. period: of the
    job, from run_limits; a tenant's deadline follows from it.

    What waits for a vendor and may go on within this run is looked at again at its time, without a slot held.
    """

    def __init__(self, *, job: str, batch: list[str], period: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job = job
        self.batch = batch
        self.period = period

    @classmethod
    def over(cls, batches: XComArg, *, task_id: str, job: str, pool: str = ANALYTICS_DB) -> MappedOperator:
        """Return the mapped task over due_tenants' batches, one task instance each, named by its slugs."""
        partial = cls.partial(task_id=task_id, job=job, pool=pool, map_index_template="{{ task.label }}")
        return partial.expand(batch=batches)

    @property
    def label(self) -> str:
        """The batch's name in the UI."""
        return label_of(list(self.batch))

    def request(self, context: Any) -> "JobRequest":
        """Return what the run asks of each tenant."""
        dag_run = context["dag_run"]
        return job_request(dag_run.dag_id, dag_run.run_id, dag_run.run_after, context["params"])

    def execute(self, context: Any) -> None:
        """Run the batch; raises TenantsFailed, or AirflowFailException where a retry would only wait again."""
        from airflow.sdk.module_loading import import_string

        from include.jobs.batch import Batch, run_batch
        from include.storage.leases import Holder

        dag_run, ti = context["dag_run"], context["ti"]
        batch = Batch(
            job=import_string(self.job.replace(":", ".")),
            request=self.request(context),
            holder=Holder(dag_run.dag_id, dag_run.run_id, self.task_id, ti.map_index),
            database=database_url,
            deadline_seconds=tenant_deadline(self.period).total_seconds(),
            clients=job_clients(),
        )
        outcomes = run_batch(batch, list(self.batch))
        self._settle_alerts(outcomes)
        failed = [outcome for outcome in outcomes if outcome.status == "failed"]
        if failed:
            message = "; ".join(f"{outcome.name}: {outcome.error}" for outcome in failed)
            # The next run looks at a tenant that was too slow; two retries now would only hold its batch-mates' slot.
            if all(outcome.timed_out for outcome in failed):
                raise AirflowFailException(message)
            raise TenantsFailed(message)
        self._look_again(outcomes, dag_run)

    def _look_again(self, outcomes: "list[TenantOutcome]", dag_run: Any) -> None:
        """Raise AirflowRescheduleException where something waits and its time comes within a third of the period."""
        waits = [outcome.resume_seconds for outcome in outcomes if outcome.resume_seconds is not None]
        if not waits:
            return
        again = datetime.now(UTC) + timedelta(seconds=min(waits))
        if again < dag_run.start_date + tenant_deadline(self.period):
            raise AirflowRescheduleException(again)

    def _settle_alerts(self, outcomes: "list[TenantOutcome]") -> None:
        """Open and resolve what the tenants' work found; what cannot be written now, the next run finds again."""
        import psycopg

        from include.alerts.alerts import settle_alerts
        from include.jobs.batch import describe

        for outcome in outcomes:
            if not outcome.alerts and not outcome.alert_rules:
                continue
            try:
                settle_alerts(
                    control_url(), tenant_id_of(outcome.slug), outcome.alert_rules, outcome.alerts, outcome.account
                )
            except (AttributionError, psycopg.Error) as error:
                self.log.error("%s: alerts not written: %s", outcome.name, describe(error))
