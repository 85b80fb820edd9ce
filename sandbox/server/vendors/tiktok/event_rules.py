"""Which rules one event of event/track breaks. Source: conversion_apis.md C1 to C3, C5.

A fatal finding rejects the whole request with 40002. To unknown and misspelt fields the reply is blind.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from sandbox.server.finding import HASH_OF_NOTHING, Finding, as_list, holds_email, is_hash, is_number, words

# The closed list, as TikTok's own Android SDK and its reference have it.
CURRENCIES = words(
    "AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF IDR ILS INR ISK"
    " JPY KES KHR KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD THB TRY"
    " TWD UAH USD VES VND ZAR"
)
LEGACY = {"CompletePayment": "Purchase"}
"""Names that TikTok maps to another."""
_FIELDS = words("event event_time event_id user page properties limited_data_use app ad lead")
_HASHED = words("email phone external_id first_name last_name zip_code")
_PLAIN = words("city state country ttclid ttp ip user_agent locale idfa idfv gaid att_status lead_id")
_PROPERTIES = words(
    "currency value contents content_ids content_type order_id shop_id num_items description search_string query status"
)
_CONTENT = words("price quantity content_id content_name content_category brand")
_LONGEST_CLICK_ID = 1000
_OLDEST = timedelta(days=28)
_AHEAD = timedelta(minutes=10)
# Seconds stay below this until the year 5138; milliseconds are above it since 1973.
_SECONDS_BELOW = 100_000_000_000


def event_findings(event: Any, source: str, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with one event of `data`; source is the request's event_source."""
    if not isinstance(event, dict):
        yield _fatal("tiktok.C1.event-object", "an event is not an object")
        return
    yield from _names(event)
    yield from _time(event.get("event_time"), now)
    yield from _page(event.get("page"), source)
    yield from _user(event.get("user"))
    if not isinstance(event.get("limited_data_use", False), bool):
        yield _fatal("tiktok.C1.limited-data-use", "limited_data_use is true or false")
    yield from _properties(event)
    for field in sorted(set(event) - _FIELDS):
        yield Finding("tiktok.C4.unknown-field", field)


def _names(event: Mapping[str, Any]) -> Iterator[Finding]:
    name = event.get("event")
    if not isinstance(name, str) or not name:
        yield _fatal("tiktok.C1.event", "event")
    elif name in LEGACY:
        yield Finding("tiktok.C1.legacy-name", f"{name} is mapped to {LEGACY[name]}; the browser says another name")
    elif name.lower() == "purchase" and name != "Purchase":
        yield Finding("tiktok.C1.event-case", "event is case-sensitive: Purchase")
    if not isinstance(event.get("event_id"), str) or not event["event_id"]:
        yield Finding("tiktok.C1.event-id", "event_id")


def _time(at: Any, now: datetime) -> Iterator[Finding]:
    if not isinstance(at, int) or isinstance(at, bool) or not 0 < at < _SECONDS_BELOW:
        yield _fatal("tiktok.C1.event-time", "event_time is not Unix seconds")
    elif at > (now + _AHEAD).timestamp():
        yield Finding("tiktok.C5.ahead", "event_time lies ahead")
    elif at < (now - _OLDEST).timestamp():
        yield Finding("tiktok.C5.too-old", "event_time is older than 28 days")


def _page(page: Any, source: str) -> Iterator[Finding]:
    if source == "web" and not (isinstance(page, dict) and page.get("url")):
        yield _fatal("tiktok.C1.page-url", "page.url is required for web")
    if holds_email(page):
        yield Finding("tiktok.E.url-personal-data", "page")


def _user(user: Any) -> Iterator[Finding]:
    if not isinstance(user, dict) or not user:
        yield Finding("tiktok.C1.user", "user")
        return
    for key, value in user.items():
        yield from _key(key, as_list(value))
    address = user.get("ip")
    if address:
        try:
            ip_address(address)
        except ValueError:
            yield Finding("tiktok.C2.ip", "ip is not an address")
    if len(str(user.get("ttclid", ""))) > _LONGEST_CLICK_ID:
        yield _fatal("tiktok.C2.ttclid", "ttclid has over 1,000 characters")


def _key(key: str, values: list[Any]) -> Iterator[Finding]:
    if key not in _HASHED | _PLAIN:
        yield Finding("tiktok.C2.unknown-key", "user has an unknown key")
    if any(value in ("", None) for value in values):
        yield Finding("tiktok.C2.empty", key)
    if HASH_OF_NOTHING in values:
        yield Finding("tiktok.C2.hash-of-nothing", key)
    if key in _HASHED and any(value and not is_hash(value) for value in values):
        yield Finding("tiktok.C2.not-hashed", key)
    if key in _PLAIN and any(is_hash(value) for value in values):
        yield Finding("tiktok.C2.never-hashed", key)


def _properties(event: Mapping[str, Any]) -> Iterator[Finding]:
    given = event.get("properties", {})
    if not isinstance(given, dict):
        yield _fatal("tiktok.C3.properties", "properties is not an object")
        return
    if holds_email(given):
        yield Finding("tiktok.E.personal-data", "properties")
    for field in sorted(set(given) - _PROPERTIES):
        yield Finding("tiktok.C4.unknown-field", f"properties.{field}")
    if LEGACY.get(str(event.get("event")), event.get("event")) == "Purchase":
        yield from _amount(given)
    if given.get("content_type") not in (None, "product", "product_group"):
        yield Finding("tiktok.C3.content-type", "content_type is product or product_group")
    yield from _contents(given)


def _amount(given: Mapping[str, Any]) -> Iterator[Finding]:
    value, currency = given.get("value"), given.get("currency")
    if value is None or currency is None:
        yield Finding("tiktok.C3.value-currency", "without value and currency a Purchase has no return")
    if value is not None and not is_number(value):
        yield _fatal("tiktok.C3.value-number", "value is not a JSON number")
    if currency is not None and (not isinstance(currency, str) or currency not in CURRENCIES):
        yield _fatal("tiktok.C3.currency", "currency is not on the closed list")


def _contents(given: Mapping[str, Any]) -> Iterator[Finding]:
    contents = given.get("contents")
    if contents is None:
        return
    if not isinstance(contents, list) or not all(isinstance(one, dict) for one in contents):
        yield _fatal("tiktok.C3.contents", "contents is not a list of objects")
        return
    if any(set(one) - _CONTENT for one in contents):
        yield Finding("tiktok.C3.contents-key", "contents has price, quantity, content_id, content_name, ...")
    if not all(is_number(one.get("price", 0)) and is_number(one.get("quantity", 1)) for one in contents):
        yield _fatal("tiktok.C3.contents-number", "price and quantity are JSON numbers")
    elif given.get("num_items") not in (None, sum(one.get("quantity", 1) for one in contents)):
        yield Finding("tiktok.C3.num-items", "num_items is not the sum of quantities")


def _fatal(rule: str, detail: str) -> Finding:
    return Finding(rule, detail, fatal=True, code=40002)
