"""Meta's reports: what is asked for, every state of a report run, pages, and rows that are not what they must be."""

import json
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from include.errors import UntrustedReport
from include.platforms import meta as errors_of_meta
from include.platforms.client import Reply
from include.platforms.connections import Endpoint, MetaAdsConnection
from include.platforms.hosts import target
from include.platforms.secret import Secret
from include.spend.meta import LIVE_WINDOWS, MetaSpend
from include.spend.report import Account, AccountFacts, Chunk, Level, ReportLost
from tests.unit.spend.conversation import held

META = MetaSpend()
CONNECTION = MetaAdsConnection("acme_meta", Endpoint(target("https", "graph.facebook.com", None)), Secret("t"), "v26.0")
ACCOUNT = Account("meta", "4711", "acme_meta", "USD", "America/New_York")
FIRST, LAST = META.rungs[0], META.rungs[-1]


def chunk(level: Level = "campaign", days: int = 2) -> Chunk:
    return Chunk(level, date(2026, 3, 1), date.fromordinal(date(2026, 3, 1).toordinal() + days))


def row(**changes: Any) -> dict[str, Any]:
    return {
        "account_id": "4711",
        "account_currency": "USD",
        "campaign_id": "11",
        "campaign_name": "Spring",
        "adset_id": "21",
        "ad_id": "31",
        "ad_name": "Banner",
        "spend": "14.35",
        "impressions": "1000",
        "clicks": "7",
        "date_start": "2026-03-01",
        "date_stop": "2026-03-01",
    } | changes


def page(*rows: dict[str, Any], more: bool = False, cursor: str | None = "c1") -> dict[str, Any]:
    paging: dict[str, Any] = {"cursors": {"before": "b", "after": cursor}} if cursor else {}
    return {"data": list(rows), "paging": paging | ({"next": "https://graph.facebook.com/secret"} if more else {})}


def read(*pages: dict[str, Any], level: Level = "campaign") -> list[dict[str, Any]]:
    return held(META.report(CONNECTION, ACCOUNT, chunk(level), FIRST, None), list(pages))[2]


def refusal(status: int, code: int, subcode: int) -> Reply:
    body = json.dumps({"error": {"code": code, "error_subcode": subcode, "message": ""}}).encode()
    return Reply(errors_of_meta.classify(status, {}, body), "yes", status, {}, body)


def run(*states: Any, race: int = 0) -> Any:
    polls = [one if isinstance(one, dict) else {"async_status": one} for one in states]
    answers = [*[refusal(400, 100, 33)] * race, *polls, page(row())]
    return held(META.report(CONNECTION, ACCOUNT, chunk("ad", 20), FIRST, "900"), answers)


def test_an_accounts_facts_are_its_currency_zone_and_status() -> None:
    body = {"currency": "JPY", "timezone_name": "Asia/Tokyo", "account_status": 1}
    facts, requests, _ = held(META.facts(CONNECTION, ACCOUNT), [body])
    assert facts == AccountFacts("JPY", "Asia/Tokyo", "1")
    assert requests[0].path == "/v26.0/act_4711"


@pytest.mark.parametrize("missing", ["currency", "timezone_name"])
def test_an_account_without_currency_or_zone_is_unreadable(missing: str) -> None:
    body = {"currency": "JPY", "timezone_name": "Asia/Tokyo"}
    del body[missing]
    with pytest.raises(UntrustedReport, match="currency or time zone"):
        held(META.facts(CONNECTION, ACCOUNT), [body])


@pytest.mark.parametrize("level", ["campaign", "ad"])
def test_deleted_and_archived_objects_are_asked_for_by_status(level: Level) -> None:
    _, (request,), _ = held(META.report(CONNECTION, ACCOUNT, chunk(level), FIRST, None), [page(row())])
    (wanted,) = json.loads(request.params["filtering"])
    assert wanted["field"] == f"{level}.effective_status"
    assert {"ACTIVE", "PAUSED", "ARCHIVED", "DELETED"} <= set(wanted["value"])


def test_the_control_total_is_asked_without_any_filter() -> None:
    _, (request,), rows = held(META.report(CONNECTION, ACCOUNT, chunk("account"), FIRST, None), [page(row())])
    assert "filtering" not in request.params
    assert (rows[0]["level"], rows[0]["entity_id"], rows[0]["campaign_id"]) == ("account", "4711", None)


def test_days_are_the_accounts_both_ends_included_and_asked_for_one_by_one() -> None:
    _, (request,), _ = held(META.report(CONNECTION, ACCOUNT, chunk(), FIRST, None), [page(row())])
    assert json.loads(request.params["time_range"]) == {"since": "2026-03-01", "until": "2026-03-02"}
    assert request.params["time_increment"] == "1"


def test_only_windows_that_still_answer_are_asked_for() -> None:
    _, (request,), _ = held(META.report(CONNECTION, ACCOUNT, chunk(), FIRST, None), [page(row())])
    assert set(json.loads(request.params["action_attribution_windows"])) <= LIVE_WINDOWS
    assert json.loads(request.params["action_breakdowns"]) == ["action_type"]


@pytest.mark.parametrize("level", ["campaign", "ad"])
def test_a_row_keeps_the_digits_of_its_money(level: Level) -> None:
    (found,) = read(page(row(spend="0.000001")), level=level)
    assert (found["spend"], found["impressions"], found["clicks"]) == ("0.000001", 1000, 7)
    assert (found["entity_id"], found["campaign_id"]) == ({"campaign": "11", "ad": "31"}[level], "11")
    assert (found["entity_name"], found["request_id"]) == ({"campaign": "Spring", "ad": "Banner"}[level], "r-1")


def test_an_amount_that_comes_as_a_number_is_read_exactly() -> None:
    assert [one["spend"] for one in read(page(row(spend=14.1, impressions=5)), level="ad")] == ["14.1"]


@pytest.mark.parametrize("level", ["campaign", "ad"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("spend", "1,234.50"),
        ("spend", "-"),
        ("spend", ""),
        ("spend", None),
        ("spend", "1e3"),
        ("spend", "NaN"),
        ("spend", "0.0000001"),
        ("impressions", "12.5"),
        ("clicks", "many"),
        ("account_id", "4712"),
        ("date_stop", "2026-03-02"),
        ("date_start", "yesterday"),
        ("campaign_id", None),
        ("account_currency", None),
    ],
)
def test_a_value_that_is_not_what_it_must_be_fails_the_chunk(level: Level, field: str, value: Any) -> None:
    with pytest.raises(UntrustedReport):
        read(page(row(), row(**{field: value})), level=level)


@pytest.mark.parametrize("level", ["campaign", "ad"])
def test_pages_are_followed_by_cursor_until_no_next_is_offered(level: Level) -> None:
    pages = [page(row(), more=True, cursor="c1"), page(row(), more=True, cursor="c2"), page(row(), cursor="c3")]
    _, requests, rows = held(META.report(CONNECTION, ACCOUNT, chunk(level), FIRST, None), pages)
    assert [request.params.get("after") for request in requests] == [None, "c1", "c2"]
    assert len(rows) == 3


@pytest.mark.parametrize("level", ["campaign", "ad"])
def test_an_empty_page_ends_a_report_though_it_offers_another(level: Level) -> None:
    assert len(read(page(row(), more=True), page(more=True, cursor="c2"), level=level)) == 1


@pytest.mark.parametrize("level", ["campaign", "ad"])
def test_pages_that_never_end_are_refused(level: Level) -> None:
    again = page(row(), more=True, cursor="c1")
    with pytest.raises(UntrustedReport, match="twice"):
        read(again, again, again, level=level)


@pytest.mark.parametrize("level", ["campaign", "ad"])
def test_a_page_that_has_more_but_no_cursor_is_refused(level: Level) -> None:
    with pytest.raises(UntrustedReport, match="without a cursor"):
        read(page(row(), more=True, cursor=None), level=level)


@pytest.mark.parametrize("level", ["campaign", "ad"])
@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": None}, []])
def test_a_body_without_a_list_of_rows_is_never_no_rows(level: Level, body: Any) -> None:
    with pytest.raises(UntrustedReport):
        read(body, level=level)


def test_one_purchase_under_three_names_counts_once() -> None:
    names = ("offsite_conversion.fb_pixel_purchase", "purchase", "omni_purchase", "link_click")
    actions = [{"action_type": name, "value": "5"} for name in names]
    values = [{"action_type": name, "value": "99.50"} for name in names]
    (found,) = read(page(row(actions=actions, action_values=values)))
    assert (Decimal(found["platform_conversions"]), Decimal(found["platform_conversion_value"])) == (5, Decimal("99.5"))


def test_no_actions_are_no_purchases() -> None:
    (found,) = read(page(row()))
    assert (found["platform_conversions"], found["platform_conversion_value"]) == ("0", "0")


@pytest.mark.parametrize(("level", "days", "ordered"), [("ad", 8, True), ("ad", 7, False), ("campaign", 30, False)])
def test_ads_of_more_than_a_week_are_ordered_as_a_report(level: Level, days: int, ordered: bool) -> None:
    report_id, requests, _ = held(
        META.order(CONNECTION, ACCOUNT, chunk(level, days), FIRST), [{"report_run_id": "900"}] if ordered else []
    )
    assert report_id == ("900" if ordered else None)
    if ordered:
        assert (requests[0].method, requests[0].path) == ("POST", "/v26.0/act_4711/insights")
        assert parse_qs((requests[0].body or b"").decode())["level"] == [level]


def test_a_report_that_was_too_much_at_once_is_ordered() -> None:
    answers = [{"report_run_id": "900"}]
    assert held(META.order(CONNECTION, ACCOUNT, chunk("campaign", 30), META.rungs[1]), answers)[0] == "900"
    assert held(META.order(CONNECTION, ACCOUNT, chunk("campaign", 1), LAST), answers)[0] == "900"
    assert held(META.order(CONNECTION, ACCOUNT, chunk("ad", 7), META.rungs[3]), [])[0] is None


def test_an_ordered_report_is_read_once_its_status_says_completed() -> None:
    almost = {"async_status": "Job Running", "async_percent_completion": 100}
    _, requests, rows = run("Job Not Started", "Job Started", almost, "Job Completed")
    assert len(rows) == 1
    assert [request.path for request in requests] == ["/v26.0/900"] * 4 + ["/v26.0/900/insights"]


@pytest.mark.parametrize("state", ["Job Failed", "Job Skipped"])
def test_a_report_that_ended_without_rows_is_lost(state: str) -> None:
    with pytest.raises(ReportLost, match=state):
        run("Job Running", state)


def test_a_failed_reports_codes_are_told_and_its_words_are_not() -> None:
    failed = {"async_status": "Job Failed", "error_code": 2, "error_subcode": 1504044, "error_message": "jane@example"}
    with pytest.raises(ReportLost, match="with 2/1504044") as caught:
        run(failed)
    assert "jane" not in str(caught.value)


def test_a_status_that_nobody_documented_is_not_waited_for() -> None:
    with pytest.raises(UntrustedReport, match="not documented"):
        run("Job Paused")


def test_a_report_that_does_not_exist_for_a_moment_is_asked_for_again() -> None:
    assert len(run("Job Completed", race=3)[2]) == 1


def test_a_report_that_stays_away_is_lost() -> None:
    with pytest.raises(ReportLost, match="does not exist"):
        run(race=4)


def test_the_first_day_that_is_kept_lies_37_months_back() -> None:
    assert META.earliest(date(2026, 3, 31)) == date(2023, 3, 1)
    assert META.earliest(date(2026, 11, 23)) == date(2023, 10, 24)
