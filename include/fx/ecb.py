"""The euro reference rates of the European Central Bank: which file to ask for, and what its files say.

Files are XML, or CSV in a zip, with all days or the last ninety; rates are units of a currency for one euro. They are
published on TARGET working days at about 16:00 in Frankfurt, "for information purposes only". Source:
https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates. Fetching is left to the job.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from include.errors import InvalidInput
from include.fx.rates import Quote

SOURCE = "ecb"
KEPT_DAYS = 1200
"""Days of rates that are kept: the 37 months that ad platforms answer for, and the weeks around them."""

_FOLDER = "/stats/eurofxref/"
_RECENT = ("eurofxref-hist-90d.xml", "eurofxref-hist.zip", "eurofxref-hist.xml", "eurofxref-daily.xml")
_HISTORY = ("eurofxref-hist.zip", "eurofxref-hist.xml", "eurofxref-hist-90d.xml", "eurofxref-daily.xml")
_RECENT_DAYS = 80
_FRANKFURT = ZoneInfo("Europe/Berlin")
_PUBLISHED_BY = time(17)
_LARGEST_FILE = 64 * 2**20
_CURRENCY = re.compile(r"[A-Z]{3}")
_MISSING = frozenset({"", "N/A", "-"})
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def paths(newest: date | None, today: date) -> Sequence[str]:
    """Return the files to ask for, the most fitting first; a host that lacks one is asked for the next.

    newest: the last day whose rates are stored, None before the first fetch.
    """
    recent = newest is not None and (today - newest).days <= _RECENT_DAYS
    return [_FOLDER + name for name in (_RECENT if recent else _HISTORY)]


def last_published(now: datetime) -> date:
    """Return the last weekday whose rates are out at an instant; a TARGET holiday only costs a look in vain."""
    local = now.astimezone(_FRANKFURT)
    day = local.date() if local.time() >= _PUBLISHED_BY else local.date() - timedelta(days=1)
    return day - timedelta(days=max(day.weekday() - 4, 0))


def parse_file(body: bytes) -> list[Quote]:
    """Return the quotes of a file, whichever of the bank's it is, base EUR; a currency that is not quoted is left out.

    Raises InvalidInput, one line, when any of it cannot be read: half a file is no file.
    """
    if body[:2] == b"PK":
        body = _unpacked(body)
    found = list(_xml_quotes(body) if body.lstrip().startswith(b"<") else _csv_quotes(body))
    if not found:
        raise InvalidInput("file of reference rates holds no rate; look at what the fx_rates connection points at")
    if len({(one.rate_date, one.quote) for one in found}) != len(found):
        raise InvalidInput("file of reference rates names a day and currency twice")
    return found


def _unpacked(body: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [one for one in archive.infolist() if one.filename.lower().endswith((".csv", ".xml"))]
            if len(members) != 1 or members[0].file_size > _LARGEST_FILE:
                raise InvalidInput("zip of reference rates does not hold one CSV file")
            return archive.read(members[0])
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise InvalidInput("zip of reference rates is damaged; it is asked for again by the next run") from error


def _xml_quotes(body: bytes) -> Iterator[Quote]:
    try:
        # The parser is expat, which since 2.4.1 refuses documents that expand out of proportion.
        root = ElementTree.fromstring(body)  # noqa: S314
    except ElementTree.ParseError as error:
        raise InvalidInput("XML of reference rates cannot be read; it is asked for again by the next run") from error
    for cube in root.iterfind(".//{*}Cube"):
        if "time" in cube.attrib:
            day = _day(cube.attrib["time"])
            for one in cube:
                yield from _quote(day, one.attrib.get("currency", ""), one.attrib.get("rate", ""))


def _csv_quotes(body: bytes) -> Iterator[Quote]:
    try:
        lines = [line for line in body.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise InvalidInput("CSV of reference rates is not text") from error
    rows = [[cell.strip() for cell in line.rstrip().rstrip(",").split(",")] for line in lines]
    if not rows or rows[0][0] != "Date":
        raise InvalidInput("CSV of reference rates does not begin with Date and currencies")
    names = rows[0][1:]
    for row in rows[1:]:
        # A currency at the end of the line that has no rate leaves nothing but commas.
        values = row[1:] + [""] * (len(names) - len(row) + 1)
        if len(values) != len(names):
            raise InvalidInput("CSV of reference rates has a line that is longer than its head")
        day = _day(row[0])
        for name, value in zip(names, values, strict=True):
            yield from _quote(day, name, value)


def _quote(day: date, currency: str, text: str) -> Iterator[Quote]:
    if not _CURRENCY.fullmatch(currency):
        raise InvalidInput(f"file of reference rates names {currency[:10]!r}, which is no currency code, on {day}")
    if text in _MISSING:
        return
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or rate <= 0:
        raise InvalidInput(f"file of reference rates has {text[:20]!r} for {currency} on {day}, which is no rate")
    yield Quote(day, "EUR", currency, rate)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    # The daily CSV spells the month: 27 March 2026.
    try:
        number, month, year = text.split()
        return date(int(year), _MONTHS.index(month) + 1, int(number))
    except ValueError as error:
        raise InvalidInput(f"file of reference rates has {text[:20]!r} where a day must stand") from error
