"""TikTok's spend against the strict stand-in and a real database: every must-have of source_apis C.10."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from attribution_airflow.hooks.tiktok_ads import TikTokAdsHook
from include.jobs.sync_tiktok_spend_daily import sync_tiktok_spend_daily
from include.spend.report import Rung
from include.spend.tiktok import TikTok
from include.storage.rate_limit import Rate
from tests.integration.conftest import Database
from tests.integration.platforms.spending_shop import SpendingShop, sandbox_server

SHOP, ACCOUNT = "northwind-outdoor", "7291846503217743873"
WORK = f"{SHOP}/{ACCOUNT}"
OTHER_SHOP, OTHER_ACCOUNT = "sakura-goods", "7304419926583001601"
OTHER_WORK = f"{OTHER_SHOP}/{OTHER_ACCOUNT}"
EVENING = "2026-03-31T17:00:00Z"
"""One o'clock in the afternoon in New York: yesterday is whole."""
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 30)

REPORT = "*report/integrated/get/"
TOTAL = "select sum(spend) from analytics.ad_spend_daily where level = %s"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with sandbox_server(scale=0.05) as running:
        yield running


@pytest.fixture
def shop(sandbox: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> SpendingShop:
    """The shop's advertiser and one of another tenant; nothing stored yet, and nobody keeps the pace of the app."""
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", sandbox.removeprefix("http://"))
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", database.control_url)
    made = SpendingShop(sandbox, database, monkeypatch, SHOP, sync_tiktok_spend_daily, "sync_tiktok_spend_daily")
    made.forget()
    made.at(EVENING)
    monkeypatch.setattr(TikTokAdsHook, "rate", Rate(500))
    quirk(made, queries_per_second=1_000, queries_per_minute=10_000)
    made.add_account("tiktok", ACCOUNT, "northwind_outdoor_tiktok_ads", "USD", "America/New_York")
    made.add_account("tiktok", OTHER_ACCOUNT, "sakura_goods_tiktok_ads", "USD", "Asia/Tokyo", OTHER_SHOP)
    return made


def quirk(shop: SpendingShop, **params: Any) -> None:
    shop.fault(vendor="tiktok", kind="quirk", params=params)


def error(shop: SpendingShop, code: int, route: str = REPORT, skip: int = 0, count: int | None = 1) -> None:
    fault = {"vendor": "tiktok", "kind": "vendor_error", "route": route, "skip": skip, "params": {"code": code}}
    shop.fault(**fault, **({} if count is None else {"count": count}))


def status(shop: SpendingShop, run_id: str = "night", days: tuple[date, date] | None = None) -> str:
    (outcome,) = shop.sync(WORK, run_id=run_id, days=days)
    return str(outcome.status)


def rules(outcome: Any) -> list[str]:
    return [alert.rule for alert in outcome.alerts]


def reports(shop: SpendingShop, route: str = REPORT) -> list[dict[str, Any]]:
    return shop.received(vendor="tiktok", path=route.strip("*"))


def test_a_night_stores_basic_and_gmv_max_together_and_what_no_report_lists_as_a_residual(shop: SpendingShop) -> None:
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, rules(outcome)) == ("succeeded", ["spend_residual"])
    by_day = shop.rows(
        "select report_date, sum(spend) filter (where level = 'account') as total,"
        " sum(spend) filter (where level in ('campaign', 'residual')) as parts"
        " from analytics.ad_spend_daily group by 1 order by 1"
    )
    assert [one.report_date for one in by_day] == [FIRST + timedelta(days=back) for back in range(30)]
    assert [one.total for one in by_day] == [one.parts or Decimal(0) for one in by_day]
    families = {
        one.family: one.spend
        for one in shop.rows(
            "select family, sum(spend) as spend from analytics.ad_spend_daily where level = 'campaign' group by 1"
        )
    }
    assert set(families) == {"auction", "smart_plus", "gmv_max"}
    assert min(families.values()) > 0
    assert shop.value(TOTAL, ["residual"]) > 0
    assert shop.violations() == []


def test_spend_of_a_deleted_campaign_is_there(shop: SpendingShop) -> None:
    shop.sync(WORK)
    spend = shop.value(
        "select sum(spend) from analytics.ad_spend_daily"
        " where level = 'campaign' and entity_name = 'Clearance | Winter'"
    )
    assert spend > 0


def test_the_misnamed_rate_is_stored_as_the_value_of_payments(shop: SpendingShop) -> None:
    shop.sync(WORK)
    claimed = shop.rows(
        "select platform_conversions as orders, platform_conversion_value as value from analytics.ad_spend_daily"
        " where level = 'campaign' and platform_conversions > 0"
    )
    assert claimed
    assert all(one.value > one.orders for one in claimed)


def test_ads_of_smart_plus_are_ads_and_not_their_creatives(shop: SpendingShop) -> None:
    shop.sync(WORK)
    by_level = {
        one.level: one
        for one in shop.rows(
            "select level, sum(spend) as spend, count(distinct entity_id) as ids from analytics.ad_spend_daily"
            " where family = 'smart_plus' group by 1"
        )
    }
    assert by_level["ad"].spend == by_level["campaign"].spend
    known = {
        one.ad_id
        for one in shop.rows(
            "select distinct ad_id from analytics.ad_spend_daily where level = 'ad' and ad_id is not null"
        )
    }
    world = {one["entity"] for one in _ads_of_the_world()}
    assert known & world
    assert len(known - world) <= 2, "two deleted ads are not the world's, and no creative is an ad"


def _ads_of_the_world() -> list[dict[str, str]]:
    from sandbox.world import generate
    from sandbox.world.profiles import DEMO_END, DEMO_START, NORTHWIND_OUTDOOR, scaled

    world = generate(scaled(NORTHWIND_OUTDOOR, 0.05), 7, DEMO_START, DEMO_END)
    return [{"entity": one.entity_id} for one in world.ad_entities if one.account_id == ACCOUNT and one.level == "ad"]


def test_before_noon_yesterday_is_not_whole(shop: SpendingShop) -> None:
    shop.sync(WORK, run_id="afternoon")
    assert shop.value("select data_through from analytics.ad_account_syncs") == LAST
    shop.at("2026-04-01T15:59:00Z")
    shop.sync(WORK, run_id="next morning")
    assert shop.value("select data_through from analytics.ad_account_syncs") == LAST
    shop.at("2026-04-01T16:00:00Z")
    shop.sync(WORK, run_id="next noon")
    assert shop.value("select data_through from analytics.ad_account_syncs") == date(2026, 3, 31)


def test_a_revoked_token_pauses_the_account_and_asks_no_more(shop: SpendingShop) -> None:
    error(shop, 40105, route="*", count=None)
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, rules(outcome)) == ("waiting", ["spend_credential_dead"])
    asked = len(reports(shop, "*"))
    assert status(shop, "again") == "waiting"
    assert len(reports(shop, "*")) == asked


@pytest.mark.parametrize("code", [40100, 51001, 51305, 50002])
def test_a_stumble_is_tried_again_and_the_night_goes_on(shop: SpendingShop, code: int) -> None:
    error(shop, code, skip=1)
    assert status(shop, days=(date(2026, 3, 20), date(2026, 3, 22))) == "succeeded"
    assert shop.value(TOTAL, ["campaign"]) > 0
    assert shop.violations() == []


def test_a_query_that_is_too_large_is_asked_day_by_day(shop: SpendingShop) -> None:
    days = (date(2026, 3, 20), date(2026, 3, 24))
    assert status(shop, days=days) == "succeeded"
    whole = shop.snapshot()
    quirk(shop, most_days=1)
    (outcome,) = shop.sync(WORK, run_id="day by day", days=days)
    assert (outcome.status, outcome.counts["shrunk"], outcome.counts["restated"]) == ("succeeded", 1, 0)
    assert shop.snapshot() == whole


def test_a_total_that_the_rows_do_not_reach_changes_nothing_and_is_told(shop: SpendingShop) -> None:
    quirk(shop, total_number_off=5)
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_untrusted"])
    assert "total_number" in str(outcome.error)
    assert shop.snapshot() == []


def test_pages_that_overlap_change_nothing_and_are_told(shop: SpendingShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TikTok, "rungs", (Rung(20, 30), Rung(20, 1)))
    assert status(shop) == "succeeded"
    before = shop.snapshot()
    quirk(shop, pages_overlap=1)
    (outcome,) = shop.sync(WORK, run_id="later")
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_untrusted"])
    assert shop.snapshot() == before


def test_an_answer_over_the_limit_of_ids_is_never_taken_for_whole(shop: SpendingShop) -> None:
    quirk(shop, most_ids=1)
    (outcome,) = shop.sync(WORK, days=(date(2026, 3, 21), date(2026, 3, 22)))
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_untrusted"])
    assert "cannot be read even in the smallest pieces" in str(outcome.error)
    assert shop.snapshot() == []


def test_ads_that_one_answer_cannot_hold_are_read_campaign_by_campaign(shop: SpendingShop) -> None:
    days = (LAST, LAST + timedelta(days=1))
    assert status(shop, days=days) == "succeeded"
    whole = shop.snapshot()
    by_campaign = Counter(one.campaign_id for one in whole if one.level == "ad")
    most = max(len(by_campaign), *by_campaign.values())
    assert most < sum(by_campaign.values())
    quirk(shop, most_ids=most)
    (outcome,) = shop.sync(WORK, run_id="by campaign", days=days)
    assert (outcome.status, outcome.counts["shrunk"], outcome.counts["restated"]) == ("succeeded", 3, 0)
    assert shop.snapshot() == whole


def test_a_range_of_many_weeks_is_split_into_requests_of_thirty_days(shop: SpendingShop) -> None:
    assert status(shop, days=(date(2026, 2, 1), date(2026, 3, 31))) == "succeeded"
    assert shop.value("select count(distinct report_date) from analytics.ad_spend_daily") == 58
    assert shop.violations() == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"foreign_day": True}, "a row lies outside"), ({"unreadable": True}, "spend is missing or malformed")],
)
def test_a_report_that_is_not_to_be_believed_changes_nothing_and_is_told(
    shop: SpendingShop, wrong: dict[str, Any], why: str
) -> None:
    assert status(shop) == "succeeded"
    before = shop.snapshot()
    quirk(shop, **wrong)
    (outcome,) = shop.sync(WORK, run_id="later")
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_untrusted"])
    assert why in str(outcome.error)
    assert shop.snapshot() == before


def test_a_campaign_missing_from_its_report_is_a_residual_that_is_told(shop: SpendingShop) -> None:
    assert status(shop) == "succeeded"
    before = shop.value(TOTAL, ["residual"])
    quirk(shop, missing_campaign=0)
    (outcome,) = shop.sync(WORK, run_id="later")
    assert (outcome.status, rules(outcome)) == ("succeeded", ["spend_residual"])
    vanished = shop.value(
        "select sum(spend_before) from analytics.ad_spend_restatements where kind = 'vanished' and level = 'campaign'"
    )
    assert shop.value(TOTAL, ["residual"]) - before == vanished > 0


def test_an_advertiser_that_is_refused_fails_alone(shop: SpendingShop) -> None:
    shop.add_account("tiktok", "7000000000000000001", "northwind_outdoor_tiktok_ads", "USD", "America/New_York")
    refused, other = shop.sync(f"{SHOP}/7000000000000000001", OTHER_WORK)
    assert (refused.status, rules(refused)) == ("failed", ["spend_account_refused"])
    assert other.status == "succeeded"


def test_an_app_that_may_not_see_gmv_max_reads_the_rest_and_people_are_told(shop: SpendingShop) -> None:
    error(shop, 40001, route="*gmv_max/store/list/", count=None)
    (outcome,) = shop.sync(WORK)
    assert outcome.status == "succeeded"
    assert "spend_partial" in rules(outcome)
    assert shop.value("select count(*) from analytics.ad_spend_daily where family = 'gmv_max'") == 0
    shop.no_faults()
    quirk(shop, queries_per_second=1_000, queries_per_minute=10_000)
    (outcome,) = shop.sync(WORK, run_id="allowed")
    assert "spend_partial" not in rules(outcome)
    assert shop.value("select count(*) from analytics.ad_spend_daily where family = 'gmv_max'") > 0


def test_an_advertiser_without_a_shop_is_whole_without_gmv_max(shop: SpendingShop) -> None:
    quirk(shop, no_stores=True)
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, rules(outcome)) == ("succeeded", ["spend_residual"])
    assert reports(shop, "*gmv_max/report/get/") == []


def test_an_advertiser_in_yen_is_stored_in_yen(shop: SpendingShop) -> None:
    with psycopg.connect(shop.database.superuser_url, autocommit=True) as connection:
        connection.execute("update control.tenant_ad_accounts set currency = 'JPY' where account_id = %s", [ACCOUNT])
    quirk(shop, currency="JPY")
    assert status(shop) == "succeeded"
    assert shop.rows("select distinct currency from analytics.ad_spend_daily") == [("JPY",)]
    assert shop.value("select count(*) from analytics.ad_spend_daily where spend <> trunc(spend)") == 0


def test_a_changed_calendar_is_an_alarm_and_changes_nothing(shop: SpendingShop) -> None:
    assert status(shop) == "succeeded"
    before = shop.snapshot()
    quirk(shop, display_timezone="Asia/Shanghai")
    (outcome,) = shop.sync(WORK, run_id="later")
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_account_changed"])
    assert shop.snapshot() == before


def test_closed_days_that_tiktok_corrects_are_restated_and_logged(shop: SpendingShop) -> None:
    shop.sync(WORK)
    shop.at("2026-04-01T17:00:00Z")
    assert status(shop, "next day") == "succeeded"
    corrected = shop.value(
        "select count(*) from analytics.ad_spend_restatements where level = 'campaign' and spend_before <> spend_after"
    )
    assert corrected > 0


def test_a_nights_requests_keep_the_pace_of_the_app(shop: SpendingShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TikTokAdsHook, "rate", Rate(10))
    shop.no_faults()
    with psycopg.connect(shop.database.superuser_url, autocommit=True) as connection:
        connection.execute("delete from control.quota_buckets")
    outcomes = shop.sync(WORK, OTHER_WORK)
    assert [one.status for one in outcomes] == ["succeeded", "succeeded"]
    assert [one["rule"] for one in shop.violations()] == []
    assert shop.rows("select scope from control.quota_buckets") == [("tiktok_ads",)], (
        "each connection kept its own pace"
    )
