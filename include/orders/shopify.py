"""A webhook's body as a state of an order, a refund, or the news of an edit; topics are those of docs/webhooks.md.

Money is booked in the shop's currency; what the customer saw (presentment) is only named. What becomes of a state is
the business of upsert.py.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from include.errors import InvalidInput
from include.ids import stable_id
from include.orders.payload import (
    Object,
    checked_instant,
    read_amount,
    read_body,
    read_currency,
    read_flag,
    read_id,
    read_instant,
    read_object,
    read_objects,
    read_optional_id,
    read_optional_instant,
    read_quantity,
    read_shop_money,
    read_text,
)
from include.orders.row_ids import customer_id_of, order_id_of, visitor_id_of
from include.orders.shopify_context import note_attributes_of, parse_context, visitor_of
from include.orders.shopify_refunds import Sent, currency_of_refund, line_id_of, parse_refund
from include.orders.state import Delivery, EditedLine, EditHint, Line, OrderState, RefundState, content_digest

SOURCE = "shopify"

_REFUNDED = frozenset({"partially_refunded", "refunded"})


def parse_delivery(
    topic: str, body: bytes, *, tenant_id: int, triggered_at: datetime, now: datetime, region: str | None = None
) -> Delivery:
    """Return what a delivery says.

    body: the raw bytes. triggered_at: when the shop sent it (UTC), by its header or else its receipt. now: business
    time; anything more than a day ahead of it is refused. region: the shop's country (ISO 3166), for telephone numbers
    without a country code. Raises InvalidInput, one line that names the field and quotes nothing.
    """
    parse = _PARSERS.get(topic)
    if parse is None:
        raise InvalidInput(f"topic {topic[:40]!r} is not one this project reads; remove the subscription or read it")
    sent = Sent(now, checked_instant(triggered_at, "triggered_at", now), now)
    return parse(read_body(body), tenant_id, sent, region)


def _parse_order(order: Object, tenant_id: int, sent: Sent, region: str | None) -> OrderState:
    external_id = read_id(order, "id", "id")
    currency = read_currency(order, "currency")
    if currency is None:
        raise InvalidInput("currency is missing; keep it in the subscription's fields")
    sent = Sent(read_instant(order, "updated_at", sent.now), sent.triggered_at, sent.now)
    refunds = _refunds(order, tenant_id, external_id, currency, sent)
    notes = note_attributes_of(order)
    visitor = visitor_of(notes)
    customer = _customer_of(order)
    taxes_included = read_flag(order, "taxes_included")
    placed_at = read_instant(order, "created_at", sent.now)
    cancelled_at = read_optional_instant(order, "cancelled_at", sent.now)
    status = read_text(order, "financial_status") or "pending"
    as_placed = cancelled_at is not None or (status in _REFUNDED and not refunds)
    content: dict[str, Any] = {
        "order_id": order_id_of(tenant_id, external_id),
        "external_id": external_id,
        "source": SOURCE,
        "name": read_text(order, "name"),
        "placed_at": placed_at,
        "processed_at": read_optional_instant(order, "processed_at", sent.now),
        "cancelled_at": cancelled_at,
        "test": read_flag(order, "test"),
        "financial_status": status,
        "source_name": read_text(order, "source_name"),
        "customer_id": customer_id_of(tenant_id, customer) if customer else None,
        "customer_external_id": customer,
        "visitor_id": visitor_id_of(tenant_id, visitor) if visitor else None,
        "visitor_external_id": visitor,
        "currency": currency,
        "gross_minor": read_amount(order, "total_line_items_price", currency),
        "discounts_minor": read_amount(order, "total_discounts", currency),
        "shipping_minor": read_shop_money(order, "total_shipping_price_set", currency),
        "tax_minor": read_amount(order, "total_tax", currency),
        "tips_minor": read_amount(order, "total_tip_received", currency),
        "total_minor": _total(order, currency, taxes_included, refunds, as_placed=as_placed),
        "taxes_included": taxes_included,
        "gateway": _gateway_of(order),
        "presentment_currency": read_currency(order, "presentment_currency"),
        "lines": _lines(order, tenant_id, currency, refunds, as_placed=as_placed),
        "context": parse_context(order, notes, placed_at, region),
    }
    return OrderState(
        **content,
        updated_at=sent.updated_at,
        triggered_at=sent.triggered_at,
        row_digest=content_digest(content),
        refunds=refunds,
    )


def _total(
    order: Object, currency: str, taxes_included: bool, refunds: tuple[RefundState, ...], *, as_placed: bool
) -> int:
    """Return what the customer pays after edits and before refunds.

    total_price keeps goods that an edit took out, current_total_price lacks goods that were given back: what is
    current and what was refunded together is what was sold, and never more than total_price. A cancellation makes the
    current total 0, and a status of refunded without its refunds cannot say how much: as_placed, total_price stands.
    """
    total = read_amount(order, "total_price", currency)
    if total is None:
        raise InvalidInput("total_price is missing; keep it in the subscription's fields")
    current = read_amount(order, "current_total_price", currency)
    if current is None or as_placed:
        return total
    refunded = sum(
        refund.goods_minor + refund.shipping_minor + (0 if taxes_included else refund.tax_minor) for refund in refunds
    )
    return min(total, current + refunded)


def _refunds(order: Object, tenant_id: int, external_id: str, currency: str, sent: Sent) -> tuple[RefundState, ...]:
    refunds = tuple(
        parse_refund(refund, tenant_id, external_id, currency, sent) for refund in read_objects(order, "refunds")
    )
    _refuse_repeated("refunds", [refund.refund_id for refund in refunds])
    return refunds


def _lines(
    order: Object, tenant_id: int, currency: str, refunds: tuple[RefundState, ...], *, as_placed: bool
) -> tuple[Line, ...]:
    refunded: dict[int, int] = {}
    for refund in refunds:
        for given_back in refund.lines:
            refunded[given_back.line_id] = refunded.get(given_back.line_id, 0) + given_back.quantity
    lines = tuple(
        _line(line, tenant_id, currency, refunded, as_placed=as_placed) for line in read_objects(order, "line_items")
    )
    _refuse_repeated("line_items", [line.line_id for line in lines])
    return lines


def _line(line: Object, tenant_id: int, currency: str, refunded: dict[int, int], *, as_placed: bool) -> Line:
    line_id = line_id_of(tenant_id, read_id(line, "id", "line_items.id"))
    ordered = read_quantity(line, "quantity", "line_items.quantity")
    current = read_quantity(line, "current_quantity", "line_items.current_quantity", ordered)
    price = read_amount(line, "price", currency)
    if price is None:
        raise InvalidInput("line_items.price is missing; keep it in the subscription's fields")
    allocations = read_objects(line, "discount_allocations")
    return Line(
        line_id=line_id,
        product_id=read_optional_id(line, "product_id", "line_items.product_id"),
        variant_id=read_optional_id(line, "variant_id", "line_items.variant_id"),
        sku=read_text(line, "sku"),
        # What is left and what was given back is what was sold, as for the total.
        quantity=ordered if as_placed else min(ordered, current + refunded.get(line_id, 0)),
        unit_price_minor=price,
        discount_minor=_sum(allocations, "amount", currency) or read_amount(line, "total_discount", currency) or 0,
        tax_minor=_sum(read_objects(line, "tax_lines"), "price", currency),
        gift_card=read_flag(line, "gift_card"),
    )


def _sum(entries: list[Object], name: str, currency: str) -> int:
    return sum(read_amount(entry, name, currency) or 0 for entry in entries)


def _refuse_repeated(name: str, ids: Iterable[int]) -> None:
    listed = list(ids)
    if len(set(listed)) < len(listed):
        raise InvalidInput(f"{name} names one id twice; the shop's API never does")


def _customer_of(order: Object) -> str | None:
    customer = read_object(order, "customer")
    return None if customer is None else read_optional_id(customer, "id", "customer.id")


def _gateway_of(order: Object) -> str | None:
    names = order.get("payment_gateway_names")
    if type(names) is list and names:
        return read_text({"payment_gateway_names": names[0]}, "payment_gateway_names")
    return read_text(order, "gateway")


def _parse_refund(refund: Object, tenant_id: int, sent: Sent, region: str | None) -> RefundState:
    order = read_id(refund, "order_id", "order_id")
    currency = read_currency({"currency": currency_of_refund(refund)}, "currency")
    if currency is None:
        raise InvalidInput("the refund names no currency of the shop; its order's next delivery brings it")
    # A refund of its own has no updated_at; its creation lies before that of every order's state that lists it.
    created_at = read_instant(refund, "created_at", sent.now)
    return parse_refund(refund, tenant_id, order, currency, Sent(created_at, sent.triggered_at, sent.now))


def _parse_edit(body: Object, tenant_id: int, sent: Sent, region: str | None) -> EditHint:
    edit = read_object(body, "order_edit")
    if edit is None:
        raise InvalidInput("order_edit is missing; is the topic right?")
    order = read_id(edit, "order_id", "order_edit.order_id")
    committed_at = read_optional_instant(edit, "committed_at", sent.now) or read_instant(edit, "created_at", sent.now)
    order_id = order_id_of(tenant_id, order)
    # Some apps leave the edit's own id out; an order has no two edits at one instant.
    name = read_optional_id(edit, "id", "order_edit.id") or f"{order} at {committed_at.isoformat()}"
    edit_id = stable_id(tenant_id, "edit", name)
    changes: dict[int, int] = {}
    for line, quantity in _edited(edit, tenant_id):
        changes[line] = changes.get(line, 0) + quantity
    lines = tuple(EditedLine(edit_id, line, order_id, committed_at, quantity) for line, quantity in changes.items())
    return EditHint(order_id, order, committed_at, lines)


def _edited(edit: Object, tenant_id: int) -> Iterator[tuple[int, int]]:
    """Yield (line, pieces added) of an edit, negative where they were taken away."""
    changed = read_object(edit, "line_items") or {}
    for name, sign in (("additions", 1), ("removals", -1)):
        for each in read_objects(changed, name):
            line = line_id_of(tenant_id, read_id(each, "id", f"order_edit.line_items.{name}.id"))
            delta = each.get("delta")
            # What was taken away is written with either sign.
            pieces = {"delta": abs(delta) if type(delta) is int else delta}
            yield line, sign * read_quantity(pieces, "delta", f"order_edit.line_items.{name}.delta")


_Parser = Callable[[Object, int, Sent, str | None], Delivery]
ORDER_TOPICS = frozenset({"orders/create", "orders/updated", "orders/paid", "orders/cancelled"})
"""Topics whose bodies are whole orders, read alike whatever the topic."""

_PARSERS: dict[str, _Parser] = {
    **dict.fromkeys(ORDER_TOPICS, _parse_order),
    "orders/edited": _parse_edit,
    "refunds/create": _parse_refund,
}
TOPICS = tuple(sorted(_PARSERS))
"""Topics that are read; any other is quarantined."""
