"""GA4's `purchase` and `refund` as one body of the Measurement Protocol (conversion_apis A2 to A7).

An event's bytes depend on its purchase, its row and its destination only, so that a repeat is the same transaction of
the same client. GA4 answers 204 to everything, so what it would drop or cut is not built.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from include.delivery.browser import client_of, session_of, usable_address
from include.delivery.consent import Consent, decide
from include.delivery.identifiers import usable_hashes
from include.delivery.purchase import REFUND, Built, Destination, Event, Payload, Purchase, Reason, Skip
from include.delivery.value import Valued, number, refund_of, shipping_of, value_of
from include.platforms.request import PlatformRequest

LARGEST_BODY = 130_000
"""Bytes; a body must be smaller."""
LONGEST_VALUE = 100
"""Characters of a param's value; GA4 cuts the rest, which would make two transactions one."""

_PATH = "/mp/collect"
_HASHED_LISTS = ("sha256_email_address", "sha256_phone_number")


def request_of(body: bytes) -> PlatformRequest:
    """Return the request that delivers one event; measurement id and secret are the hook's."""
    return PlatformRequest("POST", _PATH, body=body)


def build(purchase: Purchase, event: Event, destination: Destination) -> Built:
    """Return the body of one event, or why it is not sent.

    Money is the goods after discounts; tax and shipping stand beside it. Raises ValueError for a refund without its
    sums, or when the items do not make the value.
    """
    context = purchase.context
    consent = decide(context.consent, "ga4", destination.consent_policy)
    if consent.refused is not None:
        return Skip(consent.refused)
    client = client_of(context.ga_client_id)
    if client is None:
        return Skip(Reason.NO_CLIENT_ID)
    if len(event.event_id) > LONGEST_VALUE:
        return Skip(Reason.EVENT_ID_TOO_LONG)
    name, valued, params = _reported(purchase, event)
    seconds = event.event_time.timestamp()
    body: dict[str, Any] = {
        "client_id": client,
        "timestamp_micros": round(seconds * 1_000_000),
        **_person(purchase, consent),
        "events": [
            {
                "name": name,
                "params": {
                    "transaction_id": event.event_id,
                    "currency": purchase.currency,
                    "value": number(valued.value_minor, purchase.currency),
                    **params,
                    **_session(purchase),
                    "engagement_time_msec": 1,
                    "items": _items(valued, purchase.currency),
                },
            }
        ],
    }
    return Payload(orjson.dumps(body), valued.value_minor)


def _reported(purchase: Purchase, event: Event) -> tuple[str, Valued, Mapping[str, Any]]:
    """Return the event's name, value, and the params that only a purchase has."""
    if event.event_name == REFUND:
        if event.refund is None:
            raise ValueError("a refund event without its sums")
        return "refund", refund_of(purchase, event.refund), {}
    beside = {"tax": purchase.tax_minor, "shipping": shipping_of(purchase)}
    params: dict[str, Any] = {
        name: number(minor, purchase.currency) for name, minor in beside.items() if minor is not None
    }
    if purchase.is_new_customer is not None:
        params["customer_type"] = "new" if purchase.is_new_customer else "returning"
    return "purchase", value_of(purchase), params


def _session(purchase: Purchase) -> Mapping[str, str]:
    session = session_of(purchase.context.ga_session_id)
    return {"session_id": session} if session else {}


def _person(purchase: Purchase, consent: Consent) -> Mapping[str, Any]:
    """Return consent, the browser, and hashes of the buyer, these only where advertising may have them."""
    context = purchase.context
    told: dict[str, Any] = {}
    if consent.ads is not None:
        told["consent"] = {"ad_user_data": consent.ads, "ad_personalization": consent.ads}
    if consent.ads != "DENIED" and (user_data := _user_data(usable_hashes(context.identifiers, "ga4"))):
        told["user_data"] = user_data
    if address := usable_address(context.ip):
        told["ip_override"] = address
    if context.user_agent:
        told["user_agent"] = context.user_agent
    return told


def _user_data(hashes: Mapping[str, str]) -> Mapping[str, Any]:
    lists: dict[str, Any] = {name: [hashes[name]] for name in _HASHED_LISTS if name in hashes}
    address = {name: value for name, value in hashes.items() if name not in _HASHED_LISTS}
    return {**lists, "address": [address]} if address else lists


def _items(valued: Valued, currency: str) -> list[Mapping[str, Any]]:
    return [
        {"item_id": item.item_id, "price": number(item.price_minor, currency), "quantity": item.quantity}
        for item in valued.items
    ]
