"""Instants that follow a shop's waking hours, and the local calendar day of an instant.

Instants are int64 microseconds since 1970 UTC throughout the world; days are int32 days since 1970-01-01.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from include.errors import InvalidInput
from sandbox.world.draws import Ints, weighted

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_QUARTER = 15 * MINUTE
NEVER = np.iinfo(np.int64).max
"""An instant after every other: what has not happened."""

# Share of a day's visits by local hour: quiet nights, a lunch bump, a long evening.
_BY_HOUR = (9, 5, 3, 2, 2, 3, 7, 13, 20, 26, 30, 33, 37, 34, 31, 31, 33, 36, 41, 48, 54, 52, 38, 20)
_BY_WEEKDAY = (1.05, 0.98, 0.96, 0.98, 0.94, 0.98, 1.11)


def midnight_utc(day: date) -> int:
    """Return the instant at which the UTC day starts."""
    return instant_us(datetime.combine(day, time.min, tzinfo=UTC))


def instant_us(instant: datetime) -> int:
    """Return an aware datetime as microseconds since 1970 UTC; raises InvalidInput when it has no time zone."""
    if instant.tzinfo is None:
        raise InvalidInput(f"instant {instant.isoformat()} has no time zone; add +00:00 for UTC")
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def parse_instant(name: str, text: str) -> datetime:
    """Return the instant that a command's argument of this name gives in ISO 8601; no offset is UTC.

    Raises InvalidInput that names the argument when it is anything else.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{name} {text!r} is not ISO 8601; write 2026-03-31T12:00:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def arrivals(random: np.random.Generator, count: int, timezone: str, start: date, end: date) -> Ints:
    """Draw count instants within the UTC days [start, end), denser in the zone's waking hours; unsorted."""
    zone = ZoneInfo(timezone)
    first = datetime.combine(start, time.min, tzinfo=UTC)
    hours = (end - start).days * 24
    local = [(first + timedelta(hours=hour)).astimezone(zone) for hour in range(hours)]
    weights = [_BY_HOUR[at.hour] * _BY_WEEKDAY[at.weekday()] for at in local]
    within = random.integers(0, HOUR, count)
    return instant_us(first) + weighted(random, count, weights) * HOUR + within


def whole_seconds(random: np.random.Generator, shortest: int, longest: int, count: int) -> Ints:
    """Draw count durations of [shortest, longest) in whole seconds, as shops record what happens; all microseconds."""
    return random.integers(shortest // SECOND, longest // SECOND, count) * SECOND


def local_days(instants: Ints, timezone: str) -> npt.NDArray[np.int32]:
    """Return the calendar day of each instant in the zone, as days since 1970-01-01."""
    if not len(instants):
        return np.zeros(0, dtype=np.int32)
    # Offsets change on quarter hours only, so one look-up per quarter hour serves every instant in it.
    quarter = instants // _QUARTER
    first, last = int(quarter.min()), int(quarter.max())
    zone = ZoneInfo(timezone)
    offsets = np.array(
        [
            datetime.fromtimestamp(at * (_QUARTER // SECOND), zone).utcoffset() // timedelta(microseconds=1)
            for at in range(first, last + 1)
        ],
        dtype=np.int64,
    )
    return ((instants + offsets[quarter - first]) // DAY).astype(np.int32)
