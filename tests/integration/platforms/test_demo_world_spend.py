"""The demo's shops against the stand-in: spend meets touches, dollars become yen, views are the world's own."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import requests

from attribution_airflow.clients import Platforms
from dev.state import CHECKOUT
from include.alerts.failure import AlertingFailure
from include.imports.load import import_touchpoints
from include.jobs.attribution_vta_sync import UNTRUSTED, sync_google_views, sync_meta_views, sync_tiktok_views
from include.jobs.request import Job
from include.jobs.sync_fx_rates import sync_fx_rates
from include.jobs.sync_google_spend_daily import sync_google_spend_daily
from include.jobs.sync_meta_spend_daily import sync_meta_spend_daily
from include.jobs.sync_tiktok_spend_daily import sync_tiktok_spend_daily
from include.storage.platform_state import PlatformState
from include.tenants.reading import read_tenant_files
from include.tenants.tenant import TenantAdAccount
from sandbox.world import World, generate
from sandbox.world.ad_reports import AccountReports
from sandbox.world.csv_files import write_touchpoints_csv
from sandbox.world.exchange_rates import convert
from sandbox.world.profiles import DEMO_END, DEMO_SHOPS, DEMO_START
from tests.integration.conftest import Database
from tests.integration.platforms.spending_tenant import NOW, SpendingTenant, tenant_of

SPEND: dict[str, Job] = {
    "meta": sync_meta_spend_daily,
    "google_ads": sync_google_spend_daily,
    "tiktok": sync_tiktok_spend_daily,
}
VIEWS: dict[str, Job] = {"meta": sync_meta_views, "google_ads": sync_google_views, "tiktok": sync_tiktok_views}
SUNDAY = datetime(2026, 3, 29, 18, tzinfo=UTC)
"""Past noon for every account, from which on TikTok's day before is whole."""


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.server", "--port", "0", "--now", NOW.isoformat()]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.wait(10)


@cache
def world_of(slug: str) -> World:
    (shop,) = [one for one in DEMO_SHOPS if one.slug == slug]
    return generate(shop, 7, DEMO_START, DEMO_END)


@pytest.fixture
def sandbox(running: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The stand-in's address at NOW, forgetful, with the connections of all shops in the environment."""
    requests.post(f"{running}/_sandbox/reset", json={"now": NOW.isoformat()}, timeout=10).raise_for_status()
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", running.removeprefix("http://"))
    monkeypatch.setenv("ATTRIBUTION_NOW", NOW.isoformat())
    for conn_id, fields in requests.get(f"{running}/_sandbox/connections", timeout=10).json().items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))
    return running


def shop_of(slug: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> SpendingTenant:
    (file,) = [file for file in read_tenant_files(CHECKOUT / "tenants") if file.slug == slug]
    accounts = [
        TenantAdAccount(one.platform, one.account_id, one.conn_id, one.currency, one.timezone)
        for one in file.ad_accounts
    ]
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    clients = {"platforms": Platforms(), "first_database": lambda: database.jobs_url}
    made = SpendingTenant(database, tenant_of(*accounts, currency=file.currency, timezone=file.timezone), clients)
    made.empty()
    return made


@pytest.mark.parametrize("slug", ["maison-lumiere", "sakura-goods"])
def test_at_least_95_percent_of_a_shops_spend_meets_touches_and_no_rule_of_a_vendor_is_broken(
    slug: str,
    sandbox: str,
    database: Database,
    state: PlatformState,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = shop_of(slug, database, monkeypatch)
    write_touchpoints_csv(world_of(slug), tmp_path / "touchpoints.csv", NOW)
    import_touchpoints(database.jobs_url, shop.tenant, tmp_path / "touchpoints.csv", NOW, lambda rows: None)
    shop.run(sync_fx_rates)
    for account in shop.tenant.ad_accounts:
        shop.run(SPEND[account.platform], account=account.account_id)
    spent = shop.query("select * from analytics.ad_spend_daily order by platform, report_date, level, entity_id")
    for account in shop.tenant.ad_accounts:
        shop.run(VIEWS[account.platform], account=account.account_id)
    # Views are a table of their own: nothing of spend, clicks or claimed conversions moves with them.
    assert (
        shop.query("select * from analytics.ad_spend_daily order by platform, report_date, level, entity_id") == spent
    )
    ((share),) = shop.query("select * from analytics.v_spend_match_share where tenant_id = %(tenant_id)s")
    assert share["spend"] > 0
    assert share["unmatched_share"] <= Decimal("0.05")
    assert share["days_without_rate"] == 0
    assert requests.get(f"{sandbox}/_sandbox/violations", timeout=10).json() == []


def test_dollars_of_a_japanese_shop_are_worth_what_the_market_said_that_day(
    sandbox: str, database: Database, state: PlatformState, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_of("sakura-goods", database, monkeypatch)
    shop.run(sync_fx_rates)
    rates = shop.query(
        "select day, rate, settled from analytics.exchange_rates"
        " where currency = 'USD' and day >= '2026-03-01' order by day"
    )
    # Tomorrow's stands by for orders that come before the next sync.
    assert len(rates) == 32
    for row in rates:
        # At noon the rates of the day itself are not out: the day before stands in.
        published = min(row["day"], date(2026, 3, 30))
        assert abs(row["rate"] - convert(Decimal(1), "USD", "JPY", published)) < Decimal("1e-20"), row["day"]
    assert [row["settled"] for row in rates] == [True] * 30 + [False] * 2


def claimed(shop: SpendingTenant, platform: str, level: str) -> Counter[tuple[date, str, str]]:
    rows = shop.query(
        'select report_date, entity_id, "window", count from analytics.view_through_daily'
        " where platform = %(platform)s and level = %(level)s",
        platform=platform,
        level=level,
    )
    return Counter({(row["report_date"], row["entity_id"], row["window"]): int(row["count"]) for row in rows})


@pytest.mark.parametrize(
    ("slug", "platform", "windows"),
    [("maison-lumiere", "meta", ("1d_view", "1d_ev")), ("sakura-goods", "tiktok", ("vta", "evta"))],
)
def test_views_are_what_the_platform_claims_by_campaign_and_on_sundays_by_ad(
    slug: str,
    platform: str,
    windows: tuple[str, str],
    sandbox: str,
    database: Database,
    state: PlatformState,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = shop_of(slug, database, monkeypatch)
    (account,) = [one for one in shop.tenant.ad_accounts if one.platform == platform]
    requests.post(f"{sandbox}/_sandbox/reset", json={"now": SUNDAY.isoformat()}, timeout=10).raise_for_status()
    monkeypatch.setenv("ATTRIBUTION_NOW", SUNDAY.isoformat())
    result = shop.run(VIEWS[platform], now=SUNDAY, account=account.account_id)
    first, last = result.window_from, result.window_to
    assert first is not None
    assert last is not None
    world = world_of(slug)
    (profile,) = [one for one in world.shop.accounts if one.account_id == account.account_id]
    reports = AccountReports(world, profile)
    # TikTok's third campaign is GMV Max, which reports no views.
    campaigns = [one.entity.entity_id for one in reports.account.at_level("campaign")]
    silent = campaigns[2] if platform == "tiktok" else None
    for level in ("campaign", "ad"):
        wanted: Counter[tuple[date, str, str]] = Counter()
        for row in reports.rows(SUNDAY, level, first, last - timedelta(days=1)):
            if row.levels["campaign"].entity_id != silent:
                wanted[(row.day, row.entity.entity_id, windows[0])] += row.figures.view_orders
                wanted[(row.day, row.entity.entity_id, windows[1])] += row.figures.engaged_orders
        assert claimed(shop, platform, level) == +wanted
        assert wanted.total() > 0
    assert result.counts["differing_days"] == 0
    again = shop.run(VIEWS[platform], now=SUNDAY, run_id="r2", account=account.account_id)
    assert (again.counts["rows"], again.counts["days"]) == (0, 0)
    assert requests.get(f"{sandbox}/_sandbox/violations", timeout=10).json() == []


def test_googles_views_are_those_of_its_purchase_action_with_the_window_read_from_it(
    sandbox: str, database: Database, state: PlatformState, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_of("maison-lumiere", database, monkeypatch)
    (account,) = [one for one in shop.tenant.ad_accounts if one.platform == "google_ads"]
    shop.run(sync_google_views, account=account.account_id)
    rows = shop.query('select distinct action, "window", window_days, value_native from analytics.view_through_daily')
    assert rows == [{"action": "Purchase", "window": "vtc", "window_days": 1, "value_native": None}]


def test_a_report_that_is_too_much_is_asked_for_in_smaller_pieces_and_fails_only_at_the_smallest(
    sandbox: str, database: Database, state: PlatformState, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_of("maison-lumiere", database, monkeypatch)
    (account,) = [one for one in shop.tenant.ad_accounts if one.platform == "meta"]
    too_much = {"vendor": "meta", "kind": "vendor_error", "params": {"code": 100, "subcode": 1487534}}
    requests.post(f"{sandbox}/_sandbox/faults", json={**too_much, "count": 2}, timeout=10).raise_for_status()
    result = shop.run(sync_meta_views, account=account.account_id)
    assert (result.counts["shrunk"], bool(claimed(shop, "meta", "campaign"))) == (2, True)
    requests.post(f"{sandbox}/_sandbox/faults", json=too_much, timeout=10).raise_for_status()
    with pytest.raises(AlertingFailure, match="smallest pieces") as failed:
        shop.run(sync_meta_views, run_id="r2", account=account.account_id)
    assert [alert.rule for alert in failed.value.alerts] == [UNTRUSTED]


def test_an_account_that_cannot_be_read_fails_and_its_stored_days_stay(
    sandbox: str, database: Database, state: PlatformState, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_of("maison-lumiere", database, monkeypatch)
    (account,) = [one for one in shop.tenant.ad_accounts if one.platform == "meta"]
    shop.run(sync_meta_views, account=account.account_id)
    before = claimed(shop, "meta", "campaign")
    assert before
    refusal = {"vendor": "meta", "kind": "vendor_error", "params": {"code": 200}}
    requests.post(f"{sandbox}/_sandbox/faults", json=refusal, timeout=10).raise_for_status()
    with pytest.raises(AlertingFailure, match=f"meta account {account.account_id}") as failed:
        shop.run(sync_meta_views, run_id="r2", account=account.account_id)
    assert [(alert.rule, alert.subject) for alert in failed.value.alerts] == [
        ("views_account_refused", account.account_id)
    ]
    assert claimed(shop, "meta", "campaign") == before
