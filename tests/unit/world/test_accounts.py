"""Accounts made late: what was a guest's turns out to be a customer's."""

import numpy as np
import pytest

from include.errors import InvalidInput
from sandbox.world import World
from sandbox.world.accounts import with_later_accounts


def test_a_share_of_zero_changes_nothing(world: World) -> None:
    same = with_later_accounts(world, 0.0)
    np.testing.assert_array_equal(same.orders.customer, world.orders.customer)
    np.testing.assert_array_equal(same.touches.customer, world.touches.customer)


def test_a_first_order_names_nobody_and_the_second_names_its_customer(world: World) -> None:
    later = with_later_accounts(world, 1.0)
    before, after = world.orders.customer, later.orders.customer
    repeat = np.flatnonzero(np.bincount(before[before >= 0]) > 1)
    assert len(repeat) > 50
    for customer in repeat.tolist():
        own = np.flatnonzero(before == customer)
        # Orders are in order of placed_at; two in one second would both be the account's.
        assert after[own[0]] == -1
        assert np.all(after[own[1:]] == customer)
    once = np.isin(before, repeat, invert=True)
    np.testing.assert_array_equal(after[once], before[once])


def test_the_guest_s_visitor_is_recognised_by_what_comes_later(world: World) -> None:
    later = with_later_accounts(world, 1.0)
    guests = np.flatnonzero((world.orders.customer >= 0) & (later.orders.customer < 0) & (later.orders.visitor >= 0))
    recognised = 0
    for order in guests.tolist():
        visitor, customer = later.orders.visitor[order], world.orders.customer[order]
        own = (later.orders.visitor == visitor) & (later.orders.customer == customer)
        signed_in = (later.touches.visitor == visitor) & (later.touches.customer == customer)
        recognised += bool(own.any() or signed_in.any())
    assert recognised > len(guests) / 3


def test_no_touch_is_signed_in_before_the_account_exists(world: World) -> None:
    later = with_later_accounts(world, 1.0)
    named = np.flatnonzero(later.orders.customer >= 0)
    first_named = np.full(len(world.people.person_is_guest), np.iinfo(np.int64).max)
    np.minimum.at(first_named, later.orders.customer[named], later.orders.placed_at[named])
    hidden = np.flatnonzero(world.touches.customer != later.touches.customer)
    assert len(hidden) > 20
    assert np.all(world.touches.occurred_at[hidden] < first_named[world.touches.customer[hidden]])


def test_half_a_share_is_about_half_the_customers(world: World) -> None:
    hidden = [
        np.count_nonzero(with_later_accounts(world, share).orders.customer != world.orders.customer)
        for share in (0.5, 1.0)
    ]
    assert 0.35 < hidden[0] / hidden[1] < 0.65


def test_a_share_above_one_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match="share 2"):
        with_later_accounts(world, 2)
