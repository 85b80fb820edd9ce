"""The orders of a shop as the Admin API shows them, from the seeded world: states, refunds, lines, journeys.

An order is there from the second it was placed, before its webhook may be; the world's own bodies are the source of
amounts. Traps of source_apis.md E.3, E.4: the journey of an order younger than an hour is not ready, every seventh
product has no cost, every thirteenth lost its variant.
Quirks: `presentment` {"currency": "JPY", "rate": "170.5"} (what buyers pay in), `journeys_ready` false.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from graphql import GraphQLError

from include.money import minor_unit_exponent
from sandbox.world.draws import Ints
from sandbox.world.local_time import DAY, HOUR, SECOND
from sandbox.world.order_events import OrderEvents, order_events
from sandbox.world.shopify_payloads import ShopifyPayloads
from sandbox.world.world import World

_JOURNEY_WINDOW = 30 * DAY
_JOURNEY_READY_AFTER = HOUR

Connection = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Presentment:
    """The currency buyers pay in, and its units for one of the shop's."""

    currency: str
    rate: Decimal


@dataclass(frozen=True)
class View:
    """How the caller sees the shop: virtual instant (microseconds UTC), presentment, whether journeys are ready."""

    instant: int
    presentment: Presentment | None
    journeys_ready: bool


class ShopOrders:
    """The orders of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._bodies = ShopifyPayloads(world)

    @cached_property
    def _events(self) -> OrderEvents:
        return order_events(self.world)

    def changed_at(self, instant: int) -> tuple[Ints, Ints]:
        """Return the orders placed by an instant (indexes) and when each last changed by then, aligned."""
        events = self._events
        happened = events.at <= instant
        changed = np.full(len(self.world.orders.placed_at), -1, dtype=np.int64)
        np.maximum.at(changed, events.order[happened], events.at[happened])
        order = np.flatnonzero(changed >= 0)
        return order, changed[order]

    def order(self, order: int, changed_at: int, view: View) -> dict[str, Any]:
        """Return an order as the objects and functions that a GraphQL executor reads."""
        body = json.loads(self._bodies.order(order, changed_at))
        money = _Money(self.world.shop.currency, view.presentment)
        refunds = [self._refund(one, body, money) for one in body["refunds"]]
        back = sum((Decimal(_refunded(one)) for one in body["refunds"]), Decimal(0))
        total = Decimal(body["total_price"])
        paid = total if body["financial_status"] not in ("pending", "voided") else Decimal(0)
        return {
            "id": body["admin_graphql_api_id"],
            "legacyResourceId": str(body["id"]),
            "name": body["name"],
            "createdAt": _utc(body["created_at"]),
            "processedAt": _utc(body["processed_at"]),
            "updatedAt": _utc(body["updated_at"]),
            "cancelledAt": _utc(body["cancelled_at"]),
            "cancelReason": (body["cancel_reason"] or "").upper() or None,
            "test": body["test"],
            "displayFinancialStatus": body["financial_status"].upper(),
            "sourceName": body["source_name"],
            "currencyCode": money.shop,
            "presentmentCurrencyCode": money.presentment,
            "totalPriceSet": money.bag(total),
            "currentTotalPriceSet": money.bag(Decimal(body["current_total_price"])),
            "originalTotalPriceSet": lambda info: money.bag(self._first_total(order)),
            "netPaymentSet": money.bag(paid - back),
            "totalRefundedSet": money.bag(back),
            "totalTaxSet": money.bag(Decimal(body["total_tax"])),
            "totalDiscountsSet": money.bag(Decimal(body["total_discounts"])),
            "subtotalPriceSet": money.bag(Decimal(body["subtotal_price"])),
            "totalShippingPriceSet": money.bag(Decimal(body["total_shipping_price_set"]["shop_money"]["amount"])),
            "taxesIncluded": body["taxes_included"],
            "customAttributes": [{"key": one["name"], "value": one["value"]} for one in body["note_attributes"]],
            "refunds": lambda info, first=None: refunds[:first],
            "transactions": lambda info, first=None: self._transactions(body, money)[:first],
            "customer": lambda info: self._customer(order, body),
            "customerJourneySummary": lambda info: self._journey(order, view),
            "lineItems": connection([self._line(one, money) for one in body["line_items"]]),
        }

    def _first_total(self, order: int) -> Decimal:
        placed_at = int(self.world.orders.placed_at[order])
        return Decimal(json.loads(self._bodies.order(order, placed_at))["total_price"])

    def _refund(self, refund: dict[str, Any], body: dict[str, Any], money: "_Money") -> dict[str, Any]:
        lines = {one["id"]: one for one in body["line_items"]}
        items = [
            {
                "quantity": one["quantity"],
                "restocked": one["restock_type"] == "return",
                "subtotalSet": money.bag(Decimal(one["subtotal_set"]["shop_money"]["amount"])),
                "totalTaxSet": money.bag(Decimal(one["total_tax_set"]["shop_money"]["amount"])),
                "lineItem": self._line(lines[one["line_item_id"]], money),
            }
            for one in refund["refund_line_items"]
        ]
        return {
            "id": refund["admin_graphql_api_id"],
            "legacyResourceId": str(refund["id"]),
            "createdAt": _utc(refund["created_at"]),
            "updatedAt": _utc(refund["processed_at"]),
            "totalRefundedSet": money.bag(Decimal(_refunded(refund))),
            "refundLineItems": connection(items),
        }

    def _transactions(self, body: dict[str, Any], money: "_Money") -> list[dict[str, Any]]:
        gateway = body["payment_gateway_names"][0]
        common = {"status": "SUCCESS", "gateway": gateway, "test": body["test"]}
        sale = {
            "id": f"gid://shopify/OrderTransaction/{body['id']}",
            "kind": "SALE",
            "createdAt": _utc(body["processed_at"]),
            "amountSet": money.bag(Decimal(body["total_price"])),
            **common,
        }
        back = [
            {
                "id": one["transactions"][0]["admin_graphql_api_id"],
                "kind": "REFUND",
                "createdAt": _utc(one["created_at"]),
                "amountSet": money.bag(Decimal(_refunded(one))),
                **common,
            }
            for one in body["refunds"]
        ]
        is_paid = body["financial_status"] not in ("pending", "voided")
        return ([sale] if is_paid else []) + back

    def _customer(self, order: int, body: dict[str, Any]) -> dict[str, Any] | None:
        if body["customer"] is None:
            return None
        return {
            "id": body["customer"]["admin_graphql_api_id"],
            "numberOfOrders": str(self._orders_until(order)),
        }

    def _orders_until(self, order: int) -> int:
        """Return how many orders the buyer had placed with this one; a guest's is the first."""
        orders = self.world.orders
        if orders.customer[order] < 0:
            return 1
        same = (orders.customer == orders.customer[order]) & (orders.placed_at <= orders.placed_at[order])
        return int(same.sum())

    def _line(self, line: dict[str, Any], money: "_Money") -> dict[str, Any]:
        product = int(line["sku"].rsplit("-", 1)[1])
        price = Decimal(line["price"])
        off = sum((Decimal(one["amount"]) for one in line["discount_allocations"]), Decimal(0))
        cost = None if product % 7 == 0 else money.of_shop(price * Decimal("0.4"))
        variant = {
            "id": f"gid://shopify/ProductVariant/{line['variant_id']}",
            "legacyResourceId": str(line["variant_id"]),
            "sku": line["sku"],
            "inventoryItem": {"id": f"gid://shopify/InventoryItem/{line['variant_id']}", "unitCost": cost},
        }
        return {
            "id": line["admin_graphql_api_id"],
            "title": line["title"],
            "name": line["name"],
            "sku": line["sku"],
            "quantity": line["quantity"],
            "currentQuantity": line["current_quantity"],
            "originalUnitPriceSet": money.bag(price),
            "discountedTotalSet": money.bag(price * line["quantity"] - off),
            "variant": None if product % 13 == 0 else variant,
        }

    def _journey(self, order: int, view: View) -> dict[str, Any] | None:
        orders = self.world.orders
        placed_at = int(orders.placed_at[order])
        if int(orders.visitor[order]) < 0:
            return None
        if view.instant - placed_at < _JOURNEY_READY_AFTER or not view.journeys_ready:
            return {"ready": False, "momentsCount": None, "customerOrderIndex": None, "daysToConversion": None}
        visits = self._visits(int(orders.visitor[order]), placed_at)
        first = visits[0] if visits else None
        days = (placed_at // SECOND - int(_seconds(first["occurredAt"]))) // 86_400 if first else 0
        return {
            "ready": True,
            "momentsCount": {"count": len(visits), "precision": "EXACT"},
            "customerOrderIndex": self._orders_until(order) - 1,
            "daysToConversion": days,
            "firstVisit": first,
            "lastVisit": visits[-1] if visits else None,
            "moments": connection(visits),
        }

    def _visits(self, visitor: int, placed_at: int) -> list[dict[str, Any]]:
        touches, placements = self.world.touches, self.world.placements
        mine = np.flatnonzero((touches.visitor == visitor) & (touches.occurred_at <= placed_at))
        recent = mine[touches.occurred_at[mine] >= placed_at - _JOURNEY_WINDOW]
        found = []
        for row in recent[np.argsort(touches.occurred_at[recent], kind="stable")].tolist():
            one = placements[int(touches.placement[row])]
            if one.type == "click":
                values = {name: getattr(one, name) or None for name in _UTM}
                found.append(
                    {
                        "id": f"gid://shopify/CustomerVisit/{int(touches.number[row]) + 1}",
                        "landingPage": one.landing_page or None,
                        "referrerUrl": one.referrer or None,
                        "source": one.source if one.source and not one.source.startswith("(") else "direct",
                        "occurredAt": _iso(int(touches.occurred_at[row])),
                        "utmParameters": values if any(values.values()) else None,
                    }
                )
        return found


_UTM = ("source", "medium", "campaign", "content", "term")


class _Money:
    def __init__(self, currency: str, presentment: Presentment | None) -> None:
        self.shop = currency
        self._presentment = presentment or Presentment(currency, Decimal(1))

    @property
    def presentment(self) -> str:
        return self._presentment.currency

    def of_shop(self, amount: Decimal) -> dict[str, str]:
        return _amount(amount, self.shop)

    def bag(self, amount: Decimal) -> dict[str, Any]:
        paid = _amount(amount * self._presentment.rate, self.presentment)
        return {"shopMoney": self.of_shop(amount), "presentmentMoney": paid}


def _amount(amount: Decimal, currency: str) -> dict[str, str]:
    rounded = amount.quantize(Decimal(1).scaleb(-minor_unit_exponent(currency)))
    # One decimal at least, as the API writes whole amounts: "3800.0".
    text = str(rounded) if "." in str(rounded) else f"{rounded}.0"
    return {"amount": text, "currencyCode": currency}


def _refunded(refund: dict[str, Any]) -> str:
    return str(refund["transactions"][0]["amount"])


def connection(items: Sequence[dict[str, Any]]) -> Connection:
    """Return the function that answers a nested connection; its cursors are positions."""

    def page(info: Any, first: int | None = None, after: str | None = None) -> dict[str, Any]:
        if first is None:
            raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
        start = int(after) + 1 if after else 0
        shown = items[start : start + first]
        edges = [{"cursor": str(start + number), "node": one} for number, one in enumerate(shown)]
        return {
            "edges": edges,
            "nodes": list(shown),
            "pageInfo": {
                "hasNextPage": start + len(shown) < len(items),
                "hasPreviousPage": start > 0,
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            },
        }

    return page


def _utc(text: str | None) -> str | None:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if text else None


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
