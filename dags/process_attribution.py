"""Multi-touch credit for the conversions that wait for it.

Per tenant, in one transaction: the due conversions, the touchpoints of their visitors, all models at once, credit per
touch to the minor unit; orders that get their first status enter the delivery ledger. Then what this run entered is
sent to GA4, Meta and TikTok, once and without waiting: the rest is left to the three senders. One row of
`analytics.attribution_credits` per conversion and touch; a conversion without a touch is kept as `unattributed`. With
days or `conversion_ids` in the conf those are computed anew; unchanged ones are not written.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. `timeout`: look for a lock on the tenant's rows (`pg_locks`), the next run tries again.
`deferred`: another run holds the tenant, nothing to do. `database unavailable`: repair it, then run the command. One
tenant's failure never holds up another's; nothing is half-written. Dashboards lag while this job fails. A `send_`
task that failed lost nothing: its rows are still queued, `send_ga4_purchase` and its like send them within ten
minutes.
"""

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable

from attribution_airflow.assets import ATTRIBUTION, CONVERSIONS
from attribution_airflow.defaults import QUARTER_HOUR, run_limits
from attribution_airflow.operators.announce import Announce
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.ga4 import SendGA4PurchaseOperator
from attribution_airflow.operators.meta_ads import SendMetaPurchaseOperator
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.tiktok_ads import SendTikTokEventOperator
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
    # One tenant's failed credit must not keep the others' purchases.
    send = [
        SendGA4PurchaseOperator.over_tenants(due.output, task_id="send_ga4", trigger_rule="all_done"),
        SendMetaPurchaseOperator.over_tenants(due.output, task_id="send_meta", trigger_rule="all_done"),
        SendTikTokEventOperator.over_tenants(due.output, task_id="send_tiktok", trigger_rule="all_done"),
    ]
    check >> due >> attribute >> [announce, *send]
    [check, due, attribute, announce, *send] >> Verdict(
        task_id="verdict", also=["send_ga4_purchase", "send_meta_purchase", "send_tiktok_event"]
    )
