"""Worlds that each hold one hard case: clocks that change, refunds after 200 days, accounts made late, far zones.

Faults of delivery come on top of any of them: see faults.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from include.errors import InvalidInput
from sandbox.world.accounts import with_later_accounts
from sandbox.world.profiles import DEMO_END, DEMO_START, KIRITIMATI_SHELLS, MAISON_LUMIERE, NIUE_HONEY, scaled
from sandbox.world.world import World, generate

_SMALL = 0.1
# So many that some people buy in the hours of the night in which clocks change.
_BUSY = 4.0
_NEW_YEAR = (date(2025, 12, 20), date(2026, 1, 12))


@dataclass(frozen=True)
class EdgeWorld:
    """A world and the instant from which on everything it is made for is known."""

    world: World
    known_at: datetime


def edge_world(name: str, seed: int) -> EdgeWorld:
    """Return the world of this name, some hundred orders; raises InvalidInput when there is none."""
    if name not in _WORLDS:
        raise InvalidInput(f"unknown world {name!r}; known are {', '.join(EDGE_WORLDS)}")
    return _WORLDS[name](seed)


def _spring_forward(seed: int) -> EdgeWorld:
    # Paris skips 02:00 to 03:00 on 29 March 2026.
    world = generate(scaled(MAISON_LUMIERE, _BUSY), seed, date(2026, 3, 27), date(2026, 3, 31))
    return EdgeWorld(world, datetime(2026, 4, 10, tzinfo=UTC))


def _fall_back(seed: int) -> EdgeWorld:
    # Paris has 02:00 to 03:00 twice on 25 October 2026.
    world = generate(scaled(MAISON_LUMIERE, _BUSY), seed, date(2026, 10, 23), date(2026, 10, 27))
    return EdgeWorld(world, datetime(2026, 11, 10, tzinfo=UTC))


def _late_refunds(seed: int) -> EdgeWorld:
    world = generate(scaled(MAISON_LUMIERE, _SMALL), seed, DEMO_START, DEMO_END)
    return EdgeWorld(world, datetime(2027, 1, 15, tzinfo=UTC))


def _later_accounts(seed: int) -> EdgeWorld:
    world = generate(scaled(MAISON_LUMIERE, _SMALL), seed, DEMO_START, DEMO_END)
    return EdgeWorld(with_later_accounts(world, 1.0), datetime(2026, 4, 30, tzinfo=UTC))


def _kiritimati(seed: int) -> EdgeWorld:
    return EdgeWorld(generate(KIRITIMATI_SHELLS, seed, *_NEW_YEAR), datetime(2026, 1, 20, tzinfo=UTC))


def _niue(seed: int) -> EdgeWorld:
    return EdgeWorld(generate(NIUE_HONEY, seed, *_NEW_YEAR), datetime(2026, 1, 20, tzinfo=UTC))


_WORLDS: dict[str, Callable[[int], EdgeWorld]] = {
    "spring_forward": _spring_forward,
    "fall_back": _fall_back,
    "late_refunds": _late_refunds,
    "later_accounts": _later_accounts,
    "kiritimati": _kiritimati,
    "niue": _niue,
}

EDGE_WORLDS = tuple(_WORLDS)
