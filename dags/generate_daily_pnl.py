"""Profit and loss of each tenant-local day, from gross sales to net profit, by the tenant's own layers and costs.

Each run restates the trailing days from what is stored now: late refunds, restated spend, corrected unit costs. Every
line carries the preferences that made it and how much of it is known; a missing rate, cost or spend day leaves the line
and the sums below it empty, with the reason. Days that come out the same are not written.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again. A day shown as incomplete is no failure: read `incomplete` of its lines in
`analytics.pnl_daily`. `no payment rate` and `no fulfilment rates` name a section of the tenant's file; `no unit cost`
names goods; a spend day that is not stored comes with the next sync, and this job then fills the day.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params

with DAG(
    "generate_daily_pnl",
    schedule=CronTriggerTimetable("30 4 * * *", timezone="UTC"),
    params={**run_params(), **day_range_params()},
    tags=["finance"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    generate = TenantJob.over(due.output, task_id="generate", job="include.jobs.generate_daily_pnl:generate_daily_pnl")
    check >> due >> generate
    [check, due, generate] >> Verdict(task_id="verdict")
