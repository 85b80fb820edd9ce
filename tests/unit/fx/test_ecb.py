"""The bank's five files, read alike; what is damaged is no file. Shapes are those of the files it publishes."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from include.errors import InvalidInput
from include.fx.ecb import last_published, parse_file, paths
from include.fx.rates import Quote

FRIDAY = date(2026, 3, 27)
WANTED = [Quote(FRIDAY, "EUR", "USD", Decimal("1.1711")), Quote(FRIDAY, "EUR", "JPY", Decimal("181.35"))]
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
\t<gesmes:subject>Reference rates</gesmes:subject>
\t<Cube>\n\t\t<Cube time='2026-03-27'>
\t\t\t<Cube currency='USD' rate='1.1711'/>\n\t\t\t<Cube currency="JPY" rate="181.35"/>
\t\t</Cube>\n\t</Cube>
</gesmes:Envelope>"""
DAILY = b"Date, USD, JPY, \n27 March 2026, 1.1711, 181.35, \n"
HISTORY = b"Date,USD,BGN,JPY,\n2026-03-27,1.1711,N/A,181.35,\n"


def zipped(content: bytes, *names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names or ("eurofxref.csv",):
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


@pytest.mark.parametrize("body", [XML, DAILY, HISTORY, zipped(DAILY), zipped(HISTORY), b"\xef\xbb\xbf" + HISTORY])
def test_every_file_of_the_bank_gives_the_same_quotes(body: bytes) -> None:
    assert parse_file(body) == WANTED


def test_a_currency_at_the_end_of_a_line_may_have_no_rate() -> None:
    assert parse_file(b"Date,USD,BGN,\n2026-03-27,1.1711,,\n") == WANTED[:1]


@pytest.mark.parametrize(
    "body",
    [
        XML.replace(b"1.1711", b"1,1711"),
        XML.replace(b"1.1711", b"0"),
        XML.replace(b"1.1711", b"NaN"),
        XML.replace(b"1.1711", b"-1.2"),
        XML.replace(b"2026-03-27", b"27.3.2026"),
        XML.replace(b"USD", b"Dollar"),
        XML.replace(b"JPY", b"USD"),
        XML[:200],
        b"<html><body>maintenance</body></html>",
        b"",
        b"Date,USD\n",
        b"Day,USD\n2026-03-27,1.1\n",
        HISTORY.replace(b"181.35", b"181.35,7"),
        zipped(HISTORY)[:60],
        zipped(HISTORY, "readme.txt"),
        zipped(HISTORY, "one.csv", "two.csv"),
    ],
)
def test_what_cannot_be_read_whole_is_refused_in_one_line(body: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_file(body)
    assert "\n" not in str(refused.value)


def test_ninety_days_are_asked_for_where_the_last_fetch_is_recent_else_everything() -> None:
    assert paths(FRIDAY, date(2026, 4, 30))[0] == "/stats/eurofxref/eurofxref-hist-90d.xml"
    assert paths(FRIDAY, date(2026, 7, 1))[0] == "/stats/eurofxref/eurofxref-hist.zip"
    assert paths(None, FRIDAY)[0] == "/stats/eurofxref/eurofxref-hist.zip"


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 3, 31, 1, 50, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 3, 30, 1, 50, tzinfo=UTC), FRIDAY),
        (datetime(2026, 3, 28, 1, 50, tzinfo=UTC), FRIDAY),
        # 17:00 in Frankfurt is 16:00 UTC in winter and 15:00 in summer.
        (datetime(2026, 3, 27, 15, 59, tzinfo=UTC), date(2026, 3, 26)),
        (datetime(2026, 3, 27, 16, 0, tzinfo=UTC), FRIDAY),
        (datetime(2026, 7, 1, 15, 0, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_rates_of_a_weekday_are_expected_from_late_afternoon_in_frankfurt(now: datetime, day: date) -> None:
    assert last_published(now) == day
