"""What was sent to TikTok is compared with the pixel's counts per UTC day, as far as its API allows.

TikTok shows one figure per day and event type. Where it equals what the ledger sent, and nobody else sends, the day's
rows are confirmed (set_level); where the call is refused or the event type unknown they stay accepted with reason
unverifiable_by_api. `docs/delivery_validation.md` has the rules and what TikTok cannot prove.

**Triage** - `make alerts` lists what needs a person. `tiktok_delivery_unchecked`: the token may send but not read, or
the tenant has no TikTok ad account that shows the pixel; deliveries go on and stay unproven.
`tiktok_delivery_surplus`: another server sends to the pixel. `tiktok_delivery_shortfall`: accepted and not counted
for a day.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params
from attribution_airflow.pools import TIKTOK_API

with DAG(
    "validate_tiktok_delivery",
    schedule=CronTriggerTimetable("20 6 * * *", timezone="UTC"),
    params={**run_params(), **day_range_params()},
    tags=["delivery"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    validate = TenantJob.over(
        due.output,
        task_id="validate",
        job="include.jobs.validate_tiktok_delivery:validate_tiktok_delivery",
        pool=TIKTOK_API,
    )
    check >> due >> validate
    [check, due, validate] >> Verdict(task_id="verdict")
