"""Meta's hourly counts: the traps of its pages, offsets and aggregations."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.delivery.validation.meta_stats import (
    first_hour,
    hourly_counts,
    is_last,
    next_cursor,
    settled_hours,
    stats_request,
)
from tests.unit.delivery.validation.rows import NOW

HOUR = timedelta(hours=1)


def bucket(start: str, aggregation: str = "event_source", **counts: int) -> dict[str, Any]:
    entries = [{"value": name, "count": count} for name, count in counts.items()]
    return {"aggregation": aggregation, "start_time": start, "data": entries}


def page(*buckets: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"data": list(buckets)}
    if after:
        made["paging"] = {"cursors": {"before": "aa", "after": after}, "next": "https://x/?access_token=SECRET"}
    return made


def test_only_the_aggregation_that_was_right_is_asked_for_in_one_call_within_what_is_kept() -> None:
    now = NOW + timedelta(minutes=20)
    params = stats_request("v26.0", "88", now, None).params
    assert (params["aggregation"], params["event"]) == ("event_source", "Purchase")
    assert datetime.fromtimestamp(int(params["start_time"]), UTC) == NOW - timedelta(days=7) + HOUR
    assert datetime.fromtimestamp(int(params["end_time"]), UTC) == now
    assert stats_request("v26.0", "88", now, "bb").params["after"] == "bb"
    assert first_hour(NOW) == NOW - timedelta(days=7)


def test_only_servers_count() -> None:
    found = hourly_counts([page(bucket("2026-03-30T10:00:00+0000", SERVER=6, BROWSER=7))])
    assert (found.by_hour, found.guards) == ({datetime(2026, 3, 30, 10, tzinfo=UTC): 6}, frozenset())


def test_an_hour_of_browsers_alone_counts_none() -> None:
    found = hourly_counts([page(bucket("2026-03-30T10:00:00+0000", BROWSER=7))])
    assert (list(found.by_hour.values()), found.browser) == ([0], 7)


def test_the_offset_of_a_bucket_is_the_datasets_and_read_from_it() -> None:
    found = hourly_counts(
        [page(bucket("2026-03-30T10:00:00+0100", SERVER=1), bucket("2026-03-30T18:00:00+0800", SERVER=2))]
    )
    assert found.by_hour == {datetime(2026, 3, 30, 9, tzinfo=UTC): 1, datetime(2026, 3, 30, 10, tzinfo=UTC): 2}


def test_a_bucket_that_comes_again_on_the_next_page_counts_once() -> None:
    first = page(bucket("2026-03-30T10:00:00+0000", SERVER=6), bucket("2026-03-30T11:00:00+0000", SERVER=2), after="2")
    second = page(bucket("2026-03-30T11:00:00+0000", SERVER=2), bucket("2026-03-30T12:00:00+0000", SERVER=1))
    found = hourly_counts([first, second])
    assert (list(found.by_hour.values()), found.guards) == ([6, 2, 1], frozenset())


@pytest.mark.parametrize(
    ("pages", "guard"),
    [
        ([page(bucket("2026-03-30T10:00:00+0000", SERVER=6), after="2")], "incomplete"),
        ([], "incomplete"),
        (
            [page(bucket("2026-03-30T10:00:00+0000", SERVER=6), bucket("2026-03-30T10:00:00+0000", SERVER=7))],
            "bucket_differs",
        ),
        (
            [page(bucket("2026-03-30T10:00:00+0530", SERVER=6), bucket("2026-03-30T10:00:00+0600", SERVER=7))],
            "uneven_buckets",
        ),
        ([page(bucket("2026-03-30T10:00:00+0000", "event", Purchase=7))], "unreadable"),
        ([page(bucket("2026-03-30T10:00:00", SERVER=6))], "unreadable"),
        ([page(bucket("yesterday", SERVER=6))], "unreadable"),
        ([{"data": [{"aggregation": "event_source", "data": []}]}], "unreadable"),
        (
            [{"data": [bucket("2026-03-30T10:00:00+0000") | {"data": [{"value": "SERVER", "count": "6"}]}]}],
            "unreadable",
        ),
        ([{}], "unreadable"),
    ],
)
def test_what_cannot_be_trusted_fails_a_guard(pages: list[Any], guard: str) -> None:
    assert guard in hourly_counts(pages).guards


def test_the_next_page_is_asked_for_by_its_cursor_and_never_by_the_address_that_holds_the_token() -> None:
    more = page(after="bb")
    assert (next_cursor(more), is_last(more)) == ("bb", False)
    assert (next_cursor(page()), is_last(page())) == (None, True)
    assert next_cursor({"paging": {"cursors": {"after": "bb"}}}) is None
    assert next_cursor({"paging": {"next": "https://x/"}}) is None


def test_hours_are_settled_six_hours_after_their_end_on_the_datasets_own_grid() -> None:
    whole = settled_hours(hourly_counts([page(bucket("2026-03-30T10:00:00+0000", SERVER=1))]), NOW)
    assert whole[0].start == NOW - timedelta(days=7)
    assert whole[-1].end == NOW - 6 * HOUR
    assert len(whole) == 7 * 24 - 6
    half = settled_hours(hourly_counts([page(bucket("2026-03-30T10:00:00+0530", SERVER=1))]), NOW)
    assert half[0].start == NOW - timedelta(days=7) + HOUR / 2
    assert half[-1].end == NOW - 6 * HOUR - HOUR / 2
