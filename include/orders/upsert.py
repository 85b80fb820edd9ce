"""The one function through which every writer of orders goes: orders in, conversions that wait for credit out.

The caller parses (a CSV, a webhook, a sweep of the shop's API) and stages whole states of orders; only what differs
is written, in the caller's transaction, together with its consequences (settle.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from include.orders.people import Collision, store_people
from include.orders.settle import Consequences, begin, lock_shop, settle
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

COUNTABLE_STATUSES = frozenset({"paid", "partially_refunded", "refunded"})
"""financial_status of an order that is a conversion, unless it is a test; the statement that applies it is
queries/orders/create_wanted_conversions.sql."""

_ORDER_SCHEMA_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("line", pa.int64(), nullable=False),
    pa.field("order_id", pa.int64(), nullable=False),
    pa.field("external_id", pa.string(), nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("source_name", pa.string()),
    pa.field("placed_at", pa.timestamp("us", "UTC"), nullable=False),
    pa.field("cancelled_at", pa.timestamp("us", "UTC")),
    pa.field("test", pa.bool_(), nullable=False),
    pa.field("financial_status", pa.string(), nullable=False),
    pa.field("customer_id", pa.int64()),
    pa.field("customer_external_id", pa.string()),
    pa.field("visitor_id", pa.int64()),
    pa.field("visitor_external_id", pa.string()),
    pa.field("currency", pa.string(), nullable=False),
    pa.field("total_minor", pa.int64(), nullable=False),
    pa.field("row_digest", pa.int64(), nullable=False),
]
ORDER_SCHEMA = pa.schema(_ORDER_SCHEMA_FIELDS)
"""One row per state of an order. line: the writer's own number, ascending; of several rows of one order the last one
counts. Ids are those of include/orders/row_ids.py; total_minor in minor units of currency; row_digest a stable hash of
the fields that the writer knows: an equal one means an unchanged order."""


@dataclass(frozen=True)
class OrderCounts:
    """What became of the staged rows: staged = new + changed + unchanged + superseded + collisions."""

    staged: int
    new: int
    changed: int
    unchanged: int
    superseded: int
    collisions: tuple[Collision, ...]
    consequences: Consequences


def upsert_orders(session: TenantSession, tenant: Tenant, orders: Iterable[pa.RecordBatch]) -> OrderCounts:
    """Store states of orders and bring conversions, customers, visitors and identities up to them.

    orders: batches of ORDER_SCHEMA, read once. An order without customer and visitor is kept. Nothing is committed
    here. Other writers of the tenant's orders and touches wait from the end of reading until the caller commits.
    """
    begin(session, tenant)
    staged = session.copy("stage_orders", orders, ORDER_SCHEMA)
    return merge_staged_orders(session, tenant, staged)


def merge_staged_orders(session: TenantSession, tenant: Tenant, staged: int) -> OrderCounts:
    """Do the work of upsert_orders on rows that the caller copied into stage_orders itself, after settle.begin."""
    session.execute("orders/analyze_stage_of_orders")
    lock_shop(session)
    superseded = session.execute("orders/delete_superseded_orders")
    collisions = [Collision(*row) for row in session.rows("orders/delete_colliding_orders")]
    collisions += store_people(session, "orders")
    found = session.execute("orders/find_order_changes")
    session.execute("orders/find_evidence_of_orders")
    changed = session.execute("orders/update_orders")
    new = session.execute("orders/insert_orders")
    consequences = settle(session, tenant)
    unchanged = staged - superseded - len(collisions) - found
    return OrderCounts(staged, new, changed, unchanged, superseded, tuple(collisions), consequences)
