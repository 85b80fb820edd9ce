"""A simulated shop: its visitors, touches, orders and advertising, and what of it is known at any instant.

The same shop, seed and window give the same world. It feeds touches, orders, ad spend and the shop's own totals, so
that they agree with each other. Nothing here reads a clock or a database.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np

from include.errors import InvalidInput
from sandbox.world.advertising import AdEntity, ad_entities
from sandbox.world.baskets import Lines, fill_baskets
from sandbox.world.local_time import DAY, NEVER, instant_us
from sandbox.world.order_state import OrderState, order_state
from sandbox.world.orders import Orders, Refunds, order_instants, place_orders, refund_orders
from sandbox.world.placements import Placement, placements
from sandbox.world.population import Population, populate
from sandbox.world.shop import ShopProfile
from sandbox.world.spend import DailySpend, Prices, click_prices, daily_spend
from sandbox.world.totals import Booking, ShopTotals, shop_totals
from sandbox.world.touches import Touches, leave_touches

# Later than every change in any world, and early enough that a little more fits into int64.
_AT_LAST = NEVER - DAY


@dataclass(frozen=True)
class World:
    """Everything that happens to a shop whose orders are placed within the UTC days [start, end)."""

    shop: ShopProfile
    seed: int
    start: date
    end: date
    people: Population
    ad_entities: tuple[AdEntity, ...]
    placements: tuple[Placement, ...]
    prices: Prices
    orders: Orders
    lines: Lines
    refunds: Refunds
    touches: Touches

    def as_of(self, instant: datetime) -> "WorldState":
        """Return what is known at an aware instant; a later instant knows all of an earlier one, and more."""
        return WorldState(self, instant_us(instant))

    @property
    def spend(self) -> DailySpend:
        """All that the ad accounts are ever charged."""
        return WorldState(self, _AT_LAST).spend

    @property
    def shop_totals(self) -> ShopTotals:
        """The shop's books once everything has happened."""
        return WorldState(self, _AT_LAST).shop_totals


@dataclass(frozen=True)
class WorldState:
    """What is known of a world at an instant (microseconds since 1970 UTC)."""

    world: World
    instant: int

    @cached_property
    def touches(self) -> Touches:
        return self.world.touches.available(self.instant)

    @cached_property
    def orders(self) -> OrderState:
        world = self.world
        return order_state(world.orders, world.lines, world.refunds, world.shop.taxes_included, self.instant)

    @cached_property
    def spend(self) -> DailySpend:
        world = self.world
        happened = world.touches.take(np.flatnonzero(world.touches.occurred_at <= self.instant))
        return daily_spend(world.shop, world.ad_entities, world.placements, world.prices, happened)

    @cached_property
    def shop_totals(self) -> ShopTotals:
        world, state = self.world, self.orders
        sold = np.flatnonzero(state.counts & ~world.orders.test[state.order])
        cancelled = sold[state.cancelled_at[sold] != NEVER]
        refunded_at = world.refunds.refunded_at[state.refund]
        refunded = world.refunds.amount_minor(world.shop.taxes_included)[state.refund]
        return shop_totals(
            world.shop.timezone,
            Booking(world.orders.placed_at[state.order[sold]], state.total_minor[sold]),
            Booking(state.cancelled_at[cancelled], state.total_minor[cancelled]),
            Booking(refunded_at, refunded),
        )


def generate(shop: ShopProfile, seed: int, start: date, end: date) -> World:
    """Return the world of a shop for the UTC days [start, end).

    Raises InvalidInput when end is not after start, or a tactic of the shop's mix needs an account it does not have.
    """
    if end <= start:
        raise InvalidInput(f"window {start}..{end} of {shop.slug} is empty; end must be after start")
    days = (start, end)
    entities = ad_entities(shop)
    ways = placements(shop, entities)
    unreachable = sorted(name for name, weight in shop.mix.items() if weight and name not in {w.tactic for w in ways})
    if unreachable:
        raise InvalidInput(f"{shop.slug} has no ad account for {', '.join(unreachable)}; add one or drop it from mix")
    placed_at = order_instants(shop, seed, start, end)
    people = populate(shop, seed, len(placed_at))
    lines = fill_baskets(shop, seed, placed_at)
    orders = place_orders(shop, seed, placed_at, people, lines)
    return World(
        shop=shop,
        seed=seed,
        start=start,
        end=end,
        people=people,
        ad_entities=entities,
        placements=ways,
        prices=click_prices(shop, seed, entities, days),
        orders=orders,
        lines=lines,
        refunds=refund_orders(shop, seed, orders, lines),
        touches=leave_touches(shop, seed, days, people, orders, ways),
    )
