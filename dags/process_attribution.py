"""Multi-touch credit for the conversions that wait for it.

Per tenant, in one transaction: the due conversions, the touchpoints of their visitors, all models at once, credit per
touch to the minor unit. One row of `analytics.attribution_credits` per conversion and touch; a conversion without a
touch is kept as `unattributed`. With days or `conversion_ids` in the conf those are computed anew; unchanged ones are
not written.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. `timeout`: look for a lock on the tenant's rows (`pg_locks`), the next run tries again.
`deferred`: another run holds the tenant, nothing to do. `database unavailable`: repair it, then run the command. One
tenant's failure never holds up another's; nothing is half-written. Dashboards lag while this job fails.
"""

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable

from attribution_airflow.assets import ATTRIBUTION, CONVERSIONS
from attribution_airflow.defaults import QUARTER_HOUR, run_limits
from attribution_airflow.operators.announce import Announce
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import conversion_params, day_range_params, run_params

with DAG(
    "process_attribution",
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("*/15 * * * *", timezone="UTC"), assets=[CONVERSIONS]),
    params={**run_params(), **day_range_params(), **conversion_params()},
    tags=["attribution"],
    doc_md=__doc__,
    **run_limits(QUARTER_HOUR),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants", drains="pending_conversions")
    attribute = TenantJob.over(
        due.output, task_id="attribute", job="include.jobs.process_attribution:process_attribution"
    )
    announce = Announce(task_id="announce", asset=ATTRIBUTION)
    check >> due >> attribute >> announce
    [check, due, attribute, announce] >> Verdict(task_id="verdict")
