"""The one function through which every writer of orders goes: orders in, conversions that wait for credit out.

The caller parses (a CSV, a webhook, a sweep of the shop's API) and stages whole states of orders; only what differs
is written, in the caller's transaction, together with its consequences (settle.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from include.delivery.enqueue import enqueue_refunds
from include.orders.adjustments import rewrite_adjustments
from include.orders.people import Collision, store_people
from include.orders.settle import Consequences, begin, settle
from include.orders.stages import (
    CONTEXT_SCHEMA,
    EDIT_SCHEMA,
    EDITED_LINE_SCHEMA,
    LINE_SCHEMA,
    ORDER_SCHEMA,
    REFUND_SCHEMA,
    SHOP_ORDER_SCHEMA,
    context_batches,
    edit_batches,
    edited_line_batches,
    line_batches,
    order_batches,
    refund_batches,
)
from include.orders.state import ShopStates
from include.storage.locks import lock_shop
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

COUNTABLE_STATUSES = frozenset({"paid", "partially_refunded", "refunded"})
"""financial_status of an order that is a conversion, unless it is a test; the statement that applies it is
queries/orders/create_wanted_conversions.sql."""


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


@dataclass(frozen=True)
class ShopCounts:
    """What became of a shop's states: orders, refunds by kind, edits whose result is still awaited.

    refund_collisions: refunds left out because their id has the hash of another; line indexes the refunds staged.
    """

    orders: OrderCounts
    refunds_new: int
    refunds_changed: int
    edits_noted: int
    refund_collisions: tuple[Collision, ...]


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
    counts = _merge_orders(session, tenant, staged)
    enqueue_refunds(session, tenant)
    return counts


def upsert_shop_states(session: TenantSession, tenant: Tenant, states: ShopStates) -> ShopCounts:
    """Store the newest states that a shop sent of its orders, lines, contexts and refunds, and what follows from them.

    An order is what its newest version says, with its lines and context, which are replaced whole; refunds are a union
    by id, kept before their order is known. An edit is noted until a state as new has come, its lines for good; days of
    which figures are stored enter the restate queue. As with upsert_orders
    nothing is committed here, and other writers wait until the caller commits.
    """
    begin(session, tenant)
    for name in ("lines", "contexts", "refunds", "edits", "edited_lines"):
        session.execute(f"orders/create_stage_of_{name}")
    orders = states.orders.values()
    staged = session.copy("stage_orders", order_batches(orders), SHOP_ORDER_SCHEMA)
    session.copy("stage_lines", line_batches(orders), LINE_SCHEMA)
    session.copy("stage_contexts", context_batches(orders), CONTEXT_SCHEMA)
    session.copy("stage_refunds", refund_batches(states.refunds.values()), REFUND_SCHEMA)
    session.copy("stage_edits", edit_batches(states.edits.values()), EDIT_SCHEMA)
    session.copy("stage_edited_lines", edited_line_batches(states.edited_lines.values()), EDITED_LINE_SCHEMA)
    session.execute("orders/analyze_stage_of_orders")
    session.execute("orders/analyze_stages_of_shop")
    lock_shop(session)
    refunds_new, refunds_changed, refund_collisions = _merge_refunds(session)
    counts = _merge_orders(session, tenant, staged)
    session.execute("orders/delete_replaced_lines")
    session.execute("orders/insert_lines")
    session.execute("orders/delete_replaced_contexts")
    session.execute("orders/insert_contexts")
    session.execute("orders/delete_arrived_edits")
    edits_noted = session.execute("orders/upsert_awaited_edits")
    session.execute("orders/insert_edited_lines", timezone=tenant.timezone)
    session.execute("orders/queue_refunded_days", timezone=tenant.timezone)
    rewrite_adjustments(session, tenant, "refunded")
    enqueue_refunds(session, tenant)
    return ShopCounts(counts, refunds_new, refunds_changed, edits_noted, refund_collisions)


def _merge_orders(session: TenantSession, tenant: Tenant, staged: int) -> OrderCounts:
    superseded = session.execute("orders/delete_superseded_orders")
    collisions = [Collision(*row) for row in session.rows("orders/delete_colliding_orders")]
    collisions += store_people(session, "orders")
    found = session.execute("orders/find_order_changes")
    session.execute("orders/find_evidence_of_orders")
    session.execute("orders/queue_changed_days", timezone=tenant.timezone)
    changed = session.execute("orders/update_orders")
    new = session.execute("orders/insert_orders")
    session.execute("orders/queue_changed_days", timezone=tenant.timezone)
    consequences = settle(session, tenant)
    unchanged = staged - superseded - len(collisions) - found
    return OrderCounts(staged, new, changed, unchanged, superseded, tuple(collisions), consequences)


def _merge_refunds(session: TenantSession) -> tuple[int, int, tuple[Collision, ...]]:
    """Return the number of new and of changed refunds, and those left out; refund_changes names their orders."""
    collisions = tuple(Collision(*row) for row in session.rows("orders/delete_colliding_refunds"))
    session.execute("orders/create_refund_matches")
    session.execute("orders/find_refund_changes")
    changed = session.execute("orders/update_refunds")
    new = session.execute("orders/insert_refunds")
    return new, changed, collisions
