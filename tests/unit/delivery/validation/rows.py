"""Rows of the ledger as a validation reads them, with everything unremarkable unless a test says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from include.delivery.validation.facts import Posted

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def posted(order_id: int = 1, *, sent: datetime | None = None, **fields: Any) -> Posted:
    """Return an accepted purchase of 84.50, sent two hours after it happened, 49 hours before NOW."""
    at = sent or NOW - timedelta(hours=49)
    usual: dict[str, Any] = {
        "order_id": order_id,
        "event_name": "purchase",
        "event_seq": 0,
        "event_id": str(1000 + order_id),
        "event_time": at - timedelta(hours=2),
        "first_sent_at": at,
        "sent_at": at,
        "state": "accepted",
        "fence": 1,
        "value_minor": 8450,
        "currency": "EUR",
    }
    return Posted(**{**usual, **fields})
