"""attribution_process_unattributed on a real database: what is tried again, when, and what becomes of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from include.jobs.process_unattributed import process_unattributed
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom
from tests.integration.conftest import Database
from tests.integration.credited_shop import NOW, Shop, tenant_with
from tests.integration.stepped_job import run_job

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NEVER = "infinity"


def touch(name: str, at: datetime, visitor: str) -> dict[str, str]:
    return {"touch_id": name, "visitor_id": visitor, "occurred_at": at.isoformat(), "channel": "Email"}


def order(name: str, at: datetime, visitor: str, **columns: str) -> dict[str, str]:
    row = {"order_id": name, "visitor_id": visitor, "placed_at": at.isoformat(), "currency": "USD", "total": "10.01"}
    return {**row, **columns}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    """A shop with an order that nobody earned, one of a stranger and one that was earned, all credited."""
    made = Shop(database, tenant_with(), tmp_path)
    made.load(
        [touch("touch", NOON - DAY, "phone"), touch("old", NOON - 40 * DAY, "laptop")],
        [order("earned", NOON, "phone"), order("lonely", NOON, "laptop"), order("nobodys", NOON, "")],
    )
    made.credit()
    yield made
    made.empty()


def retries(shop: Shop) -> dict[str, tuple[str, str | None, int, str | None]]:
    """Return status, reason, attempts and next attempt of each order."""
    return {
        name: (row["status"], row["reason"], row["attempts"], row["next_attempt_at"])
        for name, row in shop.conversions().items()
    }


def instant(at: datetime) -> str:
    return at.isoformat()


def test_what_stays_unattributed_is_counted_and_waits_twice_as_long_each_time(shop: Shop) -> None:
    at, moment = NOW, timedelta(microseconds=1)
    result = run_job(shop, process_unattributed)
    for attempts, hours in enumerate((1, 2, 4, 8, 16, 32, 64), start=1):
        at += hours * HOUR
        assert retries(shop)["lonely"] == ("unattributed", "no_touch_in_window", attempts, instant(at))
        assert run_job(shop, process_unattributed, now=at - moment).counts == {"retried": 0}
        result = run_job(shop, process_unattributed, now=at)
    assert (result.counts["retried"], result.counts["given_up"]) == (1, 1)
    assert retries(shop)["lonely"] == ("unattributed", "no_touch_in_window", 8, NEVER)
    assert run_job(shop, process_unattributed, now=at + 1000 * DAY).counts == {"retried": 0}


def test_an_order_of_nobody_is_tried_once_and_rests_with_its_reason(shop: Shop) -> None:
    result = run_job(shop, process_unattributed)
    assert (result.counts["retried"], result.counts["given_up"]) == (2, 1)
    assert not result.changed
    assert retries(shop)["nobodys"] == ("unattributed", "no_visitor", 1, NEVER)
    assert retries(shop)["earned"] == ("attributed", None, 0, None)


def test_a_retry_gives_the_credit_that_other_settings_allow(shop: Shop) -> None:
    longer = SettingsFrom(FROM_THE_BEGINNING, AttributionSettings(lookback_days=60))
    changed = replace(shop, tenant=replace(shop.tenant, settings_history=(longer,)))
    result = run_job(changed, process_unattributed, "retry")
    assert result.changed
    assert shop.touches_by_order()["lonely"] == ["old"]
    lonely = shop.conversions()["lonely"]
    assert (lonely["status"], lonely["reason"], lonely["run_id"]) == ("attributed", None, "retry")
    assert lonely["next_attempt_at"] is None


@pytest.mark.parametrize("how", ["late touch", "edited order"])
def test_what_re_opens_a_conversion_starts_its_attempts_again(shop: Shop, how: str) -> None:
    run_job(shop, process_unattributed)
    assert retries(shop)["lonely"][2:] == (1, instant(NOW + HOUR))
    if how == "late touch":
        shop.load([touch("late", NOON - DAY, "laptop")])
    else:
        shop.load(orders=[order("lonely", NOON, "laptop", total="11.00")])
    assert retries(shop)["lonely"] == ("pending", None, 0, None)


def test_those_that_waited_longest_go_first_and_then_the_oldest_orders(shop: Shop) -> None:
    run_job(shop, process_unattributed)
    shop.load(orders=[order(f"order-{day}", NOON - day * DAY, "tablet") for day in range(4)])
    shop.credit()
    later = NOW + HOUR
    tried = []
    for _ in range(3):
        before = {name: row[2] for name, row in retries(shop).items()}
        assert run_job(shop, process_unattributed, now=later, options={"limit": 2}).counts["retried"] <= 2
        tried.append({name for name, row in retries(shop).items() if row[2] > before[name]})
    assert tried == [{"order-3", "order-2"}, {"order-1", "order-0"}, {"lonely"}]


def test_a_dry_run_of_retries_writes_nothing(shop: Shop) -> None:
    before = shop.versions()
    result = run_job(shop, process_unattributed, dry_run=True)
    assert result.counts["retried"] == 2
    assert not result.changed
    assert shop.versions() == before
