"""Recent conversions computed anew, so that late touches, merged customers and edited orders reach their credit.

Per tenant: all conversions since the start of tenant-local today-3, or of the days in the conf, under all models. What
came out the same is not written: a quiet day writes nothing.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. `deferred`: another run of this job still works on the tenant, nothing to do. A missed day
does no harm: the next run looks back three days. For a longer gap trigger a run with `date_from` and `date_to`.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.assets import ATTRIBUTION
from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.announce import Announce
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params

with DAG(
    "attribution_recalculate_recent",
    schedule=CronTriggerTimetable("0 4 * * *", timezone="UTC"),
    params={**run_params(), **day_range_params()},
    tags=["attribution"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    recalculate = TenantJob.over(
        due.output, task_id="recalculate", job="include.jobs.recalculate_recent:recalculate_recent"
    )
    announce = Announce(task_id="announce", asset=ATTRIBUTION)
    check >> due >> recalculate >> announce
    [check, due, recalculate, announce] >> Verdict(task_id="verdict")
