"""Google's spend against the strict stand-in and a real database: every must-have of source_apis B.10."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import requests

from attribution_airflow.hooks.google_ads import GoogleAdsHook
from attribution_airflow.operators.google_ads import SyncGoogleSpendOperator
from include.alerts.alerts import open_alerts
from include.errors import TenantsFailed
from include.jobs.sync_google_spend_daily import sync_google_spend_daily
from include.spend.google_ads import GoogleAds
from include.spend.report import Rung
from include.storage.rate_limit import Rate
from tests.integration.conftest import Database
from tests.integration.platforms.spending_shop import SpendingShop, sandbox_server

SHOP, ACCOUNT = "northwind-outdoor", "6124478031"
WORK = f"{SHOP}/{ACCOUNT}"
OTHER_SHOP, OTHER_ACCOUNT = "sakura-goods", "5540127798"
OTHER_WORK = f"{OTHER_SHOP}/{OTHER_ACCOUNT}"
FIRST, LAST = date(2026, 2, 28), date(2026, 3, 30)
"""30 days before yesterday, in New York."""

SEARCH = "*googleAds:search"
TOTAL = "select sum(spend) from analytics.ad_spend_daily where level = %s"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with sandbox_server(scale=0.05) as running:
        yield running


@pytest.fixture
def shop(sandbox: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> SpendingShop:
    """The shop's customer and, of another tenant, one in Tokyo; nothing stored yet."""
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", sandbox.removeprefix("http://"))
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", database.control_url)
    made = SpendingShop(sandbox, database, monkeypatch, SHOP, sync_google_spend_daily, "sync_google_spend_daily")
    made.forget()
    monkeypatch.setattr(GoogleAdsHook, "rate", Rate(500))
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("truncate control.oauth_tokens")
    made.add_account("google_ads", ACCOUNT, "northwind_outdoor_google_ads", "USD", "America/New_York")
    made.add_account("google_ads", OTHER_ACCOUNT, "sakura_goods_google_ads", "JPY", "Asia/Tokyo", OTHER_SHOP)
    return made


def quirk(shop: SpendingShop, **params: Any) -> None:
    shop.fault(vendor="google_ads", kind="quirk", params=params)


def error(shop: SpendingShop, family: str, name: str, skip: int = 0, count: int | None = 1, **more: Any) -> None:
    params = {"family": family, "name": name, **more}
    fault = {"vendor": "google_ads", "kind": "vendor_error", "route": SEARCH, "skip": skip, "params": params}
    shop.fault(**fault, **({} if count is None else {"count": count}))


def status(shop: SpendingShop, run_id: str = "night", days: tuple[date, date] | None = None) -> str:
    (outcome,) = shop.sync(WORK, run_id=run_id, days=days)
    return str(outcome.status)


def rules(outcome: Any) -> list[str]:
    return [alert.rule for alert in outcome.alerts]


def searches(shop: SpendingShop) -> list[dict[str, Any]]:
    return shop.received(vendor="google_ads", path=SEARCH.strip("*"))


def test_a_night_stores_campaigns_that_add_up_to_the_customers_total_day_by_day(shop: SpendingShop) -> None:
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, outcome.alerts) == ("succeeded", ())
    by_day = shop.rows(
        "select report_date, sum(spend) filter (where level = 'account') as total,"
        " sum(spend) filter (where level = 'campaign') as campaigns from analytics.ad_spend_daily group by 1 order by 1"
    )
    assert [one.report_date for one in by_day] == [FIRST + timedelta(days=back) for back in range(31)]
    assert sum(one.total for one in by_day) > 0
    assert [one.total for one in by_day] == [one.campaigns or Decimal(0) for one in by_day]
    assert shop.rows("select distinct currency, timezone, api_version from analytics.ad_spend_daily") == [
        ("USD", "America/New_York", "v26")
    ]
    assert shop.violations() == []


def test_a_customer_is_read_through_its_manager_and_without_a_developer_token(shop: SpendingShop) -> None:
    assert status(shop) == "succeeded"
    for one in searches(shop):
        assert "login-customer-id" in one["headers"]
        assert "developer-token" not in one["headers"]


def test_performance_max_has_no_ads_and_stays_in_the_view_by_ad_as_what_its_campaign_leaves_over(
    shop: SpendingShop,
) -> None:
    shop.sync(WORK)
    families = {
        one.level: set(one.families)
        for one in shop.rows(
            "select level, array_agg(distinct family) as families from analytics.ad_spend_daily"
            " where level in ('campaign', 'adgroup', 'ad') group by 1"
        )
    }
    assert "performance_max" in families["campaign"]
    assert families["adgroup"] == families["ad"] == families["campaign"] - {"performance_max"}
    assert shop.value(TOTAL, ["ad"]) < shop.value(TOTAL, ["campaign"])
    left = shop.rows("select campaign_id, sum(spend) as spend from analytics.v_ad_spend_by_ad group by 1")
    assert {one.campaign_id: one.spend for one in left} == {
        one.campaign_id: one.spend
        for one in shop.rows(
            "select campaign_id, sum(spend) as spend from analytics.ad_spend_daily where level = 'campaign' group by 1"
        )
    }


def test_a_removed_campaign_keeps_what_it_cost(shop: SpendingShop) -> None:
    shop.sync(WORK)
    spend = shop.value(
        "select sum(spend) from analytics.ad_spend_daily"
        " where level = 'campaign' and entity_name = 'Clearance | Winter'"
    )
    assert spend > 0


def test_pages_that_are_many_come_to_the_same_rows_as_one(shop: SpendingShop) -> None:
    shop.sync(WORK)
    whole = shop.value(TOTAL, ["ad"])
    quirk(shop, page_rows=25)
    (outcome,) = shop.sync(WORK, run_id="in pages")
    assert (outcome.status, outcome.counts["restated"]) == ("succeeded", 0)
    assert outcome.counts["requests"] > 10
    assert shop.value(TOTAL, ["ad"]) == whole
    assert shop.violations() == []


def test_an_error_in_an_array_is_an_error_and_not_an_empty_report(shop: SpendingShop) -> None:
    error(shop, "authorizationError", "USER_PERMISSION_DENIED", skip=2, count=None, stream=True)
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_account_refused"])
    assert shop.snapshot() == []


def test_an_account_that_is_refused_fails_alone_and_keeps_what_it_had(shop: SpendingShop) -> None:
    assert status(shop) == "succeeded"
    before = shop.snapshot()
    quirk(shop, not_enabled=[ACCOUNT])
    shop.at("2026-04-01T12:00:00Z")
    refused, other = shop.sync(WORK, OTHER_WORK, run_id="next night")
    assert (refused.status, other.status) == ("failed", "succeeded")
    assert (refused.account, rules(refused)) == (ACCOUNT, ["spend_account_refused"])
    assert [one for one in shop.snapshot() if one.account_id == ACCOUNT] == before
    through = {
        one.account_id: one.data_through
        for one in shop.rows("select account_id, data_through from analytics.ad_account_syncs")
    }
    assert through == {ACCOUNT: LAST, OTHER_ACCOUNT: date(2026, 3, 31)}


def test_a_token_that_ends_in_the_middle_is_renewed_and_the_sync_goes_on(shop: SpendingShop) -> None:
    error(shop, "authenticationError", "OAUTH_TOKEN_EXPIRED", skip=4)
    assert status(shop) == "succeeded"
    assert len(shop.received(vendor="oauth")) == 2
    assert shop.violations() == []


def test_a_delay_that_google_asks_for_is_waited_out_by_everybody(shop: SpendingShop) -> None:
    error(shop, "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", skip=2, retry_delay="30s")
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, rules(outcome)) == ("waiting", ["spend_platform_waits"])
    asked = len(searches(shop))
    shop.at("2026-03-31T12:00:29Z")
    assert status(shop, "too early") == "waiting"
    assert len(searches(shop)) == asked
    shop.at("2026-03-31T12:00:31Z")
    (outcome,) = shop.sync(WORK, run_id="in time")
    assert (outcome.status, outcome.alerts) == ("succeeded", ())
    assert shop.violations() == []


def test_a_spent_day_is_not_asked_into_again_and_the_stored_days_stay(shop: SpendingShop) -> None:
    assert status(shop) == "succeeded"
    before = shop.snapshot()
    shop.at("2026-04-01T12:00:00Z")
    error(shop, "quotaError", "RESOURCE_EXHAUSTED", skip=3, retry_delay="7200s")
    assert status(shop, "next night") == "waiting"
    assert shop.snapshot() == before
    asked = len(searches(shop))
    shop.at("2026-04-01T13:59:00Z")
    assert status(shop, "later") == "waiting"
    assert len(searches(shop)) == asked
    assert shop.violations() == []


def test_at_sixteen_utc_tokyo_has_another_yesterday_and_its_yen_have_no_decimals(shop: SpendingShop) -> None:
    afternoon = "2026-03-30T16:00:00Z"
    requests.post(f"{shop.sandbox}/_sandbox/reset", json={"now": afternoon}, timeout=10).raise_for_status()
    shop.at(afternoon)
    (outcome,) = shop.sync(OTHER_WORK)
    assert outcome.status == "succeeded"
    assert shop.value("select data_through from analytics.ad_account_syncs") == date(2026, 3, 30)
    assert shop.value("select max(report_date) from analytics.ad_spend_daily") == date(2026, 3, 30)
    assert shop.value("select count(*) from analytics.ad_spend_daily where spend <> trunc(spend)") == 0
    assert shop.rows("select distinct currency from analytics.ad_spend_daily") == [("JPY",)]


def test_a_version_that_is_switched_off_is_said_and_nothing_is_written(shop: SpendingShop) -> None:
    error(shop, "requestError", "UNSUPPORTED_VERSION", count=None)
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_request_refused"])
    assert "switched off" in str(outcome.error)
    assert len(searches(shop)) == 1


def test_a_start_thirty_eight_months_back_is_clamped_and_told_and_refused_by_nobody(shop: SpendingShop) -> None:
    shop.at("2026-11-25T12:00:00Z")
    (outcome,) = shop.sync(WORK, days=(date(2023, 9, 1), date(2023, 11, 1)))
    assert (outcome.status, rules(outcome)) == ("succeeded", ["spend_history_clamped"])
    assert shop.value("select min(report_date) from analytics.ad_spend_daily") == date(2023, 10, 26)
    assert shop.violations() == []


def test_a_page_that_is_cut_is_asked_for_again_and_then_in_smaller_pieces(shop: SpendingShop) -> None:
    assert status(shop) == "succeeded"
    whole = shop.snapshot()
    quirk(shop, page_rows=20)
    shop.fault(vendor="google_ads", kind="truncated", route=SEARCH, skip=3, count=1)
    (outcome,) = shop.sync(WORK, run_id="cut once")
    assert (outcome.status, outcome.counts.get("shrunk", 0)) == ("succeeded", 0)
    shop.fault(vendor="google_ads", kind="truncated", route=SEARCH, skip=4, count=3)
    (outcome,) = shop.sync(WORK, run_id="cut and cut")
    assert (outcome.status, outcome.counts["shrunk"], outcome.counts["restated"]) == ("succeeded", 1, 0)
    assert shop.snapshot() == whole


def test_a_page_token_that_expired_starts_the_chunk_anew(shop: SpendingShop) -> None:
    quirk(shop, page_rows=20)
    shop.fault(vendor="google_ads", kind="quirk", route=SEARCH, skip=5, count=1, params={"page_tokens_expired": True})
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, outcome.counts["shrunk"]) == ("succeeded", 1)
    assert shop.value(TOTAL, ["account"]) == shop.value(TOTAL, ["campaign"]) > 0


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"foreign_day": True}, "a row lies outside"),
        ({"unreadable": True}, "costMicros is missing or malformed"),
        ({"repeated": True}, "twice"),
    ],
)
def test_a_report_that_is_not_to_be_believed_changes_nothing_and_is_told(
    shop: SpendingShop, wrong: dict[str, Any], why: str
) -> None:
    assert status(shop) == "succeeded"
    before = shop.snapshot()
    quirk(shop, **wrong)
    shop.at("2026-04-01T12:00:00Z")
    (outcome,) = shop.sync(WORK, run_id="next night")
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_untrusted"])
    assert why in str(outcome.error)
    assert shop.snapshot() == before


def test_a_campaign_missing_from_its_report_is_a_residual_that_is_told_and_gone_from_its_days(
    shop: SpendingShop,
) -> None:
    assert status(shop) == "succeeded"
    names = {
        one.entity_id for one in shop.rows("select entity_id from analytics.ad_spend_daily where level='campaign'")
    }
    quirk(shop, missing_campaign=0)
    (outcome,) = shop.sync(WORK, run_id="later")
    assert (outcome.status, rules(outcome)) == ("succeeded", ["spend_residual"])
    left = {one.entity_id for one in shop.rows("select entity_id from analytics.ad_spend_daily where level='campaign'")}
    (missing,) = names - left
    logged = shop.rows(
        "select sum(spend_before) as spend from analytics.ad_spend_restatements"
        " where kind = 'vanished' and level = 'campaign' and entity_id = %s",
        [missing],
    )
    assert logged[0].spend == shop.value(TOTAL, ["residual"]) > 0
    assert shop.value(TOTAL, ["account"]) == shop.value(TOTAL, ["campaign"]) + shop.value(TOTAL, ["residual"])


def test_closed_days_that_google_corrects_are_restated_and_logged(shop: SpendingShop) -> None:
    shop.sync(WORK)
    key = "select report_date, entity_id, spend from analytics.ad_spend_daily where level = 'campaign'"
    before = {(one.report_date, one.entity_id): one.spend for one in shop.rows(key)}
    shop.at("2026-04-01T12:00:00Z")
    assert status(shop, "next night") == "succeeded"
    after = {(one.report_date, one.entity_id): one.spend for one in shop.rows(key)}
    changed = {one for one in before if one in after and before[one] != after[one]}
    logged = shop.rows(
        "select report_date, entity_id from analytics.ad_spend_restatements"
        " where level = 'campaign' and spend_before <> spend_after"
    )
    assert changed
    assert {tuple(one) for one in logged} == changed


@pytest.mark.parametrize(("name", "value"), [("currency", "EUR"), ("time_zone", "Europe/Paris")])
def test_a_customer_that_changed_its_currency_or_zone_is_an_alarm_and_nothing_else(
    shop: SpendingShop, name: str, value: str
) -> None:
    assert status(shop) == "succeeded"
    before = shop.snapshot()
    quirk(shop, **{name: value})
    shop.at("2026-04-01T12:00:00Z")
    (outcome,) = shop.sync(WORK, run_id="next night")
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_account_changed"])
    assert value in str(outcome.error)
    assert shop.snapshot() == before


def test_what_is_too_large_even_day_by_day_fails_the_account_and_says_which_part(
    shop: SpendingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GoogleAds, "rungs", (Rung(10_000, 31), Rung(10_000, 1)))
    error(shop, "internalError", "DEADLINE_EXCEEDED", skip=2, count=None)
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, rules(outcome)) == ("failed", ["spend_untrusted"])
    assert "cannot be read even in the smallest pieces" in str(outcome.error)


def test_the_task_fails_by_the_customers_name_and_its_alert_ends_with_the_next_good_run(shop: SpendingShop) -> None:
    def task(run_id: str) -> None:
        operator = SyncGoogleSpendOperator(task_id="sync", batch=[WORK, OTHER_WORK], period=timedelta(days=1))
        now = datetime.now(UTC)
        run = SimpleNamespace(dag_id="sync_google_spend_daily", run_id=run_id, run_after=now, start_date=now)
        params = {"tenants": [], "accounts": [], "dry_run": False, "date_from": "2026-03-29", "date_to": "2026-03-31"}
        operator.execute({"dag_run": run, "ti": SimpleNamespace(map_index=0), "params": params})

    quirk(shop, not_enabled=[ACCOUNT])
    with pytest.raises(TenantsFailed, match=f"^{WORK}: .*customer is not allowed or not enabled"):
        task("night")
    (alert,) = open_alerts(shop.database.control_url)
    assert (alert.slug, alert.rule, alert.subject) == (SHOP, "spend_account_refused", ACCOUNT)
    assert {one.account_id for one in shop.snapshot()} == {OTHER_ACCOUNT}
    shop.no_faults()
    task("night")
    assert open_alerts(shop.database.control_url) == []
    assert {one.account_id for one in shop.snapshot()} == {ACCOUNT, OTHER_ACCOUNT}
