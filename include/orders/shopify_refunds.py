"""A refund as the shop's REST API writes it, in an order's `refunds` or as the body of refunds/create."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from include.errors import InvalidInput
from include.ids import stable_id
from include.orders.payload import (
    Object,
    amount_of,
    not_negative,
    read_amount,
    read_id,
    read_instant,
    read_objects,
    read_quantity,
    read_shop_money,
    read_signed_shop_money,
)
from include.orders.row_ids import order_id_of
from include.orders.state import RefundedLine, RefundState, content_digest

_RESTOCKED = frozenset({"return", "cancel", "legacy_restock"})
_NO_CURRENCY = "XXX"


@dataclass(frozen=True)
class Sent:
    """When a payload says that it was the truth, and what now is (UTC)."""

    updated_at: datetime
    triggered_at: datetime
    now: datetime


def parse_refund(refund: Object, tenant_id: int, order: str, currency: str, sent: Sent) -> RefundState:
    """Return a refund of the order with this external id; currency is the shop's, in which it is booked.

    Its date is created_at: refunds are counted on the day the shop made them. goods are the lines' subtotals less
    discrepancies (an adjustment of +5 gives back 5 less than the lines say, one of -5 gives back 5 more), shipping the
    shipping_refund adjustments or, since 2024-10, refund_shipping_lines. A refund with neither lines nor adjustments
    is the money of its successful transactions. In a shop whose prices contain tax, tax is the part of goods and
    shipping that is tax; elsewhere it is added to them. Raises InvalidInput that names the field.
    """
    external_id = read_id(refund, "id", "refund id")
    lines = tuple(_line(line, tenant_id, currency) for line in read_objects(refund, "refund_line_items"))
    goods, shipping, tax = _amounts(refund, lines, currency)
    content = {
        "refund_id": stable_id(tenant_id, "refund", external_id),
        "external_id": external_id,
        "order_id": order_id_of(tenant_id, order),
        "refunded_at": read_instant(refund, "created_at", sent.now),
        "currency": currency,
        "goods_minor": goods,
        "shipping_minor": shipping,
        "tax_minor": tax,
        "restocked": any(line.restocked for line in lines),
        "lines": lines,
    }
    return RefundState(
        **content,  # type: ignore[arg-type]
        updated_at=sent.updated_at,
        triggered_at=sent.triggered_at,
        row_digest=content_digest(content),
    )


def currency_of_refund(refund: Object) -> str | None:
    """Return the shop's currency that a refund without its order names in its first sum of shop money."""
    for money in _sums(refund):
        shop = money.get("shop_money") if type(money) is dict else None
        code = shop.get("currency_code") if type(shop) is dict else None
        if code is not None and code != _NO_CURRENCY:
            return code if type(code) is str else None
    codes = {code for each in read_objects(refund, "transactions") if type(code := each.get("currency")) is str}
    return codes.pop() if len(codes) == 1 else None


def _sums(refund: Object) -> Iterable[object]:
    for name, field in (
        ("refund_line_items", "subtotal_set"),
        ("order_adjustments", "amount_set"),
        ("refund_shipping_lines", "subtotal_amount_set"),
    ):
        for each in read_objects(refund, name):
            yield each.get(field)
    yield refund.get("total_duties_set")


def _line(line: Object, tenant_id: int, currency: str) -> RefundedLine:
    return RefundedLine(
        line_id=line_id_of(tenant_id, read_id(line, "line_item_id", "refund_line_items.line_item_id")),
        quantity=read_quantity(line, "quantity", "refund_line_items.quantity"),
        subtotal_minor=_set_first(line, "subtotal", currency),
        tax_minor=_set_first(line, "total_tax", currency),
        restocked=_is_restocked(line),
    )


def line_id_of(tenant_id: int, external_id: str) -> int:
    """Return the id of an order's line."""
    return stable_id(tenant_id, "line", external_id)


def _set_first(line: Object, name: str, currency: str) -> int:
    # The plain fields of refunded lines are JSON numbers, the sums beside them exact decimals.
    found = read_shop_money(line, f"{name}_set", currency)
    return (read_amount(line, name, currency) or 0) if found is None else found


def _amounts(refund: Object, lines: tuple[RefundedLine, ...], currency: str) -> tuple[int, int, int]:
    """Return goods, shipping and tax."""
    adjustments = read_objects(refund, "order_adjustments")
    shipping_lines = read_objects(refund, "refund_shipping_lines")
    if not lines and not adjustments and not shipping_lines:
        return _paid_back(refund, currency), 0, 0
    goods = sum(line.subtotal_minor for line in lines)
    tax = sum(line.tax_minor for line in lines)
    shipping = 0
    by_adjustment = False
    for adjustment in adjustments:
        amount = _signed(adjustment, "amount", currency)
        tax -= _signed(adjustment, "tax_amount", currency)
        if adjustment.get("kind") == "shipping_refund":
            shipping -= amount
            by_adjustment = True
        else:
            goods -= amount
    if not by_adjustment:
        shipping += sum(read_shop_money(line, "subtotal_amount_set", currency) or 0 for line in shipping_lines)
        tax += sum(read_shop_money(line, "tax_amount_set", currency) or 0 for line in shipping_lines)
    return _without_negatives(goods, shipping, tax)


def _signed(adjustment: Object, name: str, currency: str) -> int:
    value = adjustment.get(name)
    if value is None:
        return read_signed_shop_money(adjustment, f"{name}_set", currency) or 0
    return amount_of(value, name, currency)


def _without_negatives(goods: int, shipping: int, tax: int) -> tuple[int, int, int]:
    """Return the same sum without a negative part: a discrepancy may be larger than the goods it is booked against."""
    owed = min(goods, 0)
    tax += owed
    shipping += min(tax, 0)
    return max(goods, 0), not_negative(shipping, "the sum of the refund"), max(tax, 0)


def _paid_back(refund: Object, currency: str) -> int:
    paid = 0
    for transaction in read_objects(refund, "transactions"):
        if transaction.get("kind") != "refund" or transaction.get("status") != "success":
            continue
        if transaction.get("currency") not in (None, currency):
            raise InvalidInput("a refund without lines is in another currency than the shop's; wait for its adjustment")
        paid += not_negative(
            amount_of(transaction.get("amount"), "transactions.amount", currency), "transactions.amount"
        )
    return paid


def _is_restocked(line: Object) -> bool:
    restock = line.get("restock_type")
    return type(restock) is str and restock in _RESTOCKED
