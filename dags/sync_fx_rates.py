"""Dated exchange rates: what the sources published, and what foreign money is worth per tenant and day.

Sources are a tenant's own list, in order: the European Central Bank's files, a CSV of its own. A day without quotes
takes the last earlier ones within the source's age; a currency without a rate has a reason and no rate, and what is in
it is not converted. Days whose figures hold money that is worth something else now enter the restate queue, and orders
that waited for a rate are due for credit.

**Triage** - Open the log of `verdict`. `access` or `config`: look at the connection (`fx_rates`, or the one in the
tenant's `fx_sources`) and its `base_path`. A file that cannot be read is named with its fault; the rates of before stay
in force until they are too old. An alert `no_rate` names a currency that no source quotes: give the tenant its own CSV.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import run_params

with DAG(
    "sync_fx_rates",
    schedule=CronTriggerTimetable("50 1 * * *", timezone="UTC"),
    params=run_params(),
    tags=["spend"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    sync = TenantJob.over(due.output, task_id="sync", job="include.jobs.sync_fx_rates:sync_fx_rates")
    check >> due >> sync
    [check, due, sync] >> Verdict(task_id="verdict")
