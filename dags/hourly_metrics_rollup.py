"""Hours and today so far, days that just ended, and what changed of earlier ones.

Per tenant: the hours and the snapshot of today; a day is closed by the first run after its local midnight; days in
`analytics.restate_queue` (late refunds, edits, restated spend, corrected costs, new rates, credit, views) are worked
for the figures that depend on what changed, stored weeks and cohorts too, newest first, and leave the queue with them.
The last step looks for stale inputs, days that stay incomplete and anomalies, and tells them as alerts.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. `waiting`: days of the queue that did not fit into this run, the next one goes on. A missed
run does no harm: the next one closes what it left open.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import HOUR, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params

with DAG(
    "hourly_metrics_rollup",
    schedule=CronTriggerTimetable("5 * * * *", timezone="UTC"),
    params={**run_params(), **day_range_params()},
    tags=["metrics"],
    doc_md=__doc__,
    **run_limits(HOUR),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    roll_up = TenantJob.over(
        due.output, task_id="roll_up", job="include.jobs.hourly_metrics_rollup:hourly_metrics_rollup"
    )
    check >> due >> roll_up
    [check, due, roll_up] >> Verdict(task_id="verdict")
