"""TikTok's `Purchase` as one element of `data`, and the request around many of them (conversion_apis C1 to C3).

The element's bytes are frozen; the envelope only joins them, so that a repeat in another batch is the same event.
TikTok's answer is blind to fields that it does not know, so only those of its page are built.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from include.delivery.browser import page_of, usable_address
from include.delivery.consent import decide
from include.delivery.envelope import enclosed
from include.delivery.identifiers import hashed_id, usable_hashes
from include.delivery.purchase import REFUND, Built, Destination, Event, Payload, Purchase, Reason, Skip
from include.delivery.value import Valued, number, value_of
from include.platforms.request import PlatformRequest

_CURRENCY_LIST = (
    "AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF IDR ILS INR ISK"
    " JPY KES KHR KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD THB TRY"
    " TWD UAH USD VES VND ZAR"
)
CURRENCIES = frozenset(_CURRENCY_LIST.split())
"""The closed list of the Events API; an event in another currency makes TikTok refuse the whole request."""

_PATH = "/open_api/v1.3/event/track/"
# Events have a limit of their own, 1,000 queries a second, which requests of a thousand events do not come near.
_COST = 0.0
_LONGEST_CLICK_ID = 1_000
_HASHED = frozenset({"email", "phone", "first_name", "last_name", "zip_code"})
_RECOGNISE = frozenset({"email", "phone", "external_id", "ttclid", "ttp", "ip"})
"""Keys that tell one buyer from another; a name, a postal code or a browser's model do not."""


def request_of(elements: Sequence[bytes], destination: Destination) -> PlatformRequest:
    """Return the request that delivers events."""
    return PlatformRequest("POST", _PATH, body=batch(elements, destination.source_id), cost=_COST)


def batch(elements: Sequence[bytes], pixel_code: str) -> bytes:
    """Return the body around 1 to 1,000 frozen elements; raises ValueError for another number."""
    head = b'{"event_source":"web","event_source_id":' + orjson.dumps(pixel_code) + b',"data":['
    return enclosed(head, elements, b"]}")


def build(purchase: Purchase, event: Event, destination: Destination) -> Built:
    """Return the element of one event, or why it is not sent; TikTok has no event for a refund."""
    if event.event_name == REFUND:
        return Skip(Reason.REFUND_NOT_SUPPORTED)
    consent = decide(purchase.context.consent, "tiktok", destination.consent_policy)
    if consent.refused is not None:
        return Skip(consent.refused)
    if purchase.currency not in CURRENCIES:
        return Skip(Reason.CURRENCY_NOT_SUPPORTED)
    user = _user(purchase)
    if not user.keys() & _RECOGNISE:
        return Skip(Reason.NO_IDENTIFIERS)
    page = page_of(purchase.context, destination.site)
    if page is None:
        return Skip(Reason.NO_PAGE)
    valued = value_of(purchase)
    element: dict[str, Any] = {
        "event": "Purchase",
        "event_time": int(event.event_time.timestamp()),
        "event_id": event.event_id,
        "user": user,
        "page": {"url": page},
        "limited_data_use": consent.limited,
        "properties": _properties(purchase, valued),
    }
    return Payload(orjson.dumps(element), valued.value_minor)


def _user(purchase: Purchase) -> Mapping[str, str]:
    context = purchase.context
    hashes = usable_hashes(context.identifiers, "tiktok")
    user: dict[str, str | None] = {name: value for name, value in hashes.items() if name in _HASHED}
    click = context.ttclid if len(context.ttclid or "") <= _LONGEST_CLICK_ID else None
    user |= {
        "external_id": hashed_id(purchase.customer_external_id),
        "ttclid": click,
        "ttp": context.ttp,
        "ip": usable_address(context.ip),
        "user_agent": context.user_agent,
    }
    return {name: value for name, value in user.items() if value}


def _properties(purchase: Purchase, valued: Valued) -> Mapping[str, Any]:
    currency = purchase.currency
    return {
        "currency": currency,
        "value": number(valued.value_minor, currency),
        "order_id": purchase.external_id,
        "content_type": "product",
        "contents": [
            {"content_id": item.item_id, "price": number(item.price_minor, currency), "quantity": item.quantity}
            for item in valued.items
        ],
        "num_items": sum(item.quantity for item in valued.items),
    }
