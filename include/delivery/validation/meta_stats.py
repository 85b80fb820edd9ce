"""Meta's hourly counts of a dataset: the one aggregation that tells the truth, and buckets made of its pages.

Source: validation_apis L3.1. `event` unfiltered counted 1,086 where 13 was right, so only `event_source` filtered by
Purchase is asked for. One long call: day by day, hours on the edge were counted twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from include.delivery.validation.sets import Interval
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest

RETAINED = timedelta(days=7)
"""How far back the vendor's page promises counts; a probe found 28 days."""
SETTLES_AFTER = timedelta(hours=6)
MOST_PAGES = 50

_HOUR = timedelta(hours=1)
_AGGREGATION, _EVENT, _SERVER, _BROWSER = "event_source", "Purchase", "SERVER", "BROWSER"


@dataclass(frozen=True)
class HourlyCounts:
    """Server events by the start of their hour (UTC), none where there is no entry. browser: events of browsers in all.

    guards: incomplete (a page is missing), bucket_differs (the same hour twice, not alike), uneven_buckets (hours that
    do not follow each other in whole hours), unreadable (an entry of another shape).
    """

    by_hour: Mapping[datetime, int]
    browser: int
    guards: frozenset[str]


def first_hour(now: datetime) -> datetime:
    """Return the first whole hour (UTC) that is still within what the vendor keeps."""
    oldest = (now - RETAINED).astimezone(UTC)
    floor = oldest.replace(minute=0, second=0, microsecond=0)
    return floor if floor == oldest else floor + _HOUR


def stats_request(api_version: str, pixel_id: str, now: datetime, after: str | None) -> PlatformRequest:
    """Return the request for a page of the hours up to now; after: the cursor of the page before."""
    params = {
        "aggregation": _AGGREGATION,
        "event": _EVENT,
        "start_time": str(int(first_hour(now).timestamp())),
        "end_time": str(int(now.timestamp())),
    }
    return PlatformRequest(
        "GET", f"/{api_version}/{pixel_id}/stats", params={**params, "after": after} if after else params
    )


def next_cursor(page: Any) -> str | None:
    """Return the cursor of the next page, None on the last.

    `paging.next` itself is never followed: it holds the access token.
    """
    if member(page, "paging", "next") is None:
        return None
    cursor = member(page, "paging", "cursors", "after")
    return cursor if isinstance(cursor, str) and cursor else None


def is_last(page: Any) -> bool:
    """Return whether no page follows."""
    return member(page, "paging", "next") is None


def hourly_counts(pages: Sequence[Any]) -> HourlyCounts:
    """Return the counts of all pages; a bucket that comes again on the next page is one bucket."""
    by_hour: dict[datetime, int] = {}
    failed: set[str] = set()
    browser = 0
    if not pages or not is_last(pages[-1]):
        failed.add("incomplete")
    for bucket in _buckets(pages):
        hour, count = _hour_of(bucket), _count_of(bucket, _SERVER)
        if hour is None or count is None:
            failed.add("unreadable")
            continue
        if hour not in by_hour:
            browser += _count_of(bucket, _BROWSER) or 0
        if by_hour.setdefault(hour, count) != count:
            failed.add("bucket_differs")
    if len({hour.minute for hour in by_hour}) > 1:
        failed.add("uneven_buckets")
    return HourlyCounts(by_hour, browser, frozenset(failed))


def settled_hours(counts: HourlyCounts, now: datetime) -> list[Interval]:
    """Return the hours of the span that ended six hours ago or earlier, on the grid of the dataset's own offset."""
    minute = next(iter(counts.by_hour), first_hour(now)).minute
    start = first_hour(now) + timedelta(minutes=minute)
    hours = []
    while start + _HOUR <= now - SETTLES_AFTER:
        hours.append(Interval(start, start + _HOUR))
        start += _HOUR
    return hours


def _buckets(pages: Iterable[Any]) -> Iterable[Any]:
    for page in pages:
        data = member(page, "data")
        yield from data if isinstance(data, list) else [None]


def _hour_of(bucket: Any) -> datetime | None:
    text = member(bucket, "start_time")
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if moment is None or moment.tzinfo is None else moment.astimezone(UTC)


def _count_of(bucket: Any, side: str) -> int | None:
    if member(bucket, "aggregation") not in (None, _AGGREGATION):
        return None
    entries = member(bucket, "data")
    if not isinstance(entries, list):
        return None
    total = 0
    for entry in entries:
        if member(entry, "value") != side:
            continue
        count = member(entry, "count")
        if not isinstance(count, int) or isinstance(count, bool):
            return None
        total += count
    return total
