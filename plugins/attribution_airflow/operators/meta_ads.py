"""Meta's tasks."""

from attribution_airflow.operators.account_job import AccountJob
from attribution_airflow.operators.event_sender import EventSender
from attribution_airflow.pools import META_API


class SyncMetaSpendOperator(AccountJob):
    """Bring the spend of Meta ad accounts up to date, one by one."""

    account_job = "include.jobs.sync_meta_spend_daily:sync_meta_spend_daily"
    account_pool = META_API


class SendMetaPurchaseOperator(EventSender):
    """Send purchases to Meta's Conversions API."""

    sender = "send_meta_purchase"
    vendor_pool = META_API


class SyncMetaViewsOperator(AccountJob):
    """Bring the view-through claims of Meta ad accounts up to date, one by one."""

    account_job = "include.jobs.attribution_vta_sync:sync_meta_views"
    account_pool = META_API
