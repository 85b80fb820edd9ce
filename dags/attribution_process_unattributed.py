"""Conversions that nobody earned are tried again, each time after a longer wait.

Per tenant up to `limit` unattributed conversions whose next attempt is due, those that waited longest first. The waits
double from one hour; after eight attempts, or where the order itself is the reason (`no_visitor`, `excluded_source`),
a conversion rests until a touch, a merge or an edit re-opens it.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. A missed run does no harm: due attempts stay due. When unattributed conversions
grow in number, group them by `reason` in `analytics.conversions`, and look at what records the touches.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.assets import ATTRIBUTION
from attribution_airflow.defaults import HOUR, run_limits
from attribution_airflow.operators.announce import Announce
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import limit_params, run_params

with DAG(
    "attribution_process_unattributed",
    schedule=CronTriggerTimetable("30 * * * *", timezone="UTC"),
    params={**run_params(), **limit_params()},
    tags=["attribution"],
    doc_md=__doc__,
    **run_limits(HOUR),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    retry = TenantJob.over(due.output, task_id="retry", job="include.jobs.process_unattributed:process_unattributed")
    announce = Announce(task_id="announce", asset=ATTRIBUTION)
    check >> due >> retry >> announce
    [check, due, retry, announce] >> Verdict(task_id="verdict")
