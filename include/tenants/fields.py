"""The types of a tenant file's fields; each refuses a value with one phrase that says what it must be.

A phrase follows the name of the field in a line: "must be between 1 and 90". Which fields a file has is left to
settings.py and tenant_file.py, and the line itself to faults.py.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Strict

from include.delivery.event_ids import fault_of_template
from include.errors import InvalidInput
from include.money import minor_unit_exponent

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_DATABASE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CONNECTION = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_ROLE = re.compile(r"[A-Za-z0-9_.@:/+-]{1,63}")
_PATH = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9_.~-]+)+")
_ROOT = re.compile(r"[a-z][a-z0-9+.-]*://([A-Za-z0-9_.-]+@)?[A-Za-z0-9_.-]*(/(?!\.\.?(/|$))[A-Za-z0-9_.~=-]+)*")
_DIGITS = re.compile(r"[0-9]{1,32}")
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_EXACT_DECIMALS, _EXACT_DIGITS = 6, 15
_YEARS = f"of {_FIRST_YEAR} to {_LAST_YEAR}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean X?" for the known word nearest to word, ignoring case; empty when none is near."""
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[found[0]]}?" if found else ""


def between(low: float, high: float) -> AfterValidator:
    """Return a validator of a number in [low, high]."""

    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"must be between {low:g} and {high:g}")
        return value

    return AfterValidator(check)


def above(low: float, high: float) -> AfterValidator:
    """Return a validator of a number in (low, high]."""

    def check(value: float) -> float:
        if not low < value <= high:
            raise ValueError(f"must be above {low:g} and at most {high:g}")
        return value

    return AfterValidator(check)


def matching(pattern: re.Pattern[str], phrase: str) -> AfterValidator:
    """Return a validator of text that the pattern matches from its start to its end; phrase is the refusal."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(phrase)
        return text

    return AfterValidator(check)


def _zone(name: str) -> str:
    zones = _zones()
    if name not in zones:
        cities: dict[str, str] = {}
        for zone in sorted(zones):
            cities.setdefault(zone.rsplit("/", 1)[-1].lower(), zone)
        city = cities.get(name.rsplit("/", 1)[-1].replace(" ", "_").lower())
        raise ValueError("must be an IANA time zone" + (f"; did you mean {city}?" if city else nearest(name, zones)))
    return name


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _currency(code: str) -> str:
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValueError("must be an ISO 4217 code of three capital letters such as EUR")
    try:
        minor_unit_exponent(code)
    except InvalidInput as error:
        raise ValueError("must be an ISO 4217 code of a currency with minor units") from error
    return code


def _regular_expression(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    return pattern


def _day(value: Any) -> date:
    try:
        return _within_years(date.fromisoformat(value))
    except (TypeError, ValueError) as error:
        raise ValueError(f"must be a day {_YEARS} such as 2026-03-01") from error


def _day_or_instant(value: Any) -> date:
    try:
        return _within_years(date.fromisoformat(value))
    except (TypeError, ValueError):
        return _instant(value)


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
        _within_years(instant)
    except (TypeError, ValueError) as error:
        raise ValueError(f"must be a day or an instant {_YEARS} such as 2026-03-01T00:00:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    try:
        # A float of YAML is the shortest text that reads back as it, which is what was typed.
        exact = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("must be a number") from error
    if not exact.is_finite() or exact.adjusted() > _EXACT_DIGITS:
        raise ValueError("must be a finite number")
    exponent = exact.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_EXACT_DECIMALS:
        raise ValueError(f"must have at most {_EXACT_DECIMALS} decimals")
    # Equal numbers are stored as equal text, however they were typed.
    return exact.quantize(Decimal(1).scaleb(min(int(exponent), 0)))


def _within_years(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(day)
    return day


def _event_id_template(template: str) -> str:
    fault = fault_of_template(template)
    if fault is not None:
        raise ValueError(fault)
    return template


def _root(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme == "file" and (not rest.startswith("/") or rest == "/"):
        # What stands between the second slash and the third is a host, and nobody would look for a folder there.
        raise ValueError("must be file: and three slashes before a folder, such as file:///srv/exports")
    if scheme != "file" and not rest.partition("/")[0].rpartition("@")[2]:
        raise ValueError(f"must name a bucket, such as {scheme}://bucket/folder")
    return url


Count = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Exact = Annotated[Decimal, BeforeValidator(_exact)]
"""A decimal number, as typed, with at most six decimals."""
Flag = Annotated[bool, Strict()]
Name = Annotated[str, matching(re.compile(r"\S(.{0,118}\S)?"), "must be 1 to 120 characters on one line")]
Slug = Annotated[
    str, matching(_SLUG, "must be 2 to 63 lower-case letters, digits or hyphens and start with a letter or digit")
]
Zone = Annotated[str, AfterValidator(_zone)]
CurrencyCode = Annotated[str, AfterValidator(_currency)]
DatabaseConnection = Annotated[
    str, matching(_DATABASE, "must be lower-case letters, digits and underscores such as analytics_db")
]
Connection = Annotated[str, matching(_CONNECTION, "must be an Airflow connection id: letters, digits, _ . and -")]
Role = Annotated[str, matching(_ROLE, "must be a PostgreSQL role of at most 63 characters without spaces and quotes")]
AccountId = Annotated[str, matching(_DIGITS, "must be digits in quotes, without act_ and hyphens")]
FilePath = Annotated[str, matching(_PATH, "must be a path that begins with a slash, such as /rates.csv")]
RootUrl = Annotated[
    str,
    matching(_ROOT, "must be the URL of a folder such as s3://conn_id@bucket/folder, without a password"),
    AfterValidator(_root),
]
RegularExpression = Annotated[str, AfterValidator(_regular_expression)]
EventIdTemplate = Annotated[str, AfterValidator(_event_id_template)]
Day = Annotated[date, BeforeValidator(_day)]
DayOrInstant = Annotated[datetime | date, BeforeValidator(_day_or_instant)]
