"""Which rules one event of /events breaks. Source: conversion_apis.md B3 to B6."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from sandbox.server.finding import HASH_OF_NOTHING, Finding, as_list, holds_email, is_hash, is_number, words

_SOURCES = words("email website app phone_call chat physical_store system_generated business_messaging other")
_FIELDS = words(
    "event_name event_time event_id event_source_url action_source user_data custom_data opt_out referrer_url"
    " data_processing_options data_processing_options_country data_processing_options_state customer_segmentation"
    " original_event_data attribution_data app_data"
)
_HASHED = words("em ph fn ln ge db ct st zp country")
_RAW = words(
    "client_ip_address client_user_agent fbc fbp subscription_id fb_login_id lead_id anon_id madid page_id"
    " page_scoped_user_id ctwa_clid ig_account_id ig_sid"
)
# Nothing but these, or fewer of them, tells no person from another.
_TOO_WEAK = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)
_CLICK = re.compile(r"fb\.[0-2]\.(\d{13})\.[^\s]+")
_BROWSER = re.compile(r"fb\.[0-2]\.(\d{13})\.\d+(\.\w{2,8})?")
_CLICK_LIVES = timedelta(days=90)
_STATES = frozenset({0, *range(1000, 1014)})
_OLDEST = timedelta(days=7)
_OLDEST_IN_STORE = timedelta(days=62)
_AHEAD = timedelta(minutes=1)


def event_findings(event: Any, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with one event of `data`; a fatal one rejects the whole request."""
    if not isinstance(event, dict):
        yield _fatal("meta.B3.event", "an event is not an object")
        return
    yield from _names(event)
    yield from _time(event, now)
    yield from _source(event)
    yield from _person(event, now)
    yield from _processing(event)
    if event.get("event_name") == "Purchase":
        yield from _purchase(event.get("custom_data"))
    if holds_email(event.get("custom_data")):
        yield Finding("meta.B5.personal-data", "custom_data")
    if holds_email([event.get("event_source_url"), event.get("referrer_url")]):
        yield Finding("meta.E.url-personal-data", "event_source_url or referrer_url")


def usable_keys(user_data: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys of user_data by which Meta can match: hashed where a hash belongs, and not of nothing."""
    return frozenset(
        key
        for key, value in user_data.items()
        if (key in _HASHED and any(is_hash(one) and one != HASH_OF_NOTHING for one in as_list(value)))
        or (key in _RAW | {"external_id"} and any(one not in ("", None, HASH_OF_NOTHING) for one in as_list(value)))
    )


def _names(event: Mapping[str, Any]) -> Iterator[Finding]:
    name = event.get("event_name")
    if not isinstance(name, str) or not name:
        yield _fatal("meta.B3.event-name", "event_name")
    elif name != "Purchase" and name.lower() == "purchase":
        yield Finding("meta.B3.event-name-case", "event_name is case-sensitive: Purchase")
    if not isinstance(event.get("event_id"), str) or not event["event_id"]:
        yield Finding("meta.B3.event-id", "event_id")
    for field in sorted(set(event) - _FIELDS):
        yield Finding("meta.B3.unknown-field", field)


def _time(event: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    at = event.get("event_time")
    if not isinstance(at, int) or isinstance(at, bool):
        yield _fatal("meta.B3.event-time", "event_time is not a whole number")
        return
    age = now.timestamp() - at
    oldest = _OLDEST_IN_STORE if event.get("action_source") == "physical_store" else _OLDEST
    if age > oldest.total_seconds():
        yield _fatal("meta.B3.event-time-too-old", f"event_time is older than {oldest.days} days", 2804003)
    elif age < -_AHEAD.total_seconds():
        yield _fatal("meta.B3.event-time-ahead", "event_time lies ahead; it counts seconds")


def _source(event: Mapping[str, Any]) -> Iterator[Finding]:
    source = event.get("action_source")
    if not isinstance(source, str) or source not in _SOURCES:
        yield _fatal("meta.B3.action-source", "action_source")
    if source == "website":
        if not event.get("event_source_url"):
            yield _fatal("meta.B3.event-source-url", "event_source_url is required for website")
        person = event.get("user_data")
        if isinstance(person, dict) and person and not person.get("client_user_agent"):
            yield Finding("meta.B3.user-agent", "client_user_agent is required for website")


def _person(event: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    person = event.get("user_data")
    if not isinstance(person, dict) or not person:
        yield _fatal("meta.B4.no-user-data", "user_data is empty", 2804016)
        return
    for key, value in person.items():
        yield from _key(key, as_list(value))
    yield from _address(person.get("client_ip_address"))
    yield from _cookies(person, event["event_time"] if is_number(event.get("event_time")) else now.timestamp(), now)
    usable = usable_keys(person)
    if not usable or any(usable <= weak for weak in _TOO_WEAK):
        yield _fatal("meta.B4.too-weak", f"usable are only {', '.join(sorted(usable)) or 'none'}", 2804050)


def _key(key: str, values: list[Any]) -> Iterator[Finding]:
    if key not in _HASHED | _RAW | {"external_id"}:
        yield Finding("meta.B4.unknown-key", "user_data has an unknown key")
    if any(value in ("", None) for value in values):
        yield Finding("meta.B4.empty", key)
    if HASH_OF_NOTHING in values:
        yield Finding("meta.B4a.hash-of-nothing", key)
    if key in _HASHED and any(value and not is_hash(value) for value in values):
        yield Finding("meta.B4.not-hashed", key)
    if key in _RAW and any(is_hash(value) for value in values):
        yield Finding("meta.B4.never-hashed", key)
    if key == "external_id" and holds_email(values):
        yield Finding("meta.B4.external-id", "external_id is an e-mail address")


def _address(address: Any) -> Iterator[Finding]:
    if address is None or address == "":
        return
    try:
        parsed = ip_address(address)
    except ValueError:
        yield _fatal("meta.B4.ip-address", "client_ip_address is not an address")
        return
    # What anonymisers leave: the last byte, or the last 80 bits, are zero.
    if int(parsed) % (1 << (8 if parsed.version == 4 else 80)) == 0:
        yield _fatal("meta.B4.ip-truncated", "client_ip_address is cut")


def _cookies(person: Mapping[str, Any], event_time: float, now: datetime) -> Iterator[Finding]:
    click = person.get("fbc")
    if click:
        found = _CLICK.fullmatch(str(click))
        if not found:
            yield Finding("meta.B4.fbc", "fbc is fb.<index>.<ms>.<fbclid>")
        elif (
            int(found[1]) / 1000 > event_time + 60
            or now.timestamp() - int(found[1]) / 1000 > _CLICK_LIVES.total_seconds()
        ):
            yield Finding("meta.B4.fbc-age", "fbc is later than the event, or older than 90 days")
    if person.get("fbp") and not _BROWSER.fullmatch(str(person["fbp"])):
        yield Finding("meta.B4.fbp", "fbp is fb.<index>.<ms>.<number>")


def _processing(event: Mapping[str, Any]) -> Iterator[Finding]:
    options = event.get("data_processing_options")
    if options is None:
        return
    if options not in ([], ["LDU"]):
        yield _fatal("meta.B6.option", "data_processing_options is [] or [LDU]")
    elif options:
        country = event.get("data_processing_options_country")
        state = event.get("data_processing_options_state")
        if country not in (0, 1) or state not in _STATES or isinstance(country, bool):
            yield Finding("meta.B6.place", "country is 0 or 1, state 0 or 1000 to 1013")
        elif country == 0 and state != 0:
            yield Finding("meta.B6.place", "a state needs country 1")


def _purchase(custom: Any) -> Iterator[Finding]:
    data = custom if isinstance(custom, dict) else {}
    currency = data.get("currency")
    if data.get("value") is None or not currency:
        yield _fatal("meta.B5.value-currency", "a Purchase needs value and currency", 2804009)
        return
    if not is_number(data["value"]):
        yield _fatal("meta.B5.value-number", "value is not a JSON number", 2804009)
    if not isinstance(currency, str) or not re.fullmatch(r"[A-Za-z]{3}", currency):
        yield _fatal("meta.B5.currency", "currency is not ISO 4217", 2804009)
    if data.get("content_type") not in (None, "product", "product_group"):
        yield Finding("meta.B5.content-type", "content_type is product or product_group")
    yield from _contents(data)


def _contents(data: Mapping[str, Any]) -> Iterator[Finding]:
    contents = data.get("contents")
    if contents is None:
        return
    if not isinstance(contents, list) or not all(isinstance(one, dict) and one.get("id") for one in contents):
        yield Finding("meta.B5.contents", "contents is a list of {id, quantity, item_price}")
        return
    if not all(is_number(one.get("quantity", 1)) and is_number(one.get("item_price", 0)) for one in contents):
        yield Finding("meta.B5.contents", "quantity and item_price are JSON numbers")
        return
    ways = {one.get("delivery_category") for one in contents} - {None}
    if not ways <= {"in_store", "curbside", "home_delivery"}:
        yield Finding("meta.B5.delivery-category", "delivery_category is in_store, curbside or home_delivery")
    if data.get("num_items") not in (None, sum(one.get("quantity", 1) for one in contents)):
        yield Finding("meta.B5.num-items", "num_items is not the sum of quantities")


def _fatal(rule: str, detail: str, subcode: int | None = None) -> Finding:
    return Finding(rule, detail, fatal=True, code=100, subcode=subcode)
