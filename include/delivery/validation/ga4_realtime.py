"""The canary of GA4: whether purchase events arrive at all, within a minute, from anybody (validation_apis L2.4).

The Measurement Protocol says 204 to a wrong secret too. Zero events while purchases were sent unmasks it within
minutes; some events prove nothing, the shop's own tag sends them as well.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from include.delivery.purchase import PURCHASE
from include.delivery.validation.facts import Posted
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest

MINUTES = 29
"""How far back a standard property looks."""
_LATE_MINUTES = 15
"""An event that was sent so long ago is not on its way any more."""


def realtime_request(property_id: str) -> PlatformRequest:
    """Return the request for the purchase events of the last half hour, by minute."""
    only_purchases = {"fieldName": "eventName", "inListFilter": {"values": ["purchase"], "caseSensitive": True}}
    body = {
        "dimensions": [{"name": "eventName"}, {"name": "minutesAgo"}],
        "metrics": [{"name": "eventCount"}],
        "minuteRanges": [{"startMinutesAgo": MINUTES, "endMinutesAgo": 0}],
        "dimensionFilter": {"filter": only_purchases},
        "returnPropertyQuota": True,
    }
    path = f"/v1beta/properties/{property_id}:runRealtimeReport"
    return PlatformRequest("POST", path, body=json.dumps(body).encode())


def due_by_now(rows: Iterable[Posted], now: datetime) -> list[Posted]:
    """Return the purchases that realtime must show at now: sent 15 to 29 minutes ago."""
    oldest, newest = now - timedelta(minutes=MINUTES), now - timedelta(minutes=_LATE_MINUTES)
    return [row for row in rows if row.event_name == PURCHASE and oldest <= row.sent_at <= newest]


def events_shown(report: Any) -> int:
    """Return how many purchase events a report shows; an empty one has no rows."""
    rows = member(report, "rows")
    shown = [str(member(row, "metricValues", 0, "value") or "0") for row in (rows if isinstance(rows, list) else [])]
    return sum(int(text) for text in shown if text.isdecimal())


def verdict_of(due: int, shown: int) -> Literal["nothing_due", "seen", "not_seen"]:
    """Return what the canary says; due: purchases that must be there, shown: events from anybody."""
    if not due:
        return "nothing_due"
    return "seen" if shown else "not_seen"
