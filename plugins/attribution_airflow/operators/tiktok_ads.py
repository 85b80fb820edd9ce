"""TikTok's tasks."""

from attribution_airflow.operators.account_job import AccountJob
from attribution_airflow.operators.event_sender import EventSender
from attribution_airflow.pools import TIKTOK_API


class SendTikTokEventOperator(EventSender):
    """Send purchases to TikTok's Events API."""

    sender = "send_tiktok_event"
    vendor_pool = TIKTOK_API


class SyncTikTokSpendOperator(AccountJob):
    """Bring the spend of TikTok advertisers up to date, one by one."""

    account_job = "include.jobs.sync_tiktok_spend_daily:sync_tiktok_spend_daily"
    account_pool = TIKTOK_API


class SyncTikTokViewsOperator(AccountJob):
    """Bring the view-through claims of TikTok advertisers up to date, one by one."""

    account_job = "include.jobs.attribution_vta_sync:sync_tiktok_views"
    account_pool = TIKTOK_API
