"""What the shop says of an order at one moment, as values: the order with its lines and context, a refund, an edit.

Two states of one order or refund are compared by their version alone, so it never matters which arrived first. Reading
them out of a payload is the business of shopify.py; storing the newest of upsert.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

Version = tuple[datetime, datetime, int]
"""(updated_at of the shop, when the shop sent it, digest of the content), compared from left to right."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order: quantity after edits and before refunds, money in minor units of the order's currency."""

    line_id: int
    product_id: str | None
    variant_id: str | None
    sku: str | None
    quantity: int
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    gift_card: bool


@dataclass(frozen=True, slots=True)
class Context:
    """What a destination needs to recognise the buyer; identifiers are hashes per vendor, never raw.

    consent: purpose -> granted or denied; consent_at in UTC.
    """

    ga_client_id: str | None
    ga_session_id: str | None
    fbp: str | None
    fbc: str | None
    ttclid: str | None
    ttp: str | None
    ip: str | None
    user_agent: str | None
    landing_url: str | None
    identifiers: Mapping[str, Mapping[str, str]]
    consent: Mapping[str, str]
    consent_source: str | None
    consent_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """One line of a refund; money in minor units of the order's currency, positive.

    restocked: these pieces went back to stock; None in lines that were stored before lines said it.
    """

    line_id: int
    quantity: int
    subtotal_minor: int
    tax_minor: int
    restocked: bool | None = None


@dataclass(frozen=True, slots=True)
class RefundState:
    """A refund as one payload shows it: money in minor units of currency, never negative; instants in UTC."""

    refund_id: int
    external_id: str
    order_id: int
    refunded_at: datetime
    currency: str
    goods_minor: int
    shipping_minor: int
    tax_minor: int
    restocked: bool
    lines: tuple[RefundedLine, ...]
    updated_at: datetime
    triggered_at: datetime
    row_digest: int

    @property
    def version(self) -> Version:
        return self.updated_at, self.triggered_at, self.row_digest


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order as one payload shows it, whole: money in minor units of currency, instants in UTC.

    row_digest covers everything but updated_at, triggered_at and the refunds, which are states of their own.
    """

    order_id: int
    external_id: str
    source: str
    name: str | None
    placed_at: datetime
    processed_at: datetime | None
    cancelled_at: datetime | None
    test: bool
    financial_status: str
    source_name: str | None
    customer_id: int | None
    customer_external_id: str | None
    visitor_id: int | None
    visitor_external_id: str | None
    currency: str
    gross_minor: int | None
    discounts_minor: int | None
    shipping_minor: int | None
    tax_minor: int | None
    tips_minor: int | None
    total_minor: int
    taxes_included: bool
    gateway: str | None
    presentment_currency: str | None
    lines: tuple[Line, ...]
    context: Context
    updated_at: datetime
    triggered_at: datetime
    row_digest: int
    refunds: tuple[RefundState, ...]

    @property
    def version(self) -> Version:
        return self.updated_at, self.triggered_at, self.row_digest


@dataclass(frozen=True, slots=True)
class EditedLine:
    """An edit, made at committed_at (UTC), added quantity pieces to a line, or took them away (negative)."""

    edit_id: int
    line_id: int
    order_id: int
    committed_at: datetime
    quantity: int


@dataclass(frozen=True, slots=True)
class EditHint:
    """An order was edited at committed_at (UTC); what it became, a state at least that new will say."""

    order_id: int
    external_id: str
    committed_at: datetime
    lines: tuple[EditedLine, ...] = ()


Delivery = OrderState | RefundState | EditHint


@dataclass
class ShopStates:
    """The newest state of each order and refund among many deliveries, the latest edit of each order, and every
    edited line by edit and line.
    """

    orders: dict[int, OrderState] = field(default_factory=dict)
    refunds: dict[int, RefundState] = field(default_factory=dict)
    edits: dict[int, EditHint] = field(default_factory=dict)
    edited_lines: dict[tuple[int, int], EditedLine] = field(default_factory=dict)
    stale_orders: int = 0

    def add(self, delivery: Delivery) -> None:
        """Take a delivery in; older states of what is known are left out."""
        if isinstance(delivery, OrderState):
            self._add_order(delivery)
            self._add_refunds(delivery.refunds)
        elif isinstance(delivery, RefundState):
            self._add_refunds((delivery,))
        else:
            self.edited_lines |= {(line.edit_id, line.line_id): line for line in delivery.lines}
            known = self.edits.get(delivery.order_id)
            if known is None or known.committed_at < delivery.committed_at:
                self.edits[delivery.order_id] = delivery

    def _add_order(self, order: OrderState) -> None:
        known = self.orders.get(order.order_id)
        self.stale_orders += known is not None
        if known is None or known.version < order.version:
            self.orders[order.order_id] = order

    def _add_refunds(self, refunds: Iterable[RefundState]) -> None:
        for refund in refunds:
            known = self.refunds.get(refund.refund_id)
            if known is None or known.version < refund.version:
                self.refunds[refund.refund_id] = refund


def content_digest(content: Mapping[str, Any]) -> int:
    """Return a 63-bit hash of values, dataclasses and instants; equal content has an equal digest on every machine."""
    digest = blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
