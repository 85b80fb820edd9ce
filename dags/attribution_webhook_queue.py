"""The shop's webhooks become orders, refunds and conversions that wait for credit.

Per tenant, in batches that are each committed: the deliveries of `analytics.webhook_inbox`, oldest first. The newest
state of each order and refund stands, whatever was duplicated, reordered or late; a body that says nothing usable goes
to `analytics.quarantine` with its reason and holds nothing up.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. `waiting`: the inbox was not emptied in time, the next run goes on. Quarantined bodies: read
`select source, ref, reason from analytics.quarantine where resolved_at is null`, repair, then `make webhooks-replay
TENANT=slug`. `its processing died 5 times`: a body that kills its task; keep it for the developers. Rows stay
`processing` after a kill and are claimed again by the next run.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.assets import CONVERSIONS
from attribution_airflow.defaults import FIVE_MINUTES, run_limits
from attribution_airflow.operators.announce import Announce
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import run_params

with DAG(
    "attribution_webhook_queue",
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    params=run_params(),
    tags=["attribution"],
    doc_md=__doc__,
    **run_limits(FIVE_MINUTES),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants", drains="queued_webhooks")
    drain = TenantJob.over(due.output, task_id="drain", job="include.jobs.webhook_queue:drain_webhooks")
    announce = Announce(task_id="announce", asset=CONVERSIONS)
    check >> due >> drain >> announce
    [check, due, drain, announce] >> Verdict(task_id="verdict")
