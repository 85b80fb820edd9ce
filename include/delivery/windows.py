"""Until when an event may be sent, by business time at the moment a batch is formed; never by the dates of a run.

Beyond its window an event harms: GA4 silently books it on another day (conversion_apis A3), Meta refuses the whole
request it is in (B3), and TikTok no longer recognises the pixel's copy of it (C5), which is the only limit it states.
The same holds for sending again what may have arrived: Meta and TikTok drop a repeat within 48 hours of the first, GA4
knows its transaction id as long as the event's date can be kept (A8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from include.delivery.purchase import Vendor

IN_FLIGHT = timedelta(minutes=2)
"""Subtracted from every window: a request takes time, and must not grow too old on its way."""

REPEAT_WINDOW = timedelta(hours=48)
"""How long Meta and TikTok recognise a repeat, counted from when the first may have arrived."""


@dataclass(frozen=True, slots=True)
class Window:
    """How old an event may be when it is sent; reason: of its row once it is older."""

    age: timedelta
    reason: str


WINDOWS: Mapping[Vendor, Window] = {
    "ga4": Window(timedelta(hours=72), "older_than_72_hours"),
    "meta": Window(timedelta(days=7), "older_than_7_days"),
    "tiktok": Window(timedelta(hours=48), "older_than_48_hours"),
}
REPEAT_OVER = "repeat_no_longer_recognised"
"""Reason of an event that may have arrived and can no longer be sent again without being counted twice."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What may be done with an event now. until: the last instant at which it may be sent, UTC.

    early: its time lies ahead of now; it is sendable from event_time on.
    """

    state: Literal["early", "sendable", "expired"]
    until: datetime
    reason: str | None = None


def last_instant(vendor: Vendor, event_time: datetime) -> datetime:
    """Return the last instant (UTC) at which an event may be sent for the first time."""
    return event_time + WINDOWS[vendor].age - IN_FLIGHT


def last_repeat(vendor: Vendor, event_time: datetime, first_sent_at: datetime) -> datetime:
    """Return the last instant (UTC) at which identical bytes may be sent again after an attempt that may have arrived.

    first_sent_at: of the earliest such attempt, UTC.
    """
    first = last_instant(vendor, event_time)
    return first if vendor == "ga4" else min(first, first_sent_at + REPEAT_WINDOW - IN_FLIGHT)


def fate_of(vendor: Vendor, event_time: datetime, now: datetime, *, first_sent_at: datetime | None = None) -> Fate:
    """Return what may be done with an event at now (business time).

    first_sent_at: of the earliest attempt that may have arrived; None when none may.
    """
    until = last_instant(vendor, event_time)
    if now > until:
        return Fate("expired", until, WINDOWS[vendor].reason)
    if first_sent_at is not None:
        until = last_repeat(vendor, event_time, first_sent_at)
        if now > until:
            return Fate("expired", until, REPEAT_OVER)
    return Fate("early" if now < event_time else "sendable", until)
