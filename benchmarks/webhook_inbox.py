"""Draining a full webhook inbox, against inserting the same rows with one prepared COPY-and-merge.

The other has the bodies in memory, parses them, copies the rows into temporary tables and merges them, one statement
per table, in one transaction without policies: the newest state of each order with its lines and context, refunds,
customers, visitors, who they are, and the conversions. Ours claims from the inbox, reads the bodies there, keeps its
promises of order and identity, and marks each delivery done, through row-level security. A shop has a past: both begin
with orders stored and analyzed. The second row leaves the parsing out of the other, which no program can.
"""

import multiprocessing
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any

import pgpq
import psycopg
import pyarrow as pa

from benchmarks.loaded_tenant import TENANT, LoadedTenant, bench_server, fresh_database
from benchmarks.report import Row
from include.jobs.request import JobRequest, JobResult
from include.jobs.steps import run_steps
from include.jobs.webhook_queue import drain_webhooks
from include.orders.shopify import parse_delivery
from include.orders.stages import (
    CONTEXT_SCHEMA,
    LINE_SCHEMA,
    REFUND_SCHEMA,
    SHOP_ORDER_SCHEMA,
    context_batches,
    line_batches,
    order_batches,
    refund_batches,
)
from include.orders.state import OrderState, RefundState
from include.storage.sql import statement
from sandbox.world.profiles import DEMO_END, DEMO_SHOPS, DEMO_START, scaled
from sandbox.world.webhooks import Delivery, deliveries
from sandbox.world.world import generate

_NOW = datetime(2027, 1, 1, tzinfo=UTC)
_DELIVERIES = 100_000
_SMALL = 20_000
_PAST = 20_000
_REPETITIONS = 3
_AT_ONCE = 5_000
_TABLES = (
    "webhook_inbox, orders, order_lines, order_context, refunds, awaited_edits, customers, visitors,"
    " visitor_identities, conversions, attribution_queue, conversion_audit, quarantine"
)

Stage = tuple[str, pa.Schema, list[pa.RecordBatch]]


def measure(number: int = _DELIVERIES) -> list[Row]:
    """Return the ratio of rates, medians of runs in turn, and of peak memory at five times the inbox."""
    with bench_server() as server:
        database = fresh_database(server, "bench_inbox")
        past, queued = _some(_PAST, number)
        ours, parsings, merges = [], [], []
        for _ in range(_REPETITIONS):
            _begin(database, past)
            _receive(database, queued)
            ours.append(_drain(database, number))
            written = _written(database)
            _begin(database, past)
            begun = time.perf_counter()
            stages = _stages(queued)
            parsings.append(time.perf_counter() - begun)
            merges.append(_merge(database, stages))
            if written != _written(database):
                raise RuntimeError(f"the other wrote other rows: {written} and {_written(database)}")
        peaks = [_peak_of_drain(database, queued[:part]) for part in (_SMALL, number)]
    mine, parsing, merge = (sorted(times)[_REPETITIONS // 2] for times in (ours, parsings, merges))
    return [
        Row(
            f"inbox, {number:,} webhooks drained | parse, COPY and merge",
            f"{number / mine:,.0f}/s",
            f"{number / (parsing + merge):,.0f}/s",
            (parsing + merge) / mine,
            0.6,
            at_least=True,
        ),
        Row(
            "the same | COPY and merge of rows parsed before",
            f"{number / mine:,.0f}/s",
            f"{number / merge:,.0f}/s",
            merge / mine,
            None,
        ),
        Row(
            "peak memory of a drain, five times the inbox",
            f"{peaks[1] / 1024:.0f} MB",
            f"{peaks[0] / 1024:.0f} MB",
            peaks[1] / peaks[0],
            1.25,
        ),
    ]


def _some(past: int, number: int) -> tuple[list[Delivery], list[Delivery]]:
    shop = scaled(DEMO_SHOPS[0], (past + number) / 25_000)
    world = generate(shop, 7, DEMO_START, DEMO_END)
    found = list(islice(deliveries(world, None, _NOW), past + number))
    if len(found) < past + number:
        raise RuntimeError(f"the world sends {len(found):,} webhooks only")
    return found[:past], found[past:]


def _begin(database: LoadedTenant, past: list[Delivery]) -> None:
    """Leave the orders of the past in the tables and nothing in the inbox."""
    tables = ", ".join(f"analytics.{name.strip()}" for name in _TABLES.split(","))
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(f"truncate {tables}")
        _receive(database, past)
        _drain(database, len(past))
        connection.execute("truncate analytics.webhook_inbox")
        connection.execute(f"vacuum analyze {tables}")
        connection.execute("checkpoint")


def _receive(database: LoadedTenant, queued: Iterable[Delivery]) -> None:
    copy = (
        "copy analytics.webhook_inbox (tenant_id, topic, webhook_id, event_id, triggered_at, received_at, payload)"
        " from stdin"
    )
    tenant = TENANT.tenant_id
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        with connection.cursor().copy(copy) as stream:
            for one in queued:
                stream.write_row(
                    (tenant, one.topic, one.webhook_id, one.event_id, one.triggered_at, one.received_at, one.payload)
                )
        connection.execute("vacuum analyze analytics.webhook_inbox")
        connection.execute("checkpoint")


def _drain(database: LoadedTenant, number: int) -> float:
    begun = time.perf_counter()
    request = JobRequest("attribution_webhook_queue", "bench", _NOW)
    steps = run_steps(database.jobs_url, TENANT, drain_webhooks, request)
    result = reduce(JobResult.followed_by, steps, JobResult())
    if result.counts.get("received", 0) != number or result.counts["quarantined"]:
        raise RuntimeError(f"not every webhook was used: {result.counts}")
    return time.perf_counter() - begun


def _stages(queued: Iterable[Delivery]) -> list[Stage]:
    orders, refunds = [], []
    for one in queued:
        state = parse_delivery(
            one.topic, one.payload, tenant_id=TENANT.tenant_id, triggered_at=one.triggered_at, now=_NOW
        )
        if isinstance(state, OrderState):
            orders.append(state)
            refunds.extend(state.refunds)
        elif isinstance(state, RefundState):
            refunds.append(state)
    newest = {order.order_id: order for order in sorted(orders, key=lambda order: order.version)}
    return [
        ("stage_orders", SHOP_ORDER_SCHEMA, list(order_batches(orders))),
        ("stage_lines", LINE_SCHEMA, list(line_batches(newest.values()))),
        ("stage_contexts", CONTEXT_SCHEMA, list(context_batches(newest.values()))),
        ("stage_refunds", REFUND_SCHEMA, list(refund_batches(refunds))),
    ]


def _merge(database: LoadedTenant, stages: list[Stage]) -> float:
    begun = time.perf_counter()
    with psycopg.connect(database.superuser_url) as connection:
        for name in ("orders", "lines", "contexts", "refunds"):
            connection.execute(statement(f"orders/create_stage_of_{name}"))
        for table, schema, batches in stages:
            columns = ", ".join(schema.names)
            with connection.cursor().copy(f"copy {table} ({columns}) from stdin (format binary)") as stream:
                for chunk in _encoded(schema, batches):
                    stream.write(chunk)
        connection.execute("analyze stage_orders, stage_lines, stage_contexts, stage_refunds")
        for text in _MERGES:
            connection.execute(text, {"tenant_id": TENANT.tenant_id})
    return time.perf_counter() - begun


def _encoded(schema: pa.Schema, batches: list[pa.RecordBatch]) -> Iterator[bytes]:
    encoder = pgpq.ArrowToPostgresBinaryEncoder(schema)
    yield encoder.write_header()
    for batch in batches:
        for start in range(0, batch.num_rows, _AT_ONCE):
            yield encoder.write_batch(batch.slice(start, _AT_ONCE))
    yield encoder.finish()


def _written(database: LoadedTenant) -> dict[str, int]:
    tables = ("orders", "order_lines", "order_context", "refunds", "customers", "visitors", "conversions")
    with psycopg.connect(database.superuser_url) as connection:
        return {
            table: connection.execute(f"select count(*) from analytics.{table}").fetchall()[0][0] for table in tables
        }


def _peak_of_drain(database: LoadedTenant, queued: list[Delivery]) -> int:
    """Return the peak resident memory, in KB, of a fresh process that drains the inbox once."""
    _begin(database, [])
    _receive(database, queued)
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe()
    process = context.Process(target=_report_peak, args=(database, len(queued), sender))
    process.start()
    peak = int(receiver.recv())
    process.join()
    return peak


def _report_peak(database: LoadedTenant, number: int, sender: Any) -> None:
    _drain(database, number)
    # Not ru_maxrss: a spawned process inherits that of the one that started it, which holds all the bodies.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    sender.send(peak)


_NEWEST = """
    select distinct on (order_id) *
    from stage_orders
    order by order_id, updated_at desc, triggered_at desc, row_digest desc
"""
_ORDER = (
    "order_id, external_id, source, source_name, placed_at, cancelled_at, test, financial_status, customer_id,"
    " visitor_id, currency, total_minor, row_digest, updated_at, triggered_at, name, processed_at, gross_minor,"
    " discounts_minor, shipping_minor, tax_minor, tips_minor, taxes_included, gateway, presentment_currency"
)
_LINE = (
    "order_id, line_id, product_id, variant_id, sku, quantity, unit_price_minor, discount_minor, tax_minor, gift_card"
)
_CONTEXT = (
    "order_id, ga_client_id, ga_session_id, fbp, fbc, ttclid, ttp, ip, user_agent, landing_url, identifiers, consent,"
    " consent_source, consent_at"
)
_REFUND = (
    "refund_id, external_id, order_id, refunded_at, currency, goods_minor, shipping_minor, tax_minor, restocked, lines,"
    " updated_at, triggered_at, row_digest"
)


def _set(columns: str) -> str:
    return ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in columns.split(",")[1:])


_MERGES = (
    f"insert into analytics.orders (tenant_id, {_ORDER}) select %(tenant_id)s, {_ORDER} from ({_NEWEST}) as newest"
    f" on conflict (tenant_id, order_id) do update set {_set(_ORDER)}"
    " where (excluded.updated_at, excluded.triggered_at, excluded.row_digest)"
    " > (orders.updated_at, orders.triggered_at, orders.row_digest)",
    f"insert into analytics.order_lines (tenant_id, {_LINE}) select %(tenant_id)s, {_LINE} from stage_lines"
    f" on conflict (tenant_id, order_id, line_id) do update set {_set(_LINE)}",
    f"insert into analytics.order_context (tenant_id, {_CONTEXT})"
    f" select %(tenant_id)s, {_CONTEXT.replace('identifiers, consent,', 'identifiers::jsonb, consent::jsonb,')}"
    f" from stage_contexts on conflict (tenant_id, order_id) do update set {_set(_CONTEXT)}",
    f"insert into analytics.refunds (tenant_id, {_REFUND})"
    f" select distinct on (refund_id) %(tenant_id)s, {_REFUND.replace('lines,', 'lines::jsonb,')} from stage_refunds"
    " order by refund_id, updated_at desc, triggered_at desc, row_digest desc"
    f" on conflict (tenant_id, refund_id) do update set {_set(_REFUND)}",
    "insert into analytics.customers (tenant_id, customer_id, external_id, first_order_at)"
    " select %(tenant_id)s, customer_id, min(customer_external_id), min(placed_at) from stage_orders"
    " where customer_id is not null group by customer_id on conflict (tenant_id, customer_id) do nothing",
    "insert into analytics.visitors (tenant_id, visitor_id, external_id)"
    " select %(tenant_id)s, visitor_id, min(visitor_external_id) from stage_orders"
    " where visitor_id is not null group by visitor_id on conflict (tenant_id, visitor_id) do nothing",
    "insert into analytics.visitor_identities (tenant_id, visitor_id, customer_id, valid_from)"
    " select %(tenant_id)s, visitor_id, customer_id, min(placed_at) from stage_orders"
    " where visitor_id is not null and customer_id is not null group by visitor_id, customer_id"
    " on conflict (tenant_id, visitor_id, customer_id) do update"
    " set valid_from = least(visitor_identities.valid_from, excluded.valid_from)",
    "insert into analytics.conversions (tenant_id, conversion_id, order_id, visitor_id, customer_id, occurred_at,"
    " cancelled_at, value_minor, currency, is_new_customer)"
    " select %(tenant_id)s, order_id, order_id, visitor_id, customer_id, placed_at, cancelled_at, total_minor,"
    " currency, row_number() over (partition by customer_id order by placed_at, order_id) = 1"
    f" from ({_NEWEST}) as newest"
    " where not test and financial_status in ('paid', 'partially_refunded', 'refunded')"
    " on conflict (tenant_id, conversion_id) do update set value_minor = excluded.value_minor,"
    " cancelled_at = excluded.cancelled_at, status = 'pending'",
)
