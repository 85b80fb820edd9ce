"""Columns in which states of orders are staged, and the states of shopify.py as batches of them."""

from collections.abc import Collection, Iterable, Iterator
from operator import attrgetter
from typing import Any

import orjson
import pyarrow as pa

from include.orders.state import Context, EditedLine, EditHint, OrderState, RefundState

_INSTANT = pa.timestamp("us", "UTC")


def _required(name: str, kind: pa.DataType) -> "pa.Field[Any]":
    return pa.field(name, kind, nullable=False)


_ORDER_FIELDS: "list[pa.Field[Any]]" = [
    _required("line", pa.int64()),
    _required("order_id", pa.int64()),
    _required("external_id", pa.string()),
    _required("source", pa.string()),
    pa.field("source_name", pa.string()),
    _required("placed_at", _INSTANT),
    pa.field("cancelled_at", _INSTANT),
    _required("test", pa.bool_()),
    _required("financial_status", pa.string()),
    pa.field("customer_id", pa.int64()),
    pa.field("customer_external_id", pa.string()),
    pa.field("visitor_id", pa.int64()),
    pa.field("visitor_external_id", pa.string()),
    _required("currency", pa.string()),
    _required("total_minor", pa.int64()),
    _required("row_digest", pa.int64()),
]
ORDER_SCHEMA = pa.schema(_ORDER_FIELDS)
"""One row per state of an order. line: the writer's own number, ascending; of several rows of one order the last one
counts. Ids are those of include/orders/row_ids.py; total_minor in minor units of currency; row_digest a stable hash of
the fields that the writer knows: an equal one means an unchanged order."""

SHOP_ORDER_SCHEMA = pa.schema(
    [
        *_ORDER_FIELDS,
        _required("updated_at", _INSTANT),
        _required("triggered_at", _INSTANT),
        pa.field("name", pa.string()),
        pa.field("processed_at", _INSTANT),
        *(pa.field(f"{part}_minor", pa.int64()) for part in ("gross", "discounts", "shipping", "tax", "tips")),
        pa.field("taxes_included", pa.bool_()),
        pa.field("gateway", pa.string()),
        pa.field("presentment_currency", pa.string()),
    ]
)
"""ORDER_SCHEMA and what only a shop's API says; (updated_at, triggered_at, row_digest) is the version of the state."""

LINE_SCHEMA = pa.schema(
    [
        _required("order_id", pa.int64()),
        _required("line_id", pa.int64()),
        *(pa.field(name, pa.string()) for name in ("product_id", "variant_id", "sku")),
        *(_required(name, pa.int64()) for name in ("quantity", "unit_price_minor", "discount_minor", "tax_minor")),
        _required("gift_card", pa.bool_()),
    ]
)
CONTEXT_SCHEMA = pa.schema(
    [
        _required("order_id", pa.int64()),
        *(
            pa.field(name, pa.string())
            for name in (
                "ga_client_id",
                "ga_session_id",
                "fbp",
                "fbc",
                "ttclid",
                "ttp",
                "ip",
                "user_agent",
                "landing_url",
            )
        ),
        _required("identifiers", pa.string()),
        _required("consent", pa.string()),
        pa.field("consent_source", pa.string()),
        pa.field("consent_at", _INSTANT),
    ]
)
"""identifiers and consent are JSON texts."""

REFUND_SCHEMA = pa.schema(
    [
        _required("line", pa.int64()),
        _required("refund_id", pa.int64()),
        _required("external_id", pa.string()),
        _required("order_id", pa.int64()),
        _required("refunded_at", _INSTANT),
        _required("currency", pa.string()),
        *(_required(f"{part}_minor", pa.int64()) for part in ("goods", "shipping", "tax")),
        _required("restocked", pa.bool_()),
        _required("lines", pa.string()),
        _required("updated_at", _INSTANT),
        _required("triggered_at", _INSTANT),
        _required("row_digest", pa.int64()),
    ]
)
"""line: as in ORDER_SCHEMA. lines: JSON text."""

EDIT_SCHEMA = pa.schema(
    [_required("order_id", pa.int64()), _required("external_id", pa.string()), _required("committed_at", _INSTANT)]
)
EDITED_LINE_SCHEMA = pa.schema(
    [
        *(_required(name, pa.int64()) for name in ("edit_id", "line_id", "order_id")),
        _required("committed_at", _INSTANT),
        _required("quantity", pa.int64()),
    ]
)

_BATCH_ROWS = 20_000


def order_batches(orders: Collection[OrderState]) -> Iterator[pa.RecordBatch]:
    """Yield batches of SHOP_ORDER_SCHEMA; line counts from 0 in the order given."""
    read = attrgetter(*SHOP_ORDER_SCHEMA.names[1:])
    return _batches(((line, *read(order)) for line, order in enumerate(orders)), SHOP_ORDER_SCHEMA)


def line_batches(orders: Iterable[OrderState]) -> Iterator[pa.RecordBatch]:
    """Yield batches of LINE_SCHEMA."""
    read = attrgetter(*LINE_SCHEMA.names[1:])
    return _batches(((order.order_id, *read(line)) for order in orders for line in order.lines), LINE_SCHEMA)


def context_batches(orders: Iterable[OrderState]) -> Iterator[pa.RecordBatch]:
    """Yield batches of CONTEXT_SCHEMA."""
    return _batches((_context_row(order.order_id, order.context) for order in orders), CONTEXT_SCHEMA)


def refund_batches(refunds: Iterable[RefundState]) -> Iterator[pa.RecordBatch]:
    """Yield batches of REFUND_SCHEMA; line counts from 0 in the order given."""
    return _batches((_refund_row(line, refund) for line, refund in enumerate(refunds)), REFUND_SCHEMA)


def edit_batches(edits: Iterable[EditHint]) -> Iterator[pa.RecordBatch]:
    """Yield batches of EDIT_SCHEMA."""
    return _batches(((edit.order_id, edit.external_id, edit.committed_at) for edit in edits), EDIT_SCHEMA)


def edited_line_batches(lines: Iterable[EditedLine]) -> Iterator[pa.RecordBatch]:
    """Yield batches of EDITED_LINE_SCHEMA."""
    read = attrgetter(*EDITED_LINE_SCHEMA.names)
    return _batches((read(line) for line in lines), EDITED_LINE_SCHEMA)


def _context_row(order_id: int, context: Context) -> tuple[Any, ...]:
    return (
        order_id,
        context.ga_client_id,
        context.ga_session_id,
        context.fbp,
        context.fbc,
        context.ttclid,
        context.ttp,
        context.ip,
        context.user_agent,
        context.landing_url,
        orjson.dumps(context.identifiers).decode(),
        orjson.dumps(context.consent).decode(),
        context.consent_source,
        context.consent_at,
    )


def _refund_row(line: int, refund: RefundState) -> tuple[Any, ...]:
    return (
        line,
        refund.refund_id,
        refund.external_id,
        refund.order_id,
        refund.refunded_at,
        refund.currency,
        refund.goods_minor,
        refund.shipping_minor,
        refund.tax_minor,
        refund.restocked,
        orjson.dumps(refund.lines).decode(),
        refund.updated_at,
        refund.triggered_at,
        refund.row_digest,
    )


def _batches(rows: Iterable[tuple[Any, ...]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    held = list(rows)
    for start in range(0, len(held), _BATCH_ROWS):
        columns = zip(*held[start : start + _BATCH_ROWS], strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
