"""GA4's Data API: what is asked about one day of a property, and what its answer says and hides.

One batch per day (validation_apis L2.2): purchases by transaction id, the same purchases as one number, refunds by
transaction id. A day whose guards failed still shows what is there; only absence proves nothing then.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from include.platforms.outcome import member
from include.platforms.request import PlatformRequest

PAGE_ROWS = 100_000
"""Rows asked for at a time; the API's cap is 250,000."""

_NO_IDS = frozenset({"", "(not set)"})
_OTHER = "(other)"
_PURCHASES, _GROSS, _EVENTS = "ecommercePurchases", "grossPurchaseRevenue", "eventCount"
_DETAIL_METRICS = (_PURCHASES, _GROSS, _EVENTS)

# Of a standard property (L2.5); a larger one has ten times as many and is only slowed down near its end.
_TENTHS = {"tokensPerDay": 20_000, "tokensPerHour": 4_000, "tokensPerProjectPerHour": 1_400}
_LAST_SERVER_ERRORS = 2


@dataclass(frozen=True)
class Page:
    """One report as it came: rows as name -> text, row_count of all pages, guards that its metadata failed.

    timezone, currency: as the metadata names them, None where it names none.
    """

    rows: tuple[Mapping[str, str], ...]
    row_count: int
    guards: frozenset[str]
    timezone: str | None
    currency: str | None


@dataclass
class Seen:
    """What a report shows of one transaction id: completed purchases, value in major units, raw copies."""

    purchases: int = 0
    gross: Decimal = Decimal(0)
    events: int = 0


@dataclass
class DayReport:
    """One day of a property, its calendar's. refunds: raw refund events by id. without_id: purchases with no id.

    timezone: the property's, None where no report names it.
    """

    day: date
    purchases: dict[str, Seen] = field(default_factory=dict)
    refunds: dict[str, int] = field(default_factory=dict)
    without_id: int = 0
    guards: frozenset[str] = frozenset()
    timezone: str | None = None


def day_request(property_id: str, day: date, currency: str) -> PlatformRequest:
    """Return the batch about one day; values come in currency (ISO 4217)."""
    body = json.dumps({"requests": _reports_of(day, currency)}).encode()
    return PlatformRequest("POST", f"/v1beta/properties/{property_id}:batchRunReports", body=body)


def single_requests(property_id: str, day: date, currency: str) -> list[PlatformRequest]:
    """Return the same three reports one by one, for who refuses batches."""
    path = f"/v1beta/properties/{property_id}:runReport"
    return [PlatformRequest("POST", path, body=json.dumps(report).encode()) for report in _reports_of(day, currency)]


def page_request(property_id: str, day: date, currency: str, event: str, offset: int) -> PlatformRequest:
    """Return the request for further rows of a day's purchases or refunds; offset: rows read so far."""
    report = (_detail if event == "purchase" else _refunds)(day, currency, offset)
    return PlatformRequest("POST", f"/v1beta/properties/{property_id}:runReport", body=json.dumps(report).encode())


def pages_of_batch(value: Any) -> tuple[Page, Page, Page] | None:
    """Return the three reports of a batch, None where the answer has another shape."""
    reports = member(value, "reports")
    if not isinstance(reports, list) or len(reports) != 3:
        return None
    detail, control, refunds = map(page_of, reports)
    return detail, control, refunds


def page_of(report: Any) -> Page:
    """Return one report; every value is text, empty and zero fields may be left out."""
    names = [str(member(one, "name")) for part in ("dimensionHeaders", "metricHeaders") for one in _list(report, part)]
    rows = tuple(dict(zip(names, _texts(row), strict=False)) for row in _list(report, "rows"))
    return Page(
        rows,
        int(_number(member(report, "rowCount"))),
        _hidden(report),
        timezone=_text(member(report, "metadata", "timeZone")),
        currency=_text(member(report, "metadata", "currencyCode")),
    )


def day_report(day: date, currency: str, detail: Sequence[Page], control: Page, refunds: Sequence[Page]) -> DayReport:
    """Return what one day shows; detail and refunds with all their pages. currency: as it was asked for.

    Guards: incomplete (rows differ from rowCount), other_row, control_differs, timezone (named differently, or none of
    IANA's), currency (another than was asked for), and those of metadata.
    """
    made = DayReport(day, guards=frozenset().union(*(page.guards for page in (*detail, control, *refunds))))
    failed = set(made.guards)
    for row in _rows(detail):
        _add_purchase(made, row, failed)
    for row in _rows(refunds):
        transaction = row.get("transactionId", "")
        made.refunds[transaction] = made.refunds.get(transaction, 0) + int(_number(row.get(_EVENTS)))
    for pages in (detail, refunds):
        if sum(len(page.rows) for page in pages) != (pages[0].row_count if pages else 0):
            failed.add("incomplete")
    shown = made.without_id + sum(seen.purchases for seen in made.purchases.values())
    if shown != sum(int(_number(row.get(_PURCHASES))) for row in control.rows):
        failed.add("control_differs")
    pages = [*detail, control, *refunds]
    zones = {page.timezone for page in pages if page.timezone}
    made.timezone = next(iter(zones), None)
    if len(zones) > 1 or not all(map(_is_zone, zones)):
        made.timezone = None
        failed.add("timezone")
    if {page.currency for page in pages if page.currency} - {currency}:
        failed.add("currency")
    made.guards = frozenset(failed)
    return made


def quota_is_low(value: Any) -> bool:
    """Return whether less than a tenth of a token budget, or of the server errors allowed in an hour, is left.

    value: the body of a report or a batch; a budget that is not shown is not low.
    """
    for report in _list(value, "reports") or [value]:
        quota = member(report, "propertyQuota")
        for name, tenth in (*_TENTHS.items(), ("serverErrorsPerProjectPerHour", _LAST_SERVER_ERRORS)):
            shown = member(quota, name)
            if isinstance(shown, dict) and _number(shown.get("remaining", 0)) < tenth:
                return True
    return False


def _add_purchase(made: DayReport, row: Mapping[str, str], failed: set[str]) -> None:
    transaction = row.get("transactionId", "")
    purchases = int(_number(row.get(_PURCHASES)))
    if transaction == _OTHER:
        failed.add("other_row")
    elif transaction in _NO_IDS:
        made.without_id += purchases
    else:
        seen = made.purchases.setdefault(transaction, Seen())
        seen.purchases += purchases
        seen.gross += _number(row.get(_GROSS))
        seen.events += int(_number(row.get(_EVENTS)))


def _is_zone(name: str) -> bool:
    try:
        return ZoneInfo(name).key == name
    except (ValueError, OSError):
        return False


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _rows(pages: Sequence[Page]) -> Iterator[Mapping[str, str]]:
    for page in pages:
        yield from page.rows


def _hidden(report: Any) -> frozenset[str]:
    metadata = member(report, "metadata")
    signs = {
        "sampled": bool(member(metadata, "samplingMetadatas")),
        "thresholded": member(metadata, "subjectToThresholding") is True,
        "other_row": member(metadata, "dataLossFromOtherRow") is True,
        "restricted": bool(member(metadata, "schemaRestrictionResponse", "activeMetricRestrictions")),
    }
    return frozenset(name for name, present in signs.items() if present)


def _reports_of(day: date, currency: str) -> list[dict[str, Any]]:
    return [_detail(day, currency, 0), _control(day, currency), _refunds(day, currency, 0)]


def _detail(day: date, currency: str, offset: int) -> dict[str, Any]:
    return _report(day, currency, "purchase", ("date", "transactionId"), _DETAIL_METRICS, offset)


def _control(day: date, currency: str) -> dict[str, Any]:
    return _report(day, currency, "purchase", ("date",), (_PURCHASES,), 0)


def _refunds(day: date, currency: str, offset: int) -> dict[str, Any]:
    return _report(day, currency, "refund", ("date", "transactionId"), (_EVENTS,), offset)


def _report(
    day: date, currency: str, event: str, dimensions: Sequence[str], metrics: Sequence[str], offset: int
) -> dict[str, Any]:
    exactly = {"matchType": "EXACT", "value": event, "caseSensitive": True}
    return {
        "dateRanges": [{"startDate": day.isoformat(), "endDate": day.isoformat()}],
        "dimensions": [{"name": name} for name in dimensions],
        "metrics": [{"name": name} for name in metrics],
        "dimensionFilter": {"filter": {"fieldName": "eventName", "stringFilter": exactly}},
        "orderBys": [{"dimension": {"dimensionName": dimensions[-1]}}],
        "currencyCode": currency,
        "limit": str(PAGE_ROWS),
        "offset": str(offset),
        "returnPropertyQuota": True,
    }


def _texts(row: Any) -> list[str]:
    parts = ("dimensionValues", "metricValues")
    return [str(member(one, "value") or "") for part in parts for one in _list(row, part)]


def _list(value: Any, name: str) -> list[Any]:
    found = member(value, name)
    return found if isinstance(found, list) else []


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value if value not in (None, "") else 0))
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)
