"""The checks and repairs of `attribution_order_reconciliation`, for the tenants and days that a person chooses.

For more than the last 60 days, or for one tenant after a repair of its data: name it in `tenants` and the days in
`date_from` and `date_to`. Without a conf it does what the hourly job does. `dry_run` counts and shows what disagrees.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. `timeout`: choose fewer days. What was repaired is in `analytics.conversion_audit`, causes
`reconciliation` and `order_changed`.
"""

from airflow.sdk import DAG

from attribution_airflow.assets import CONVERSIONS
from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.announce import Announce
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params

with DAG(
    "attribution_order_reconciliation_manual",
    schedule=None,
    params={**run_params(), **day_range_params()},
    tags=["attribution"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    reconcile = TenantJob.over(
        due.output, task_id="reconcile", job="include.jobs.order_reconciliation:order_reconciliation"
    )
    announce = Announce(task_id="announce", asset=CONVERSIONS)
    check >> due >> reconcile >> announce
    [check, due, reconcile, announce] >> Verdict(task_id="verdict")
