"""Credit for any range of days, in steps that stay done, with progress in the log.

Per tenant, from `date_from` to `date_to` or all days there are: whole tenant-local days, about 20,000 conversions to a
step, each step its own transaction that records its days in `analytics.backfill_days`. What came out the same is not
written. For a new tenant, new settings of the past, or rows repaired by hand.

**Triage** - Open the log of `verdict`: it names the tenants that failed or were deferred, and prints the command that
runs the failed ones again; the run goes on with the day after the last finished one. `timeout` after eight hours: run
the same command. To compute days again that this run has finished, trigger a new run. The log of `backfill` says how
many days are done and how long the rest takes.
"""

from airflow.sdk import DAG

from attribution_airflow.assets import ATTRIBUTION
from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.announce import Announce
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_tenants import DueTenants
from attribution_airflow.operators.tenant_job import TenantJob
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import day_range_params, run_params

with DAG(
    "backfill_attribution",
    schedule=None,
    params={**run_params(), **day_range_params()},
    tags=["attribution"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueTenants(task_id="due_tenants")
    backfill = TenantJob.over(
        due.output, task_id="backfill", job="include.jobs.backfill_attribution:backfill_attribution"
    )
    announce = Announce(task_id="announce", asset=ATTRIBUTION)
    check >> due >> backfill >> announce
    [check, due, backfill, announce] >> Verdict(task_id="verdict")
