"""Which rate holds between two currencies on a day, from ordered sources of dated quotes; and conversion by it.

Working-day rule: sources publish on their own working days only, so a day takes the last earlier quotes of its source,
within the age that the source allows (as published by the European Central Bank, no rate exists for weekends and TARGET
closing days). Inverse and cross rates are made of quotes of one source and one day. Where no source has a rate there is
a reason and no rate: nothing here guesses. How quotes are read and stored is left to ecb.py, rates_csv.py and the jobs.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

from include.errors import InvalidInput

# Quotients are rounded once, far below anything that money shows.
_EXACTLY = Context(prec=34, rounding=ROUND_HALF_EVEN)
_MICRO = Decimal("0.000001")
_ONE = Decimal(1)

Pair = tuple[str, str]


@dataclass(frozen=True)
class Quote:
    """One unit of base costs rate units of quote on rate_date; ISO 4217 codes, rate > 0."""

    rate_date: date
    base: str
    quote: str
    rate: Decimal


@dataclass(frozen=True)
class SourceQuotes:
    """What one source has said. max_age_days: how many days a quote may be older than the day that takes it."""

    name: str
    max_age_days: int
    quotes: Sequence[Quote]


@dataclass(frozen=True)
class Rate:
    """One unit of base is worth value units of quote on day, by the quotes that source made for rate_date.

    settled: no later publication can change it: the quotes are the day's own, or the source has published since.
    """

    base: str
    quote: str
    day: date
    value: Decimal
    source: str
    rate_date: date
    settled: bool


@dataclass(frozen=True)
class NoRate:
    """Why nothing can be converted; reason is one line that names currencies, day and what the sources last had."""

    base: str
    quote: str
    day: date
    reason: str


class RateBook:
    """Rates by day from ordered sources: the first source that has one decides."""

    def __init__(self, sources: Iterable[SourceQuotes]) -> None:
        self._sources = [_Published(source) for source in sources]

    def rate(self, base: str, quote: str, day: date) -> Rate | NoRate:
        """Return the rate of the first source that has one for the day; equal currencies are worth each other."""
        if base == quote:
            return Rate(base, quote, day, _ONE, "identity", day, settled=True)
        for source in self._sources:
            found = source.rate(base, quote, day)
            if found is not None:
                return found
        tried = "; ".join(source.last_had(base, quote, day) for source in self._sources) or "no source is configured"
        return NoRate(base, quote, day, f"no rate {base} to {quote} for {day}: {tried}")


def converted(amount: Decimal, rate: Rate) -> Decimal:
    """Return an amount of rate.base in rate.quote, major units, rounded half even to six decimals.

    Cost and value of one day and currency take the same Rate. Raises InvalidInput for NaN, infinity and amounts beyond
    28 digits.
    """
    if not amount.is_finite() or amount.adjusted() > 21:
        raise InvalidInput(f"an amount in {rate.base} is out of range; correct the figure it was read from")
    return _EXACTLY.multiply(amount, rate.value).quantize(_MICRO, context=_EXACTLY)


class _Published:
    """One source's quotes by day."""

    def __init__(self, source: SourceQuotes) -> None:
        self.name = source.name
        self._oldest = timedelta(days=source.max_age_days)
        self._by_day: dict[date, dict[Pair, Decimal]] = {}
        for one in source.quotes:
            self._by_day.setdefault(one.rate_date, {})[(one.base, one.quote)] = one.rate
        self._days = sorted(self._by_day)
        self._currencies = {day: {name for pair in quotes for name in pair} for day, quotes in self._by_day.items()}

    def rate(self, base: str, quote: str, day: date) -> Rate | None:
        found = self._last(base, quote, day, since=day - self._oldest)
        if found is None:
            return None
        rate_date, value = found
        settled = rate_date == day or self._days[-1] > day
        return Rate(base, quote, day, value, self.name, rate_date, settled)

    def last_had(self, base: str, quote: str, day: date) -> str:
        found = self._last(base, quote, day, since=date.min)
        if found is None:
            return f"{self.name} has none"
        return f"the last of {self.name} is of {found[0]}, more than {self._oldest.days} days before"

    def _last(self, base: str, quote: str, day: date, since: date) -> tuple[date, Decimal] | None:
        for at in range(bisect_right(self._days, day) - 1, -1, -1):
            published = self._days[at]
            if published < since:
                return None
            if {base, quote} <= self._currencies[published]:
                value = _derived(self._by_day[published], base, quote)
                if value is not None:
                    return published, value
        return None


def _derived(quotes: Mapping[Pair, Decimal], base: str, quote: str) -> Decimal | None:
    """Return base in quote by the quotes of one day: as quoted, else turned round, else across a third currency."""
    direct = _leg(quotes, base, quote)
    if direct is not None:
        return direct
    for pivot in sorted({name for pair in quotes for name in pair} - {base, quote}):
        # One division only: both legs are read from the pivot where it is quoted so.
        there, back = _leg(quotes, pivot, quote), _leg(quotes, pivot, base)
        if there is not None and back is not None:
            return _EXACTLY.divide(there, back)
    return None


def _leg(quotes: Mapping[Pair, Decimal], base: str, quote: str) -> Decimal | None:
    if (base, quote) in quotes:
        return quotes[(base, quote)]
    turned = quotes.get((quote, base))
    return None if turned is None else _EXACTLY.divide(_ONE, turned)
