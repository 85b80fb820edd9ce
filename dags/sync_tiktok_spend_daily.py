"""TikTok's ad spend, per advertiser and day, in the advertiser's own calendar and currency.

Per advertiser: the last 30 days, 60 on Sundays, and whatever an earlier run missed, up to its last whole day; before
noon of its own clock that is the day before yesterday. Deleted campaigns are asked for, GMV Max is read from its own
report of each shop, upgraded Smart+ ads by their second id. Campaigns are held against the advertiser's own total. What
TikTok has changed since is in `analytics.ad_spend_restatements`.

**Triage** - Open the log of `verdict`: it names the advertisers that failed, each alone, and prints the command that
runs those again. Stored days stay as they were, and the next run reads what was missed. `access`: the app was not
authorised by the advertiser, or the advertiser is gone; authorise it, or disable it in the tenant's file. `auth_dead`:
the token was revoked; give the connection a new one, then `make check-connections`. `spend_partial` in `make alerts`:
the app may not see GMV Max; allow it where there is a TikTok shop. `spend_residual`: money in the advertiser's total
that no campaign explains. `waiting`: a rate or the day's budget of the app; the next run goes on.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_accounts import DueAccounts
from attribution_airflow.operators.tiktok_ads import SyncTikTokSpendOperator
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import account_params, run_params

with DAG(
    "sync_tiktok_spend_daily",
    schedule=CronTriggerTimetable("0 3 * * *", timezone="UTC"),
    params={**run_params(), **account_params()},
    tags=["spend"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    due = DueAccounts(task_id="due_accounts", platform="tiktok")
    sync = SyncTikTokSpendOperator.over_accounts(due.output)
    check >> due >> sync
    [check, due, sync] >> Verdict(task_id="verdict", planned_by="due_accounts")
