"""credit_conversions on a real database: which settings apply, what is left alone, and what runs beside each other."""

import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from include.jobs import credit_inputs as engine
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, Tenant
from tests.integration.conftest import Database
from tests.integration.credited_shop import MODELS, Shop, tenant_with

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def touch(name: str, at: datetime, visitor: str = "phone", **columns: str) -> dict[str, str]:
    row = {"touch_id": name, "visitor_id": visitor, "occurred_at": at.isoformat(), "channel": "Email"}
    return {**row, "campaign": name, **columns}


def order(name: str, at: datetime, visitor: str = "phone", **columns: str) -> dict[str, str]:
    row = {"order_id": name, "visitor_id": visitor, "placed_at": at.isoformat(), "currency": "USD", "total": "10.01"}
    return {**row, **columns}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    yield from opened(database, tenant_with(), tmp_path)


def opened(database: Database, tenant: Tenant, folder: Path) -> Iterator[Shop]:
    made = Shop(database, tenant, folder)
    yield made
    made.empty()


@pytest.fixture
def shop_of_two_settings(database: Database, tmp_path: Path) -> Iterator[Shop]:
    """A shop that looks 30 days back until NOON, and 7 days from then on."""
    tenant = tenant_with(
        (FROM_THE_BEGINNING, AttributionSettings(lookback_days=30)),
        (NOON, AttributionSettings(lookback_days=7)),
    )
    yield from opened(database, tenant, tmp_path)


def test_an_order_is_credited_by_the_settings_in_force_when_it_was_placed(shop_of_two_settings: Shop) -> None:
    shop = shop_of_two_settings
    moment = timedelta(microseconds=1)
    shop.load(
        [touch("old", NOON - 10 * DAY), touch("recent", NOON - DAY)],
        [order("before", NOON - moment), order("after", NOON)],
    )
    shop.credit()
    assert shop.touches_by_order() == {"before": ["old", "recent"], "after": ["recent"]}
    versions = {name: row["config_version"] for name, row in shop.conversions().items()}
    entries = shop.tenant.settings_history
    assert versions == {
        "before": entries[0].settings.config_version(),
        "after": entries[1].settings.config_version(),
    }


@pytest.mark.parametrize(
    ("consent", "counted"),
    [
        ("exclude_denied", ["granted", "unknown"]),
        ("require_granted", ["granted"]),
        ("ignore", ["denied", "granted", "unknown"]),
    ],
)
@pytest.mark.parametrize("by_person", [True, False])
def test_touches_count_by_the_consent_that_the_tenant_asks_for(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    consent: str,
    counted: list[str],
    by_person: bool,
) -> None:
    if not by_person:
        monkeypatch.setattr(engine, "BY_PERSON_CONVERSIONS", 0)
    settings = AttributionSettings.model_validate({"consent": consent})
    for shop in opened(database, tenant_with((FROM_THE_BEGINNING, settings)), tmp_path):
        touches = [touch(answer, NOON - DAY, consent=answer) for answer in ("denied", "granted", "unknown")]
        shop.load(touches, [order("order", NOON)])
        shop.credit()
        assert sorted(shop.touches_by_order()["order"]) == counted


def test_sessions_and_clicks_earn_alike_and_surveys_nothing(shop: Shop) -> None:
    kinds = ("click", "session", "survey")
    shop.load([touch(kind, NOON - DAY, type=kind) for kind in kinds], [order("order", NOON, total="10.00")])
    shop.credit()
    earned = {row["touch"]: row["amount_linear_minor"] for row in shop.credit_by_order()["order"]}
    assert earned == {"click": 500, "session": 500}


def test_an_order_in_another_currency_waits_untouched_for_a_rate(shop: Shop) -> None:
    shop.load([touch("touch", NOON - DAY)], [order("euros", NOON, currency="EUR"), order("dollars", NOON)])
    before = shop.conversions()["euros"]
    shop.credit()
    shop.credit_anew()
    shop.credit(orders=["euros"])
    assert shop.conversions()["euros"] == before
    assert (before["status"], before["reason"], before["run_id"]) == ("pending", "no_fx_rate", None)
    assert list(shop.touches_by_order()) == ["dollars"]


def test_a_dry_run_writes_nothing_and_shows_what_it_would(shop: Shop) -> None:
    shop.load(
        [touch("touch", NOON - DAY)],
        [order("order", NOON), order("lonely", NOON, "kiosk", total="3.00"), order("nobodys", NOON, "")],
    )
    before = shop.versions()
    result = shop.credit(dry_run=True)
    assert shop.versions() == before
    assert not result.changed
    assert (result.counts["attributed"], result.counts["unattributed"]) == (1, 2)
    shown = {(row["status"], row["reason"], row["value_minor"], row["touches"]) for row in result.sample}
    assert shown == {
        ("attributed", None, 1001, 1),
        ("unattributed", "no_touch_in_window", 300, 0),
        ("unattributed", "no_visitor", 1001, 0),
    }
    shop.credit()
    stored = shop.conversions().values()
    assert {(row["conversion_id"], row["status"], row["reason"]) for row in stored} == {
        (row["conversion_id"], row["status"], row["reason"]) for row in result.sample
    }


def test_only_named_conversions_are_credited_pending_or_not(shop: Shop) -> None:
    shop.load([touch("touch", NOON - DAY)], [order(name, NOON) for name in ("first", "second", "third")])
    shop.credit("run-1", orders=["first"])
    assert list(shop.touches_by_order()) == ["first"]
    shop.query("delete from analytics.attribution_credits where tenant_id = %(tenant_id)s")
    result = shop.credit("run-2", orders=["first", "second"])
    assert set(shop.touches_by_order()) == {"first", "second"}
    assert result.counts["conversions"] == 2
    assert {name: row["run_id"] for name, row in shop.conversions().items()} == {
        "first": "run-2",
        "second": "run-2",
        "third": None,
    }


def test_a_cancelled_orders_credit_stays_and_is_adjusted_to_zero_on_local_days(shop: Shop) -> None:
    just_before_midnight = datetime(2026, 3, 21, 3, 59, tzinfo=UTC)
    cancelled_at = (just_before_midnight + timedelta(minutes=2)).isoformat()
    shop.load(
        [touch(f"touch-{number}", NOON - number * DAY) for number in range(3)],
        [
            order("cancelled", just_before_midnight, cancelled_at=cancelled_at),
            order("nobodys", just_before_midnight, "", cancelled_at=cancelled_at),
            order("kept", just_before_midnight),
        ],
    )
    shop.credit()
    conversions = shop.conversions()
    credit, adjustments = shop.credit_by_order(), shop.stored("credit_adjustments")
    assert len(credit["cancelled"]) == len(credit["kept"]) == 3
    for model in MODELS:
        column = f"amount_{model}_minor"
        taken = {row["touchpoint_id"]: -row[column] for row in adjustments if row["touchpoint_id"]}
        assert taken == {row["touchpoint_id"]: row[column] for row in credit["cancelled"]}
    (unattributed,) = [row for row in adjustments if not row["touchpoint_id"]]
    assert unattributed["conversion_id"] == conversions["nobodys"]["conversion_id"]
    assert {unattributed[f"amount_{model}_minor"] for model in MODELS} == {-1001}
    assert {(row["order_date"], row["refund_date"]) for row in adjustments} == {("2026-03-20", "2026-03-21")}


def test_adjustments_follow_new_weights_and_go_with_the_cancellation(shop: Shop) -> None:
    cancelled = order("order", NOON, cancelled_at=(NOON + DAY).isoformat())
    shop.load([touch("touch", NOON - DAY)], [cancelled])
    shop.credit()
    shop.load([touch("late", NOON - 2 * DAY)])
    shop.credit()
    credit = {row["touchpoint_id"]: row["amount_linear_minor"] for row in shop.credit_by_order()["order"]}
    assert sorted(credit.values()) == [500, 501]
    taken = {row["touchpoint_id"]: -row["amount_linear_minor"] for row in shop.stored("credit_adjustments")}
    assert taken == credit
    shop.load(orders=[order("order", NOON)])
    shop.credit()
    assert shop.stored("credit_adjustments") == []
    assert len(shop.stored("attribution_credits")) == 2


def wait_for_waiting(connection: psycopg.Connection[tuple[object, ...]], number: int) -> None:
    """Wait until that many sessions of the database wait for a lock."""
    for _ in range(200):
        ((waiting,),) = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ).fetchall()
        if waiting == number:
            return
        time.sleep(0.05)
    pytest.fail(f"{number} sessions should wait for a lock")


def test_runs_on_the_same_conversions_wait_for_each_other_and_one_of_them_writes(shop: Shop) -> None:
    shop.load(
        [touch(f"touch-{number}", NOON - number * timedelta(hours=1)) for number in range(5)],
        [order(f"order-{number}", NOON + number * timedelta(minutes=1)) for number in range(30)],
    )
    changed: dict[str, int] = {}

    def run_due() -> None:
        changed["due"] = int(shop.credit("due").counts.get("conversions_changed", 0))

    def run_window() -> None:
        result, _ = shop.credit_anew("window")
        changed["window"] = int(result.counts.get("conversions_changed", 0))

    threads = [threading.Thread(target=run) for run in (run_due, run_window)]
    with psycopg.connect(shop.database.superuser_url) as holder:
        holder.execute("select 1 from analytics.conversions where tenant_id = %s for update", (shop.tenant.tenant_id,))
        for thread in threads:
            thread.start()
        with psycopg.connect(shop.database.superuser_url, autocommit=True) as watcher:
            wait_for_waiting(watcher, 2)
    for thread in threads:
        thread.join(60)
    assert sorted(changed.values()) == [0, 30]
    (writer,) = {row["run_id"] for row in shop.conversions().values()}
    assert changed[writer] == 30
    beside_each_other = shop.credit_stored()
    shop.query("delete from analytics.attribution_credits where tenant_id = %(tenant_id)s")
    shop.credit_anew()
    assert shop.credit_stored() == beside_each_other


def test_many_conversions_get_the_credit_that_few_get(
    shop_of_two_settings: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_of_two_settings
    chance = random.Random(20260320)
    visitors = [f"visitor-{number}" for number in range(8)]
    customers = ["", "", "anna", "ben"]
    touches = [
        touch(
            f"touch-{number}",
            NOON - timedelta(hours=chance.randrange(40 * 24)),
            chance.choice(visitors),
            customer_id=chance.choice(customers),
            channel=chance.choice(["Direct", "Email", "Paid Social"]),
            consent=chance.choice(["granted", "denied", ""]),
        )
        for number in range(200)
    ]
    orders = [
        order(
            f"order-{number}",
            NOON + timedelta(minutes=30 * chance.randrange(-400, 100)),
            chance.choice(["", *visitors]),
            customer_id=chance.choice(customers),
            currency=chance.choice(["USD", "USD", "EUR"]),
            cancelled_at=(NOON + 5 * DAY).isoformat() if chance.random() < 0.2 else "",
        )
        for number in range(60)
    ]
    shop.load(touches, orders)
    shop.credit()
    few = shop.credit_stored()
    assert len(few["attribution_credits"]) > 200

    monkeypatch.setattr(engine, "BY_PERSON_CONVERSIONS", 0)
    monkeypatch.setattr(engine, "_SLICE_CONVERSIONS", 3)
    monkeypatch.setattr(engine, "_FIRST_SLICE_CONVERSIONS", 2)
    monkeypatch.setattr(engine, "_DIGEST_CONVERSIONS", 6)
    results = shop.credit_anew()
    assert [result.counts["conversions_changed"] for result in results] == [0, 0]
    shop.empty()
    shop.load(touches, orders)
    shop.credit()
    assert shop.credit_stored() == few
