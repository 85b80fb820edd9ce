"""A closed local week's figures from those of its days, and what they are compared with. No I/O.

Weeks are the tenant's, Monday to Sunday. A figure of which a day is not known is not known for the week.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from include.clock import local_today
from include.metrics.catalogue import SUMMED, derived
from include.metrics.preferences import FormulaPreferences
from include.metrics.ratio import Figure, quotient, total

COMPARED_WEEKS = 4
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)

DayFigures = Mapping[date, Mapping[str, Figure]]
"""Tenant-local day -> name of a metric -> its figure; a day that is not stored is not in it."""


@dataclass(frozen=True)
class WeekFigure:
    """One metric of a week. change: value / previous - 1. average: of the four weeks before. None: not known."""

    metric: str
    value: Decimal | None
    previous: Decimal | None
    change: Decimal | None
    average: Decimal | None


def last_closed_week(timezone: str, now: datetime) -> date:
    """Return the Monday of the last local week that is over at now (UTC)."""
    today = local_today(timezone, now)
    return monday_of(today) - _WEEK


def monday_of(day: date) -> date:
    """Return the Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def weeks_reached(days: Iterable[date]) -> set[date]:
    """Return the Mondays of the weeks whose figures or comparisons have one of the days in them."""
    return {monday_of(day) + number * _WEEK for day in days for number in range(COMPARED_WEEKS + 1)}


def week_figures(days: DayFigures, monday: date, preferences: FormulaPreferences) -> Sequence[WeekFigure]:
    """Return every metric of the daily catalogue that adds up, or follows from ones that do, for the week of monday.

    days: those of the week and of the four before it.
    """
    weeks = [_week(days, monday - number * _WEEK, preferences) for number in range(COMPARED_WEEKS + 1)]
    value, previous, earlier = weeks[0], weeks[1], weeks[1:]
    return [
        WeekFigure(
            name,
            value[name],
            previous[name],
            _change(value[name], previous[name]),
            _mean([week[name] for week in earlier]),
        )
        for name in value
    ]


def _week(days: DayFigures, monday: date, preferences: FormulaPreferences) -> dict[str, Decimal | None]:
    parts = [days.get(monday + number * _DAY, {}) for number in range(7)]
    sums = {name: total([part.get(name) for part in parts]) for name in SUMMED}
    return {**sums, **derived(sums, preferences)}


def _mean(figures: Sequence[Decimal | None]) -> Decimal | None:
    return quotient(total(figures), len(figures))


def _change(value: Decimal | None, previous: Decimal | None) -> Decimal | None:
    share = quotient(value, previous)
    return None if share is None else share - 1
