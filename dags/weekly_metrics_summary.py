"""The last closed local week per tenant: every figure with the week before and the mean of four, and cohorts.

Weeks are the tenant's, Monday to Sunday; earlier weeks that are not final yet are brought up to their days. Cohorts are
customers by the month and channel of their first order, with what they are worth at 30, 60 and 90 days, what they cost
and when they paid back; an age not all have reached is blank.
Where ATTRIBUTION_REPORTS names a folder, the last step writes each tenant's week there as one HTML page.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. A figure that is null has its reason in `incomplete`; once its input is there, the next run,
or this one cleared, fills it.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import WEEK, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import run_params

with DAG(
    "weekly_metrics_summary",
    schedule=CronTriggerTimetable("0 5 * * 2", timezone="UTC"),
    params=run_params(),
    tags=["metrics"],
    doc_md=__doc__,
    **run_limits(WEEK),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    summarise = TenantJob.over(
        due.output, task_id="summarise", job="include.jobs.weekly_metrics_summary:weekly_metrics_summary"
    )
    check >> due >> summarise
    [check, due, summarise] >> Verdict(task_id="verdict")
