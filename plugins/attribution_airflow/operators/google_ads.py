"""Google Ads' tasks."""

from attribution_airflow.operators.account_job import AccountJob
from attribution_airflow.pools import GOOGLE_ADS_API


class SyncGoogleSpendOperator(AccountJob):
    """Bring the spend of Google Ads customers up to date, one by one."""

    account_job = "include.jobs.sync_google_spend_daily:sync_google_spend_daily"
    account_pool = GOOGLE_ADS_API


class SyncGoogleViewsOperator(AccountJob):
    """Bring the view-through claims of Google Ads customers up to date, one by one."""

    account_job = "include.jobs.attribution_vta_sync:sync_google_views"
    account_pool = GOOGLE_ADS_API
