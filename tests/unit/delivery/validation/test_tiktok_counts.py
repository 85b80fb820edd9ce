"""TikTok's counts: names that are not the events', totals that are wrong, and days that say nothing."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from include.delivery.validation.tiktok_counts import (
    counts_request,
    day_counts,
    days_to_read,
    pixel_id_of,
    pixel_request,
)
from tests.unit.delivery.validation.rows import NOW


def answer(*entries: dict[str, Any], pixel_id: str = "70") -> dict[str, Any]:
    return {"code": 0, "data": {"list": [{"pixel_id": pixel_id, "statistics": list(entries)}]}}


def kind(name: str, server: Any = 3, **fields: Any) -> dict[str, Any]:
    return {"pixel_event_type": name, "total_count": 0, "server_event_total_count": server, **fields}


def received(answers: list[Any], *learnt: str) -> list[int | None]:
    return [day.received for day in day_counts(answers, "70", learnt)]


def test_a_call_is_about_one_utc_day_and_names_the_pixel_by_its_number() -> None:
    params = counts_request("729", "70", date(2026, 3, 30)).params
    assert json.loads(params["date_range"]) == {"start_date": "2026-03-30", "end_date": "2026-03-30"}
    assert json.loads(params["pixel_ids"]) == ["70"]
    assert pixel_request("729", "C4").params == {"advertiser_id": "729", "code": "C4"}


def test_the_number_of_a_pixel_is_looked_up_by_its_code() -> None:
    pixels = {"data": {"pixels": [{"pixel_code": "B1", "pixel_id": 69}, {"pixel_code": "C4", "pixel_id": 70}]}}
    assert pixel_id_of(pixels, "C4") == "70"
    assert pixel_id_of(pixels, "D5") is None
    assert pixel_id_of({}, "C4") is None


def test_seven_utc_days_are_read_and_the_last_is_over_since_a_day() -> None:
    days = days_to_read(datetime(2026, 3, 31, 6, 20, tzinfo=UTC))
    assert [day.start.date() for day in (days[0], days[-1])] == [date(2026, 3, 23), date(2026, 3, 29)]
    assert len(days) == 7
    assert days[-1].end <= NOW - timedelta(hours=24)


def test_the_servers_own_figure_counts_where_the_total_is_zero() -> None:
    assert received([answer(kind("SHOPPING", 3))]) == [3]


@pytest.mark.parametrize("name", ["PURCHASE", "COMPLETE_PAYMENT", "SHOPPING", "ON_WEB_ORDER"])
def test_the_one_purchase_like_name_of_a_pixel_is_learnt(name: str) -> None:
    (day,) = day_counts([answer(kind(name), kind("ON_WEB_CART", 9))], "70", [])
    assert (day.received, day.name) == (3, name)


@pytest.mark.parametrize(
    ("answers", "learnt", "guard"),
    [
        ([answer(kind("SHOPPING"), kind("ON_WEB_ORDER"))], [], "ambiguous_event_type"),
        ([answer(kind("SHOPPING")), answer(kind("PURCHASE"))], [], "ambiguous_event_type"),
        ([answer(kind("PURCHASE"))], ["SHOPPING"], "unknown_event_type"),
        ([answer(kind("SHOPPING"), kind("PURCHASE"))], ["SHOPPING"], "unknown_event_type"),
        ([answer(kind("ON_WEB_CART"))], [], "unknown_event_type"),
        ([answer({"pixel_event_type": "SHOPPING", "total_count": 3})], [], "unreadable"),
        ([answer(kind("SHOPPING", "3"))], [], "unreadable"),
        ([answer(kind("SHOPPING"), pixel_id="71")], [], "unreadable"),
        ([{}], ["SHOPPING"], "unreadable"),
    ],
)
def test_what_is_not_known_is_unknown_and_never_zero(answers: list[Any], learnt: list[str], guard: str) -> None:
    found = day_counts(answers, "70", learnt)
    assert {day.received for day in found} == {None}
    assert all(guard in day.guards for day in found)


def test_a_day_without_the_known_name_counts_none() -> None:
    assert received([answer(kind("ON_WEB_CART"))], "SHOPPING") == [0]
    assert received([answer(kind("SHOPPING")), answer()]) == [3, 0]
    assert received([answer()]) == [0]


def test_a_custom_event_is_no_purchase_whatever_it_is_called() -> None:
    assert received([answer({"custom_event_type": "PURCHASE", "server_event_total_count": 5})]) == [0]
