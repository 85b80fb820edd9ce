"""One snapshot per tenant and local day: sales, customers, spend and credit, restating the last 35 days.

Days are the tenant's calendar days, today provisional; a day that comes out the same is not written. What changes older
days is worked by `hourly_metrics_rollup`. Figures and formulas: docs/metrics.md.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. A missed run does no harm: the next one looks back as far. A figure that is null has its
reason in the row's `incomplete`: an ad account's day that is not stored yet, or a currency without a rate.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params

with DAG(
    "aggregate_daily_metrics",
    schedule=CronTriggerTimetable("0 2 * * *", timezone="UTC"),
    params={**run_params(), **day_range_params()},
    tags=["metrics"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    aggregate = TenantJob.over(
        due.output, task_id="aggregate", job="include.jobs.aggregate_daily_metrics:aggregate_daily_metrics"
    )
    check >> due >> aggregate
    [check, due, aggregate] >> Verdict(task_id="verdict")
