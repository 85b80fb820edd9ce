"""What happens to orders, one row per event: when the shop recorded it, and when its webhooks reach a receiver.

The states between the events are those of order_state.py: whoever has seen every event known at an instant knows what
`World.as_of` knows. Payloads are left to shopify_payloads.py.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.world.draws import Ints
from sandbox.world.local_time import NEVER
from sandbox.world.orders import KNOWN_AFTER
from sandbox.world.world import World

CREATED, PAID, VOIDED, EDITED, CANCELLED, REFUNDED = range(6)

TOPICS = {
    CREATED: ("orders/create",),
    PAID: ("orders/paid",),
    VOIDED: ("orders/updated",),
    EDITED: ("orders/edited", "orders/updated"),
    CANCELLED: ("orders/cancelled", "orders/updated"),
    REFUNDED: ("refunds/create", "orders/updated"),
}
"""The webhooks that the shop sends for each kind of event."""


@dataclass(frozen=True)
class OrderEvents:
    """Events in order of (known_at, at, order, kind); an order has at most one of each kind."""

    order: Ints
    """Index into World.orders."""
    kind: npt.NDArray[np.int8]
    at: Ints
    """When the shop recorded it: whole seconds, in microseconds since 1970 UTC."""
    known_at: Ints
    """When its webhooks arrive; never before the order's own, in microseconds since 1970 UTC."""

    def take(self, rows: Ints | npt.NDArray[np.bool_]) -> "OrderEvents":
        """Return these rows."""
        return OrderEvents(self.order[rows], self.kind[rows], self.at[rows], self.known_at[rows])

    def known(self, since: int | None, until: int) -> "OrderEvents":
        """Return the events known in (since, until]; None is before everything."""
        rows = self.known_at <= until
        return self.take(rows if since is None else rows & (self.known_at > since))


def order_events(world: World) -> OrderEvents:
    """Return every event of every order of the world."""
    orders, lines, refunds = world.orders, world.lines, world.refunds
    every = np.arange(len(orders.placed_at))
    added = np.flatnonzero(lines.added_at > orders.placed_at[lines.order])
    removed = np.flatnonzero(lines.removed_at != NEVER)
    books = (
        (CREATED, every, orders.placed_at),
        (PAID, every, orders.paid_at),
        (VOIDED, every, orders.voided_at),
        (EDITED, lines.order[added], lines.added_at[added]),
        (EDITED, lines.order[removed], lines.removed_at[removed]),
        (CANCELLED, every, orders.cancelled_at),
        (REFUNDED, refunds.order, refunds.refunded_at),
    )
    order = np.concatenate([one for _, one, _ in books])
    kind = np.concatenate([np.full(len(one), number, dtype=np.int8) for number, one, _ in books])
    at = np.concatenate([one for _, _, one in books])
    happens = at != NEVER
    order, kind, at = order[happens], kind[happens], at[happens]
    # An order arrives whole, with whatever was part of it when it was placed.
    arrival = orders.available_at[order]
    known_at = np.where(at == orders.placed_at[order], arrival, np.maximum(arrival, at + KNOWN_AFTER))
    events = OrderEvents(order, kind, at, known_at)
    return events.take(np.lexsort((kind, order, at, known_at)))
