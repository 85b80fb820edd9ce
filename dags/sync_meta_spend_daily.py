"""Meta's ad spend, per account and day, in the account's own calendar and currency.

Per ad account: the last 28 days, 35 on Sundays, and whatever an earlier run missed, up to the account's yesterday. All
pages are staged and held against the account's own total; then whole days are replaced at once. What Meta has changed
since is in `analytics.ad_spend_restatements`; what no campaign explains is a row of level `residual`. Large reports are
computed by Meta in the background; a retry goes on with the running one.

**Triage** - Open the log of `verdict`: it names the accounts that failed, each alone, and prints the command that runs
those again. Stored days stay as they were, and the next run reads what was missed. `access`: the token may not read the
account; grant it, or disable the account in the tenant's file. `auth_dead`: give the connection a new token, then `make
check-connections`. `currency is ... at the platform`: correct the tenant's file, or name the new account there.
`spend_residual` in `make alerts`: money that Meta shows only in the account's total. `waiting`: Meta said when; the run
goes on by itself within its time, else the next one does.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_accounts import DueAccounts
from attribution_airflow.operators.meta_ads import SyncMetaSpendOperator
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import account_params, run_params

with DAG(
    "sync_meta_spend_daily",
    schedule=CronTriggerTimetable("5 3 * * *", timezone="UTC"),
    params={**run_params(), **account_params()},
    tags=["spend"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueAccounts(task_id="due_accounts", platform="meta")
    sync = SyncMetaSpendOperator.over_accounts(due.output)
    check >> due >> sync
    [check, due, sync] >> Verdict(task_id="verdict", planned_by="due_accounts")
