"""View-through claims: one canonical purchase action, the window stored, nothing that was not asked for."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from include.errors import UntrustedReport
from include.platforms.connections import (
    Endpoint,
    GoogleAdsConnection,
    MetaAdsConnection,
    OAuthClient,
    PlatformConnection,
    TikTokAdsConnection,
)
from include.platforms.hosts import target
from include.platforms.request import PlatformRequest
from include.platforms.secret import Secret
from include.spend.google_ads_views import ACTIONS, Action, GoogleAdsViews, canonical_action
from include.spend.meta_views import MetaViews
from include.spend.report import Account, Chunk
from include.spend.tiktok_views import TikTokViews
from include.spend.view_through import ViewAdapter, ViewRow, checked, differing_days
from tests.unit.spend.conversation import answer

HERE = Endpoint(target("http", "127.0.0.1", 1))
META = MetaAdsConnection("m", HERE, Secret("x"), "v26.0")
GOOGLE = GoogleAdsConnection("g", HERE, OAuthClient(HERE, "c", Secret("x"), Secret("x")), "v26")
TIKTOK = TikTokAdsConnection("t", HERE, Secret("x"))
CAMPAIGNS = Chunk("campaign", date(2026, 3, 1), date(2026, 3, 31))
ADS = replace(CAMPAIGNS, level="ad")
TENTH = date(2026, 3, 10)


def claimed(
    adapter: ViewAdapter, connection: PlatformConnection, answers: list[object], chunk: Chunk = CAMPAIGNS
) -> tuple[list[ViewRow], list[PlatformRequest]]:
    account = Account(adapter.platform, "4711", connection.conn_id, "EUR", "Europe/Paris")
    conversation = adapter.claims(connection, account, chunk, adapter.rungs[0])
    rows: list[ViewRow] = []
    requests: list[PlatformRequest] = []
    pending, reply = iter(answers), None
    while True:
        try:
            wish = conversation.send(reply)
        except StopIteration:
            assert next(pending, None) is None, "not everything was read"
            return rows, requests
        reply = None
        if isinstance(wish, PlatformRequest):
            requests.append(wish)
            reply = answer(next(pending))
        else:
            rows += wish  # type: ignore[arg-type]


def purchase(name: str, value: str = "9", **windows: str) -> dict[str, str]:
    return {"action_type": name, "value": value, **{f"1d_{key}": text for key, text in windows.items()}}


def meta_row(*actions: dict[str, str], values: tuple[dict[str, str], ...] = (), **more: Any) -> dict[str, Any]:
    row = {"account_currency": "EUR", "campaign_id": "12", "date_start": "2026-03-10", "date_stop": "2026-03-10"}
    return {**row, "actions": list(actions), "action_values": list(values), **more}


def meta_page(*rows: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    paging = {"cursors": {"after": after or "LAST"}, **({"next": "https://graph.facebook.com/x"} if after else {})}
    return {"data": list(rows), "paging": paging}


ALIASES = (
    purchase("link_click", "700", view="700"),
    purchase("offsite_conversion.fb_pixel_purchase", view="3"),
    purchase("purchase", view="4"),
    purchase("omni_purchase", view="5", ev="2"),
    purchase("omni_purchase_custom_slug", view="50"),
    purchase("offsite_conversion.custom.purchase", view="60"),
)


def test_of_metas_three_names_for_one_purchase_the_first_of_the_list_is_taken_and_nothing_is_added_up() -> None:
    values = (purchase("purchase", view="40.00"), purchase("omni_purchase", view="55.50", ev="20.1"))
    rows, _ = claimed(MetaViews(), META, [meta_page(meta_row(*ALIASES, values=values))])
    assert [(one.action, one.window, one.window_days, one.count, one.value) for one in rows] == [
        ("omni_purchase", "1d_view", 1, Decimal(5), Decimal("55.50")),
        ("omni_purchase", "1d_ev", 1, Decimal(2), Decimal("20.1")),
    ]
    without_omni = meta_row(*ALIASES[:3], ALIASES[5], values=values)
    rows, _ = claimed(MetaViews(), META, [meta_page(without_omni)])
    assert [(one.action, one.count, one.value) for one in rows] == [("purchase", Decimal(4), Decimal("40.00"))]
    rows, _ = claimed(MetaViews(), META, [meta_page(meta_row(*ALIASES[:2]))])
    assert [(one.action, one.count) for one in rows] == [("offsite_conversion.fb_pixel_purchase", Decimal(3))]


def test_a_window_that_meta_leaves_out_is_zero_and_so_are_actions_that_are_absent() -> None:
    only_clicks = meta_row(purchase("omni_purchase"))
    bare = {name: value for name, value in meta_row().items() if name not in ("actions", "action_values")}
    assert claimed(MetaViews(), META, [meta_page(only_clicks, bare)])[0] == []


def test_meta_is_asked_for_live_windows_by_action_type_and_deleted_objects_and_never_for_spend() -> None:
    _, (request,) = claimed(MetaViews(), META, [meta_page()])
    params = request.params
    assert request.path == "/v26.0/act_4711/insights"
    assert json.loads(params["action_attribution_windows"]) == ["1d_view", "1d_ev", "1d_click", "7d_click"]
    assert json.loads(params["action_breakdowns"]) == ["action_type"]
    assert json.loads(params["time_range"]) == {"since": "2026-03-01", "until": "2026-03-30"}
    (every,) = json.loads(params["filtering"])
    assert (every["field"], "DELETED" in every["value"], "ARCHIVED" in every["value"]) == (
        "campaign.effective_status",
        True,
        True,
    )
    assert "spend" not in params["fields"]


def test_metas_pages_are_followed_by_cursor_until_there_is_no_next_or_no_row() -> None:
    row = meta_row(purchase("purchase", view="1"))
    rows, requests = claimed(
        MetaViews(), META, [meta_page(row, after="A"), meta_page(row, after="B"), meta_page(after="C")]
    )
    assert [request.params.get("after") for request in requests] == [None, "A", "B"]
    assert len(rows) == 2


@pytest.mark.parametrize(
    "page",
    [
        {"paging": {}},
        meta_page(meta_row(purchase("purchase", view="1,5"))),
        meta_page(meta_row(purchase("purchase", view="1"), campaign_id="act_12")),
        meta_page(meta_row(purchase("purchase", view="1"), date_stop="2026-03-11")),
        meta_page(meta_row(purchase("purchase", view="1"), purchase("purchase", view="1"))),
    ],
)
def test_what_meta_may_not_answer_fails_the_chunk(page: dict[str, Any]) -> None:
    with pytest.raises(UntrustedReport):
        claimed(MetaViews(), META, [page])


def test_an_ad_of_meta_carries_its_ad_set_and_campaign() -> None:
    row = meta_row(purchase("purchase", view="1"), adset_id="34", ad_id="56")
    ((one,), (request,)) = claimed(MetaViews(), META, [meta_page(row)], ADS)
    assert (one.entity_id, one.campaign_id, one.adgroup_id, one.ad_id) == ("56", "12", "34", "56")
    assert json.loads(request.params["filtering"])[0]["field"] == "ad.effective_status"


def action(number: str, category: str | None = "PURCHASE", status: str = "ENABLED", days: str = "7") -> dict[str, Any]:
    named = {"id": number, "name": f"Purchase {number}", "status": status, "viewThroughLookbackWindowDays": days}
    return {"conversionAction": {**named, **({"category": category} if category else {})}}


def google_row(views: str | None = "3", of: str = "customers/4711/conversionActions/20", **more: Any) -> dict[str, Any]:
    metrics = {} if views is None else {"viewThroughConversions": views}
    row = {"customer": {"currencyCode": "EUR"}, "campaign": {"id": "12"}, "metrics": metrics}
    return {**row, "segments": {"date": "2026-03-10", "conversionAction": of}, **more}


def test_google_counts_one_purchase_action_and_stores_the_window_read_from_it() -> None:
    actions = {
        "results": [action("30"), action("20", days="3"), action("10", "PAGE_VIEW"), action("5", status="REMOVED")]
    }
    report = {"results": [google_row(), google_row("9", "conversionActions/30"), google_row(None)]}
    rows, (first, second) = claimed(GoogleAdsViews(), GOOGLE, [actions, report])
    assert [(one.action, one.window, one.window_days, one.count, one.value) for one in rows] == [
        ("Purchase 20", "vtc", 3, Decimal(3), None)
    ]
    assert json.loads(first.body or b"")["query"] == ACTIONS
    query = json.loads(second.body or b"")["query"]
    assert "segments.date BETWEEN '2026-03-01' AND '2026-03-30'" in query
    assert "metrics.view_through_conversions" in query
    # Cost cannot be asked for by action, and no campaign is left out by its status.
    assert "cost_micros" not in query
    assert "status" not in query


def test_an_account_without_an_enabled_purchase_action_claims_nothing_and_is_not_asked_further() -> None:
    rows, requests = claimed(GoogleAdsViews(), GOOGLE, [{"results": [action("10", "PAGE_VIEW")]}])
    assert (rows, len(requests)) == ([], 1)


def test_where_google_names_no_category_all_views_count_with_the_longest_window() -> None:
    assert canonical_action([action("1", None, days="1"), action("2", None, days="30")]) == Action(
        None, "view_through_conversions", 30
    )


def test_google_pages_are_read_to_the_last_and_a_circle_fails() -> None:
    actions = {"results": [action("20")]}
    ad = google_row(adGroup={"id": "34"}, adGroupAd={"ad": {"id": "56"}})
    pages = [actions, {"results": [ad], "nextPageToken": "a"}, {"results": [google_row(None)]}]
    ((one,), requests) = claimed(GoogleAdsViews(), GOOGLE, pages, ADS)
    assert (one.entity_id, one.adgroup_id, one.ad_id, len(requests)) == ("34~56", "34", "56", 3)
    with pytest.raises(UntrustedReport):
        claimed(GoogleAdsViews(), GOOGLE, [actions, *[{"results": [ad], "nextPageToken": "a"}] * 2], ADS)


def tiktok_page(*metrics: dict[str, str], total: int | None = None) -> dict[str, Any]:
    rows = [
        {"dimensions": {"campaign_id": f"{12 + at}", "stat_time_day": "2026-03-10 00:00:00"}, "metrics": one}
        for at, one in enumerate(metrics)
    ]
    info = {"page": 1, "page_size": 1000, "total_number": total if total is not None else len(rows), "total_page": 1}
    return {"code": 0, "data": {"list": rows, "page_info": info}}


VIEWS = {"currency": "EUR", "vta_complete_payment": "4", "vta_complete_payment_value": "80.25"}


def test_tiktoks_views_and_engaged_views_are_rows_of_their_own_and_a_dash_is_not_zero_but_unknown() -> None:
    engaged = {**VIEWS, "evta_payments_completed": "2"}
    unknown = {"currency": "EUR", "vta_complete_payment": "-", "evta_payments_completed": "0"}
    rows, (request,) = claimed(TikTokViews(), TIKTOK, [tiktok_page(engaged, unknown)])
    assert [(one.entity_id, one.action, one.window, one.window_days, one.count, one.value) for one in rows] == [
        ("12", "vta_complete_payment", "vta", None, Decimal(4), Decimal("80.25")),
        ("12", "evta_payments_completed", "evta", None, Decimal(2), None),
    ]
    assert [one.report_date for one in rows] == [TENTH, TENTH]
    assert "STATUS_ALL" in request.params["filtering"]
    assert json.loads(request.params["metrics"]) == [
        "vta_complete_payment",
        "vta_complete_payment_value",
        "evta_payments_completed",
        "currency",
    ]


def test_a_page_of_tiktok_that_lost_rows_fails_the_chunk() -> None:
    with pytest.raises(UntrustedReport):
        claimed(TikTokViews(), TIKTOK, [tiktok_page(VIEWS, total=2)])


ACCOUNT = Account("meta", "4711", "m", "EUR", "Europe/Paris")
ROW = ViewRow(TENTH, "campaign", "12", "12", "purchase", "1d_view", Decimal(4), "EUR", 1, Decimal(10))


@pytest.mark.parametrize(
    "change",
    [
        lambda one: [replace(one, report_date=date(2026, 3, 31))],
        lambda one: [replace(one, report_date=date(2026, 2, 28))],
        lambda one: [replace(one, currency="USD")],
        lambda one: [replace(one, count=Decimal(-1))],
        lambda one: [one, one],
        lambda one: [one, replace(one, action="omni_purchase")],
    ],
)
def test_rows_that_were_not_asked_for_or_came_twice_fail_the_chunk(change: Callable[[ViewRow], list[ViewRow]]) -> None:
    assert checked([ROW, replace(ROW, window="1d_ev")], CAMPAIGNS, ACCOUNT)
    with pytest.raises(UntrustedReport):
        checked(change(ROW), CAMPAIGNS, ACCOUNT)


def test_days_on_which_ads_and_campaigns_claim_differently_are_found() -> None:
    ad = replace(ROW, level="ad", entity_id="56", count=Decimal(1))
    assert differing_days([ROW, ad, replace(ad, entity_id="57", count=Decimal(3))]) == {}
    assert differing_days([ROW, ad]) == {TENTH: (Decimal(4), Decimal(1))}
