"""Which figures depend on what changed on a day: what a queued day asks to be worked again, and no more. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from include.metrics.days import Days, runs_of

Figures = Literal["days", "hours", "channels", "profit", "weeks"]
"""metrics_daily, metrics_hourly, attribution_metrics_daily, pnl_daily, metrics_weekly with metrics_cohorts."""

DEPENDENTS: Mapping[str, frozenset[Figures]] = {
    "sale": frozenset({"days", "hours", "channels", "profit", "weeks"}),
    "refund": frozenset({"days", "hours", "channels", "profit", "weeks"}),
    "credit": frozenset({"days", "hours", "channels", "weeks"}),
    "spend": frozenset({"days", "channels", "profit", "weeks"}),
    "fx": frozenset({"days", "hours", "channels", "profit", "weeks"}),
    "view_through": frozenset({"channels"}),
    "campaign": frozenset({"channels", "weeks"}),
    "cost": frozenset({"profit", "weeks"}),
}
"""Cause in restate_queue -> the figures that have it in them."""

_ON_TOUCH_DAYS = frozenset({"sale", "refund", "credit", "fx"})
"""Causes that move credit or its worth, which by the touch clock lies on days up to a look-back before the order's."""

_ON_ORDER_DAYS = frozenset({"campaign"})
"""Causes that move what touches have, which by the order's clock lies on days up to a look-back after the touch's."""

_ALL: frozenset[Figures] = frozenset({"days", "hours", "channels", "profit", "weeks"})


@dataclass(frozen=True)
class Restatement:
    """Ranges of tenant-local days per kind of figure, ascending and without overlaps."""

    days: tuple[Days, ...] = ()
    hours: tuple[Days, ...] = ()
    channels: tuple[Days, ...] = ()
    profit: tuple[Days, ...] = ()
    weeks: tuple[Days, ...] = ()


def restatement_of(queued: Iterable[tuple[date, str]], today: date, lookback: timedelta) -> Restatement:
    """Return what (day, cause) pairs ask for; days after today are left out: nothing is known of them yet.

    lookback: how long before its order a touch may be that has credit. An unknown cause asks for everything.
    """
    wanted: dict[Figures, set[date]] = {figures: set() for figures in sorted(_ALL)}
    for day, cause in queued:
        back = lookback.days + 1 if cause in _ON_TOUCH_DAYS else 0
        ahead = lookback.days + 1 if cause in _ON_ORDER_DAYS else 0
        for figures in DEPENDENTS.get(cause, _ALL):
            wanted[figures].add(day)
            if figures == "channels":
                wanted[figures] |= {day + timedelta(days=number) for number in range(-back, ahead + 1)}
    known = {figures: runs_of(day for day in days if day <= today) for figures, days in wanted.items()}
    return Restatement(**{figures: tuple(ranges) for figures, ranges in known.items()})
