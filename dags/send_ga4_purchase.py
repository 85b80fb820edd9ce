"""Purchases, refunds and late cancellations are reported to Google Analytics 4.

Per tenant and destination, each claim and each request committed by itself: what of `analytics.conversion_events` is
queued and due by the clock. GA4 takes one event per request, so that many are under way at once; what may have been
received is sent again, byte for byte, within 72 hours of the order. A 204 proves nothing: `validate_ga4_delivery`
does.

**Triage** - `waiting`: rows wait for the vendor's time or for a person; `make alerts` says which destination, how
many orders, their value and when the first expires. `ga4_credential_dead`: give the connection a new secret, the next
run goes on. `ga4_destination_paused`: `reason` in `analytics.destination_gates` names what is refused; it is tried
again every hour. A failed tenant has a connection or a template that is none: the error names it. `docs/delivery.md`
has the states of a row and what each asks for. GA4 never says that a secret is wrong: its validation closes the gate.
"""

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable

from attribution_airflow.assets import ATTRIBUTION
from attribution_airflow.defaults import TEN_MINUTES, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.ga4 import SendGA4PurchaseOperator
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import run_params

with DAG(
    "send_ga4_purchase",
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("*/10 * * * *", timezone="UTC"), assets=[ATTRIBUTION]),
    params=run_params(),
    tags=["delivery"],
    doc_md=__doc__,
    **run_limits(TEN_MINUTES),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants", drains="conversion_events", of={"destination": "ga4"})
    send = SendGA4PurchaseOperator.over_tenants(due.output, task_id="send")
    check >> due >> send
    [check, due, send] >> Verdict(task_id="verdict")
