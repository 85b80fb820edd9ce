"""Due events of one destination, claimed: locked, their bytes frozen, and marked as under way before anything is sent.

An order that may not or cannot be reported ends here with its reason. What bytes an event has is said by the vendors'
modules of include/delivery; sending them, and what becomes of them, by event_posts.py.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from include.delivery import ga4_payload, meta_payload, tiktok_payload
from include.delivery.event_ids import event_id_of
from include.delivery.ledger import State, Why
from include.delivery.purchase import (
    NO_CONTEXT,
    REFUND,
    Built,
    Destination,
    Event,
    Purchase,
    Reason,
    Refund,
    Skip,
    Vendor,
)
from include.delivery.value import refund_of, value_of
from include.errors import InvalidInput
from include.jobs.request import SAMPLE_ROWS
from include.orders.state import Context, Line, RefundedLine
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

LEASE_SECONDS = 180
"""Of a claim, machine time: longer than a step that sends may take, so that only a dead task's runs out."""

BUILD: Mapping[Vendor, Callable[[Purchase, Event, Destination], Built]] = {
    "ga4": ga4_payload.build,
    "meta": meta_payload.build,
    "tiktok": tiktok_payload.build,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of a destination's queue; the claim goes on after it."""

    event_time: datetime = datetime(1, 1, 2, tzinfo=UTC)
    order_id: int = 0
    event_name: str = ""
    event_seq: int = 0


START = Place()


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event under way. attempts: with this one. sent_before: first time it may have been received before, UTC."""

    place: Place
    fence: int
    attempts: int
    sent_before: datetime | None
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Ended:
    row: Any
    state: State
    reason: str
    error: str | None = None
    event_id: str | None = None
    digest: bytes | None = None
    value_minor: int | None = None
    sent_value_minor: int | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    row: Any
    event_id: str
    body: bytes | None = field(repr=False)
    value_minor: int | None = None
    sent_value_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim came to. last: where the next one goes on; None when nothing more is due. ended: by reason."""

    events: tuple[Claimed, ...]
    ended: Mapping[str, int]
    last: Place | None
    sample: tuple[Mapping[str, Any], ...] = ()


def claim_events(
    session: TenantSession,
    tenant: Tenant,
    destination: Destination,
    *,
    after: Place,
    limit: int,
    now: datetime,
    run_id: str | None = None,
    dry_run: bool = False,
) -> Claim:
    """Claim up to limit due events after a place of the queue; those of one run only when run_id is given.

    now: business time, UTC. A shadow's events are built and ended. With dry_run everything is decided and nothing is
    written. Raises InvalidInput for an event_id_template that is none.
    """
    rows = session.rows(
        "delivery/lock_due_events",
        destination=destination.destination,
        destination_id=destination.destination_id,
        after_time=after.event_time,
        after_order=after.order_id,
        after_name=after.event_name,
        after_seq=after.event_seq,
        now=now,
        run_id=run_id,
        limit=limit,
    )
    if not rows:
        return Claim((), {}, None)
    ready, ended = _decide(session, tenant, destination, rows)
    if not dry_run:
        _end(session, destination, ended)
        _take(session, destination, ready, now)
    claimed = tuple(
        Claimed(
            _place(one.row),
            one.row.fence + 1,
            one.row.attempts + 1,
            one.row.sent_at,
            one.row.payload if one.body is None else one.body,
        )
        for one in ready
    )
    return Claim(claimed, Counter(one.reason for one in ended), _place(rows[-1]), _sample(ready, ended))


def _decide(
    session: TenantSession, tenant: Tenant, destination: Destination, rows: Sequence[Any]
) -> tuple[list[_Ready], list[_Ended]]:
    ended = [_Ended(row, State.SKIPPED, row.suppressed) for row in rows if row.suppressed]
    open_rows = [row for row in rows if not row.suppressed]
    ready = [_Ready(row, row.event_id, None) for row in open_rows if row.payload is not None]
    unbuilt = [row for row in open_rows if row.payload is None]
    if unbuilt:
        for one in _built(session, tenant, destination, unbuilt):
            if isinstance(one, _Ready):
                ready.append(one)
            else:
                ended.append(one)
        ready.sort(key=lambda one: (one.row.event_time, one.row.order_id, one.row.event_name, one.row.event_seq))
    return ready, ended


def _built(
    session: TenantSession, tenant: Tenant, destination: Destination, rows: Sequence[Any]
) -> Iterable[_Ready | _Ended]:
    order_ids = sorted({row.order_id for row in rows})
    purchases = _purchases(session, order_ids)
    refunds = _refunds(session, destination, rows)
    build = BUILD[destination.destination]
    for row in rows:
        purchase = purchases[row.order_id]
        event = Event(
            row.event_name,
            row.event_seq,
            row.event_id
            or event_id_of(
                destination.event_id_template,
                purchase.external_id,
                tenant=tenant.slug,
                destination_id=destination.destination_id,
            ),
            row.event_time.astimezone(UTC),
            _refund(row, purchase, refunds) if row.event_name == REFUND else None,
        )
        value_minor = None if row.event_name == REFUND else purchase.total_minor
        try:
            built = build(purchase, event, destination)
        except (InvalidInput, ValueError, ArithmeticError) as error:
            # One order that no event can be made of holds nobody up; the class says where to look, the text may quote.
            error_class = type(error).__name__
            yield _Ended(row, State.FAILED, Why.NOT_BUILDABLE, error_class, event.event_id, None, value_minor)
            continue
        if isinstance(built, Skip):
            _refuse_missing_site(tenant, destination, built)
            yield _Ended(row, State.SKIPPED, built.reason, None, event.event_id, None, value_minor)
        elif destination.mode == "shadow":
            digest = sha256(built.body).digest()
            yield _Ended(row, State.SKIPPED, Why.SHADOW, None, event.event_id, digest, value_minor, built.value_minor)
        else:
            yield _Ready(row, event.event_id, built.body, value_minor, built.value_minor)


def _refuse_missing_site(tenant: Tenant, destination: Destination, skip: Skip) -> None:
    """Raise InvalidInput where an order lacks a page that only the shop's broken connection could tell.

    Skipped for good it would be lost to a fault that somebody repairs tomorrow.
    """
    if skip.reason is Reason.NO_PAGE and destination.site is None and tenant.shop_conn_id is not None:
        raise InvalidInput(
            f"tenant {tenant.slug}: destination {destination.destination_id}: an order names no page, and connection "
            f"{tenant.shop_conn_id}, which says where the shop's are, cannot be used; see make check-connections"
        )


def _purchases(session: TenantSession, order_ids: Sequence[int]) -> dict[int, Purchase]:
    lines: defaultdict[int, list[Line]] = defaultdict(list)
    for row in session.rows("delivery/select_lines_of_events", order_ids=order_ids):
        lines[row.order_id].append(Line(*row[1:]))
    return {
        row.order_id: Purchase(
            order_id=row.order_id,
            external_id=row.external_id,
            name=row.name,
            placed_at=row.placed_at.astimezone(UTC),
            processed_at=row.processed_at.astimezone(UTC) if row.processed_at else None,
            currency=row.currency,
            total_minor=row.total_minor,
            gross_minor=row.gross_minor,
            discounts_minor=row.discounts_minor,
            shipping_minor=row.shipping_minor,
            tax_minor=row.tax_minor,
            tips_minor=row.tips_minor,
            taxes_included=row.taxes_included,
            source_name=row.source_name,
            is_new_customer=row.is_new_customer,
            customer_external_id=row.customer_external_id,
            visitor_external_id=row.visitor_external_id,
            lines=tuple(lines[row.order_id]),
            context=_context(row) if row.has_context else NO_CONTEXT,
        )
        for row in session.rows("delivery/select_orders_of_events", order_ids=order_ids)
    }


def _context(row: Any) -> Context:
    return Context(
        ga_client_id=row.ga_client_id,
        ga_session_id=row.ga_session_id,
        fbp=row.fbp,
        fbc=row.fbc,
        ttclid=row.ttclid,
        ttp=row.ttp,
        ip=row.ip,
        user_agent=row.user_agent,
        landing_url=row.landing_url,
        identifiers=orjson.loads(row.identifiers),
        consent=orjson.loads(row.consent),
        consent_source=row.consent_source,
        consent_at=row.consent_at.astimezone(UTC) if row.consent_at else None,
    )


def _refunds(
    session: TenantSession, destination: Destination, rows: Sequence[Any]
) -> Mapping[int, Mapping[int, Refund]]:
    """Return order -> refund id -> refund, of the orders that a refund event is about."""
    order_ids = sorted({row.order_id for row in rows if row.event_name == REFUND})
    found: defaultdict[int, dict[int, Refund]] = defaultdict(dict)
    if order_ids:
        for row in session.rows(
            "delivery/select_refunds_of_events", destination_id=destination.destination_id, order_ids=order_ids
        ):
            lines = tuple(RefundedLine(**line) for line in row.lines)
            found[row.order_id][row.refund_id] = Refund(row.goods_minor, row.shipping_minor, row.tax_minor, lines)
    return found


def _refund(row: Any, purchase: Purchase, refunds: Mapping[int, Mapping[int, Refund]]) -> Refund | None:
    """Return what an event gives back: its refund, or of a cancellation what the order's refunds have not."""
    of_order = refunds.get(row.order_id, {})
    if row.event_seq:
        return of_order.get(row.event_seq)
    given_back = sum(refund_of(purchase, refund).value_minor for refund in of_order.values())
    return Refund(max(value_of(purchase).value_minor - given_back, 0), 0, 0)


def _take(session: TenantSession, destination: Destination, ready: Sequence[_Ready], now: datetime) -> None:
    if not ready:
        return
    session.execute(
        "delivery/claim_events",
        destination_id=destination.destination_id,
        lease_seconds=LEASE_SECONDS,
        now=now,
        **_keys([one.row for one in ready]),
        event_ids=[one.event_id for one in ready],
        payloads=[one.body for one in ready],
        values=[one.value_minor for one in ready],
        sent_values=[one.sent_value_minor for one in ready],
    )


def _end(session: TenantSession, destination: Destination, ended: Sequence[_Ended]) -> None:
    if not ended:
        return
    session.execute(
        "delivery/end_events",
        destination_id=destination.destination_id,
        **_keys([one.row for one in ended]),
        states=[one.state for one in ended],
        reasons=[one.reason for one in ended],
        errors=[one.error for one in ended],
        event_ids=[one.event_id for one in ended],
        hashes=[one.digest for one in ended],
        values=[one.value_minor for one in ended],
        sent_values=[one.sent_value_minor for one in ended],
    )


def _keys(rows: Sequence[Any]) -> dict[str, list[Any]]:
    return {
        "order_ids": [row.order_id for row in rows],
        "names": [row.event_name for row in rows],
        "seqs": [row.event_seq for row in rows],
    }


def _place(row: Any) -> Place:
    return Place(row.event_time, row.order_id, row.event_name, row.event_seq)


def _sample(ready: Sequence[_Ready], ended: Sequence[_Ended]) -> tuple[Mapping[str, Any], ...]:
    rows: list[Mapping[str, Any]] = [
        {"event_id": one.event_id, "would": "send", "value_minor": one.sent_value_minor} for one in ready[:SAMPLE_ROWS]
    ]
    rows += [{"event_id": one.event_id, "would": one.state, "reason": one.reason} for one in ended[:SAMPLE_ROWS]]
    return tuple(rows[:SAMPLE_ROWS])
