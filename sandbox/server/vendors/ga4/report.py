"""What a report of the Data API shows of a stream: rows of strings, zero and empty left out. Source: L2.1, L2.6.

Pure: a request that was found right, the stream and an instant in, the body of the reply out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.server.vendors.ga4.stream import Hit, Stream
from sandbox.world.exchange_rates import convert

OTHER = "(other)"
METRICS = {
    "ecommercePurchases": "TYPE_INTEGER",
    "transactions": "TYPE_INTEGER",
    "eventCount": "TYPE_INTEGER",
    "grossPurchaseRevenue": "TYPE_CURRENCY",
    "purchaseRevenue": "TYPE_CURRENCY",
    "refundAmount": "TYPE_CURRENCY",
}
DIMENSIONS = ("date", "transactionId", "eventName", "currencyCode")
REVENUE = frozenset(name for name, kind in METRICS.items() if kind == "TYPE_CURRENCY")

Matches = Callable[[Callable[[str], str]], bool]


@dataclass(frozen=True)
class Asked:
    """A report asked for; days are of the property's zone, both ends included."""

    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    days: tuple[tuple[date, date], ...]
    matches: Matches
    currency: str
    order: tuple[tuple[str, bool], ...]
    limit: int
    offset: int
    keep_empty: bool = False


@dataclass(frozen=True)
class Blurred:
    """What a test asks the vendor to hide: metrics of revenue, rows below a threshold, ids beyond a limit of rows."""

    restricted: bool = False
    thresholded: bool = False
    sampled: bool = False
    rows_before_other: int | None = None


@dataclass
class _Cell:
    counted: dict[str, Decimal] = field(default_factory=dict)

    def add(self, values: Mapping[str, Decimal]) -> None:
        for name, value in values.items():
            self.counted[name] = self.counted.get(name, Decimal(0)) + value


def report(asked: Asked, stream: Stream, now: datetime, blurred: Blurred) -> dict[str, Any]:
    """Return the body of runReport, without propertyQuota."""
    cells: dict[tuple[str, ...], _Cell] = {}
    for hit in stream.hits:
        if hit.shown_from > now or not _within(hit, asked, stream.timezone):
            continue
        if asked.matches(lambda name, hit=hit: dimension(hit, name, stream)):  # type: ignore[misc]
            key = tuple(dimension(hit, name, stream) for name in asked.dimensions)
            cells.setdefault(key, _Cell()).add(_metrics(hit, asked.currency))
    if blurred.rows_before_other is not None and "transactionId" in asked.dimensions:
        cells = _with_other(cells, asked.dimensions, blurred.rows_before_other)
    rows = [
        (key, values)
        for key, cell in cells.items()
        if any(values := _shown(cell, asked.metrics, blurred)) or asked.keep_empty
    ]
    if blurred.thresholded:
        rows = rows[: len(rows) // 2]
    rows = _ordered(rows, asked)
    page = rows[asked.offset : asked.offset + asked.limit]
    body: dict[str, Any] = {
        "dimensionHeaders": [{"name": name} for name in asked.dimensions],
        "metricHeaders": [{"name": name, "type": METRICS[name]} for name in asked.metrics],
        "rows": [
            {
                "dimensionValues": [{"value": value} for value in key],
                "metricValues": [{"value": f"{value.normalize():f}"} for value in values],
            }
            for key, values in page
        ],
        "rowCount": len(rows),
        "metadata": _metadata(asked, stream, blurred),
        "kind": "analyticsData#runReport",
    }
    # Empty and zero fields are not on the wire.
    return {name: value for name, value in body.items() if value not in ([], 0)}


def dimension(hit: Hit, name: str, stream: Stream) -> str:
    """Return a dimension of one event as text."""
    if name == "date":
        return hit.at.astimezone(ZoneInfo(stream.timezone)).strftime("%Y%m%d")
    if name.startswith("customEvent:"):
        return str(hit.params.get(name.partition(":")[2], "(not set)"))
    known = {"transactionId": hit.transaction_id, "eventName": hit.name, "currencyCode": hit.currency or "(not set)"}
    return known[name]


def _within(hit: Hit, asked: Asked, timezone: str) -> bool:
    day = hit.at.astimezone(ZoneInfo(timezone)).date()
    return any(first <= day <= last for first, last in asked.days)


def _metrics(hit: Hit, currency: str) -> dict[str, Decimal]:
    sold = Decimal(hit.name == "purchase" and hit.counts)
    refunded = Decimal(hit.name == "refund")
    # Without a currency there is no revenue, though there is a purchase.
    value = convert(hit.value, hit.currency, currency, hit.at.date()) if hit.currency else Decimal(0)
    value = value if hit.currency == currency else value.quantize(Decimal("0.000001"))
    return {
        "ecommercePurchases": sold,
        "transactions": sold + refunded,
        "eventCount": Decimal(1),
        "grossPurchaseRevenue": sold * value,
        "purchaseRevenue": (sold - refunded) * value,
        "refundAmount": refunded * value,
    }


def _shown(cell: _Cell, metrics: Iterable[str], blurred: Blurred) -> list[Decimal]:
    # A role without revenue rights gets zeros, not an error.
    return [Decimal(0) if blurred.restricted and name in REVENUE else cell.counted[name] for name in metrics]


def _with_other(
    cells: dict[tuple[str, ...], _Cell], dimensions: tuple[str, ...], kept: int
) -> dict[tuple[str, ...], _Cell]:
    at = dimensions.index("transactionId")
    made: dict[tuple[str, ...], _Cell] = {}
    for number, (key, cell) in enumerate(sorted(cells.items(), key=lambda one: one[0])):
        hidden = (*key[:at], OTHER, *key[at + 1 :])
        made.setdefault(key if number < kept else hidden, _Cell()).add(cell.counted)
    return made


def _ordered(rows: list[tuple[tuple[str, ...], list[Decimal]]], asked: Asked) -> list[Any]:
    for name, descending in reversed(asked.order):
        if name in asked.dimensions:
            at = asked.dimensions.index(name)
            rows = sorted(rows, key=lambda row: row[0][at], reverse=descending)
        else:
            at = asked.metrics.index(name)
            rows = sorted(rows, key=lambda row: row[1][at], reverse=descending)
    return rows


def _metadata(asked: Asked, stream: Stream, blurred: Blurred) -> dict[str, Any]:
    metadata: dict[str, Any] = {"currencyCode": asked.currency, "timeZone": stream.timezone}
    if blurred.rows_before_other is not None:
        metadata["dataLossFromOtherRow"] = True
    if blurred.thresholded:
        metadata["subjectToThresholding"] = True
    if blurred.sampled:
        metadata["samplingMetadatas"] = [{"samplesReadCount": "400000", "samplingSpaceSize": "900000"}]
    if blurred.restricted:
        restricted = [
            {"metricName": m, "restrictedMetricTypes": ["REVENUE_DATA"]} for m in asked.metrics if m in REVENUE
        ]
        metadata["schemaRestrictionResponse"] = {"activeMetricRestrictions": restricted}
    return metadata
