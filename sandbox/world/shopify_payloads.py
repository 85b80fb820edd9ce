"""Bodies of the shop's webhooks in the shapes of Shopify's REST Admin API: Order, Refund and order edit, as JSON.

Amounts are text in major units with the currency's decimals; times carry the offset that the shop's zone has then. As
in reality `total_price` follows edits and never refunds, `current_total_price` follows both, a line that an edit took
away stays with `current_quantity` 0, and the subtotals of a refund are JSON numbers. Persons are invented.
Source of the shapes: https://shopify.dev/docs/api/admin-rest/latest/resources/order and the webhook samples there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from sandbox.world.baskets import sku
from sandbox.world.draws import Ints
from sandbox.world.external_ids import customer_ids, order_ids
from sandbox.world.local_time import NEVER, SECOND
from sandbox.world.order_browsers import OrderBrowsers
from sandbox.world.order_persons import person_fields
from sandbox.world.shop_money import ShopMoney
from sandbox.world.world import World

_FIRST_LINE = 13_900_000_000_000
_FIRST_EDIT = 2_300_000_000_000
_FIRST_REFUND = 910_000_000_000
_FIRST_REFUND_LINE = 580_000_000_000
_FIRST_TRANSACTION = 6_600_000_000_000
_FIRST_ADJUSTMENT = 260_000_000_000
_FIRST_SHIPPING = 4_500_000_000_000
_FIRST_PRODUCT = 8_100_000_000_000
_FIRST_VARIANT = 44_000_000_000_000
_FIRST_NUMBER = 1001

_STAFF = 90_000_000_001

# What the shop sends and nobody here fills: a parser has to live with it.
_UNUSED_BY_ORDERS: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(
        (
            "cart_token", "checkout_token", "confirmation_number", "current_total_additional_fees_set",
            "current_total_duties_set", "device_id", "landing_site_ref", "location_id", "merchant_of_record_app_id",
            "note", "original_total_additional_fees_set", "original_total_duties_set", "payment_terms", "po_number",
            "reference", "source_identifier", "source_url", "user_id", "fulfillment_status",
        )
    )
)  # fmt: skip
_UNUSED_BY_TRANSACTIONS: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(
        (
            "amount_rounding",
            "authorization",
            "device_id",
            "error_code",
            "location_id",
            "message",
            "parent_id",
            "user_id",
        )
    )
)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class _Line:
    """A line as it is at an instant; money in minor units. returned and left are quantities."""

    row: int
    product: int
    quantity: int
    unit: int
    discount: int
    tax: int
    live: bool
    returned: int

    @property
    def left(self) -> int:
        return self.quantity - self.returned if self.live else 0


class ShopifyPayloads:
    """Writes the bodies of one world's webhooks. Orders are indexes into World.orders, instants microseconds UTC."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._zone = ZoneInfo(world.shop.timezone)
        self._money = ShopMoney(world.shop.currency)
        self._browsers = OrderBrowsers(world)
        self._offsets = np.searchsorted(world.lines.order, np.arange(len(world.orders.placed_at) + 1))
        self._refund_of = np.full(len(world.orders.placed_at), -1)
        self._refund_of[world.refunds.order] = np.arange(len(world.refunds.order))
        self._rate = _tax_rates(world)
        self._order_ids = order_ids(np.arange(len(world.orders.placed_at)))
        self._customer_ids = customer_ids(world.orders.customer)

    def order(self, order: int, at: int) -> bytes:
        """Return the REST Order as it is right after what happened at an instant."""
        lines = self._lines(order, at)
        live = [line for line in lines if line.live]
        refund = self._refund(order, at)
        world, orders = self._world, self._world.orders
        goods = sum(line.quantity * line.unit for line in live)
        discount, tax = sum(line.discount for line in live), sum(line.tax for line in live)
        shipping = int(orders.shipping_minor[order])
        on_top = 0 if world.shop.taxes_included else tax
        total = goods - discount + on_top + shipping
        back = _amounts_back(world, refund)
        paid = bool(orders.paid_at[order] <= at)
        cancelled = bool(orders.cancelled_at[order] <= at)
        number = int(self._order_ids[order].as_py())
        created = self._iso(int(orders.placed_at[order]))
        cancelled_at = self._iso(int(orders.cancelled_at[order])) if cancelled else None
        return _bytes(
            {
                **_UNUSED_BY_ORDERS,
                "id": number,
                "admin_graphql_api_id": f"gid://shopify/Order/{number}",
                "app_id": 580111,
                "cancel_reason": "customer" if cancelled else None,
                "cancelled_at": cancelled_at,
                "closed_at": cancelled_at,
                "confirmed": True,
                "created_at": created,
                "currency": self._money.currency,
                **self._money.both("current_subtotal_price", goods - discount - back.goods),
                **self._money.both("current_total_discounts", self._discount_left(lines)),
                **self._money.both("current_total_price", total - back.whole),
                **self._money.both("current_total_tax", tax - back.tax),
                **self._discounts(live),
                "current_shipping_price_set": self._money.pair(shipping - back.shipping),
                "duties_included": False,
                "estimated_taxes": False,
                "financial_status": _financial_status(world, order, at, refund),
                "fulfillments": [],
                "line_item_groups": [],
                "merchant_business_entity_id": "MTIzNDU2Nzg5",
                "name": f"#{_FIRST_NUMBER + order}",
                "number": order + 1,
                "order_number": _FIRST_NUMBER + order,
                "order_status_url": f"https://{world.shop.slug}.example/orders/{number}",
                "payment_gateway_names": [self._gateway(order)],
                "presentment_currency": self._money.currency,
                "processed_at": created,
                "refunds": [] if refund < 0 else [self._refund_object(refund)],
                "returns": [],
                **self._money.both("subtotal_price", goods - discount),
                "tags": "",
                "tax_exempt": False,
                "tax_lines": self._tax_lines(order, tax),
                "taxes_included": world.shop.taxes_included,
                "test": bool(orders.test[order]),
                "token": f"{number:032x}",
                "total_cash_rounding_payment_adjustment_set": self._money.pair(0),
                "total_cash_rounding_refund_adjustment_set": self._money.pair(0),
                **self._money.both("total_discounts", discount),
                **self._money.both("total_line_items_price", goods),
                "total_outstanding": self._money.text(0 if paid or cancelled else total),
                **self._money.both("total_price", total),
                "total_shipping_price_set": self._money.pair(shipping),
                **self._money.both("total_tax", tax),
                "total_tip_received": self._money.text(0),
                "total_weight": 100 * sum(line.quantity for line in live),
                "updated_at": self._iso(at),
                **person_fields(world, order, self._customer_ids[order].as_py(), created),
                **self._browsers.fields(order),
                "line_items": [self._line_item(order, line) for line in lines],
                "shipping_lines": [self._shipping_line(order, shipping)],
            }
        )

    def refund(self, order: int) -> bytes:
        """Return the REST Refund of an order that has one."""
        return _bytes(self._refund_object(int(self._refund_of[order])))

    def edit(self, order: int) -> bytes:
        """Return the order edit of an order that was edited: the lines it added and took away."""
        lines, begin, end = self._world.lines, int(self._offsets[order]), int(self._offsets[order + 1])
        rows = np.arange(begin, end)
        added = rows[lines.added_at[begin:end] > self._world.orders.placed_at[order]]
        removed = rows[lines.removed_at[begin:end] != NEVER]
        at = int(max(lines.added_at[added].max(initial=0), lines.removed_at[removed].max(initial=0)))
        body = {
            "id": _FIRST_EDIT + order,
            "app_id": None,
            "created_at": self._iso(at),
            "committed_at": self._iso(at),
            "notify_customer": False,
            "order_id": int(self._order_ids[order].as_py()),
            "staff_note": "",
            "user_id": None,
            "line_items": {
                "additions": [_delta(row, int(lines.quantity[row])) for row in added.tolist()],
                "removals": [_delta(row, int(lines.quantity[row])) for row in removed.tolist()],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
        return _bytes({"order_edit": body})

    def _lines(self, order: int, at: int) -> list[_Line]:
        world = self._world
        part = slice(int(self._offsets[order]), int(self._offsets[order + 1]))
        lines = world.lines
        refund = self._refund(order, at)
        found = []
        columns = (
            lines.product, lines.quantity, lines.unit_price_minor, lines.discount_minor, lines.tax_minor,
            lines.added_at, lines.removed_at,
        )  # fmt: skip
        rows = zip(*(column[part].tolist() for column in columns), strict=True)
        for place, (product, quantity, unit, discount, tax, added_at, removed_at) in enumerate(rows):
            if added_at > at:
                continue
            live = at < removed_at
            returned = 0
            if live and refund >= 0:
                returned = quantity if world.refunds.is_full[refund] else int(place == 0)
            found.append(_Line(part.start + place, product, quantity, unit, discount, tax, live, returned))
        return found

    def _refund(self, order: int, at: int) -> int:
        refund = int(self._refund_of[order])
        return refund if refund >= 0 and self._world.refunds.refunded_at[refund] <= at else -1

    def _refund_object(self, refund: int) -> dict[str, Any]:
        world, refunds = self._world, self._world.refunds
        order, at = int(refunds.order[refund]), int(refunds.refunded_at[refund])
        number, restocked = _FIRST_REFUND + order, bool(refunds.restocked[refund])
        stamp, shipping = self._iso(at), int(refunds.shipping_minor[refund])
        lines = [line for line in self._lines(order, at) if line.returned]
        return {
            "id": number,
            "admin_graphql_api_id": f"gid://shopify/Refund/{number}",
            "order_id": int(self._order_ids[order].as_py()),
            "created_at": stamp,
            "processed_at": stamp,
            "note": "",
            "user_id": _STAFF,
            "restock": restocked,
            "duties": [],
            "total_duties_set": self._money.pair(0),
            "return": None,
            "refund_line_items": [self._refund_line(order, line, restocked) for line in lines],
            "refund_shipping_lines": [],
            "order_adjustments": [self._shipping_adjustment(order, shipping)] if shipping else [],
            "transactions": [self._transaction(order, _amounts_back(world, refund).whole, stamp)],
        }

    def _refund_line(self, order: int, line: _Line, restocked: bool) -> dict[str, Any]:
        subtotal = (line.quantity * line.unit - line.discount) * line.returned // line.quantity
        tax = line.tax * line.returned // line.quantity
        return {
            "id": _FIRST_REFUND_LINE + line.row,
            "line_item_id": _FIRST_LINE + line.row,
            "location_id": None,
            "quantity": line.returned,
            "restock_type": "return" if restocked else "no_restock",
            "subtotal": self._money.number(subtotal),
            "subtotal_set": self._money.pair(subtotal),
            "total_tax": self._money.number(tax),
            "total_tax_set": self._money.pair(tax),
            "line_item": self._line_item(order, line),
        }

    def _shipping_adjustment(self, order: int, shipping: int) -> dict[str, Any]:
        return {
            "id": _FIRST_ADJUSTMENT + order,
            "order_id": int(self._order_ids[order].as_py()),
            "refund_id": _FIRST_REFUND + order,
            "kind": "shipping_refund",
            "reason": "Shipping refund",
            "amount": self._money.text(-shipping),
            "amount_set": self._money.pair(-shipping),
            "tax_amount": self._money.text(0),
            "tax_amount_set": self._money.pair(0),
        }

    def _transaction(self, order: int, amount: int, stamp: str) -> dict[str, Any]:
        # Transactions alone say currency where every other set says currency_code.
        unsettled = {"amount": self._money.text(0), "currency": self._money.currency}
        return {
            **_UNUSED_BY_TRANSACTIONS,
            "id": _FIRST_TRANSACTION + order,
            "admin_graphql_api_id": f"gid://shopify/OrderTransaction/{_FIRST_TRANSACTION + order}",
            "order_id": int(self._order_ids[order].as_py()),
            "kind": "refund",
            "status": "success",
            "gateway": self._gateway(order),
            "amount": self._money.text(amount),
            "currency": self._money.currency,
            "created_at": stamp,
            "processed_at": stamp,
            "test": False,
            "manual_payment_gateway": False,
            "payment_id": f"#{_FIRST_NUMBER + order}.2",
            "receipt": {},
            "source_name": "web",
            "total_unsettled_set": {"shop_money": unsettled, "presentment_money": unsettled},
        }

    def _line_item(self, order: int, line: _Line) -> dict[str, Any]:
        number, product = _FIRST_LINE + line.row, line.product
        return {
            "id": number,
            "admin_graphql_api_id": f"gid://shopify/LineItem/{number}",
            "attributed_staffs": [],
            "current_quantity": line.left,
            "discount_allocations": self._discount_allocations(line),
            "duties": [],
            "fulfillable_quantity": line.left,
            "fulfillment_service": "manual",
            "fulfillment_status": None,
            "gift_card": False,
            "grams": 100,
            "name": f"Product {product}",
            "price": self._money.text(line.unit),
            "price_set": self._money.pair(line.unit),
            "product_exists": True,
            "product_id": _FIRST_PRODUCT + product,
            "properties": [],
            "quantity": line.quantity,
            "requires_shipping": True,
            "sku": sku(product),
            "taxable": True,
            "title": f"Product {product}",
            # Discounts of a code are allocated to lines; total_discount holds only what staff take off one line.
            "total_discount": self._money.text(0),
            "total_discount_set": self._money.pair(0),
            "variant_id": _FIRST_VARIANT + product,
            "variant_inventory_management": "shopify",
            "variant_title": None,
            "vendor": self._world.shop.name,
            "tax_lines": self._tax_lines(order, line.tax),
        }

    def _shipping_line(self, order: int, shipping: int) -> dict[str, Any]:
        return {
            "id": _FIRST_SHIPPING + order,
            "carrier_identifier": None,
            "code": "Standard",
            "discount_allocations": [],
            "current_discounted_price_set": self._money.pair(shipping),
            "discounted_price": self._money.text(shipping),
            "discounted_price_set": self._money.pair(shipping),
            "is_removed": False,
            "phone": None,
            "requested_fulfillment_service_id": None,
            "price": self._money.text(shipping),
            "price_set": self._money.pair(shipping),
            "source": "shopify",
            "tax_lines": [],
            "title": "Standard",
        }

    def _tax_lines(self, order: int, tax: int) -> list[dict[str, Any]]:
        rate = self._rate[order]
        if not rate:
            return []
        return [
            {
                "channel_liable": False,
                "price": self._money.text(tax),
                "price_set": self._money.pair(tax),
                "rate": rate,
                "title": "Tax",
            }
        ]

    def _discounts(self, live: list[_Line]) -> dict[str, Any]:
        discount = sum(line.discount for line in live)
        if not discount:
            return {"discount_applications": [], "discount_codes": []}
        # One code takes the same percentage off every line of an order.
        percent = round(100 * discount / sum(line.quantity * line.unit for line in live))
        application = {
            "target_type": "line_item",
            "target_selection": "all",
            "allocation_method": "across",
            "type": "discount_code",
            "code": "THANKYOU",
            "value": f"{percent}.0",
            "value_type": "percentage",
        }
        code = {"code": "THANKYOU", "amount": self._money.text(discount), "type": "percentage"}
        return {"discount_applications": [application], "discount_codes": [code]}

    def _discount_allocations(self, line: _Line) -> list[dict[str, Any]]:
        if not line.discount:
            return []
        amount, money = self._money.text(line.discount), self._money.pair(line.discount)
        return [{"amount": amount, "amount_set": money, "discount_application_index": 0}]

    def _discount_left(self, lines: list[_Line]) -> int:
        return sum(line.discount - line.discount * line.returned // line.quantity for line in lines if line.live)

    def _gateway(self, order: int) -> str:
        orders = self._world.orders
        if orders.test[order]:
            return "bogus"
        if orders.paid_at[order] != orders.placed_at[order]:
            return "bank_deposit"
        return "paypal" if order % 4 == 0 else "shopify_payments"

    def _iso(self, at: int) -> str:
        return datetime.fromtimestamp(at // SECOND, self._zone).isoformat()


@dataclass(frozen=True)
class _Back:
    """What a refund gave back, in minor units: goods, their tax, shipping, and all of it."""

    goods: int = 0
    tax: int = 0
    shipping: int = 0
    whole: int = 0


def _amounts_back(world: World, refund: int) -> _Back:
    if refund < 0:
        return _Back()
    refunds = world.refunds
    goods, tax, shipping = (
        int(column[refund]) for column in (refunds.goods_minor, refunds.tax_minor, refunds.shipping_minor)
    )
    return _Back(goods, tax, shipping, goods + shipping + (0 if world.shop.taxes_included else tax))


def _financial_status(world: World, order: int, at: int, refund: int) -> str:
    if refund >= 0:
        return "refunded" if world.refunds.is_full[refund] else "partially_refunded"
    if world.orders.voided_at[order] <= at:
        return "voided"
    return "paid" if world.orders.paid_at[order] <= at else "pending"


def _tax_rates(world: World) -> list[float]:
    """Return the rate of each order's tax: the one of the shop's that its tax is nearest to."""
    lines, shop = world.lines, world.shop
    orders = len(world.orders.placed_at)
    amount = np.bincount(lines.order, lines.amount_minor, orders)
    tax = np.bincount(lines.order, lines.tax_minor, orders)
    base: npt.NDArray[np.float64] = np.maximum(amount - tax if shop.taxes_included else amount, 1)
    rates = np.array([float(rate) for rate in shop.tax_rates])
    nearest: Ints = np.abs(tax[:, None] / base[:, None] - rates).argmin(axis=1)
    return rates[nearest].tolist()


def _delta(row: int, quantity: int) -> dict[str, int]:
    return {"id": _FIRST_LINE + row, "delta": quantity}


def _bytes(body: dict[str, Any]) -> bytes:
    return _encode(body).encode()
