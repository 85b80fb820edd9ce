"""Google Analytics' tasks."""

from attribution_airflow.operators.event_sender import EventSender
from attribution_airflow.pools import GA4_API


class SendGA4PurchaseOperator(EventSender):
    """Send purchases and refunds to GA4."""

    sender = "send_ga4_purchase"
    vendor_pool = GA4_API
