"""Purchases are reported to TikTok's Events API.

Per tenant and destination, each claim and each request committed by itself: what of `analytics.conversion_events` is
queued and due by the clock. Up to 1,000 events go in one request, which TikTok takes or refuses whole: a refused one
is halved until the bad event stands alone. What may have been received is sent again, byte for byte, within 48 hours.

**Triage** - `waiting`: rows wait for the vendor's time or for a person; `make alerts` says which destination, how
many orders, their value and when the first expires. `tiktok_credential_dead`: give the connection a new secret, the
next run goes on. `tiktok_destination_paused`: `reason` in `analytics.destination_gates` names what is refused; it is
tried again every hour. A failed tenant has a connection or a template that is none: the error names it.
`docs/delivery.md` has the states of a row and what each asks for.
"""

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable

from attribution_airflow.assets import ATTRIBUTION
from attribution_airflow.defaults import TEN_MINUTES, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tiktok_ads import SendTikTokEventOperator
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import run_params

with DAG(
    "send_tiktok_event",
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("*/10 * * * *", timezone="UTC"), assets=[ATTRIBUTION]),
    params=run_params(),
    tags=["delivery"],
    doc_md=__doc__,
    **run_limits(TEN_MINUTES),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants", drains="conversion_events", of={"destination": "tiktok"})
    send = SendTikTokEventOperator.over_tenants(due.output, task_id="send")
    check >> due >> send
    [check, due, send] >> Verdict(task_id="verdict")
