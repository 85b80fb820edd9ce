"""A tenant's own rates: a CSV with the columns date, base, quote and rate, all of it or none.

    date,base,quote,rate
    2026-03-01,USD,JPY,151.25

One unit of base costs rate units of quote from that day on. Where the file lies is the tenant's configuration; how old
a rate may become is its max_age_days.
"""

import csv
import io
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from include.errors import InvalidInput
from include.fx.rates import Quote
from include.money import minor_unit_exponent

COLUMNS = ("date", "base", "quote", "rate")

_LARGEST = 200_000
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")


def parse_rates(body: bytes, today: date) -> list[Quote]:
    """Return the quotes of a tenant's file; other columns are ignored.

    today: the tenant's day; rates for later days, such as a budget's, are kept too, up to a year ahead. Raises
    InvalidInput that names line and column of the first fault.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("rates: the file is not UTF-8 text") from error
    reader = csv.DictReader(io.StringIO(text))
    reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in COLUMNS if name not in reader.fieldnames]
    if missing:
        raise InvalidInput(f"rates: column {missing[0]} is missing; the head must be {','.join(COLUMNS)}")
    found: dict[tuple[date, str, str], Quote] = {}
    try:
        for row in reader:
            one = _quote(row, reader.line_num, today)
            key = (one.rate_date, one.base, one.quote)
            if found.setdefault(key, one) != one:
                raise _fault(reader.line_num, "rate", f"differs from an earlier line of {one.rate_date}; keep one")
    except csv.Error as error:
        raise InvalidInput(f"rates: line {reader.line_num}: is not CSV") from error
    if not 0 < len(found) <= _LARGEST:
        raise InvalidInput(f"rates: the file holds {len(found)} rates; it must hold 1 to {_LARGEST}")
    return list(found.values())


def _quote(row: Mapping[str, str | None], line: int, today: date) -> Quote:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    try:
        day = date.fromisoformat(cells["date"])
    except ValueError:
        raise _fault(line, "date", f"must be a day such as 2026-03-01, got {cells['date'][:20]!r}") from None
    if not -40 <= day.year - today.year <= 1:
        raise _fault(line, "date", f"must be within the last 40 years or the next, got {day}")
    base, quote = _currency(cells, "base", line), _currency(cells, "quote", line)
    if base == quote:
        raise _fault(line, "quote", f"must be another currency than base, got {quote}")
    if not _DECIMAL.fullmatch(cells["rate"]) or not Decimal(cells["rate"]):
        raise _fault(line, "rate", f"must be a decimal above 0 such as 151.25, got {cells['rate'][:20]!r}")
    return Quote(day, base, quote, Decimal(cells["rate"]))


def _currency(cells: Mapping[str, str], column: str, line: int) -> str:
    code = cells[column]
    try:
        minor_unit_exponent(code)
    except InvalidInput:
        raise _fault(line, column, f"must be an ISO 4217 code such as EUR, got {code[:20]!r}") from None
    return code


def _fault(line: int, column: str, message: str) -> InvalidInput:
    return InvalidInput(f"rates: line {line}: {column}: {message}")
