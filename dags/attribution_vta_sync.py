"""View-through purchases as Meta, Google and TikTok claim them, per ad account and day, in a table of their own.

Per ad account: the days that a claim may still change, up to the account's last whole day; one canonical purchase
action, its window stored. They are never added to clicks, credit or spend. On the account's Sundays ads are read too
and held against their campaigns.

**Triage** - Open the log of `verdict`: it names the accounts that failed, each alone, and prints the command that runs
those again. Stored days stay as they were. `access` and `auth_dead`: as for the platform's spend, whose connection this
is. `views_differ` in `make alerts`: the platform's own levels disagree; compare with its ad manager before trusting
either.
"""

from airflow.sdk import DAG, CronTriggerTimetable

from attribution_airflow.defaults import DAY, run_limits
from attribution_airflow.operators.check_request import CheckRequest
from attribution_airflow.operators.due_accounts import DueAccounts
from attribution_airflow.operators.google_ads import SyncGoogleViewsOperator
from attribution_airflow.operators.meta_ads import SyncMetaViewsOperator
from attribution_airflow.operators.tiktok_ads import SyncTikTokViewsOperator
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.params import account_params, run_params

OPERATORS = {"meta": SyncMetaViewsOperator, "google_ads": SyncGoogleViewsOperator, "tiktok": SyncTikTokViewsOperator}

with DAG(
    "attribution_vta_sync",
    schedule=CronTriggerTimetable("30 2 * * *", timezone="UTC"),
    params={**run_params(), **account_params()},
    tags=["spend"],
    doc_md=__doc__,
    **run_limits(DAY),
):
    check = CheckRequest(task_id="check_request")
    verdict = Verdict(task_id="verdict", planned_by=[f"due_{platform}" for platform in OPERATORS])
    check >> verdict
    for platform, operator in OPERATORS.items():
        due = DueAccounts(task_id=f"due_{platform}", platform=platform)
        sync = operator.over_accounts(due.output, task_id=f"sync_{platform}")
        check >> due >> sync
        [due, sync] >> verdict
