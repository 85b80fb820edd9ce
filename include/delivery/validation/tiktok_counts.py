"""TikTok's counts of a pixel: one figure per event type and UTC day, under names that are not those of the events.

Source: validation_apis L4. A name nobody has learnt, a figure that is not there and a refused call are "unknown", never
zero. A single event, its value, currency, order and match cannot be read by any API.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from include.delivery.validation.sets import Interval
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest

DAYS = 7
"""UTC days read in every run, the newest over since a day."""
SETTLES_AFTER = timedelta(hours=24)

PURCHASE_NAMES = frozenset({"PURCHASE", "COMPLETE_PAYMENT", "SHOPPING", "ON_WEB_ORDER"})
"""Names of event types that are purchases; a pixel uses one of them."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DayCount:
    """Server purchases of a UTC day; None: the answer does not say. name: the event type they were counted under."""

    received: int | None
    name: str | None
    guards: frozenset[str] = frozenset()


def pixel_request(advertiser_id: str, pixel_code: str) -> PlatformRequest:
    """Return the request for the pixel's number: counts know it by that, events by its code."""
    params = {"advertiser_id": advertiser_id, "code": pixel_code}
    return PlatformRequest("GET", "/open_api/v1.3/pixel/list/", params=params)


def pixel_id_of(answer: Any, pixel_code: str) -> str | None:
    """Return the number of the pixel with this code, None where the advertiser has none."""
    pixels = member(answer, "data", "pixels")
    for pixel in pixels if isinstance(pixels, list) else []:
        if member(pixel, "pixel_code") == pixel_code and member(pixel, "pixel_id") is not None:
            return str(member(pixel, "pixel_id"))
    return None


def counts_request(advertiser_id: str, pixel_id: str, day: date) -> PlatformRequest:
    """Return the request for one UTC day: a range of days has one figure only."""
    params = {
        "advertiser_id": advertiser_id,
        "pixel_ids": json.dumps([pixel_id]),
        "date_range": json.dumps({"start_date": day.isoformat(), "end_date": day.isoformat()}),
    }
    return PlatformRequest("GET", "/open_api/v1.3/pixel/event/stats/", params=params)


def days_to_read(now: datetime) -> list[Interval]:
    """Return the UTC days to count, ascending: seven, the last of them over since 24 hours."""
    end = (now.astimezone(UTC) - SETTLES_AFTER).date()
    starts = [datetime.combine(end - timedelta(days=back), time.min, tzinfo=UTC) for back in range(DAYS, 0, -1)]
    return [Interval(start, start + _ONE_DAY) for start in starts]


def day_counts(answers: Sequence[Any], pixel_id: str, learnt: Collection[str]) -> list[DayCount]:
    """Return the server's purchases of each answer's day, in order.

    learnt: names that this pixel's purchases were counted under before; empty at first, when the one purchase-like name
    of all answers is it. Guards: unreadable, unknown_event_type (a purchase-like name that is not the learnt one, or
    none of that kind among others), ambiguous_event_type (several at first sight).
    """
    days = [_entries(answer, pixel_id) for answer in answers]
    names = {name for entries in days for name in entries or {} if name in PURCHASE_NAMES}
    if not learnt and len(names) > 1:
        return [DayCount(None, None, frozenset({"ambiguous_event_type"})) for _ in days]
    return [_day_count(entries, frozenset(learnt) or names) for entries in days]


def _day_count(entries: Mapping[str, Any] | None, known: Collection[str]) -> DayCount:
    if entries is None:
        return DayCount(None, None, frozenset({"unreadable"}))
    if PURCHASE_NAMES & set(entries) - set(known):
        return DayCount(None, None, frozenset({"unknown_event_type"}))
    name = next((name for name in sorted(known) if name in entries), None)
    if name is None:
        # Nothing of any kind, or nothing of the known name: none. Other kinds only: which is ours is not known.
        none = bool(known) or not entries
        return DayCount(0, None) if none else DayCount(None, None, frozenset({"unknown_event_type"}))
    count = _server_count(entries[name])
    return DayCount(count, name, frozenset() if count is not None else frozenset({"unreadable"}))


def _entries(answer: Any, pixel_id: str) -> dict[str, Mapping[str, Any]] | None:
    """Return the day's entries by event type; those of custom events have another field and stay out."""
    pixels = member(answer, "data", "list")
    for pixel in pixels if isinstance(pixels, list) else []:
        if str(member(pixel, "pixel_id")) == pixel_id:
            entries = member(pixel, "statistics")
            if not isinstance(entries, list):
                return None
            return {name: one for one in entries if isinstance(name := member(one, "pixel_event_type"), str)}
    return None


def _server_count(entry: Mapping[str, Any]) -> int | None:
    """Return the server's own figure: the total was seen to be 0 beside it."""
    count = entry.get("server_event_total_count")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
