"""Meta's `Purchase` as one element of `data`, and the request around many of them (conversion_apis B2 to B6).

The element's bytes are frozen; the envelope only joins them, so that a repeat in another batch is the same event. One
bad event makes Meta refuse the whole request, so what it refuses for certain is not built.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from include.delivery.browser import browser_of, click_of, page_of, usable_address
from include.delivery.consent import decide
from include.delivery.envelope import enclosed
from include.delivery.identifiers import hashed_id, usable_hashes
from include.delivery.purchase import REFUND, Built, Destination, Event, Payload, Purchase, Reason, Skip
from include.delivery.value import Valued, number, value_of
from include.platforms.request import PlatformRequest

# No rate of events is documented: what the usage headers ask for is waited for, reports' pace is not.
_COST = 0.001
_HASHED = frozenset({"em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"})
_TOO_WEAK = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)
"""Meta refuses an event that knows no more of a buyer than one of these."""
_IN_SHOP = "pos"
# Meta finds out where the buyer is: the shop knows where parcels go, which is something else.
_LIMITED = {
    "data_processing_options": ["LDU"],
    "data_processing_options_country": 0,
    "data_processing_options_state": 0,
}


def request_of(elements: Sequence[bytes], destination: Destination, api_version: str) -> PlatformRequest:
    """Return the request that delivers events; api_version as the connection has it (v26.0)."""
    path = f"/{api_version}/{destination.source_id}/events"
    return PlatformRequest("POST", path, body=batch(elements), cost=_COST)


def batch(elements: Sequence[bytes]) -> bytes:
    """Return the body around 1 to 1,000 frozen elements; raises ValueError for another number."""
    return enclosed(b'{"data":[', elements, b"]}")


def build(purchase: Purchase, event: Event, destination: Destination) -> Built:
    """Return the element of one event, or why it is not sent; Meta has no event for a refund."""
    if event.event_name == REFUND:
        return Skip(Reason.REFUND_NOT_SUPPORTED)
    consent = decide(purchase.context.consent, "meta", destination.consent_policy)
    if consent.refused is not None:
        return Skip(consent.refused)
    person = _person(purchase, event)
    if _is_too_weak(person):
        return Skip(Reason.NO_IDENTIFIERS)
    valued = value_of(purchase)
    element: dict[str, Any] = {
        "event_name": "Purchase",
        "event_time": int(event.event_time.timestamp()),
        "event_id": event.event_id,
        **_source(purchase, destination),
        "user_data": person,
        "custom_data": _custom_data(purchase, valued),
        **(_LIMITED if consent.limited else {}),
    }
    return Payload(orjson.dumps(element), valued.value_minor)


def _source(purchase: Purchase, destination: Destination) -> Mapping[str, str]:
    """Return where the buyer was. A website event needs a page and a browser; without both it is another's."""
    if purchase.source_name == _IN_SHOP:
        return {"action_source": "physical_store"}
    page = page_of(purchase.context, destination.site)
    if page is None or not purchase.context.user_agent:
        return {"action_source": "other"}
    return {"action_source": "website", "event_source_url": page}


def _person(purchase: Purchase, event: Event) -> Mapping[str, Any]:
    context = purchase.context
    hashes = usable_hashes(context.identifiers, "meta")
    person: dict[str, Any] = {name: [value] for name, value in hashes.items() if name in _HASHED}
    if buyer := hashed_id(purchase.customer_external_id):
        person["external_id"] = [buyer]
    raw = {
        "client_ip_address": usable_address(context.ip),
        "client_user_agent": context.user_agent,
        "fbc": click_of(context.fbc, event.event_time),
        "fbp": browser_of(context.fbp),
    }
    return person | {name: value for name, value in raw.items() if value}


def _is_too_weak(person: Mapping[str, Any]) -> bool:
    return any(person.keys() <= weak for weak in _TOO_WEAK)


def _custom_data(purchase: Purchase, valued: Valued) -> Mapping[str, Any]:
    currency = purchase.currency
    return {
        "currency": currency,
        "value": number(valued.value_minor, currency),
        "order_id": purchase.external_id,
        "content_type": "product",
        "content_ids": list(dict.fromkeys(item.item_id for item in valued.items)),
        "contents": [
            {"id": item.item_id, "quantity": item.quantity, "item_price": number(item.price_minor, currency)}
            for item in valued.items
        ],
        "num_items": sum(item.quantity for item in valued.items),
    }
