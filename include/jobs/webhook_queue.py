"""Job 12, attribution_webhook_queue: the tenant's webhook inbox becomes orders, refunds and conversions.

Two steps take turns, each committed by itself: claim the oldest deliveries, then apply them. A claim is counted before
anything is read, so a payload that kills its task is claimed in ever smaller company and in the end put aside alone.
What a delivery says is read by include/orders/shopify.py; what its states lead to is the business of
include/orders/upsert.py.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import pyarrow as pa

from include.errors import InvalidInput
from include.ids import stable_id
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.orders.people import Collision
from include.orders.shopify import ORDER_TOPICS, parse_delivery
from include.orders.state import Delivery, OrderState, RefundState, ShopStates
from include.orders.upsert import ShopCounts, upsert_shop_states
from include.storage.deadline import Deadline
from include.storage.locks import lock_shop
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

CLAIMED_AT_ONCE = (20_000, 1_000, 50, 1, 1)
"""Deliveries of one claim, by how often they were claimed before: 20,000 applied or 20,000 applied again is seconds."""
MOST_CLAIMS = len(CLAIMED_AT_ONCE)
"""Claims without an end after which a delivery is quarantined: its task died or failed that often."""

_SLICE = 5_000
"""Deliveries that are parsed and merged at once; about 40 MB of bodies."""
_OUTCOME_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("topic", pa.string(), nullable=False),
    pa.field("webhook_id", pa.string(), nullable=False),
    pa.field("reason", pa.string()),
    pa.field("quarantine_id", pa.int64()),
]
_OUTCOME_SCHEMA = pa.schema(_OUTCOME_FIELDS)

Key = tuple[str, str]
"""Topic and webhook id."""


@dataclass
class _Slice:
    """Deliveries parsed: their states, whose they are, and the reasons of those that say nothing usable."""

    states: ShopStates = field(default_factory=ShopStates)
    origins: dict[int, list[Key]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[Key, str] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, key: Key, delivery: Delivery) -> None:
        self.states.add(delivery)
        if isinstance(delivery, OrderState):
            self.origins[delivery.order_id].append(key)
            for refund in delivery.refunds:
                self.origins[refund.refund_id].append(key)
        elif isinstance(delivery, RefundState):
            self.origins[delivery.refund_id].append(key)

    def refuse(self, collisions: Iterable[Collision], ids: Sequence[int]) -> None:
        """Put aside the deliveries of rows that collided; ids are those of the staged rows, by line."""
        for collision in collisions:
            for key in self.origins[ids[collision.line]]:
                self.refused[key] = collision.reason


def drain_webhooks(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Claim the oldest deliveries that are queued, or that a dead task left, to be applied by the next step.

    Stops with `waiting` = deliveries left once a quarter of the deadline is left. A dry run claims nothing and counts
    what the first slice would be.
    """
    if request.dry_run:
        return _rehearse(session, tenant, request)
    if _is_late(session.deadline):
        row = session.row("webhooks/count_waiting")
        return JobResult(waiting=row.waiting if row else 0)
    # Whoever waits here for a long import has claimed nothing yet, so that the wait cannot count against deliveries.
    lock_shop(session)
    counts = {"quarantined": _quarantine_exhausted(session)}
    for attempts, limit in enumerate(CLAIMED_AT_ONCE):
        rows = session.rows("webhooks/claim_deliveries", attempts=attempts, limit=limit)
        if rows:
            rows.sort(key=lambda row: (row.triggered_at, row.received_at))
            claimed = [(row.topic, row.webhook_id) for row in rows]
            return JobResult(counts=counts, then=partial(_apply, claimed=claimed))
    return JobResult(counts=counts)


def _apply(
    session: TenantSession,
    clients: Mapping[str, object],
    tenant: Tenant,
    request: JobRequest,
    *,
    claimed: Sequence[Key],
) -> JobResult:
    """Store what the claimed deliveries say, put aside those that say nothing usable, and claim again."""
    counts: Counter[str] = Counter(received=len(claimed))
    parsing = storing = 0.0
    refused: dict[Key, str] = {}
    changed = False
    for part in _parsed(session, tenant, request.now, claimed):
        started = time.perf_counter()
        stored = upsert_shop_states(session, tenant, part.states)
        part.refuse(stored.orders.collisions, list(part.states.orders))
        part.refuse(stored.refund_collisions, list(part.states.refunds))
        refused |= part.refused
        counts.update(_counts_of(stored, part))
        changed = changed or stored.orders.consequences.any_waits or bool(stored.refunds_new + stored.refunds_changed)
        parsing += part.seconds
        storing += time.perf_counter() - started
    _end(session, claimed, refused)
    timed = {"seconds_parse": round(parsing, 3), "seconds_store": round(storing, 3)}
    return JobResult(counts={**counts, "quarantined": len(refused), **timed}, changed=changed, then=drain_webhooks)


def _parsed(session: TenantSession, tenant: Tenant, now: datetime, claimed: Sequence[Key]) -> Iterator[_Slice]:
    keys = iter(claimed)
    while part := list(islice(keys, _SLICE)):
        names = json.dumps([{"topic": topic, "webhook_id": webhook_id} for topic, webhook_id in part])
        yield _parse(session.columns("webhooks/select_deliveries", claimed=names, now=now), tenant, now)


def _parse(deliveries: pa.Table, tenant: Tenant, now: datetime) -> _Slice:
    started = time.perf_counter()
    part = _Slice()
    # Topics of one event often carry one body, such as orders/create and orders/paid: read once.
    read: dict[tuple[bool, datetime, bytes], Delivery] = {}
    columns = [deliveries[name].to_pylist() for name in ("topic", "webhook_id", "triggered_at", "payload")]
    for topic, webhook_id, triggered_at, payload in zip(*columns, strict=True):
        key, body = (topic, webhook_id), (topic in ORDER_TOPICS, triggered_at, payload)
        try:
            delivery = read.get(body) if body[0] else None
            if delivery is None:
                delivery = parse_delivery(
                    topic, payload, tenant_id=tenant.tenant_id, triggered_at=triggered_at, now=now
                )
                read[body] = delivery
            part.add(key, delivery)
        except InvalidInput as error:
            part.refused[key] = str(error)
    part.seconds = time.perf_counter() - started
    return part


def _counts_of(stored: ShopCounts, part: _Slice) -> dict[str, int]:
    consequences = stored.orders.consequences
    return {
        "orders_new": stored.orders.new,
        "orders_changed": stored.orders.changed,
        "orders_stale": stored.orders.unchanged + part.states.stale_orders,
        "refunds_new": stored.refunds_new,
        "refunds_changed": stored.refunds_changed,
        "edits_noted": stored.edits_noted,
        "conversions_new": consequences.inserted,
        "conversions_changed": consequences.changed,
        "conversions_reopened": consequences.reopened,
    }


def _end(session: TenantSession, claimed: Sequence[Key], refused: Mapping[Key, str]) -> None:
    """Mark deliveries done or quarantined; refused: key -> reason of those that are put aside."""
    reasons = [refused.get(key) for key in claimed]
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array([topic for topic, _ in claimed], pa.string()),
            pa.array([webhook_id for _, webhook_id in claimed], pa.string()),
            pa.array(reasons, pa.string()),
            pa.array(
                [reason and stable_id("webhook", *key, reason) for key, reason in zip(claimed, reasons, strict=True)],
                pa.int64(),
            ),
        ],
        schema=_OUTCOME_SCHEMA,
    )
    session.execute("webhooks/create_stage_of_outcomes")
    session.copy("stage_outcomes", [batch], _OUTCOME_SCHEMA)
    session.execute("webhooks/analyze_stage_of_outcomes")
    session.execute("webhooks/resolve_replayed")
    if refused:
        session.execute("webhooks/quarantine_deliveries")
    session.execute("webhooks/end_deliveries")


def _quarantine_exhausted(session: TenantSession) -> int:
    rows = session.rows("webhooks/select_exhausted", attempts=MOST_CLAIMS, limit=CLAIMED_AT_ONCE[0])
    keys = [(row.topic, row.webhook_id) for row in rows]
    if keys:
        reason = f"its processing died {MOST_CLAIMS} times; look into the logs of those runs, then replay it"
        _end(session, keys, dict.fromkeys(keys, reason))
    return len(keys)


def _is_late(deadline: Deadline) -> bool:
    return deadline.remaining() * 4 < deadline.seconds


def _rehearse(session: TenantSession, tenant: Tenant, request: JobRequest) -> JobResult:
    deliveries = session.columns("webhooks/select_oldest_deliveries", limit=_SLICE, now=request.now)
    part = _parse(deliveries, tenant, request.now)
    counts = {
        "received": deliveries.num_rows,
        "orders": len(part.states.orders),
        "orders_stale": part.states.stale_orders,
        "refunds": len(part.states.refunds),
        "edits": len(part.states.edits),
        "quarantined": len(part.refused),
    }
    orders = islice(part.states.orders.values(), SAMPLE_ROWS)
    sample = tuple({"order": order.external_id, "total_minor": order.total_minor} for order in orders)
    return JobResult(counts=counts, sample=sample)
