"""The shop's own books: orders, sales, cancellations and refunds per local day, from what happened, not from credit.

They are what a merchant would read in the shop's admin, and what the pipeline's figures are reconciled with.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.world.draws import Ints
from sandbox.world.local_time import local_days


@dataclass(frozen=True)
class Booking:
    """Amounts with the instants at which they count: int64 microseconds and minor units, aligned."""

    at: Ints
    amount_minor: Ints


@dataclass(frozen=True)
class ShopTotals:
    """One row per shop-local day from the first booking to the last, in minor units of the shop's currency.

    An order counts on the day it was placed, at its total as known, unless it is a test or not paid; a cancellation
    and a refund count on their own day. net = gross - cancelled - refunds.
    """

    day: npt.NDArray[np.int32]
    orders: Ints
    gross_minor: Ints
    cancelled_minor: Ints
    refunds_minor: Ints

    @property
    def net_minor(self) -> Ints:
        return self.gross_minor - self.cancelled_minor - self.refunds_minor


def shop_totals(timezone: str, sales: Booking, cancellations: Booking, refunds: Booking) -> ShopTotals:
    """Add up bookings by calendar day of the zone (IANA name)."""
    books = (sales, cancellations, refunds)
    days = [local_days(book.at, timezone) for book in books]
    known = np.concatenate(days)
    first, last = (int(known.min()), int(known.max())) if len(known) else (0, -1)
    width = last - first + 1
    gross, cancelled, refunded = (
        _by_day(day - first, book.amount_minor, width) for day, book in zip(days, books, strict=True)
    )
    return ShopTotals(
        day=np.arange(first, last + 1, dtype=np.int32),
        orders=_by_day(days[0] - first, np.ones(len(days[0]), dtype=np.int64), width),
        gross_minor=gross,
        cancelled_minor=cancelled,
        refunds_minor=refunded,
    )


def _by_day(day: npt.NDArray[np.int32], amount: Ints, width: int) -> Ints:
    total = np.zeros(width, dtype=np.int64)
    np.add.at(total, day, amount)
    return total
