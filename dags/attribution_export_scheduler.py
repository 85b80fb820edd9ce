"""Tenants' export definitions that are due: figures as Parquet or CSV in a store of the tenant's own.

Only parts that differ from the files that stand are written, and the manifest is exchanged once they are whole, so that
a reader of it never sees half an export. Unchanged figures write nothing.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. `export_failed` names an export and what its destination said: correct `destination` in the
tenant's file or the connection before its `@`; the next run catches up. Delete the row of the export in
`analytics.export_states` to make it due at once.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import QUARTER_HOUR, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import run_params

with DAG(
    "attribution_export_scheduler",
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC"),
    params=run_params(),
    tags=["metrics"],
    doc_md=__doc__,
    **run_limits(QUARTER_HOUR),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants", drains="exports")
    export = TenantJob.over(
        due.output, task_id="export", job="include.jobs.attribution_export_scheduler:attribution_export_scheduler"
    )
    check >> due >> export
    [check, due, export] >> Verdict(task_id="verdict")
