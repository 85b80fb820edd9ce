"""The webhooks that a shop sends about its orders, from the seeded world: undisturbed, in order, each once.

A receiver that keeps the newest payload of each order knows exactly what `World.as_of` knows and the orders' CSV says.
What goes wrong on the way is left to faults.py, the bodies to shopify_payloads.py, storing them to receiver.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

import numpy as np

from sandbox.world.local_time import instant_us
from sandbox.world.order_events import TOPICS, OrderEvents, order_events
from sandbox.world.shopify_payloads import ShopifyPayloads
from sandbox.world.world import World

SWEEP_TOPIC = "orders/updated"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Delivery:
    """One webhook as a receiver gets it: what its headers say, and the bytes of its body."""

    topic: str
    webhook_id: str
    """X-Shopify-Webhook-Id: a redelivery repeats it."""
    event_id: str
    """X-Shopify-Event-Id: shared by the topics of one event."""
    triggered_at: datetime
    """X-Shopify-Triggered-At, UTC: when the event happened, which is the updated_at of an order's payload."""
    received_at: datetime
    """UTC."""
    payload: bytes


def deliveries(world: World, since: datetime | None, until: datetime) -> Iterator[Delivery]:
    """Yield the webhooks that arrive in (since, until], in order of received_at; since None is from the beginning.

    An order's payload holds its whole state right after the event. Ids depend on the world only, so that two windows
    that overlap repeat the same deliveries. Raises InvalidInput when an instant has no time zone.
    """
    window = (None if since is None else instant_us(since), instant_us(until))
    return _deliveries(world, order_events(world).known(*window))


def full_read(world: World, instant: datetime) -> Iterator[Delivery]:
    """Yield one orders/updated per order known at the instant, in order of placed_at: what re-reading the shop gives.

    triggered_at and received_at are the instant. Raises InvalidInput when it has no time zone.
    """
    until = instant_us(instant)
    events = order_events(world).known(None, until)
    changed_at = np.full(len(world.orders.placed_at), -1)
    np.maximum.at(changed_at, events.order, events.at)
    bodies, ids = ShopifyPayloads(world), _Ids(world)
    for order in np.flatnonzero(changed_at >= 0).tolist():
        name = ids.of("read", order, until)
        yield Delivery(SWEEP_TOPIC, name, name, instant, instant, bodies.order(order, int(changed_at[order])))


def _deliveries(world: World, events: OrderEvents) -> Iterator[Delivery]:
    bodies, ids = ShopifyPayloads(world), _Ids(world)
    # Most orders are paid as they are placed: two webhooks in a row with one body.
    order_body = lru_cache(maxsize=1)(bodies.order)
    columns = (events.order, events.kind, events.at, events.known_at)
    for order, kind, at, known_at in zip(*(column.tolist() for column in columns), strict=True):
        event_id, triggered_at, received_at = ids.of(order, kind), _utc(at), _utc(known_at)
        for topic in TOPICS[kind]:
            if topic == "orders/edited":
                payload = bodies.edit(order)
            elif topic == "refunds/create":
                payload = bodies.refund(order)
            else:
                payload = order_body(order, at)
            yield Delivery(topic, ids.of(order, kind, topic), event_id, triggered_at, received_at, payload)


class _Ids:
    """UUIDs that look random, repeat for the same event, and differ between shops and seeds."""

    def __init__(self, world: World) -> None:
        self._world = f"{world.shop.slug} {world.seed}"

    def of(self, *what: int | str) -> str:
        digest = blake2b(f"{self._world} {what}".encode(), digest_size=16).digest()
        return str(UUID(bytes=digest, version=4))


def _utc(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)
