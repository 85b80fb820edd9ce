"""Which days of an ad account are read: its own calendar, the restatement window, chunks. Pure.

All days are account-local; ranges are half-open. What a platform restates is its adapter's to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from include.spend.report import Chunk, Level, Lookback

_SUNDAY = 6
_YEAR = 366


@dataclass(frozen=True)
class Window:
    """Days [date_from, date_to). clamped: the start was moved to what the platform still reports."""

    date_from: date
    date_to: date
    clamped: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to read."""
        return self.date_from >= self.date_to


def whole_until(timezone: str, now: datetime, whole_after_hour: int = 0) -> date:
    """Return the day after the last whole one: account-local today, or yesterday before whole_after_hour.

    now: UTC. The hour is the account's, because a platform that is late is late by the account's clock.
    """
    local = now.astimezone(ZoneInfo(timezone))
    return local.date() if local.hour >= whole_after_hour else local.date() - timedelta(days=1)


def restated_window(until: date, lookback: Lookback, data_through: date | None, earliest: date) -> Window:
    """Return the days that a scheduled run reads: up to the last whole one, and from `lookback` days before it.

    until: as whole_until returns it. data_through: the account's bookmark. It never shortens the window: days missed by
    runs that failed are read too, with the lookback that they would have had. Source: source_apis.md 0.3, A.10, G2.
    """
    last = until - timedelta(days=1)
    days = lookback.sunday if until.weekday() == _SUNDAY else lookback.daily
    newest_unread = last if data_through is None else min(last, data_through + timedelta(days=1))
    return clamped(Window(newest_unread - timedelta(days=days), until), earliest)


def clamped(window: Window, earliest: date) -> Window:
    """Return a window that starts no earlier than what the platform still reports; a dead sync helps nobody."""
    if window.date_from >= earliest:
        return window
    return Window(min(earliest, window.date_to), window.date_to, clamped=True)


def final_before(today: date, lookback: Lookback) -> date:
    """Return the day before which all days are final: over for more than the platform's restatement window."""
    return today - timedelta(days=lookback.final_after)


def chunks(level: Level, date_from: date, date_to: date, days: int) -> Iterator[Chunk]:
    """Cut [date_from, date_to) into ranges of at most `days`, oldest first."""
    while date_from < date_to:
        end = min(date_from + timedelta(days=days), date_to)
        yield Chunk(level, date_from, end)
        date_from = end


def same_calendar(one: str, other: str, now: datetime) -> bool:
    """Return whether two zones have had the same days for a year and will for another; their names may be aliases.

    Raises zoneinfo.ZoneInfoNotFoundError, a KeyError, for a zone that does not exist.
    """
    if one == other:
        return True
    first, second = ZoneInfo(one), ZoneInfo(other)
    noons = (
        datetime.combine(now.date() + timedelta(days=offset), time(12), tzinfo=UTC) for offset in range(-_YEAR, _YEAR)
    )
    return all(noon.astimezone(first).utcoffset() == noon.astimezone(second).utcoffset() for noon in noons)
