"""What the shop's own tag and pixels sent for the orders of its world: the browser's copies that vendors deduplicate.

An order is heard of by a vendor only where its buyer agreed and came with the vendor's cookie, at the instant it was
placed. The order's number is its transaction and event id, within a template; its total is the value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from include.money import minor_unit_exponent
from sandbox.server.house import Shops
from sandbox.world.external_ids import order_ids
from sandbox.world.local_time import instant_us
from sandbox.world.order_browsers import OrderBrowsers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sale:
    """An order as a page of thanks knows it; cookies by name, value in major units."""

    at: datetime
    order_id: str
    value: Decimal
    currency: str
    cookies: Mapping[str, str]


def sales(shops: Shops, slug: str, since: datetime, until: datetime) -> Iterator[Sale]:
    """Yield the orders placed in a browser within (since, until] by buyers who agreed, as they are known at until."""
    world = shops.world(slug)
    state = shops.at(slug, until).orders
    placed_at = world.orders.placed_at[state.order]
    rows = np.flatnonzero((placed_at > instant_us(since)) & (placed_at <= instant_us(until)))
    browsers = OrderBrowsers(world)
    exponent = minor_unit_exponent(world.shop.currency)
    for row in rows:
        order = int(state.order[row])
        noted = {one["name"]: one["value"] for one in browsers.fields(order)["note_attributes"]}
        if noted.get("consent_marketing") == "granted":
            yield Sale(
                at=_EPOCH + timedelta(microseconds=int(placed_at[row])),
                order_id=order_ids(np.array([order]))[0].as_py(),
                value=Decimal(int(state.total_minor[row])).scaleb(-exponent),
                currency=world.shop.currency,
                cookies=noted,
            )


def as_sent(vendor: str, sale: Sale, event_id: str) -> dict[str, Any] | None:
    """Return the vendor's browser event of a sale, None where the vendor's pixel has no cookie of the buyer."""
    value = float(sale.value)
    if vendor == "ga4" and "_ga" in sale.cookies:
        client = ".".join(sale.cookies["_ga"].split(".")[-2:])
        params = {"transaction_id": event_id, "value": value, "currency": sale.currency}
        return {"name": "purchase", "client_id": client, "params": params}
    properties = {"value": value, "currency": sale.currency, "order_id": sale.order_id}
    if vendor == "meta" and "_fbp" in sale.cookies:
        person = {"fbp": sale.cookies["_fbp"]}
        at = int(sale.at.timestamp())
        named = {"event_name": "Purchase", "event_id": event_id, "event_time": at}
        return {**named, "user_data": person, "custom_data": properties}
    if vendor == "tiktok" and "ttclid" in sale.cookies:
        return {"event": "Purchase", "event_id": event_id, "properties": properties}
    return None
