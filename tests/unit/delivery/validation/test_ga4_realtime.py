"""The canary: zero purchase events while purchases were sent."""

import json
from datetime import timedelta
from typing import Any

import pytest

from include.delivery.validation.ga4_realtime import due_by_now, events_shown, realtime_request, verdict_of
from tests.unit.delivery.validation.rows import NOW, posted


def test_the_request_asks_for_purchases_of_the_last_half_hour_and_nothing_realtime_does_not_know() -> None:
    body = json.loads(realtime_request("123").body or b"")
    assert body["minuteRanges"] == [{"startMinutesAgo": 29, "endMinutesAgo": 0}]
    assert not {"dateRanges", "offset", "currencyCode"} & set(body)
    assert {one["name"] for one in body["dimensions"]} == {"eventName", "minutesAgo"}


@pytest.mark.parametrize(
    ("minutes", "due"), [(14, False), (15, True), (29, True), (30, False)], ids=["on its way", "late", "last", "gone"]
)
def test_a_purchase_is_due_from_fifteen_minutes_after_its_send_as_long_as_realtime_looks_back(
    minutes: int, due: bool
) -> None:
    row = posted(sent=NOW - timedelta(minutes=minutes))
    assert bool(due_by_now([row], NOW)) is due


def test_a_refund_is_no_purchase_event() -> None:
    assert due_by_now([posted(sent=NOW - timedelta(minutes=20), event_name="refund")], NOW) == []


@pytest.mark.parametrize(
    ("report", "count"),
    [
        ({}, 0),
        ({"rows": [{"metricValues": [{"value": "2"}]}, {"metricValues": [{"value": "3"}]}]}, 5),
        ({"rows": [{"metricValues": []}]}, 0),
    ],
)
def test_events_are_counted_over_all_minutes(report: Any, count: int) -> None:
    assert events_shown(report) == count


@pytest.mark.parametrize(
    ("due", "shown", "verdict"), [(0, 0, "nothing_due"), (0, 4, "nothing_due"), (3, 1, "seen"), (1, 0, "not_seen")]
)
def test_only_zero_events_while_some_were_due_are_an_alarm(due: int, shown: int, verdict: str) -> None:
    assert verdict_of(due, shown) == verdict
