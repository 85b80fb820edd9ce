"""Which tenant-local days a run restates, when a day is closed and when it is final. No I/O, no clock."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from include.clock import day_bounds, local_today

RESTATED_DAYS = 35
"""Days back that every nightly run restates: past the 30-day look-back and the weeks in which platforms restate spend.
What changes older days enters the restate queue."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """Tenant-local days [first, last), never empty."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        for number in range((self.last - self.first).days):
            yield self.first + number * _DAY

    def bounds(self, timezone: str) -> tuple[datetime, datetime]:
        """Return the UTC instants [start, end) of the days."""
        return day_bounds(timezone, self.first, self.last)

    def ends(self, timezone: str) -> list[datetime]:
        """Return the UTC instant at which each day ends."""
        return [day_bounds(timezone, day, day + _DAY)[1] for day in self]

    def starting(self, days_earlier: int) -> "Days":
        """Return the same days with that many before them."""
        return Days(self.first - days_earlier * _DAY, self.last)


def restated_days(
    timezone: str,
    now: datetime,
    first: date | None,
    last: date | None,
    back: int = RESTATED_DAYS,
    oldest_provisional: date | None = None,
) -> Days:
    """Return the days a run works on: those asked for, else [today - back, today], today provisional.

    first, last: half-open, None for the run's own. Days after today are left out: nothing is known of them; a range
    that lies after today altogether is today alone. oldest_provisional: the first stored day that is not final; a run
    of its own range starts there, so that a day is written as final once, by the first run after its last restatement,
    however many nights were missed.
    """
    today = local_today(timezone, now)
    end = min(last or today + _DAY, today + _DAY)
    own = end - (back + 1) * _DAY
    if last is None and oldest_provisional is not None:
        own = min(own, oldest_provisional)
    return Days(min(first or own, end - _DAY), end)


def final_before(today: date, back: int = RESTATED_DAYS) -> date:
    """Return the day before which days are final: over, and past the days [today - back, today] that runs restate."""
    return today - back * _DAY


def runs_of(days: Iterable[date]) -> list[Days]:
    """Return ascending ranges without gaps that cover exactly these days."""
    ordered = sorted(set(days))
    # Days in a row keep their distance to their place.
    grouped = groupby(enumerate(ordered), key=lambda placed: placed[1].toordinal() - placed[0])
    ranges: list[Sequence[date]] = [[day for _, day in group] for _, group in grouped]
    return [Days(one[0], one[-1] + _DAY) for one in ranges]
