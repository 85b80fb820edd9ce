"""What a report of GA4 says and hides: text for numbers, empty fields left out, rows that stand for others."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from include.delivery.validation.ga4_report import (
    DayReport,
    day_report,
    day_request,
    page_of,
    page_request,
    pages_of_batch,
    quota_is_low,
    single_requests,
)

DAY = date(2026, 3, 29)


def report(dimensions: list[str], metrics: list[str], rows: list[tuple[str, ...]], **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "dimensionHeaders": [{"name": name} for name in dimensions],
        "metricHeaders": [{"name": name, "type": "TYPE_INTEGER"} for name in metrics],
        "metadata": {"currencyCode": "EUR", "timeZone": "Europe/Berlin"} | fields.pop("metadata", {}),
    }
    if rows:
        made["rows"] = [
            {
                "dimensionValues": [{"value": value} for value in row[: len(dimensions)]],
                "metricValues": [{"value": value} for value in row[len(dimensions) :]],
            }
            for row in rows
        ]
        made["rowCount"] = len(rows)
    return made | fields


def detail(*rows: tuple[str, str, str, str], **fields: Any) -> dict[str, Any]:
    """Rows of transaction id, purchases, gross revenue, events."""
    wide = [("20260329", *row) for row in rows]
    names = ["ecommercePurchases", "grossPurchaseRevenue", "eventCount"]
    return report(["date", "transactionId"], names, wide, **fields)


def control(purchases: int, **fields: Any) -> dict[str, Any]:
    return report(["date"], ["ecommercePurchases"], [("20260329", str(purchases))] if purchases else [], **fields)


def refunds(*rows: tuple[str, str]) -> dict[str, Any]:
    wide = [("20260329", *row) for row in rows]
    return report(["date", "transactionId"], ["eventCount"], wide)


def read(detail: dict[str, Any], control: dict[str, Any], refunds_: dict[str, Any] | None = None) -> DayReport:
    pages = pages_of_batch({"reports": [detail, control, refunds_ or refunds()]})
    assert pages is not None
    return day_report(DAY, "EUR", [pages[0]], pages[1], [pages[2]])


def test_a_day_is_one_batch_of_single_day_reports_in_the_rows_currency_with_exact_filters() -> None:
    request = day_request("123", DAY, "EUR")
    assert request.path == "/v1beta/properties/123:batchRunReports"
    asked = json.loads(request.body or b"")["requests"]
    assert [[one["name"] for one in report["dimensions"]] for report in asked] == [
        ["date", "transactionId"],
        ["date"],
        ["date", "transactionId"],
    ]
    for one in asked:
        assert one["dateRanges"] == [{"startDate": "2026-03-29", "endDate": "2026-03-29"}]
        assert one["currencyCode"] == "EUR"
        assert one["returnPropertyQuota"] is True
        assert one["dimensionFilter"]["filter"]["stringFilter"]["caseSensitive"] is True
    further = json.loads(page_request("123", DAY, "EUR", "purchase", 100_000).body or b"")
    assert further["offset"] == "100000"
    assert further["metrics"] == asked[0]["metrics"]


def test_numbers_come_as_text_and_revenue_stays_decimal() -> None:
    day = read(detail(("5501774", "1", "84.5", "2")), control(1))
    assert day.guards == frozenset()
    assert (day.purchases["5501774"].purchases, day.purchases["5501774"].gross) == (1, Decimal("84.5"))
    assert day.purchases["5501774"].events == 2
    assert day.timezone == "Europe/Berlin"


def test_the_same_reports_can_be_asked_for_one_by_one() -> None:
    batch = json.loads(day_request("123", DAY, "EUR").body or b"")["requests"]
    single = single_requests("123", DAY, "EUR")
    assert [json.loads(one.body or b"") for one in single] == batch
    assert {one.path for one in single} == {"/v1beta/properties/123:runReport"}


def test_metadata_that_names_no_calendar_and_no_currency_fails_nothing() -> None:
    silent = detail(("7", "1", "5", "1"))
    del silent["metadata"]
    whole = {"metadata": {}}
    day = read(silent, control(1) | whole, refunds() | whole)
    assert (day.guards, day.timezone) == (frozenset(), None)


def test_an_empty_report_has_neither_rows_nor_row_count_and_is_whole() -> None:
    day = read(detail(), control(0))
    assert (day.purchases, day.guards) == ({}, frozenset())


def test_purchases_without_an_id_are_counted_and_joined_to_nobody() -> None:
    day = read(detail(("(not set)", "2", "10", "2"), ("", "1", "5", "1"), ("7", "1", "5", "1")), control(4))
    assert day.guards == frozenset()
    assert set(day.purchases) == {"7"}
    assert day.without_id == 3


@pytest.mark.parametrize(
    ("detail_", "control_", "guard"),
    [
        (detail(("7", "1", "5", "1"), ("(other)", "3", "9", "3")), control(4), "other_row"),
        (detail(("7", "1", "5", "1")), control(4), "control_differs"),
        (detail(("7", "1", "5", "1"), rowCount=2), control(1), "incomplete"),
        (detail(("7", "1", "5", "1"), metadata={"dataLossFromOtherRow": True}), control(1), "other_row"),
        (detail(("7", "1", "5", "1"), metadata={"subjectToThresholding": True}), control(1), "thresholded"),
        (
            detail(("7", "1", "5", "1"), metadata={"samplingMetadatas": [{"samplesReadCount": "4"}]}),
            control(1),
            "sampled",
        ),
        (
            detail(
                ("7", "1", "0", "1"),
                metadata={"schemaRestrictionResponse": {"activeMetricRestrictions": [{"metricName": "x"}]}},
            ),
            control(1),
            "restricted",
        ),
        (detail(("7", "1", "5", "1"), metadata={"timeZone": "Mars/Olympus"}), control(1), "timezone"),
        (detail(("7", "1", "5", "1")), control(1, metadata={"timeZone": "Asia/Tokyo"}), "timezone"),
        (detail(("7", "1", "5", "1"), metadata={"currencyCode": "USD"}), control(1), "currency"),
    ],
)
def test_what_hides_ids_fails_a_guard_and_leaves_what_is_present(
    detail_: dict[str, Any], control_: dict[str, Any], guard: str
) -> None:
    day = read(detail_, control_)
    assert guard in day.guards
    assert "7" in day.purchases


def test_further_pages_complete_a_report_whose_row_count_is_larger_than_its_page() -> None:
    first, second = detail(("7", "1", "5", "1"), rowCount=2), detail(("8", "1", "5", "1"), rowCount=2)
    pages = pages_of_batch({"reports": [first, control(2), refunds()]})
    assert pages is not None
    whole = day_report(DAY, "EUR", [pages[0], page_of(second)], pages[1], [pages[2]])
    assert whole.guards == frozenset()
    assert set(whole.purchases) == {"7", "8"}


def test_a_refund_is_counted_apart_and_makes_no_second_purchase() -> None:
    day = read(detail(("7", "1", "5", "1")), control(1), refunds(("7", "1")))
    assert day.purchases["7"].purchases == 1
    assert day.refunds == {"7": 1}


@pytest.mark.parametrize("body", [{}, {"reports": []}, {"reports": [{}, {}]}, {"reports": {}}, [], None])
def test_a_batch_of_another_shape_is_no_answer(body: Any) -> None:
    assert pages_of_batch(body) is None


def test_reading_stops_before_the_last_tenth_of_a_budget_is_spent() -> None:
    def left(**remaining: int) -> dict[str, Any]:
        return {"reports": [{"propertyQuota": {name: {"remaining": count} for name, count in remaining.items()}}]}

    assert not quota_is_low(left(tokensPerDay=199_812, tokensPerHour=39_950, tokensPerProjectPerHour=13_950))
    assert quota_is_low(left(tokensPerProjectPerHour=1_399))
    assert quota_is_low(left(tokensPerHour=3_999))
    assert quota_is_low(left(tokensPerDay=19_999))
    assert quota_is_low(left(serverErrorsPerProjectPerHour=1))
    assert quota_is_low({"propertyQuota": {"tokensPerHour": {"consumed": 4}}})
    assert not quota_is_low({"reports": [{}]})
