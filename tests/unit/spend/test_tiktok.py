"""TikTok: reports, pages and the union with GMV Max (source_apis C.2 to C.6), without a network."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from include.errors import UntrustedReport
from include.platforms.connections import Endpoint, TikTokAdsConnection
from include.platforms.hosts import target
from include.platforms.request import PlatformRequest
from include.platforms.secret import Secret
from include.spend.report import Account, AccountFacts, Chunk, Rung
from include.spend.tiktok import TikTok
from include.spend.tiktok_gmv_max import gmv_max_params, is_contained
from include.spend.tiktok_report import basic_params
from include.spend.windows import restated_window
from tests.unit.spend.conversation import held

CONNECTION = TikTokAdsConnection("shop", Endpoint(target("https", "business-api.tiktok.com", None)), Secret("t"))
ACCOUNT = Account("tiktok", "7291846503217743873", "shop", "USD", "America/New_York")
TIKTOK = TikTok()
RUNG = Rung(1000, 30)
FIRST, NEXT = date(2026, 3, 1), date(2026, 3, 31)
CAMPAIGN, AD, TOTAL = (Chunk(level, FIRST, NEXT) for level in ("campaign", "ad", "account"))


def row(day: str = "2026-03-02", campaign: str = "17", spend: str = "12.50", **more: str) -> dict[str, Any]:
    metrics = {
        "spend": spend,
        "impressions": "100",
        "clicks": "4",
        "currency": "USD",
        "complete_payment": "2",
        "total_complete_payment_rate": "81.20",
        "campaign_name": "Spring",
        "campaign_automation_type": "MANUAL",
    }
    dimensions = {"campaign_id": campaign, "stat_time_day": f"{day} 00:00:00"}
    return {"dimensions": dimensions, "metrics": metrics | more}


def gmv(day: str = "2026-03-02", cost: str = "40.00", **more: str) -> dict[str, Any]:
    dimensions = {"campaign_id": "18", "stat_time_day": f"{day} 00:00:00"}
    return {"dimensions": dimensions, "metrics": {"cost": cost, "orders": "3", "gross_revenue": "99.90"} | more}


def total(day: str = "2026-03-02", spend: str = "12.50") -> dict[str, Any]:
    one = row(day, spend=spend)
    return {
        "dimensions": {"advertiser_id": ACCOUNT.account_id, "stat_time_day": f"{day} 00:00:00"},
        **{"metrics": one["metrics"]},
    }


def page(*rows: dict[str, Any], number: int = 1, pages: int = 1, of: int | None = None) -> dict[str, Any]:
    announced = len(rows) if of is None else of
    info = {"page": number, "page_size": 1000, "total_number": announced, "total_page": pages if announced else 0}
    return {"code": 0, "message": "OK", "data": {"list": list(rows), "page_info": info}}


def stores(*available: bool) -> dict[str, Any]:
    listed = [{"store_id": str(800 + n), "is_gmv_max_available": one} for n, one in enumerate(available)]
    return {"code": 0, "data": {"store_list": listed}}


def vendor(
    campaigns: dict[str, Any] | None = None, totals: dict[str, Any] | None = None, gmv_max: dict[str, Any] | None = None
) -> Any:
    """An advertiser whose one store sells products with GMV Max, unless gmv_max is None."""

    def answers(request: PlatformRequest) -> object:
        if request.path.endswith("store/list/"):
            return stores(*([True] if gmv_max else []))
        if request.path.endswith("gmv_max/report/get/"):
            return gmv_max if "PRODUCT" in request.params["filtering"] else page()
        return totals if request.params["data_level"] == "AUCTION_ADVERTISER" else campaigns

    return answers


def report(chunk: Chunk, answers: Any) -> tuple[list[PlatformRequest], list[dict[str, Any]]]:
    _, asked, rows = held(TIKTOK.report(CONNECTION, ACCOUNT, chunk, RUNG, None), answers)
    return asked, rows


def test_deleted_campaigns_and_ads_are_asked_for_by_the_status_of_their_own_level() -> None:
    for chunk, name in ((CAMPAIGN, "campaign_status"), (AD, "ad_status")):
        filtering = json.loads(basic_params(ACCOUNT, chunk)["filtering"])
        assert filtering == [{"field_name": name, "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}]
    assert "filtering" not in basic_params(ACCOUNT, TOTAL)


def test_one_advertiser_and_included_days_are_asked_for_at_the_path_with_its_last_slash() -> None:
    asked, _ = report(AD, [page()])
    assert str(asked[0]) == "GET /open_api/v1.3/report/integrated/get/"
    params = asked[0].params
    assert (params["advertiser_id"], params["start_date"], params["end_date"]) == (
        ACCOUNT.account_id,
        "2026-03-01",
        "2026-03-30",
    )
    assert (params["page"], params["page_size"]) == ("1", "1000")
    assert "advertiser_ids" not in params


def test_an_ad_is_its_second_version_id_and_its_parents_are_metrics() -> None:
    params = basic_params(ACCOUNT, AD)
    assert json.loads(params["dimensions"]) == ["ad_id_v2", "stat_time_day"]
    assert {"campaign_id", "adgroup_id", "ad_name"} <= set(json.loads(params["metrics"]))
    one = row(campaign_id="17", adgroup_id="170", ad_name="Clip", campaign_automation_type="UPGRADED_SMART_PLUS")
    one["dimensions"] = {"ad_id_v2": "1700", "stat_time_day": "2026-03-02 00:00:00"}
    _, rows = report(AD, [page(one)])
    found = [rows[0][name] for name in ("entity_id", "ad_id", "campaign_id", "adgroup_id", "entity_name", "family")]
    assert found == ["1700", "1700", "17", "170", "Clip", "smart_plus"]


def test_text_becomes_decimals_the_day_is_cut_and_the_misnamed_rate_is_the_payments_value() -> None:
    _, rows = report(CAMPAIGN, vendor(page(row())))
    assert rows == [
        {
            "report_date": "2026-03-02",
            "level": "campaign",
            "entity_id": "17",
            "currency": "USD",
            "spend": "12.50",
            "impressions": 100,
            "clicks": 4,
            "campaign_id": "17",
            "adgroup_id": None,
            "ad_id": None,
            "entity_name": "Spring",
            "family": "auction",
            "platform_conversions": "2",
            "platform_conversion_value": "81.20",
            "request_id": "r-1",
        }
    ]


def test_not_available_is_nothing_for_names_and_conversions_and_no_number_for_spend() -> None:
    unknown = {"campaign_name": "-", "complete_payment": "-", "total_complete_payment_rate": "-"}
    _, rows = report(CAMPAIGN, vendor(page(row(**unknown))))
    assert [rows[0][name] for name in ("entity_name", "platform_conversions", "platform_conversion_value")] == [
        None
    ] * 3
    for figure in ("spend", "impressions", "clicks"):
        with pytest.raises(UntrustedReport, match=figure):
            report(CAMPAIGN, vendor(page(row(**{figure: "-"}))))


@pytest.mark.parametrize("spend", ["1,000.00", "", "1e3", "NaN", "12.3456789", 12.5, None])
def test_a_spend_that_is_no_decimal_text_fails_the_chunk(spend: Any) -> None:
    with pytest.raises(UntrustedReport):
        report(CAMPAIGN, vendor(page(row(spend=spend))))


def test_yen_have_no_decimals() -> None:
    _, rows = report(CAMPAIGN, vendor(page(row(spend="1250", currency="JPY"))))
    assert (rows[0]["spend"], rows[0]["currency"]) == ("1250", "JPY")


def test_pages_are_read_to_the_last_that_was_announced() -> None:
    asked, rows = report(AD, [page(ad("1"), pages=2, of=2), page(ad("2"), number=2, pages=2, of=2)])
    assert [one.params["page"] for one in asked] == ["1", "2"]
    assert [one["entity_id"] for one in rows] == ["1", "2"]


def ad(number: str) -> dict[str, Any]:
    one = row()
    one["dimensions"] = {"ad_id_v2": number, "stat_time_day": "2026-03-02 00:00:00"}
    return one


@pytest.mark.parametrize(
    "pages",
    [
        [page(ad("1"), of=2)],
        [page(ad("1"), pages=2, of=3), page(ad("2"), number=2, pages=2, of=2)],
        [page(ad("1"), pages=3, of=3), page(number=2, pages=3, of=3)],
        [{"code": 0, "data": {"list": [ad("1")]}}],
        [{"code": 0, "data": {}}],
    ],
    ids=["fewer than announced", "another total", "empty page before the last", "no totals", "no list"],
)
def test_pages_that_do_not_prove_complete_are_not_believed(pages: list[Any]) -> None:
    with pytest.raises(UntrustedReport):
        report(AD, pages)


def test_gmv_max_is_united_with_the_campaigns_of_basic_store_by_store_and_kind_by_kind() -> None:
    asked, rows = report(CAMPAIGN, vendor(page(row()), gmv_max=page(gmv())))
    assert [(one["entity_id"], one["spend"], one["family"]) for one in rows] == [
        ("17", "12.50", "auction"),
        ("18", "40.00", "gmv_max"),
    ]
    assert (rows[1]["platform_conversions"], rows[1]["platform_conversion_value"]) == ("3", "99.90")
    reports = [one for one in asked if one.path.endswith("gmv_max/report/get/")]
    assert [json.loads(one.params["filtering"])["gmv_max_promotion_types"] for one in reports] == [
        ["PRODUCT"],
        ["LIVE"],
    ]
    assert reports[0].params["store_ids"] == '["800"]'


def test_a_revenue_that_is_not_known_yet_is_nothing_and_a_cost_is_no_number() -> None:
    _, rows = report(CAMPAIGN, vendor(page(), gmv_max=page(gmv(orders="-", gross_revenue="-"))))
    assert [rows[0][name] for name in ("spend", "platform_conversions", "platform_conversion_value")] == [
        "40.00",
        None,
        None,
    ]
    with pytest.raises(UntrustedReport, match="cost"):
        report(CAMPAIGN, vendor(page(), gmv_max=page(gmv(cost="-"))))


def test_a_store_that_gmv_max_is_not_open_to_is_not_asked() -> None:
    answers = [page(row()), stores(False)]
    asked, rows = report(CAMPAIGN, answers)
    assert len(asked) == 2
    assert len(rows) == 1


def test_an_app_that_may_not_see_stores_reads_the_rest() -> None:
    _, rows = report(CAMPAIGN, [page(row()), None])
    assert [one["spend"] for one in rows] == ["12.50"]


def test_gmv_max_has_a_pace_of_its_own() -> None:
    asked, _ = report(CAMPAIGN, vendor(page(row()), gmv_max=page(gmv())))
    assert [one.cost for one in asked] == [1.0, 2.5, 2.5, 2.5]


def test_an_advertisers_total_without_gmv_max_gets_it_added() -> None:
    _, rows = report(TOTAL, vendor(page(row()), page(total()), page(gmv(), gmv("2026-03-03"))))
    assert [(one["report_date"], one["level"], one["spend"]) for one in rows] == [
        ("2026-03-02", "account", "52.50"),
        ("2026-03-03", "account", "40.00"),
    ]
    assert {one["entity_id"] for one in rows} == {ACCOUNT.account_id}
    assert [one["platform_conversions"] for one in rows] == ["5", "3"]
    assert [one["platform_conversion_value"] for one in rows] == ["181.10", "99.90"]


def test_an_advertisers_total_that_holds_gmv_max_already_is_left_as_it_is() -> None:
    _, rows = report(TOTAL, vendor(page(row()), page(total(spend="52.50")), page(gmv())))
    assert [one["spend"] for one in rows] == ["52.50"]


def test_a_campaign_missing_from_its_report_is_not_taken_for_gmv_max() -> None:
    day = date(2026, 3, 2)
    assert not is_contained({day: Decimal("30")}, {day: Decimal("10")}, {day: Decimal("40")})
    assert not is_contained({day: Decimal("10")}, {day: Decimal("10")}, {day: Decimal("0")})
    assert is_contained({day: Decimal("51")}, {day: Decimal("10")}, {day: Decimal("40")})


def test_an_advertiser_without_a_shop_costs_one_question_more() -> None:
    asked, rows = report(TOTAL, vendor(totals=page(total())))
    assert [one.path.rsplit("v1.3/")[1] for one in asked] == ["report/integrated/get/", "gmv_max/store/list/"]
    assert [one["spend"] for one in rows] == ["12.50"]


def test_no_delivery_is_an_empty_report() -> None:
    assert report(TOTAL, vendor(totals=page()))[1] == []


def test_a_gmv_max_report_takes_one_store_and_no_status() -> None:
    params = gmv_max_params(ACCOUNT, CAMPAIGN, "800", "LIVE")
    assert json.loads(params["dimensions"]) == ["campaign_id", "stat_time_day"]
    assert json.loads(params["filtering"]) == {"gmv_max_promotion_types": ["LIVE"]}
    assert (params["start_date"], params["end_date"]) == ("2026-03-01", "2026-03-30")


def test_the_calendar_is_the_one_that_people_see_not_the_fixed_offset_beside_it() -> None:
    shown = {"currency": "USD", "timezone": "Etc/GMT+8", "display_timezone": "America/Los_Angeles", "status": "S"}
    facts, asked, _ = held(TIKTOK.facts(CONNECTION, ACCOUNT), [{"code": 0, "data": {"list": [shown]}}])
    assert facts == AccountFacts("USD", "America/Los_Angeles", "S")
    assert asked[0].params["advertiser_ids"] == f'["{ACCOUNT.account_id}"]'
    with pytest.raises(UntrustedReport):
        held(TIKTOK.facts(CONNECTION, ACCOUNT), [{"code": 0, "data": {"list": []}}])


def test_thirty_days_are_read_anew_daily_and_sixty_on_sundays_but_not_before_noon() -> None:
    window, asked, _ = held(TIKTOK.lookback(CONNECTION, ACCOUNT), [])
    assert asked == []
    until = date(2026, 3, 31)
    for since, days in ((until, 30), (date(2026, 3, 29), 60)):
        found = restated_window(since, window, since - timedelta(days=2), date.min)
        assert (found.date_to - found.date_from).days == days
    assert TIKTOK.whole_after_hour == 12


def test_no_report_is_longer_than_thirty_days_and_one_that_is_too_large_is_asked_day_by_day() -> None:
    assert [rung.days for rung in TIKTOK.rungs] == [30, 1, 1, 1]
    assert [rung.campaigns for rung in TIKTOK.rungs] == [None, None, 100, 1]


def test_more_ads_than_one_answer_holds_are_asked_for_by_campaign() -> None:
    answers = [page(row(campaign="17"), row(campaign="18")), page(ad("1")), page(ad("2"))]
    conversation = TIKTOK.report(CONNECTION, ACCOUNT, AD, Rung(1000, 1, campaigns=1), None)
    _, asked, rows = held(conversation, answers)
    assert [one["entity_id"] for one in rows] == ["1", "2"]
    filters = [
        {one["field_name"]: json.loads(one["filter_value"]) for one in json.loads(request.params["filtering"])}
        for request in asked
    ]
    assert filters == [
        {"campaign_status": ["STATUS_ALL"]},
        {"ad_status": ["STATUS_ALL"], "campaign_ids": ["17"]},
        {"ad_status": ["STATUS_ALL"], "campaign_ids": ["18"]},
    ]
