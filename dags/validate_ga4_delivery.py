"""What was sent to GA4 is looked up in its reports, by transaction id.

Every six hours, because a missing order is decidable 48 hours after its send and can be sent again with its date
until 70 hours after it was placed. A row that is there is confirmed, a missing one goes back to the queue once (this
job sends nothing), one that is too late is failed(missing_at_destination) with its value. `analytics.delivery_checks`
has the result per day, `analytics.delivery_facts` every check. `docs/delivery_validation.md` has the rules.

**Triage** - `make alerts` lists what needs a person. `ga4_delivery_unseen`: nothing of six hours, or of half an hour
twice, is at the property: compare api_secret, measurement id and data filters, then open the gate (`update
analytics.destination_gates set state = 'open'`). `ga4_delivery_missing`: the orders are in `delivery_facts`.
`ga4_delivery_unchecked`: the Data API refused or its budget is spent; a missed run costs up to six of the 22 hours in
which an order can be sent again. Waiting is not failing.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import HOUR, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params
from attribution_airflow.pools import GA4_API

with DAG(
    "validate_ga4_delivery",
    schedule=CronTriggerTimetable("0 */6 * * *", timezone="UTC"),
    params={**run_params(), **day_range_params()},
    tags=["delivery"],
    doc_md=__doc__,
    **run_limits(6 * HOUR),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    validate = TenantJob.over(
        due.output,
        task_id="validate",
        job="include.jobs.validate_ga4_delivery:validate_ga4_delivery",
        pool=GA4_API,
    )
    check >> due >> validate
    [check, due, validate] >> Verdict(task_id="verdict")
