"""Meta's must-haves that need a fault of the stand-in (source_apis A.14); the others are in test_sync_spend.py."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import requests

from include.jobs.spend_conversation import Conversation
from include.jobs.sync_meta_spend_daily import sync_meta_spend_daily
from tests.integration.conftest import Database
from tests.integration.platforms.spending_shop import NIGHT, SpendingShop, sandbox_server

SHOP, ACCOUNT = "northwind-outdoor", "482910375566120"
WORK = f"{SHOP}/{ACCOUNT}"
PARIS_SHOP, PARIS_ACCOUNT = "maison-lumiere", "719350284416207"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with sandbox_server() as running:
        yield running


@pytest.fixture
def shop(sandbox: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> SpendingShop:
    """The shop's Meta account, nothing stored yet, reports computed at once; nobody sleeps for a report."""
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", sandbox.removeprefix("http://"))
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", database.control_url)
    monkeypatch.setattr(Conversation, "_pause", lambda talk, seconds: None)
    made = SpendingShop(sandbox, database, monkeypatch, SHOP, sync_meta_spend_daily, "sync_meta_spend_daily")
    made.forget()
    made.add_account("meta", ACCOUNT, "northwind_outdoor_meta_ads", "USD", "America/Los_Angeles")
    quirk(made, async_states=["Job Completed"])
    return made


def quirk(shop: SpendingShop, **params: Any) -> None:
    shop.fault(vendor="meta", kind="quirk", params=params)


def figures(shop: SpendingShop) -> list[Any]:
    return shop.rows("select report_date, level, entity_id, spend from analytics.ad_spend_daily order by 1, 2, 3")


def claims(shop: SpendingShop) -> Decimal:
    """Return the purchases that the vendor itself shows for the account under its first name, asked with requests."""
    fields = requests.get(f"{shop.sandbox}/_sandbox/connections", params={"shop": SHOP}, timeout=10).json()
    rows = requests.get(
        f"{shop.sandbox}/meta/v26.0/act_{ACCOUNT}/insights",
        params={
            "level": "account",
            "fields": "actions",
            "time_range": json.dumps({"since": "2026-03-01", "until": "2026-03-30"}),
            "time_increment": "1",
            "limit": "500",
        },
        headers={"Authorization": f"Bearer {fields['northwind_outdoor_meta_ads']['password']}"},
        timeout=10,
    ).json()["data"]
    actions = [action for row in rows for action in row.get("actions", [])]
    assert {action["action_type"] for action in actions} > {"omni_purchase"}
    return sum((Decimal(one["value"]) for one in actions if one["action_type"] == "omni_purchase"), Decimal(0))


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "quirk", "params": {"empty_next_page": True}},
        {"kind": "quirk", "params": {"async_race": 3}},
        {"kind": "truncated", "route": "*/insights", "count": 2},
        {"kind": "html", "route": "*/insights", "count": 1},
        {"kind": "vendor_error", "route": "*/insights", "count": 1, "params": {"code": 2}},
        {"kind": "vendor_error", "route": "*/insights", "count": 1, "params": {"code": 1, "status": 500}},
    ],
    ids=["a next page that is empty", "a report that is not there yet", "cut", "html", "code 2", "code 1"],
)
def test_a_night_comes_to_the_same_rows_whatever_stumbles(shop: SpendingShop, fault: dict[str, Any]) -> None:
    (outcome,) = shop.sync(WORK)
    assert outcome.status == "succeeded"
    undisturbed = figures(shop)
    shop.fault(vendor="meta", **fault)
    (outcome,) = shop.sync(WORK, run_id="disturbed")
    assert (outcome.status, outcome.counts["restated"]) == ("succeeded", 0)
    assert figures(shop) == undisturbed
    assert shop.violations() == []


def test_at_ninety_six_percent_nobody_asks_before_the_longest_of_the_vendors_hints_is_over(shop: SpendingShop) -> None:
    quirk(shop, acc_id_util_pct=96, minutes=20)
    (outcome,) = shop.sync(WORK)
    assert outcome.status == "waiting"
    asked = len(shop.received(vendor="meta"))
    shop.at("2026-03-31T12:59:00Z")
    (outcome,) = shop.sync(WORK, run_id="too early")
    assert (outcome.status, len(shop.received(vendor="meta"))) == ("waiting", asked)
    shop.no_faults()
    quirk(shop, async_states=["Job Completed"])
    shop.at("2026-03-31T13:01:00Z")
    (outcome,) = shop.sync(WORK, run_id="in time")
    assert outcome.status == "succeeded"
    assert shop.violations() == []


def test_purchases_under_three_names_are_counted_once(shop: SpendingShop) -> None:
    shop.sync(WORK)
    stored = shop.value("select sum(platform_conversions) from analytics.ad_spend_daily where level = 'account'")
    assert stored == claims(shop) > 0


def test_an_account_ahead_of_utc_has_its_own_yesterday(shop: SpendingShop) -> None:
    shop.add_account("meta", PARIS_ACCOUNT, "maison_lumiere_meta_ads", "EUR", "Europe/Paris", PARIS_SHOP)
    late = NIGHT.replace("T12:00:00Z", "T22:30:00Z")
    shop.at(late)
    paris, angeles = shop.sync(f"{PARIS_SHOP}/{PARIS_ACCOUNT}", WORK)
    assert (paris.status, angeles.status) == ("succeeded", "succeeded")
    through = {
        one.account_id: one.data_through
        for one in shop.rows("select account_id, data_through from analytics.ad_account_syncs")
    }
    assert through == {PARIS_ACCOUNT: date(2026, 3, 31), ACCOUNT: date(2026, 3, 30)}
