"""Orders as the shop shows them at an instant: what is known by then of edits, payment, cancellation and refunds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.world.baskets import Lines
from sandbox.world.draws import Ints
from sandbox.world.local_time import NEVER
from sandbox.world.orders import KNOWN_AFTER, Orders, Refunds

FINANCIAL_STATUS = ("pending", "paid", "partially_refunded", "refunded", "voided")
_PENDING, _PAID, _PARTIALLY_REFUNDED, _REFUNDED, _VOIDED = range(5)


@dataclass(frozen=True)
class OrderState:
    """The orders known at an instant, in order of placed_at; money in minor units of the shop's currency."""

    order: Ints
    """Index into World.orders; all other arrays are aligned with it."""
    total_minor: Ints
    """Lines after edits, with tax and shipping; refunds do not change it."""
    status: npt.NDArray[np.int8]
    """Code into FINANCIAL_STATUS."""
    cancelled_at: Ints
    """NEVER when not cancelled, or not known to be."""
    changed_at: Ints
    """When the last change known became known; the order's own arrival if nothing changed."""
    refund: Ints
    """Indexes into World.refunds of the refunds known; not aligned with the orders."""

    @property
    def counts(self) -> npt.NDArray[np.bool_]:
        """Return a mask of the orders that were paid for, refunded since or not."""
        return (self.status != _PENDING) & (self.status != _VOIDED)


def order_totals(lines: Lines, instant: Ints, shipping_minor: Ints, taxes_included: bool) -> Ints:
    """Return each order's total at its own instant (int64 per order)."""
    live = lines.live(instant[lines.order])
    amount = lines.amount_minor if taxes_included else lines.amount_minor + lines.tax_minor
    total = shipping_minor.copy()
    np.add.at(total, lines.order[live], amount[live])
    return total


def order_state(orders: Orders, lines: Lines, refunds: Refunds, taxes_included: bool, instant: int) -> OrderState:
    """Return the orders known at the instant (microseconds since 1970 UTC)."""
    order = np.flatnonzero(orders.available_at <= instant)
    # An order arrives whole: whatever was part of it when it was placed is known with it.
    as_known = np.maximum(orders.placed_at, instant - KNOWN_AFTER)
    refund = np.flatnonzero((refunds.refunded_at <= as_known[refunds.order]) & _within(order, refunds.order, orders))
    totals = order_totals(lines, as_known, orders.shipping_minor, taxes_included)
    cancelled_at = np.where(orders.cancelled_at <= as_known, orders.cancelled_at, NEVER)
    return OrderState(
        order=order,
        total_minor=totals[order],
        status=_status(orders, refunds, refund, as_known)[order],
        cancelled_at=cancelled_at[order],
        changed_at=_changed_at(orders, lines, refunds, refund, as_known)[order],
        refund=refund,
    )


def _within(order: Ints, others: Ints, orders: Orders) -> npt.NDArray[np.bool_]:
    known = np.zeros(len(orders.placed_at), dtype=bool)
    known[order] = True
    return known[others]


def _status(orders: Orders, refunds: Refunds, refund: Ints, as_known: Ints) -> npt.NDArray[np.int8]:
    status = np.where(orders.paid_at <= as_known, _PAID, _PENDING).astype(np.int8)
    status[orders.voided_at <= as_known] = _VOIDED
    status[refunds.order[refund]] = np.where(refunds.is_full[refund], _REFUNDED, _PARTIALLY_REFUNDED)
    return status


def _changed_at(orders: Orders, lines: Lines, refunds: Refunds, refund: Ints, as_known: Ints) -> Ints:
    changed = orders.placed_at.copy()
    for event in (orders.paid_at, orders.voided_at, orders.cancelled_at):
        np.maximum(changed, event, out=changed, where=event <= as_known)
    for edit in (lines.added_at, lines.removed_at):
        known = edit <= as_known[lines.order]
        np.maximum.at(changed, lines.order[known], edit[known])
    np.maximum.at(changed, refunds.order[refund], refunds.refunded_at[refund])
    return np.maximum(changed + KNOWN_AFTER, orders.available_at)
