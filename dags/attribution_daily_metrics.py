"""Credit, spend, ROAS and CPA by day, channel, campaign and model, on the order's clock and the touch's.

Restates the last 35 days, or the tenant's look-back where that is longer; equal rows are not written. Channels,
`(unattributed)` included, add up to the value of the day's orders; models and clocks are never added up. Spend is
converted by the rates of its days.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. A missed run does no harm: the next one looks back as far. Spend that is null has its reason
in `incomplete`: run `sync_fx_rates` where a rate lacks.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params

with DAG(
    "attribution_daily_metrics",
    schedule=CronTriggerTimetable("10 2 * * *", timezone="UTC"),
    params={**run_params(), **day_range_params()},
    tags=["metrics"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    aggregate = TenantJob.over(
        due.output, task_id="aggregate", job="include.jobs.attribution_daily_metrics:attribution_daily_metrics"
    )
    check >> due >> aggregate
    [check, due, aggregate] >> Verdict(task_id="verdict")
