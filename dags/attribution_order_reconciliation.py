"""Orders, conversions and credit are compared with each other, and what disagrees is repaired.

Per tenant, for orders since the start of tenant-local today-60: orders without a conversion, conversions that are not
what their order says, credit that is missing, does not sum or belongs to nobody. Repaired conversions wait for
`process_attribution`. A tenant whose rows are right is read and not written.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. A missed run does no harm: the next one looks back as far. Counts in `control.job_runs` that
are not 0 run after run mean that somebody writes rows past the jobs: `analytics.conversion_audit` (cause
`reconciliation`) names the conversions. `quarantine_open` is input that waits for a person; `edits_waiting` are edits
whose order has not arrived since.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.assets import CONVERSIONS
from attribution_airflow.defaults import HOUR, run_limits
from attribution_airflow.operators.announce import Announce
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params

with DAG(
    "attribution_order_reconciliation",
    schedule=CronTriggerTimetable("45 * * * *", timezone="UTC"),
    params={**run_params(), **day_range_params()},
    tags=["attribution"],
    doc_md=__doc__,
    **run_limits(HOUR),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    reconcile = TenantJob.over(
        due.output, task_id="reconcile", job="include.jobs.order_reconciliation:order_reconciliation"
    )
    announce = Announce(task_id="announce", asset=CONVERSIONS)
    check >> due >> reconcile >> announce
    [check, due, reconcile, announce] >> Verdict(task_id="verdict")
