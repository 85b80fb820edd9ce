"""Journeys and the touches they leave: before an order, after it, or without one.

Lengths follow a power law. Some touches are older than any look-back, some share a second with the order or with each
other, some are recorded twice within half a minute, and some arrive after the order was loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from sandbox.world.draws import Ints, power_law, stream, weighted
from sandbox.world.local_time import DAY, HOUR, MINUTE, SECOND, arrivals
from sandbox.world.orders import Orders
from sandbox.world.placements import Placement
from sandbox.world.population import Population
from sandbox.world.shop import ShopProfile

LONGEST_JOURNEY = 50

_MILLISECOND = SECOND // 1000
_OLDEST_DAYS = 36
_UNTRACKED_SHARE = 0.08
_AFTER_ORDER_SHARE = 0.04
_OWN_SECOND_SHARE = 0.02
_SAME_INSTANT_SHARE = 0.01
_REPEATED_SHARE = 0.015
_LATE_SHARE = 0.015
_SIGNED_IN_SHARE = 0.12
_MAIN_DEVICE_SHARE = 0.75

# How much likelier a tactic closes a journey than opens it: without it all five models would say the same.
_CLOSING: Mapping[str, float] = MappingProxyType(
    {"direct": 1.7, "email": 1.6, "sms": 1.5, "google_search": 1.3, "affiliate": 2.0, "meta": 0.7, "tiktok": 0.45}
)


@dataclass(frozen=True)
class Touches:
    """Touches in order of available_at, so that what is known at an instant is a prefix. All arrays have one length."""

    occurred_at: Ints
    """Microseconds since 1970 UTC, whole milliseconds."""
    available_at: Ints
    """When the shop's store of touches has it; never before occurred_at."""
    visitor: npt.NDArray[np.int32]
    customer: npt.NDArray[np.int32]
    """Customer signed in at the touch, or -1."""
    placement: npt.NDArray[np.int32]
    number: npt.NDArray[np.int32]
    """Names the touch; unrelated to its time."""
    click: npt.NDArray[np.int32]
    """Names the click id; a touch recorded twice repeats it."""

    def __len__(self) -> int:
        return len(self.occurred_at)

    def available(self, instant: int) -> "Touches":
        """Return the touches known at the instant, without copying."""
        return self.take(slice(0, int(np.searchsorted(self.available_at, instant, side="right"))))

    def take(self, rows: slice | Ints) -> "Touches":
        """Return these rows."""
        return Touches(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class _Journeys:
    ends_at: Ints
    person: Ints
    visitor: Ints
    length: Ints
    converts: npt.NDArray[np.bool_]


def leave_touches(
    shop: ShopProfile,
    seed: int,
    days: tuple[date, date],
    people: Population,
    orders: Orders,
    placements: tuple[Placement, ...],
) -> Touches:
    """Draw all journeys of the window's UTC days [start, end); touches before an early order may predate start."""
    journeys = _journeys(shop, seed, days, people, orders)
    random = stream(seed, shop.slug, "touches")
    journey = np.repeat(np.arange(len(journeys.length), dtype=np.int32), journeys.length)
    count = len(journey)
    starts = np.cumsum(journeys.length) - journeys.length
    closes = np.zeros(count, dtype=bool)
    closes[starts] = True
    occurred_at = _occurred(random, journeys, journey, closes)
    placement = _place(random, shop, placements, closes)
    person = journeys.person[journey]
    elsewhere = ~closes & (random.random(count) > _MAIN_DEVICE_SHARE)
    visitor = journeys.visitor[journey].astype(np.int32)
    visitor[elsewhere] = people.device(person[elsewhere], random.random(int(elsewhere.sum())))
    signed_in = (random.random(count, dtype=np.float32) < _SIGNED_IN_SHARE) & (person < people.buyers)
    signed_in &= ~people.person_is_guest[person]
    customer = np.where(signed_in, person, -1).astype(np.int32)
    number = np.arange(count, dtype=np.int32)
    columns = _with_repeats(random, occurred_at, visitor, customer, placement, number)
    delay = _delay(random, len(columns[0]))
    occurred_at, visitor, customer, placement, click = columns
    touches = Touches(
        occurred_at, occurred_at + delay, visitor, customer, placement, np.arange(len(click), dtype=np.int32), click
    )
    return touches.take(np.argsort(touches.available_at, kind="stable"))


def _journeys(shop: ShopProfile, seed: int, days: tuple[date, date], people: Population, orders: Orders) -> _Journeys:
    random = stream(seed, shop.slug, "journeys")
    tracked = np.flatnonzero((orders.visitor >= 0) & (random.random(len(orders.visitor)) >= _UNTRACKED_SHARE))
    browsers = people.browse_person
    browse_at = arrivals(random, len(browsers), shop.timezone, *days) // _MILLISECOND * _MILLISECOND
    return _Journeys(
        ends_at=np.concatenate([orders.placed_at[tracked], browse_at]),
        person=np.concatenate([people.order_person[tracked], browsers]),
        visitor=np.concatenate([orders.visitor[tracked], people.device(browsers, random.random(len(browsers)))]),
        length=np.concatenate(
            [
                power_law(random, len(tracked), 1.5, LONGEST_JOURNEY),
                power_law(random, len(browsers), 2.0, LONGEST_JOURNEY),
            ]
        ),
        converts=np.concatenate([np.ones(len(tracked), bool), np.zeros(len(browsers), bool)]),
    )


def _occurred(
    random: np.random.Generator, journeys: _Journeys, journey: npt.NDArray[np.int32], closes: npt.NDArray[np.bool_]
) -> Ints:
    count = len(journey)
    # Interest builds up: more touches near the order than weeks before it.
    age = (random.random(count) ** 1.7 * (_OLDEST_DAYS * DAY)).astype(np.int64)
    age[closes] = SECOND + (random.exponential(12 * MINUTE, int(closes.sum()))).astype(np.int64)
    case = random.random(count, dtype=np.float32)
    converts = journeys.converts[journey]
    own_second = converts & (case < _OWN_SECOND_SHARE)
    after = converts & ~closes & (case > 1 - _AFTER_ORDER_SHARE)
    age[own_second] = 0
    age[after] = -random.integers(MINUTE, 5 * DAY, int(after.sum()))
    occurred_at = (journeys.ends_at[journey] - age) // _MILLISECOND * _MILLISECOND
    same = np.flatnonzero(~closes & (np.abs(case - 0.5) < _SAME_INSTANT_SHARE / 2))
    occurred_at[same] = occurred_at[same - 1]
    return occurred_at


def _place(
    random: np.random.Generator,
    shop: ShopProfile,
    placements: tuple[Placement, ...],
    closes: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int32]:
    chosen = np.empty(len(closes), dtype=np.int32)
    for last, factors in ((False, {}), (True, _CLOSING)):
        rows = closes == last
        chosen[rows] = weighted(random, int(rows.sum()), _weights(shop, placements, factors))
    return chosen


def _weights(shop: ShopProfile, placements: tuple[Placement, ...], factors: Mapping[str, float]) -> list[float]:
    whole: dict[str, float] = {}
    for one in placements:
        whole[one.tactic] = whole.get(one.tactic, 0.0) + one.share
    return [shop.mix[one.tactic] * factors.get(one.tactic, 1.0) * one.share / whole[one.tactic] for one in placements]


def _with_repeats(random: np.random.Generator, occurred_at: Ints, *others: npt.NDArray[np.int32]) -> list[Ints]:
    count = len(occurred_at)
    again = np.flatnonzero(random.random(count, dtype=np.float32) < _REPEATED_SHARE)
    # Up to 40 s, so that both sides of the 30 s rule occur; every tenth exactly on it.
    later = random.integers(0, 40_000, len(again)) * _MILLISECOND
    later[::10] = 30 * SECOND
    repeated = np.concatenate([occurred_at, occurred_at[again] + later])
    return [repeated, *(np.concatenate([column, column[again]]) for column in others)]


def _delay(random: np.random.Generator, count: int) -> Ints:
    delay = random.integers(SECOND, 30 * SECOND, count)
    late = np.flatnonzero(random.random(count, dtype=np.float32) < _LATE_SHARE)
    delay[late] = random.integers(HOUR, 72 * HOUR, len(late))
    return delay
