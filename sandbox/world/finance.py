"""The shop's own finance report: sales per local day in Shopify's vocabulary, from what happened, not from any payload.

An order counts on the day it was placed, a line that an edit adds or takes away on the day of the edit, returns on the
day of the refund; a cancellation takes back the whole order on its day. Tests and orders not paid for count nowhere.
Money is in minor units without tax; tax that prices include is taken out of goods.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.world.draws import Ints
from sandbox.world.local_time import NEVER, local_days
from sandbox.world.orders import KNOWN_AFTER
from sandbox.world.world import WorldState


@dataclass(frozen=True)
class FinanceTotals:
    """One row per shop-local day from the first event to the last; minor units of the shop's currency, without tax.

    after_discounts: goods sold less their discounts. returns: goods given back, cancelled orders' too, positive.
    net_sales = after_discounts - returns. shipping and tax are net of what was given back.
    """

    day: npt.NDArray[np.int32]
    orders: Ints
    after_discounts: Ints
    returns: Ints
    shipping: Ints
    tax: Ints

    @property
    def net_sales(self) -> Ints:
        return self.after_discounts - self.returns

    @property
    def total_sales(self) -> Ints:
        return self.net_sales + self.shipping + self.tax


def finance_totals(state: WorldState) -> FinanceTotals:
    """Return the finance report as it is known at the state's instant."""
    world, known = state.world, state.orders
    counts = np.zeros(len(world.orders.placed_at), dtype=bool)
    counts[known.order[known.counts]] = True
    counts &= ~world.orders.test
    report = _Report(world.shop.timezone, world.shop.taxes_included)
    _book_lines(report, state, counts)
    sold = np.flatnonzero(counts)
    placed_at = world.orders.placed_at[sold]
    report.book("orders", placed_at, np.ones(len(sold), dtype=np.int64))
    report.book("shipping", placed_at, world.orders.shipping_minor[sold])
    refunds = world.refunds
    back = state.orders.refund
    report.give_back(refunds.refunded_at[back], refunds.goods_minor[back], refunds.tax_minor[back])
    report.book("shipping", refunds.refunded_at[back], -refunds.shipping_minor[back])
    gone = known.cancelled_at != NEVER
    cancelled, at = known.order[gone], known.cancelled_at[gone]
    at, cancelled = at[counts[cancelled]], cancelled[counts[cancelled]]
    goods, tax = (_by_order(state, column) for column in (world.lines.amount_minor, world.lines.tax_minor))
    report.give_back(at, goods[cancelled], tax[cancelled])
    report.book("shipping", at, -world.orders.shipping_minor[cancelled])
    return report.totals()


class _Report:
    """Bookings by instant, added up by local day in the end."""

    def __init__(self, timezone: str, taxes_included: bool) -> None:
        self._timezone = timezone
        self._taxes_included = taxes_included
        self._booked: dict[str, list[tuple[Ints, Ints]]] = {
            name: [] for name in ("orders", "after_discounts", "returns", "shipping", "tax")
        }

    def book(self, name: str, at: Ints, amount: Ints) -> None:
        self._booked[name].append((at, amount))

    def sell(self, at: Ints, amount: Ints, tax: Ints) -> None:
        self.book("after_discounts", at, amount - tax if self._taxes_included else amount)
        self.book("tax", at, tax)

    def give_back(self, at: Ints, amount: Ints, tax: Ints) -> None:
        self.book("returns", at, amount - tax if self._taxes_included else amount)
        self.book("tax", at, -tax)

    def totals(self) -> FinanceTotals:
        days = {
            name: [(local_days(at, self._timezone), amount) for at, amount in booked]
            for name, booked in self._booked.items()
        }
        known = np.concatenate([day for booked in days.values() for day, _ in booked])
        first, last = (int(known.min()), int(known.max())) if len(known) else (0, -1)
        columns = {}
        for name, booked in days.items():
            columns[name] = np.zeros(last - first + 1, dtype=np.int64)
            for day, amount in booked:
                np.add.at(columns[name], day - first, amount)
        return FinanceTotals(day=np.arange(first, last + 1, dtype=np.int32), **columns)


def _book_lines(report: _Report, state: WorldState, counts: npt.NDArray[np.bool_]) -> None:
    lines, placed_at = state.world.lines, state.world.orders.placed_at
    as_known = _as_known(state)
    added = counts[lines.order] & (lines.added_at <= as_known)
    report.sell(
        np.maximum(lines.added_at, placed_at[lines.order])[added], lines.amount_minor[added], lines.tax_minor[added]
    )
    removed = added & (lines.removed_at <= as_known)
    report.sell(lines.removed_at[removed], -lines.amount_minor[removed], -lines.tax_minor[removed])


def _as_known(state: WorldState) -> Ints:
    """Return per line up to when its order's changes are known."""
    placed_at = state.world.orders.placed_at
    return np.maximum(placed_at, state.instant - KNOWN_AFTER)[state.world.lines.order]


def _by_order(state: WorldState, column: Ints) -> Ints:
    lines = state.world.lines
    live = lines.live(_as_known(state))
    total = np.zeros(len(state.world.orders.placed_at), dtype=np.int64)
    np.add.at(total, lines.order[live], column[live])
    return total
