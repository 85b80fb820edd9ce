"""Reads a request for a report and refuses what the Data API refuses. Source: validation_apis.md L2.1."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.server.surface import Call
from sandbox.server.vendors.ga4.errors import invalid
from sandbox.server.vendors.ga4.report import DIMENSIONS, METRICS, Asked, Matches
from sandbox.server.vendors.ga4.stream import Stream
from sandbox.world.exchange_rates import CURRENCIES

_MOST = {"dateRanges": 4, "dimensions": 9, "metrics": 10}
_CUSTOM = re.compile(r"customEvent:\w+")
_RELATIVE = re.compile(r"(\d+)daysAgo")
_LIMIT, _CAP = 10_000, 250_000
_TEXT_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "EXACT": lambda text, value: text == value,
    "BEGINS_WITH": str.startswith,
    "ENDS_WITH": str.endswith,
    "CONTAINS": lambda text, value: value in text,
    "FULL_REGEXP": lambda text, value: re.fullmatch(value, text) is not None,
    "PARTIAL_REGEXP": lambda text, value: re.search(value, text) is not None,
}


def read_report(call: Call, body: Mapping[str, Any], stream: Stream) -> Asked:
    """Return the report that is asked for; raises Refusal."""
    check_lists(body, ("dateRanges", "dimensions", "metrics", "orderBys"))
    for name, most in _MOST.items():
        if len(body.get(name, [])) > most:
            raise invalid("ga4.L2.1.too-many", f"At most {most} {name} are allowed.")
    if "metricFilter" in body:
        raise invalid("ga4.L2.1.metric-filter", "This sandbox knows no metricFilter.")
    dimensions, metrics = names(body, "dimensions"), names(body, "metrics")
    check_fields(dimensions, metrics)
    if not metrics:
        raise invalid("ga4.L2.1.no-metric", "A report needs metrics.")
    if body.get("returnPropertyQuota") is not True:
        call.broke("ga4.L2.1.quota-not-asked", "returnPropertyQuota decides how long to wait")
    currency = str(body.get("currencyCode") or stream.currency)
    if currency not in (*CURRENCIES, "EUR"):
        raise invalid("ga4.L2.1.currency", f"{currency} is not a valid currency code.")
    return Asked(
        dimensions=dimensions,
        metrics=metrics,
        days=_days(call, body, stream),
        matches=matching(body.get("dimensionFilter")),
        currency=currency,
        order=_order(body, dimensions, metrics),
        limit=_count(body, "limit", _LIMIT, _CAP),
        offset=_count(body, "offset", 0, None),
        keep_empty=bool(body.get("keepEmptyRows", False)),
    )


def check_lists(body: Mapping[str, Any], fields: tuple[str, ...]) -> None:
    """Raise Refusal when one of the fields is anything but a list of objects."""
    for field in fields:
        given = body.get(field, [])
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise invalid("ga4.L2.1.field", f"Invalid value at {field}: a list of objects is expected.")


def names(body: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Return the names of dimensions or metrics as they are asked for."""
    check_lists(body, (field,))
    asked = body.get(field, [])
    if not all(isinstance(one.get("name"), str) for one in asked):
        raise invalid("ga4.L2.1.field", f"Every one of {field} has a name.")
    return tuple(one["name"] for one in asked)


def check_fields(dimensions: tuple[str, ...], metrics: tuple[str, ...]) -> None:
    """Raise Refusal when a field is unknown, or item-scoped fields are mixed with those of events."""
    for name in dimensions:
        if name.startswith("item"):
            raise invalid("ga4.L2.3.incompatible", f"The dimension {name} is incompatible; item-scoped.")
        if name not in DIMENSIONS and not _CUSTOM.fullmatch(name):
            raise invalid("ga4.L2.5.400", f"Field {name} is not a valid dimension.")
    for name in metrics:
        if name not in METRICS:
            raise invalid("ga4.L2.5.400", f"Field {name} is not a valid metric.")


def matching(tree: Any, known: Callable[[str], bool] | None = None) -> Matches:
    """Return a filter as a predicate on a row's dimensions; raises Refusal. known: which fields it may name."""
    if tree is None:
        return lambda value_of: True
    if not isinstance(tree, dict) or len(tree) != 1:
        raise invalid("ga4.L2.1.filter", "A filter expression has one of andGroup, orGroup, notExpression, filter.")
    (kind, inner), *_ = tree.items()
    if not isinstance(inner, dict):
        raise invalid("ga4.L2.1.filter", f"Invalid value at {kind}: an object is expected.")
    if kind in ("andGroup", "orGroup"):
        check_lists(inner, ("expressions",))
        parts = [matching(one, known) for one in inner.get("expressions", [])]
        every = all if kind == "andGroup" else any
        return lambda value_of: every(part(value_of) for part in parts)
    if kind == "notExpression":
        part = matching(inner, known)
        return lambda value_of: not part(value_of)
    if kind != "filter":
        raise invalid("ga4.L2.1.filter", f"Unknown filter expression {kind}.")
    return _filter(inner, known or (lambda name: name in DIMENSIONS or _CUSTOM.fullmatch(name) is not None))


def _filter(one: Mapping[str, Any], known: Callable[[str], bool]) -> Matches:
    name = str(one.get("fieldName", ""))
    if not known(name):
        raise invalid("ga4.L2.5.400", f"Field {name} is not a valid dimension.")
    if not all(isinstance(given, dict) for field, given in one.items() if field != "fieldName"):
        raise invalid("ga4.L2.1.filter", "Invalid value in filter: an object is expected.")
    if "inListFilter" in one:
        given = one["inListFilter"]
        values = given.get("values")
        if not isinstance(values, list) or not values:
            raise invalid("ga4.L2.1.empty-list", "inListFilter needs values.")
        fold = _fold(given)
        wanted = {fold(str(value)) for value in values}
        return lambda value_of: fold(value_of(name)) in wanted
    if "stringFilter" in one:
        given = one["stringFilter"]
        match = _TEXT_MATCHES.get(given.get("matchType", "EXACT"))
        if match is None:
            raise invalid("ga4.L2.1.filter", f"Unknown matchType {given.get('matchType')}.")
        fold = _fold(given)
        wanted_text = fold(str(given.get("value", "")))
        return lambda value_of: match(fold(value_of(name)), wanted_text)
    raise invalid("ga4.L2.1.filter", "This sandbox knows stringFilter and inListFilter.")


def _fold(given: Mapping[str, Any]) -> Callable[[str], str]:
    """Case counts only where it is asked for."""
    return str if given.get("caseSensitive", False) else str.casefold


def _days(call: Call, body: Mapping[str, Any], stream: Stream) -> tuple[tuple[date, date], ...]:
    ranges = body.get("dateRanges", [])
    if not ranges:
        raise invalid("ga4.L2.1.no-dates", "A report needs dateRanges.")
    today = call.now.astimezone(ZoneInfo(stream.timezone)).date()
    days = [(_day(call, one.get("startDate"), today), _day(call, one.get("endDate"), today)) for one in ranges]
    if any(first > last for first, last in days):
        raise invalid("ga4.L2.1.dates-reversed", "endDate is before startDate.")
    return tuple(days)


def _day(call: Call, text: Any, today: date) -> date:
    relative = {"today": 0, "yesterday": 1}.get(str(text))
    found = _RELATIVE.fullmatch(str(text))
    if relative is not None or found:
        call.broke("ga4.L2.1.relative-date", "relative words resolve in the property's zone; send dates")
        return today - timedelta(days=int(found[1]) if found else relative or 0)
    try:
        return datetime.strptime(str(text), "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise invalid("ga4.L2.1.date", f"Invalid date {text}; use YYYY-MM-DD.") from None


def _order(
    body: Mapping[str, Any], dimensions: tuple[str, ...], metrics: tuple[str, ...]
) -> tuple[tuple[str, bool], ...]:
    order = []
    for one in body.get("orderBys", []):
        given = one.get("dimension", one.get("metric"))
        name = given.get("dimensionName", given.get("metricName")) if isinstance(given, dict) else None
        if name not in (*dimensions, *metrics):
            raise invalid("ga4.L2.1.order", f"orderBys names {name}, which is not in the report.")
        order.append((str(name), bool(one.get("desc", False))))
    return tuple(order)


def _count(body: Mapping[str, Any], field: str, default: int, cap: int | None) -> int:
    given = body.get(field, default)
    text = str(given)
    if isinstance(given, bool) or not text.isdecimal() or (field == "limit" and not 0 < int(text) <= (cap or 0)):
        raise invalid("ga4.L2.1.limit", f"{field} is out of range.")
    return int(text)
