"""Everything stored about one order, read from one snapshot; what it means is left to order.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from include.attribution.explanation import Evidence, Stitching, Touch, stitch
from include.orders.row_ids import order_id_of
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_LOOKBACKS = 2
_AFTER = timedelta(days=7)
MODELS = {
    "first_touch": "first",
    "last_touch": "last",
    "linear": "linear",
    "time_decay": "time_decay",
    "position_based": "position",
    "data_driven": "data_driven",
}
"""Each model, as reports call it, and what its columns are called."""


@dataclass(frozen=True)
class StoredOrder:
    """A row of analytics.orders with the external ids of its people; instants UTC, amounts minor units of currency."""

    order_id: int
    external_id: str
    name: str | None
    source: str
    source_name: str | None
    placed_at: datetime
    cancelled_at: datetime | None
    test: bool
    financial_status: str
    currency: str
    total_minor: int
    customer_id: int | None
    customer: str | None
    visitor_id: int | None
    visitor: str | None


@dataclass(frozen=True)
class StoredConversion:
    """A row of analytics.conversions; next_attempt_at is None too when the conversion waits for an event."""

    conversion_id: int
    visitor_id: int | None
    customer_id: int | None
    occurred_at: datetime
    cancelled_at: datetime | None
    value_minor: int
    currency: str
    is_new_customer: bool | None
    status: str
    reason: str | None
    attempts: int
    next_attempt_at: datetime | None
    waits_for_an_event: bool
    run_id: str | None
    model_version: str | None
    config_version: int | None


@dataclass(frozen=True)
class StoredTouch:
    """What a row of analytics.touchpoints shows of itself beside what its verdict needs; URLs as recorded."""

    touch: Touch
    external_id: str | None
    channel: str
    channel_rule: str
    source: str | None
    medium: str | None
    campaign: str | None
    click_ids: tuple[str, ...]
    landing_page: str | None
    referrer: str | None


@dataclass(frozen=True)
class StoredCredit:
    """One touch's stored credit by model; None where the model does not apply. Amounts in minor units."""

    position: int
    touchpoint_id: int
    channel: str | None
    campaign: str | None
    weights: Mapping[str, float | None]
    amounts_minor: Mapping[str, int | None]


@dataclass(frozen=True)
class StoredAdjustment:
    """A signed change of credit by model, minor units; touchpoint_id 0: nobody's, refund_id 0: the cancellation."""

    touchpoint_id: int
    refund_id: int
    order_date: date
    refund_date: date
    amounts_minor: Mapping[str, int | None]


@dataclass(frozen=True)
class StoredRefund:
    """A refund, goods, shipping and tax together in minor units, positive; external_id is the shop's, if known."""

    refund_id: int
    external_id: str | None
    refunded_at: datetime
    amount_minor: int


@dataclass(frozen=True)
class StoredProof:
    """The earliest touch or order that names visitor and customer, and how many do; kind is touch or order."""

    visitor_id: int
    kind: str
    external_id: str
    at: datetime
    times: int


@dataclass(frozen=True)
class StoredAudit:
    """Why the conversion was opened again or judged anew; recorded_at is machine time, detail JSON."""

    recorded_at: datetime
    cause: str
    detail: str


@dataclass(frozen=True)
class Facts:
    """What is stored about one order. conversion is None for an order that never was one.

    touches: of the visitors that count, from two look-backs before the order to a week after it. touches_left_out: in
    the look-back, of visitors that do not count. names: external id of a visitor or customer by (kind, id).
    """

    order: StoredOrder
    conversion: StoredConversion | None
    stitching: Stitching
    evidence: tuple[Evidence, ...]
    proofs: tuple[StoredProof, ...]
    names: Mapping[tuple[str, int], str]
    touches: tuple[StoredTouch, ...]
    touches_left_out: int
    credits: tuple[StoredCredit, ...]
    adjustments: tuple[StoredAdjustment, ...]
    refunds: tuple[StoredRefund, ...]
    audit: tuple[StoredAudit, ...]


def read_order(session: TenantSession, tenant: Tenant, external_id: str) -> Facts | None:
    """Return what is stored about the order with the shop's own id, None when the tenant has no such order."""
    order_id = order_id_of(tenant.tenant_id, external_id)
    orders = _rows(session, "select_order", order_id=order_id, external_id=external_id)
    if not orders:
        return None
    order = StoredOrder(**orders[0])
    conversions = _rows(session, "select_conversion", conversion_id=order_id)
    conversion = StoredConversion(**conversions[0]) if conversions else None
    settings = tenant.settings_at(order.placed_at)
    customer_id = order.customer_id if conversion is None else conversion.customer_id
    visitor_id = order.visitor_id if conversion is None else conversion.visitor_id
    rows = _rows(session, "select_evidence", customer_id=customer_id, visitor_id=visitor_id)
    evidence = tuple(Evidence(**row) for row in rows)
    stitching = stitch(customer_id, visitor_id, evidence, settings.max_visitors_per_customer)
    start = order.placed_at - settings.lookback
    return Facts(
        order=order,
        conversion=conversion,
        stitching=stitching,
        evidence=evidence,
        proofs=_read_proofs(session, stitching),
        names=_read_names(session, stitching, order),
        touches=_read_touches(
            session, stitching.visitors, order.placed_at - _LOOKBACKS * settings.lookback, order.placed_at + _AFTER
        ),
        touches_left_out=_count_touches(session, _uncounted(stitching), start, order.placed_at),
        credits=tuple(map(_credit, _rows(session, "select_credits", conversion_id=order_id))),
        adjustments=tuple(map(_adjustment, _rows(session, "select_adjustments", conversion_id=order_id))),
        refunds=tuple(StoredRefund(**row) for row in _rows(session, "select_refunds", order_id=order_id)),
        audit=tuple(StoredAudit(**row) for row in _rows(session, "select_audit", conversion_id=order_id)),
    )


def read_similar_orders(session: TenantSession, external_id: str) -> list[str]:
    """Return up to three order ids of the tenant that somebody who typed external_id may have meant."""
    return [row["external_id"] for row in _rows(session, "select_similar_orders", external_id=external_id)]


def _rows(session: TenantSession, name: str, **parameters: object) -> list[dict[str, Any]]:
    # As columns, because those come from one snapshot: a job that commits in between mixes no two states.
    rows: list[dict[str, Any]] = session.columns(f"explanation/{name}", **parameters).to_pylist()
    return rows


def _uncounted(stitching: Stitching) -> list[int]:
    return [*stitching.left_out, *stitching.of_others]


def _read_proofs(session: TenantSession, stitching: Stitching) -> tuple[StoredProof, ...]:
    visitors = [*stitching.visitors, *stitching.of_others]
    if stitching.customer_id is None or not visitors:
        return ()
    rows = _rows(session, "select_proofs", visitor_ids=visitors, customer_id=stitching.customer_id)
    return tuple(StoredProof(**row) for row in rows)


def _read_names(session: TenantSession, stitching: Stitching, order: StoredOrder) -> dict[tuple[str, int], str]:
    visitors = {*stitching.visitors, *_uncounted(stitching), order.visitor_id} - {None}
    customers = {stitching.customer_id, order.customer_id, *stitching.of_others.values()} - {None}
    rows = _rows(session, "select_people", visitor_ids=list(visitors), customer_ids=list(customers))
    return {(row["kind"], row["id"]): row["external_id"] for row in rows}


def _read_touches(
    session: TenantSession, visitors: Sequence[int], start: datetime, end: datetime
) -> tuple[StoredTouch, ...]:
    if not visitors:
        return ()
    rows = _rows(session, "select_touches", visitor_ids=list(visitors), start=start, end=end)
    return tuple(map(_touch, rows))


def _count_touches(session: TenantSession, visitors: Sequence[int], start: datetime, end: datetime) -> int:
    if not visitors:
        return 0
    rows = _rows(session, "count_touches", visitor_ids=list(visitors), start=start, end=end)
    return int(rows[0]["touches"])


def _touch(row: Mapping[str, Any]) -> StoredTouch:
    return StoredTouch(
        touch=Touch(
            touchpoint_id=row["touchpoint_id"],
            visitor_id=row["visitor_id"],
            occurred_at=row["occurred_at"],
            priority=row["priority"],
            type=row["type"],
            is_direct=row["channel"] == "Direct",
            exposure_key=row["exposure_key"],
            consent=row["consent"],
        ),
        external_id=row["external_id"],
        channel=row["channel"],
        channel_rule=row["channel_rule"],
        source=row["source"],
        medium=row["medium"],
        campaign=row["campaign"],
        click_ids=tuple(name for name in ("gclid", "gbraid", "wbraid", "fbclid", "ttclid") if row[f"has_{name}"]),
        landing_page=row["landing_page"],
        referrer=row["referrer"],
    )


def _credit(row: Mapping[str, Any]) -> StoredCredit:
    return StoredCredit(
        position=row["position"],
        touchpoint_id=row["touchpoint_id"],
        channel=row["channel"],
        campaign=row["campaign"],
        weights={model: row[f"attribution_{column}"] for model, column in MODELS.items()},
        amounts_minor=_amounts(row),
    )


def _adjustment(row: Mapping[str, Any]) -> StoredAdjustment:
    names = ("touchpoint_id", "refund_id", "order_date", "refund_date")
    return StoredAdjustment(**{name: row[name] for name in names}, amounts_minor=_amounts(row))


def _amounts(row: Mapping[str, Any]) -> dict[str, int | None]:
    return {model: row[f"amount_{column}_minor"] for model, column in MODELS.items()}
