"""Euro reference rates of a seeded market: one set per TARGET working day, published at 16:00 in Frankfurt.

Rates are units of a currency for one euro, as the European Central Bank quotes them. Nothing here is a real rate.
Source of calendar, hour and decimals: https://www.ecb.europa.eu/stats/policy_and_exchange_rates/
euro_reference_exchange_rates/html/index.en.html
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from sandbox.world.draws import stream

FIRST_DAY = date(2023, 1, 2)
_LAST_DAY = date(2027, 12, 31)
_FRANKFURT = ZoneInfo("Europe/Berlin")
_PUBLISHED_AT = time(16)

# Level around which a currency moves, and the decimals in which it is quoted. Bulgaria's lev left at the end of 2025.
_LEVELS = {
    "USD": ("1.1650", 4), "JPY": ("180.50", 2), "CZK": ("24.300", 3), "DKK": ("7.4630", 4), "GBP": ("0.87000", 5),
    "HUF": ("386.00", 2), "PLN": ("4.2300", 4), "RON": ("5.0900", 4), "SEK": ("10.9000", 4), "CHF": ("0.9310", 4),
    "ISK": ("147.00", 2), "NOK": ("11.7500", 4), "TRY": ("49.8000", 4), "AUD": ("1.7600", 4), "BRL": ("6.2500", 4),
    "CAD": ("1.6100", 4), "CNY": ("8.2400", 4), "HKD": ("9.0600", 4), "IDR": ("19400.00", 2), "ILS": ("3.7800", 4),
    "INR": ("104.3000", 4), "KRW": ("1705.00", 2), "MXN": ("21.3000", 4), "MYR": ("4.7900", 4), "NZD": ("2.0200", 4),
    "PHP": ("68.400", 3), "SGD": ("1.5050", 4), "THB": ("37.400", 3), "ZAR": ("19.8500", 4),
}  # fmt: skip
CURRENCIES = tuple(_LEVELS)


def is_working_day(day: date) -> bool:
    """Say whether TARGET is open: not at weekends, New Year, Good Friday, Easter Monday, 1 May, 25 and 26 December."""
    if day.weekday() >= 5 or (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}:
        return False
    return day - _easter(day.year) not in (timedelta(days=-2), timedelta(days=1))


def published_days(now: datetime) -> list[date]:
    """Return the days whose rates are out at an instant, newest first."""
    local = now.astimezone(_FRANKFURT)
    last = local.date() if local.time() >= _PUBLISHED_AT else local.date() - timedelta(days=1)
    days = (last - timedelta(days=back) for back in range((min(last, _LAST_DAY) - FIRST_DAY).days + 1))
    return [day for day in days if is_working_day(day)]


def rates(day: date) -> dict[str, Decimal]:
    """Return currency -> units for one euro on a working day from FIRST_DAY to 2027."""
    return {currency: _rate(currency, day) for currency in CURRENCIES}


def convert(amount: Decimal, source: str, target: str, day: date) -> Decimal:
    """Return an amount in another currency at the last rates before or on the day."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    per_euro = {"EUR": Decimal(1)} | rates(day)
    return amount / per_euro[source] * per_euro[target]


def published_at(day: date) -> datetime:
    """Return when the rates of a working day come out, UTC."""
    return datetime.combine(day, _PUBLISHED_AT, _FRANKFURT).astimezone(UTC)


@cache
def _rate(currency: str, day: date) -> Decimal:
    level, decimals = _LEVELS[currency]
    moved = Decimal(level) * (1 + Decimal(str(round(float(_walk(currency)[(day - FIRST_DAY).days]), 6))))
    return moved.quantize(Decimal(1).scaleb(-decimals))


@cache
def _walk(currency: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    # Pulled back to its level, so that no currency drifts away over the years.
    steps = stream(0, "ecb", currency).normal(0.0, 0.004, (_LAST_DAY - FIRST_DAY).days + 1)
    position, walked = 0.0, np.empty(len(steps))
    for index, step in enumerate(steps):
        position = 0.98 * position + step
        walked[index] = position
    return walked


@cache
def _easter(year: int) -> date:
    # Gauss's rule in its anonymous Gregorian form.
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    moon = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * moon) // 451
    month, day = divmod(h + moon - 7 * m + 114, 31)
    return date(year, month, day + 1)
