"""What goes wrong between a shop and its receiver, seeded: webhooks twice, out of order, late, lost, damaged.

Faults are drawn per delivery and independently, so that a higher share of one leaves the others as they were.
"""

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np

from include.errors import InvalidInput
from sandbox.world.draws import stream
from sandbox.world.webhooks import Delivery

_RETRIED_WITHIN = timedelta(hours=4)


@dataclass(frozen=True)
class Faults:
    """Shares in [0, 1] of the deliveries that a fault hits; nothing goes wrong by default."""

    redelivered: float = 0.0
    """Delivered again within the shop's four hours of retries: same webhook id, same bytes."""
    sent_twice: float = 0.0
    """Sent again under another webhook id, as a second subscription does: same event id, same bytes."""
    lost: float = 0.0
    """Never delivered."""
    malformed: float = 0.0
    """Delivered damaged: see `damages`."""
    late: timedelta = timedelta(0)
    """Every delivery is late by a random part of this, most by little; it reorders them."""

    def __post_init__(self) -> None:
        for name in ("redelivered", "sent_twice", "lost", "malformed"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidInput(f"share {name}={getattr(self, name)} must lie in [0, 1]")
        if self.late < timedelta(0):
            raise InvalidInput(f"late={self.late} must not be negative")


def disturbed(deliveries: Iterable[Delivery], faults: Faults, seed: int) -> Iterator[Delivery]:
    """Yield what arrives of deliveries in ascending received_at, again in ascending received_at.

    Holds no more than what is under way at once. The same deliveries, faults and seed give the same result.
    """
    random = stream(seed, "webhooks", "faults")
    under_way: list[tuple[Any, int, Delivery]] = []
    number = 0
    for sent in deliveries:
        while under_way and under_way[0][0] <= sent.received_at:
            yield heapq.heappop(under_way)[2]
        for arriving in _arrivals(sent, faults, random):
            heapq.heappush(under_way, (arriving.received_at, number, arriving))
            number += 1
    while under_way:
        yield heapq.heappop(under_way)[2]


def _arrivals(sent: Delivery, faults: Faults, random: np.random.Generator) -> Iterator[Delivery]:
    # Always the same number of draws: what happens to one delivery never shifts the draws of the next.
    lost, malformed, damage, redelivered, sent_twice, *delays = random.random(8).tolist()
    if lost < faults.lost:
        return
    # The fourth power keeps half of the deliveries within a sixteenth of the longest delay.
    first = replace(sent, received_at=sent.received_at + faults.late * delays[0] ** 4)
    if malformed < faults.malformed:
        first = damages[int(damage * len(damages))](first)
    yield first
    if redelivered < faults.redelivered:
        yield replace(first, received_at=first.received_at + _RETRIED_WITHIN * delays[1])
    if sent_twice < faults.sent_twice:
        other = str(UUID(int=UUID(sent.webhook_id).int ^ 1))
        yield replace(first, webhook_id=other, received_at=sent.received_at + faults.late * delays[2] ** 4)


def _cut(sent: Delivery) -> Delivery:
    return replace(sent, payload=sent.payload[: len(sent.payload) // 2])


def _not_json(sent: Delivery) -> Delivery:
    return replace(sent, payload=b"<html><body>502 Bad Gateway</body></html>")


def _not_utf8(sent: Delivery) -> Delivery:
    return replace(sent, payload=sent.payload[:-1] + b',"note":"\xff\xfe"}')


def _not_an_object(sent: Delivery) -> Delivery:
    return replace(sent, payload=b"[" + sent.payload + b"]")


def _unknown_topic(sent: Delivery) -> Delivery:
    return replace(sent, topic="orders/exploded")


def _fields(names: tuple[str, ...], value: object) -> Callable[[Delivery], Delivery]:
    """Return a damage to those of the fields that a payload has; Ellipsis takes them away."""

    def damage(sent: Delivery) -> Delivery:
        body = json.loads(sent.payload)
        hit = body.get("order_edit", body)
        for name in hit.keys() & names:
            if value is ...:
                del hit[name]
            else:
                hit[name] = value
        return replace(sent, payload=json.dumps(body).encode())

    return damage


# Every payload has one of each that matters: an edit by its order's id and the time it was committed.
_IDS = ("id", "order_id")
_TIMES = ("created_at", "committed_at")

damages: tuple[Callable[[Delivery], Delivery], ...] = (
    _cut,
    _not_json,
    _not_utf8,
    _not_an_object,
    _unknown_topic,
    _fields(_IDS, ...),
    _fields(_IDS, {"nested": True}),
    _fields(_IDS, "9" * 400),
    _fields(_TIMES, "9999-12-31T23:59:59+00:00"),
    _fields(_TIMES, "yesterday"),
)
"""The ways in which a delivery is damaged: not JSON, not the shape, no id, absurd values, an unknown topic."""
