"""When orders are placed, by whom, and what happens to them: payment, cancellation, refunds.

A change is known KNOWN_AFTER its own instant, the order itself at its available_at, and no change before its order.
Amounts are integer minor units of the shop's currency.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from sandbox.world.baskets import Lines, minor
from sandbox.world.draws import Ints, stream
from sandbox.world.local_time import DAY, HOUR, MINUTE, NEVER, SECOND, arrivals, whole_seconds
from sandbox.world.population import Population
from sandbox.world.shop import ShopProfile

KNOWN_AFTER = 5 * SECOND

_LATE_ORDER_SHARE = 0.01
_TEST_SHARE = 0.005
_PENDING_SHARE = 0.04
_CANCELLED_SHARE = 0.018
_REFUNDED_SHARE = 0.07
_LATE_REFUND_SHARE = 0.12


@dataclass(frozen=True)
class Orders:
    """Orders in order of placed_at; NEVER stands for what does not happen, -1 for no visitor or customer."""

    placed_at: Ints
    available_at: Ints
    visitor: Ints
    customer: Ints
    """The person's number, for persons who are not guests."""
    test: npt.NDArray[np.bool_]
    paid_at: Ints
    voided_at: Ints
    cancelled_at: Ints
    shipping_minor: Ints


@dataclass(frozen=True)
class Refunds:
    """Refunds in order of refunded_at. goods_minor holds the tax where prices include it; tax_minor is that tax or,
    where prices do not include it, what is paid back on top.
    """

    order: Ints
    refunded_at: Ints
    goods_minor: Ints
    tax_minor: Ints
    shipping_minor: Ints
    restocked: npt.NDArray[np.bool_]
    is_full: npt.NDArray[np.bool_]
    """Every line goes back; otherwise one unit of the order's first line does."""

    def amount_minor(self, taxes_included: bool) -> Ints:
        """Return what each customer got back."""
        return self.goods_minor + self.shipping_minor + (0 if taxes_included else self.tax_minor)


def order_instants(shop: ShopProfile, seed: int, start: date, end: date) -> Ints:
    """Return the sorted instants, whole seconds, of the orders placed within the UTC days [start, end)."""
    random = stream(seed, shop.slug, "orders placed")
    count = round(shop.orders_per_day * (end - start).days)
    return np.sort(arrivals(random, count, shop.timezone, start, end) // SECOND * SECOND)


def place_orders(shop: ShopProfile, seed: int, placed_at: Ints, people: Population, lines: Lines) -> Orders:
    """Draw who placed each order and how it is paid; an edited order is paid at once and never cancelled."""
    random = stream(seed, shop.slug, "orders")
    count = len(placed_at)
    person = people.order_person
    known = person >= 0
    visitor = people.device(np.maximum(person, 0), random.random(count))
    late = random.random(count) < _LATE_ORDER_SHARE
    delay = np.where(late, random.integers(HOUR, 2 * DAY, count), random.integers(2 * SECOND, 20 * SECOND, count))
    edited = _edited(lines, count)
    fate = random.random(count)
    pending = (fate < _PENDING_SHARE) & ~edited
    cancelled = (fate > 1 - _CANCELLED_SHARE) & ~edited
    after_days = placed_at + whole_seconds(random, 6 * HOUR, 4 * DAY, count)
    ending = random.random(count)
    paid_at = np.where(pending, np.where(ending < 0.5, after_days, NEVER), placed_at)
    return Orders(
        placed_at=placed_at,
        available_at=placed_at + delay,
        visitor=np.where(known & ~people.order_is_by_phone, visitor, -1),
        customer=np.where(known & ~people.person_is_guest[person], person, -1),
        test=random.random(count) < _TEST_SHARE,
        paid_at=paid_at,
        voided_at=np.where(pending & (ending > 0.75), placed_at + 7 * DAY, NEVER),
        cancelled_at=np.where(cancelled, placed_at + whole_seconds(random, 10 * MINUTE, 3 * DAY, count), NEVER),
        shipping_minor=_shipping(shop, lines, placed_at),
    )


def refund_orders(shop: ShopProfile, seed: int, orders: Orders, lines: Lines) -> Refunds:
    """Draw the refunds of paid orders that are neither tests nor cancelled: most within weeks, some after 200 days."""
    random = stream(seed, shop.slug, "refunds")
    count = len(orders.placed_at)
    eligible = ~orders.test & (orders.cancelled_at == NEVER) & (orders.paid_at == orders.placed_at)
    order = np.flatnonzero(eligible & (random.random(count) < _REFUNDED_SHARE))
    soon = DAY + (random.exponential(9 * DAY, len(order))).astype(np.int64)
    late = random.integers(200 * DAY, 260 * DAY, len(order))
    wait = np.where(random.random(len(order)) < _LATE_REFUND_SHARE, late, soon)
    # What an edit takes away later cannot come back in a refund before it.
    refunded_at = (_last_edit(orders, lines)[order] + wait) // SECOND * SECOND
    is_full = random.random(len(order)) < 0.4
    goods, tax = _returned(lines, count, order, refunded_at, is_full)
    with_shipping = is_full & (random.random(len(order)) < 0.7)
    shipping = np.where(with_shipping, orders.shipping_minor[order], 0)
    restocked = random.random(len(order)) < 0.8
    columns = (order, refunded_at, goods, tax, shipping, restocked, is_full)
    in_time = np.argsort(refunded_at, kind="stable")
    # One unit of a line worth less than its quantity rounds to nothing, and nobody refunds nothing.
    in_time = in_time[goods[in_time] > 0]
    return Refunds(*(column[in_time] for column in columns))


def _returned(
    lines: Lines, orders: int, order: Ints, refunded_at: Ints, is_full: npt.NDArray[np.bool_]
) -> tuple[Ints, Ints]:
    at = np.zeros(orders, dtype=np.int64)
    at[order] = refunded_at
    live = np.flatnonzero(lines.live(at[lines.order]))
    all_goods = _sum_by_order(lines.order[live], lines.amount_minor[live], orders)[order]
    all_tax = _sum_by_order(lines.order[live], lines.tax_minor[live], orders)[order]
    # An order's first line is there from the start and no edit removes it.
    first = np.searchsorted(lines.order, order)
    one_unit = lines.amount_minor[first] // lines.quantity[first]
    its_tax = lines.tax_minor[first] // lines.quantity[first]
    return np.where(is_full, all_goods, one_unit), np.where(is_full, all_tax, its_tax)


def _sum_by_order(order: Ints, values: Ints, orders: int) -> Ints:
    total = np.zeros(orders, dtype=np.int64)
    np.add.at(total, order, values)
    return total


def _edited(lines: Lines, orders: int) -> npt.NDArray[np.bool_]:
    edited = np.zeros(orders, dtype=bool)
    first = np.searchsorted(lines.order, np.arange(orders))
    edited[lines.order[(lines.removed_at != NEVER) | (lines.added_at > lines.added_at[first][lines.order])]] = True
    return edited


def _last_edit(orders: Orders, lines: Lines) -> Ints:
    edited_at = orders.placed_at.copy()
    np.maximum.at(edited_at, lines.order, np.where(lines.removed_at == NEVER, lines.added_at, lines.removed_at))
    return edited_at


def _shipping(shop: ShopProfile, lines: Lines, placed_at: Ints) -> Ints:
    at_first = lines.live(placed_at[lines.order])
    goods = _sum_by_order(lines.order[at_first], lines.amount_minor[at_first], len(placed_at))
    free = goods >= 4 * minor(shop.typical_price, shop.currency)
    return np.where(free, 0, minor(shop.shipping, shop.currency))
