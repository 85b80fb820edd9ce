"""The same seed gives the same world, and no world tells what was not yet known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml

from include.errors import InvalidInput
from sandbox.world import ShopProfile, World, generate
from sandbox.world.local_time import NEVER, instant_us
from sandbox.world.order_state import FINANCIAL_STATUS
from sandbox.world.orders import KNOWN_AFTER
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_SHOPS, DEMO_START, NORTHWIND_OUTDOOR, SAKURA_GOODS, scaled

DAY = timedelta(days=1)
TENANTS = Path(__file__).parents[3] / "tenants"


def _corner_shop(currency: str) -> ShopProfile:
    return ShopProfile(
        slug="corner",
        name="Corner",
        timezone="Asia/Kuwait",
        currency=currency,
        orders_per_day=20.0,
        typical_price=Decimal(12),
        taxes_included=False,
        tax_rates=(Decimal("0.05"),),
        shipping=Decimal("1.25"),
        mix={"direct": 1, "organic_search": 1},
    )


def test_the_demo_shops_have_the_sizes_that_their_profiles_promise() -> None:
    states = [generate(shop, 7, DEMO_START, DEMO_END).as_of(DEMO_NOW) for shop in DEMO_SHOPS]
    for state, promised in zip(states, (12_000, 6_000, 3_000), strict=True):
        assert abs(len(state.orders.order) - promised) < promised * 0.03
    assert abs(sum(len(state.touches) for state in states) - 200_000) < 20_000


def test_the_demo_shops_have_the_zone_currency_and_ad_accounts_of_their_tenant_files() -> None:
    for shop in DEMO_SHOPS:
        tenant = yaml.safe_load((TENANTS / f"{shop.slug}.yaml").read_text(encoding="utf-8"))
        assert (tenant["timezone"], tenant["currency"]) == (shop.timezone, shop.currency)
        assert {
            (one["platform"], one["account_id"], one["currency"], one["timezone"]) for one in tenant["ad_accounts"]
        } == {(one.platform, one.account_id, one.currency, one.timezone) for one in shop.accounts}


def test_another_seed_or_another_shop_is_another_world(world: World) -> None:
    other_seed = generate(world.shop, 8, world.start, world.end)
    other_shop = generate(replace(world.shop, slug="northwind-indoor"), 7, world.start, world.end)
    for other in (other_seed, other_shop):
        assert not np.array_equal(other.orders.placed_at, world.orders.placed_at)
        assert not np.array_equal(other.touches.occurred_at[:100], world.touches.occurred_at[:100])


def test_nothing_appears_before_it_is_available(world: World) -> None:
    for days in (0, 20, 60, 89):
        instant = datetime(2026, 1, 1, 12, tzinfo=UTC) + days * DAY
        state, at = world.as_of(instant), instant_us(instant)
        assert np.all(state.touches.available_at <= at)
        assert np.all(world.orders.available_at[state.orders.order] <= at)
        assert np.all(state.orders.changed_at <= at)
        assert np.all(world.refunds.refunded_at[state.orders.refund] <= at)
        assert np.all((state.orders.cancelled_at <= at) | (state.orders.cancelled_at == NEVER))
        assert np.all(world.touches.available_at >= world.touches.occurred_at)


def test_what_is_known_only_grows_with_time(world: World) -> None:
    previous = world.as_of(datetime(2026, 1, 1, tzinfo=UTC))
    for days in (1, 7, 30, 90, 400):
        state = world.as_of(datetime(2026, 1, 1, tzinfo=UTC) + days * DAY)
        assert len(state.touches) > len(previous.touches)
        np.testing.assert_array_equal(
            state.touches.number[: len(previous.touches)], previous.touches.number, err_msg="a touch was taken back"
        )
        assert set(previous.orders.order) <= set(state.orders.order)
        assert set(previous.orders.refund) <= set(state.orders.refund)
        previous = state


def test_a_day_more_brings_orders_edits_cancellations_payments_refunds_and_late_touches() -> None:
    world = generate(NORTHWIND_OUTDOOR, 7, DEMO_START, DEMO_END)
    today, tomorrow = world.as_of(DEMO_NOW), world.as_of(DEMO_NOW + DAY)
    new_orders = np.setdiff1d(tomorrow.orders.order, today.orders.order)
    both, old, new = np.intersect1d(today.orders.order, tomorrow.orders.order, return_indices=True)
    assert len(new_orders) > 50
    assert len(both) == len(today.orders.order)
    assert np.any(today.orders.total_minor[old] != tomorrow.orders.total_minor[new])
    assert np.any(today.orders.cancelled_at[old] != tomorrow.orders.cancelled_at[new])
    paid_since = (today.orders.status[old] == FINANCIAL_STATUS.index("pending")) & tomorrow.orders.counts[new]
    assert np.any(paid_since)
    assert len(tomorrow.orders.refund) > len(today.orders.refund)
    arrived = slice(len(today.touches), len(tomorrow.touches))
    assert np.any(tomorrow.touches.occurred_at[arrived] < instant_us(DEMO_NOW - DAY))


def test_only_changes_since_move_an_order_s_time_of_change(world: World) -> None:
    today, tomorrow = world.as_of(DEMO_NOW), world.as_of(DEMO_NOW + DAY)
    _, old, new = np.intersect1d(today.orders.order, tomorrow.orders.order, return_indices=True)
    later = tomorrow.orders.changed_at[new] > instant_us(DEMO_NOW)
    np.testing.assert_array_equal(today.orders.changed_at[old][~later], tomorrow.orders.changed_at[new][~later])
    np.testing.assert_array_equal(today.orders.total_minor[old][~later], tomorrow.orders.total_minor[new][~later])
    np.testing.assert_array_equal(today.orders.status[old][~later], tomorrow.orders.status[new][~later])
    assert np.all(tomorrow.orders.changed_at >= world.orders.available_at[tomorrow.orders.order])


def test_a_change_is_known_seconds_after_it_happened(world: World) -> None:
    arrived_at_once = world.orders.available_at < world.orders.placed_at + 5 * 60 * 1_000_000
    order = np.flatnonzero(arrived_at_once & (world.orders.cancelled_at != NEVER))[0]
    happened = int(world.orders.cancelled_at[order])
    known = datetime.fromtimestamp((happened + KNOWN_AFTER) // 1_000_000, UTC)
    for instant, expected in ((known - timedelta(seconds=1), NEVER), (known, happened)):
        state = world.as_of(instant).orders
        assert state.cancelled_at[np.searchsorted(state.order, order)] == expected


@pytest.mark.parametrize("currency", ["JPY", "KWD", "EUR"])
def test_a_shop_without_ads_sells_in_a_currency_of_any_decimals(currency: str) -> None:
    world = generate(_corner_shop(currency), 1, date(2026, 2, 1), date(2026, 2, 20))
    state = world.as_of(datetime(2026, 3, 1, tzinfo=UTC))
    assert len(state.orders.order) == 380
    assert np.all(state.orders.total_minor > 0)
    assert len(state.spend.day) == 0


def test_the_smallest_world_has_one_order() -> None:
    tiny = replace(_corner_shop("EUR"), orders_per_day=1.0)
    assert len(generate(tiny, 3, date(2026, 2, 1), date(2026, 2, 2)).orders.placed_at) == 1


def test_a_shop_where_nobody_buys_has_empty_books() -> None:
    empty = replace(_corner_shop("EUR"), orders_per_day=0.0)
    world = generate(empty, 3, date(2026, 2, 1), date(2026, 2, 2))
    assert len(world.touches) == 0
    assert len(world.shop_totals.day) == 0


def test_an_empty_window_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="northwind-outdoor is empty; end must be after start"):
        generate(NORTHWIND_OUTDOOR, 7, DEMO_END, DEMO_START)


def test_a_mix_that_needs_an_account_the_shop_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no ad account for tiktok"):
        generate(replace(SAKURA_GOODS, accounts=SAKURA_GOODS.accounts[:1]), 7, DEMO_START, DEMO_END)


def test_an_instant_without_a_time_zone_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match="has no time zone"):
        world.as_of(DEMO_NOW.replace(tzinfo=None))


def test_scaling_a_shop_scales_its_orders_only() -> None:
    half = scaled(SAKURA_GOODS, 0.5)
    assert half == replace(SAKURA_GOODS, orders_per_day=SAKURA_GOODS.orders_per_day / 2)
