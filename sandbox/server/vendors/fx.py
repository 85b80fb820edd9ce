"""Euro reference rates as the European Central Bank publishes them: XML, and CSV in zip files.

Source: https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates. Nothing is there for
weekends and TARGET closing days, and nothing for the day itself before 16:00 in Frankfurt.
Quirks: `missing` (currencies that are not quoted).
"""

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.server.connection import connection
from sandbox.server.house import House
from sandbox.server.surface import Call, Reply, Route, Surface
from sandbox.world.exchange_rates import CURRENCIES, published_days, rates

PREFIX = "/fx"
_AT = "/stats/eurofxref/"
_RECENT = timedelta(days=90)

Days = Callable[[datetime], list[date]]


def surface(house: House) -> Surface:
    """Return the surface; it takes no credential."""
    return Surface(
        "fx",
        PREFIX,
        "https://www.ecb.europa.eu",
        (
            Route("GET", f"{_AT}eurofxref-daily.xml", _xml(_last)),
            Route("GET", f"{_AT}eurofxref-hist-90d.xml", _xml(_recent)),
            Route("GET", f"{_AT}eurofxref-hist.xml", _xml(published_days)),
            Route("GET", f"{_AT}eurofxref.zip", _zipped("eurofxref.csv", _daily_csv)),
            Route("GET", f"{_AT}eurofxref-hist.zip", _zipped("eurofxref-hist.csv", _history_csv)),
        ),
        error=_worded_error,
        not_found=_not_found,
        connections=lambda origin, slug: {"fx_rates": connection(origin, "fx_rates", "", {"base_path": PREFIX})},
    )


def _last(now: datetime) -> list[date]:
    return published_days(now)[:1]


def _recent(now: datetime) -> list[date]:
    days = published_days(now)
    return [day for day in days if day > days[0] - _RECENT]


def _xml(days: Days) -> Callable[[Call], Reply]:
    def handler(call: Call) -> Reply:
        cubes = "".join(
            f"\t\t<Cube time='{day}'>\n"
            + "".join(
                f"\t\t\t<Cube currency='{name}' rate='{rate}'/>\n"
                for name, rate in rates(day).items()
                if name not in call.quirk("missing", [])
            )
            + "\t\t</Cube>\n"
            for day in days(call.now)
        )
        call.did("accepted")
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
            ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n'
            "\t<gesmes:subject>Reference rates</gesmes:subject>\n"
            "\t<gesmes:Sender>\n\t\t<gesmes:name>European Central Bank</gesmes:name>\n\t</gesmes:Sender>\n"
            f"\t<Cube>\n{cubes}\t</Cube>\n</gesmes:Envelope>"
        )
        return Reply(200, text, {"Content-Type": "text/xml"})

    return handler


def _zipped(name: str, content: Callable[[Call], str]) -> Callable[[Call], Reply]:
    def handler(call: Call) -> Reply:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(name), content(call))
        call.did("accepted")
        return Reply(200, packed.getvalue(), {"Content-Type": "application/zip"})

    return handler


def _daily_csv(call: Call) -> str:
    day = published_days(call.now)[0]
    found = rates(day)
    names = _quoted(call)
    # The daily file spells the month, and both of its lines end in a comma and a blank.
    header = "Date, " + "".join(f"{name}, " for name in names)
    return f"{header}\n{day.day:02d} {day:%B %Y}, " + "".join(f"{found[name]}, " for name in names) + "\n"


def _history_csv(call: Call) -> str:
    lines = ["Date," + "".join(f"{name}," for name in CURRENCIES)]
    missing = call.quirk("missing", [])
    for day in published_days(call.now):
        found = rates(day)
        lines.append(f"{day}," + "".join("N/A," if name in missing else f"{found[name]}," for name in CURRENCIES))
    return "\n".join(lines) + "\n"


def _quoted(call: Call) -> list[str]:
    return [name for name in CURRENCIES if name not in call.quirk("missing", [])]


def _worded_error(parameters: Mapping[str, Any]) -> Reply:
    """Return the error a fault asks for: status (503), a page and no rates."""
    return Reply(int(parameters.get("status", 503)), "<!DOCTYPE html><html><body>Service unavailable</body></html>")


def _not_found(call: Call) -> Reply:
    call.broke("fx.0.path", f"{call.method} {call.path}")
    call.did("rejected")
    return Reply(404, "<!DOCTYPE html><html><body>Not found</body></html>")
