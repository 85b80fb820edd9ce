"""What was sent to Meta is compared with the dataset's hourly counts, set by set.

Meta shows no single event. A set of rows whose hours' count equals all of them is confirmed (set_level); where the
count equals the accepted ones alone, those in doubt go back to the queue if the destination says `in_doubt: prove`,
else they stay until a person decides or they expire. Two reads an hour apart have to agree. Dataset quality and the
vendor's own checks only raise alarms. `docs/delivery_validation.md` has the rules and what Meta cannot prove.

**Triage** - `make alerts` lists what needs a person. `meta_delivery_undecided`: in doubt since 48 hours; look at
Events Manager. `meta_delivery_surplus`: another server sends to the dataset, such as Shopify's own app.
`meta_delivery_shortfall`: accepted and not counted for a day. `meta_delivery_quality`: what the vendor complains
about. `meta_delivery_unchecked`: the counts could not be read; Meta keeps them for seven days.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params
from attribution_airflow.pools import META_API

with DAG(
    "validate_meta_delivery",
    schedule=CronTriggerTimetable("10 6 * * *", timezone="UTC"),
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
        job="include.jobs.validate_meta_delivery:validate_meta_delivery",
        pool=META_API,
    )
    check >> due >> validate
    [check, due, validate] >> Verdict(task_id="verdict")
