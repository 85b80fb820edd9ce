"""Google's ad spend, per customer and day, in the customer's own calendar and currency.

Per customer: the last 30 days, on Sundays as many as its longest conversion window has, and whatever an earlier run
missed, up to the customer's yesterday. Campaigns are held against the customer's own total; Performance Max has no ad
groups and no ads, so that these add up to less. Removed campaigns keep what they cost. What Google has changed since is
in `analytics.ad_spend_restatements`.

**Triage** - Open the log of `verdict`: it names the customers that failed, each alone, and prints the command that runs
those again. Stored days stay as they were, and the next run reads what was missed. `access`: the manager in
`login_customer_id` does not reach the customer, or it was closed; correct it, or disable the customer in the tenant's
file. `auth_dead`: sign in again and give the connection the new refresh token, then `make check-connections`.
`quota_day`, and so `waiting`: the Cloud project's operations of the day are used up; nothing to do but fewer customers
per project. `sunset`: move `api_version` on. `spend_residual` in `make alerts`: money in the customer's total that no
campaign explains.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_accounts import DueAccounts
from attribution_airflow.operators.google_ads import SyncGoogleSpendOperator
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import account_params, run_params

with DAG(
    "sync_google_spend_daily",
    schedule=CronTriggerTimetable("10 3 * * *", timezone="UTC"),
    params={**run_params(), **account_params()},
    tags=["spend"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueAccounts(task_id="due_accounts", platform="google_ads")
    sync = SyncGoogleSpendOperator.over_accounts(due.output)
    check >> due >> sync
    [check, due, sync] >> Verdict(task_id="verdict", planned_by="due_accounts")
