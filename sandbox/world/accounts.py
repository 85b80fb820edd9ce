"""Identity merges: customers whose first orders are a guest's, until a later order or sign-in names the account.

The world's own customers are known from their first order. Here a share of them is known only from the second on, so
that orders and touches already loaded turn out to be somebody's: what stitching has to put right.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from include.errors import InvalidInput
from sandbox.world.draws import Ints, stream
from sandbox.world.local_time import NEVER
from sandbox.world.world import World


def with_later_accounts(world: World, share: float) -> World:
    """Return the same world in which this share of the customers with several orders makes the account at the second.

    Their first order, and whatever touch they were signed in at before the second, name no customer. Everything else
    stays as it was. Raises InvalidInput when share is outside [0, 1].
    """
    if not 0 <= share <= 1:
        raise InvalidInput(f"share {share} must lie in [0, 1]")
    orders, touches = world.orders, world.touches
    persons = len(world.people.person_is_guest)
    second = _second_orders(orders.customer, orders.placed_at, persons)
    later = stream(world.seed, world.shop.slug, "later accounts").random(persons) < share
    # Nobody becomes known later who never orders again.
    known_from = np.where(later & (second != NEVER), second, -NEVER)
    return replace(
        world,
        orders=replace(orders, customer=_from_then(orders.customer, orders.placed_at, known_from)),
        touches=replace(touches, customer=_from_then(touches.customer, touches.occurred_at, known_from)),
    )


def _second_orders(customer: Ints, placed_at: Ints, persons: int) -> Ints:
    second = np.full(persons, NEVER)
    named = np.flatnonzero(customer >= 0)
    in_order = named[np.lexsort((placed_at[named], customer[named]))]
    who = customer[in_order]
    again = np.flatnonzero(who[1:] == who[:-1]) + 1
    np.minimum.at(second, who[again], placed_at[in_order[again]])
    return second


def _from_then(customer: npt.NDArray[Any], at: Ints, known_from: Ints) -> npt.NDArray[Any]:
    return np.where((customer >= 0) & (at < known_from[customer]), -1, customer).astype(customer.dtype)
