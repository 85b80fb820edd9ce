"""The benchmark's tenant has the proportions that its figures are quoted for."""

from dataclasses import fields

import numpy as np
import pytest

from sandbox.world.bench_world import BENCH_CHANNELS, BenchWorld, bench_world
from sandbox.world.local_time import DAY, SECOND


@pytest.fixture(scope="module")
def world() -> BenchWorld:
    return bench_world(20_000, browsers=30_000)


def _touches_by_conversion(world: BenchWorld, youngest: int, oldest: int) -> np.ndarray:
    """Count the touches of each conversion's customer whose age in microseconds is within [youngest, oldest]."""
    customer = world.visitor_customer[world.touch_visitor]
    keys = np.sort(_key(customer[customer >= 0], world.touch_at[customer >= 0]))
    to = np.searchsorted(keys, _key(world.conversion_customer, world.conversion_at - youngest), side="right")
    return to - np.searchsorted(keys, _key(world.conversion_customer, world.conversion_at - oldest), side="left")


def _key(customer: np.ndarray, at: np.ndarray) -> np.ndarray:
    return customer * 2**45 + at - 1_700_000_000 * SECOND


def test_the_default_size_is_the_one_the_speed_figures_are_quoted_for() -> None:
    world = bench_world()
    assert len(world.conversion_at) == 200_000
    assert abs(len(world.touch_at) - 1_900_000) < 50_000
    assert np.count_nonzero(world.visitor_customer < 0) == 300_000


def test_the_same_seed_draws_the_same_columns_and_another_seed_others(world: BenchWorld) -> None:
    again, other = bench_world(20_000, browsers=30_000), bench_world(20_000, browsers=30_000, seed=8)
    for field in fields(world):
        np.testing.assert_array_equal(getattr(world, field.name), getattr(again, field.name))
    assert not np.array_equal(world.conversion_at, other.conversion_at)


def test_a_conversion_has_about_six_touches_within_thirty_days_and_a_few_have_fifty(world: BenchWorld) -> None:
    counts = _touches_by_conversion(world, 0, 30 * DAY)
    assert 5.5 < counts.mean() < 7
    assert np.median(counts) <= 3
    assert counts.max() >= 50


def test_some_touches_are_too_old_some_too_late_and_some_in_the_order_s_own_second(world: BenchWorld) -> None:
    assert _touches_by_conversion(world, 30 * DAY + 1, 60 * DAY).sum() > 5_000
    assert _touches_by_conversion(world, -3 * DAY, -1).sum() > 3_000
    assert _touches_by_conversion(world, 0, SECOND - 1).sum() > 1_000


def test_some_customers_buy_again_and_some_use_two_devices(world: BenchWorld) -> None:
    assert np.bincount(world.conversion_customer).max() > 1
    devices = np.bincount(world.visitor_customer[world.visitor_customer >= 0])
    assert set(np.unique(devices)) == {1, 2}


def test_a_conversion_s_visitor_is_one_of_its_customer_s_devices(world: BenchWorld) -> None:
    np.testing.assert_array_equal(world.visitor_customer[world.conversion_visitor], world.conversion_customer)


def test_touches_and_conversions_ascend_in_time_within_the_asked_days(world: BenchWorld) -> None:
    assert np.all(np.diff(world.touch_at) >= 0)
    assert np.all(np.diff(world.conversion_at) >= 0)
    assert world.conversion_at[-1] - world.conversion_at[0] < 80 * DAY


def test_every_channel_occurs(world: BenchWorld) -> None:
    assert set(np.unique(world.touch_channel)) == set(range(len(BENCH_CHANNELS)))


def test_a_tenant_without_conversions_has_browsers_only() -> None:
    world = bench_world(0, browsers=100)
    assert len(world.conversion_at) == 0
    assert np.all(world.visitor_customer[world.touch_visitor] == -1)
