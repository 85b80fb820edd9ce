"""Which rules one event of the Measurement Protocol breaks. Source: conversion_apis.md A2 to A6, A9.

A fatal finding drops the event. word is the code by which the validation server says it; without one it does not.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.server.finding import Finding, holds_email, is_number, words
from sandbox.server.vendors.ga4.names import name_finding

BACKDATED = timedelta(hours=72)
_AHEAD = timedelta(minutes=15)
_MOST_PARAMS, _LONGEST_VALUE, _MOST_ITEMS, _MOST_CUSTOM_ITEM_PARAMS = 25, 100, 200, 27
_ITEM_FIELDS = words(
    "item_id item_name affiliation coupon discount index item_brand item_category item_category2 item_category3"
    " item_category4 item_category5 item_list_id item_list_name item_variant location_id price quantity"
)
_CENT = Decimal("0.005")


def event_findings(event: Any, sent_at: Any, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with one event; sent_at is the timestamp_micros that counts for it, or None."""
    if not isinstance(event, dict) or not isinstance(event.get("name"), str):
        yield Finding("ga4.A4.event-name", "events.name", True, word="NAME_INVALID")
        return
    yield from name_finding("event", event["name"])
    yield from _time(sent_at, now)
    params = event.get("params", {})
    if not isinstance(params, dict):
        yield Finding("ga4.A4.params", "events.params", True, word="VALUE_INVALID")
        return
    if len(params) > _MOST_PARAMS:
        yield Finding("ga4.A4.params", "events.params", True, word="EXCEEDED_MAX_ENTITIES")
    yield from _params(params)
    if holds_email(params):
        yield Finding("ga4.E.personal-data", "events.params")
    if event["name"] in ("purchase", "refund"):
        yield from _transaction(params)
    if event["name"] == "purchase":
        yield from _purchase(params)


def _time(sent_at: Any, now: datetime) -> Iterator[Finding]:
    if sent_at is None:
        return
    if not isinstance(sent_at, int) or isinstance(sent_at, bool):
        yield Finding("ga4.A2.timestamp", "timestamp_micros", word="VALUE_INVALID")
    elif sent_at < (now - BACKDATED).timestamp() * 1_000_000:
        yield Finding("ga4.A3.too-old", "timestamp_micros", word="VALUE_OUT_OF_BOUNDS")
    elif sent_at > (now + _AHEAD).timestamp() * 1_000_000:
        yield Finding("ga4.A3.ahead", "timestamp_micros")


def _params(params: Mapping[str, Any]) -> Iterator[Finding]:
    for name, value in params.items():
        yield from name_finding("param", name)
        if isinstance(value, str) and len(value) > _LONGEST_VALUE:
            yield Finding("ga4.A4.param-value", f"events.params.{name}", word="VALUE_OUT_OF_BOUNDS")
    if "session_id" in params and not _session(params["session_id"]):
        yield Finding("ga4.A2.session-id", "events.params.session_id", word="VALUE_INVALID")
    engaged = params.get("engagement_time_msec", 1)
    if not str(engaged).isdecimal() or int(engaged) < 1:
        yield Finding("ga4.A2.engagement-time", "events.params.engagement_time_msec", word="VALUE_INVALID")
    if params.get("debug_mode"):
        yield Finding("ga4.A2.debug-mode", "events.params.debug_mode")


def _session(value: Any) -> bool:
    """A positive number, as number or text, or the session cookie (GS1.1.1795190000.1...)."""
    text = str(value)
    return (text.isdecimal() and int(text) > 0) or text.startswith(("GS1.", "GS2."))


def _transaction(params: Mapping[str, Any]) -> Iterator[Finding]:
    if "transaction_id" not in params:
        yield Finding("ga4.A6.transaction-id", "events.params.transaction_id", word="VALUE_REQUIRED")
    elif params["transaction_id"] == "":
        yield Finding("ga4.A8.empty-transaction-id", "events.params.transaction_id", word="VALUE_REQUIRED")
    elif not isinstance(params["transaction_id"], str):
        yield Finding("ga4.A6.transaction-id-text", "events.params.transaction_id", word="VALUE_INVALID")


def _purchase(params: Mapping[str, Any]) -> Iterator[Finding]:
    value = params.get("value")
    if value is None:
        yield Finding("ga4.A6.value", "events.params.value", word="VALUE_REQUIRED")
    else:
        yield from _number("value", value)
        if not params.get("currency"):
            yield Finding("ga4.A6.currency", "events.params.currency", word="VALUE_REQUIRED")
    currency = params.get("currency")
    if currency and not (isinstance(currency, str) and len(currency) == 3 and currency.isupper()):
        yield Finding("ga4.A6.currency-code", "events.params.currency", word="VALUE_INVALID")
    for name in ("tax", "shipping"):
        if name in params:
            yield from _number(name, params[name])
    if params.get("customer_type") not in (None, "new", "returning"):
        yield Finding("ga4.A6.customer-type", "events.params.customer_type", word="VALUE_INVALID")
    yield from _items(params)


def _items(params: Mapping[str, Any]) -> Iterator[Finding]:
    items = params.get("items")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        yield Finding("ga4.A6.items", "events.params.items", word="VALUE_REQUIRED")
        return
    if len(items) > _MOST_ITEMS:
        yield Finding("ga4.A4.items", "events.params.items", word="EXCEEDED_MAX_ENTITIES")
    if not all(item.get("item_id") or item.get("item_name") for item in items):
        yield Finding("ga4.A6.item-id", "events.params.items", word="VALUE_REQUIRED")
    if any(len(set(item) - _ITEM_FIELDS) > _MOST_CUSTOM_ITEM_PARAMS for item in items):
        yield Finding("ga4.A4.item-params", "events.params.items", word="EXCEEDED_MAX_ENTITIES")
    for name in ("price", "quantity", "discount"):
        for value in [item[name] for item in items if name in item]:
            yield from _number(f"items.{name}", value)
    value = params.get("value")
    prices = [item.get("price", 0) for item in items] + [item.get("quantity", 1) for item in items]
    if is_number(value) and all(map(is_number, prices)):
        total = sum((_decimal(item.get("price", 0)) * _decimal(item.get("quantity", 1)) for item in items), Decimal(0))
        if abs(total - _decimal(value)) > _CENT:
            yield Finding("ga4.A6.sum-of-items", "events.params.value")


def _number(name: str, value: Any) -> Iterator[Finding]:
    if is_number(value):
        return
    # A text that holds a number is taken for one; "$19" was seen to break the validation server itself.
    readable = isinstance(value, str) and value.replace(".", "", 1).isdecimal()
    yield Finding("ga4.A6.number", f"events.params.{name}", word="" if readable else "INTERNAL_ERROR")


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))
