"""Which rules a body of the Measurement Protocol breaks, beside those of its events.

Source: conversion_apis.md A2, A4, A7. A fatal finding drops the whole request. word is the code by which the validation
server says it; without one it says nothing.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.server.finding import HASH_OF_NOTHING, Finding, as_list, holds_email, is_hash, words
from sandbox.server.vendors.ga4.names import name_finding

_FIELDS = words(
    "client_id user_id timestamp_micros consent non_personalized_ads user_properties user_data user_location"
    " ip_override device user_agent validation_behavior events"
)
_CLIENT = re.compile(r"(GA\d\.\d\.)?\d+\.\d+")
_MOST_EVENTS, _MOST_USER_PROPERTIES, _LONGEST_USER_ID = 25, 25, 256
_LONGEST_PROPERTY_NAME, _LONGEST_PROPERTY_VALUE = 24, 36
_HASHED_LISTS = {"sha256_email_address": 3, "sha256_phone_number": 3}
_MOST_ADDRESSES = 2
_HASHED_IN_ADDRESS = words("sha256_first_name sha256_last_name sha256_street")
_PLAIN_IN_ADDRESS = words("city region postal_code country")


def body_findings(body: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with a body; detail is its field path."""
    yield from _client(body)
    yield from _consent(body)
    yield from _user_properties(body.get("user_properties"))
    yield from _user_data(body.get("user_data"))
    events = body.get("events")
    if not isinstance(events, list) or not events:
        yield Finding("ga4.A2.events", "events", True, word="VALUE_REQUIRED")
    elif len(events) > _MOST_EVENTS:
        yield Finding("ga4.A4.events", "events", True, word="EXCEEDED_MAX_ENTITIES")
    if body.get("validation_behavior", "RELAXED") not in ("RELAXED", "ENFORCE_RECOMMENDATIONS"):
        yield Finding("ga4.A2.validation-behavior", "validation_behavior", word="VALUE_INVALID")
    for field in sorted(set(body) - _FIELDS):
        yield Finding("ga4.A2.unknown-field", field, word="VALUE_INVALID")


def _client(body: Mapping[str, Any]) -> Iterator[Finding]:
    client = body.get("client_id")
    if not isinstance(client, str) or not client:
        yield Finding("ga4.A2.client-id", "client_id", True, word="VALUE_REQUIRED")
    elif not _CLIENT.fullmatch(client):
        yield Finding("ga4.A2.client-id-shape", "client_id")
    user = body.get("user_id")
    if user is not None and (not isinstance(user, str) or not 0 < len(user) <= _LONGEST_USER_ID):
        yield Finding("ga4.A2.user-id", "user_id", word="VALUE_OUT_OF_BOUNDS")
    if holds_email([client, user]):
        yield Finding("ga4.E.personal-data", "client_id or user_id")


def _consent(body: Mapping[str, Any]) -> Iterator[Finding]:
    if "non_personalized_ads" in body:
        yield Finding("ga4.A2.non-personalized-ads", "non_personalized_ads")
    consent = body.get("consent")
    if consent is None:
        return
    answers = consent if isinstance(consent, dict) else {"": None}
    for field, answer in answers.items():
        if field not in ("ad_user_data", "ad_personalization"):
            yield Finding("ga4.A2.consent-key", "consent", word="VALUE_INVALID")
        elif answer not in ("GRANTED", "DENIED"):
            yield Finding("ga4.A2.consent-value", f"consent.{field}", word="VALUE_INVALID")


def _user_properties(properties: Any) -> Iterator[Finding]:
    if not isinstance(properties, dict):
        return
    if len(properties) > _MOST_USER_PROPERTIES:
        yield Finding("ga4.A4.user-properties", "user_properties", word="EXCEEDED_MAX_ENTITIES")
    for name, given in properties.items():
        yield from name_finding("user-property", name, _LONGEST_PROPERTY_NAME)
        value = given.get("value") if isinstance(given, dict) else None
        if isinstance(value, str) and len(value) > _LONGEST_PROPERTY_VALUE:
            yield Finding("ga4.A4.user-property-value", "user_properties", word="VALUE_OUT_OF_BOUNDS")


def _user_data(data: Any) -> Iterator[Finding]:
    if data is None:
        return
    if not isinstance(data, dict) or not data:
        yield Finding("ga4.A7.shape", "user_data", word="VALUE_INVALID")
        return
    for field, most in _HASHED_LISTS.items():
        values = as_list(data.get(field, []))
        if len(values) > most:
            yield Finding("ga4.A7.too-many", f"user_data.{field}", word="EXCEEDED_MAX_ENTITIES")
        yield from _hashes(f"user_data.{field}", values)
    addresses = as_list(data.get("address", []))
    if len(addresses) > _MOST_ADDRESSES:
        yield Finding("ga4.A7.too-many", "user_data.address", word="EXCEEDED_MAX_ENTITIES")
    for address in addresses:
        yield from _address(address)
    for _ in set(data) - set(_HASHED_LISTS) - {"address"}:
        yield Finding("ga4.A7.unknown-key", "user_data", word="VALUE_INVALID")


def _address(address: Any) -> Iterator[Finding]:
    if not isinstance(address, dict):
        yield Finding("ga4.A7.shape", "user_data.address", word="VALUE_INVALID")
        return
    for field, value in address.items():
        if field in _HASHED_IN_ADDRESS:
            yield from _hashes(f"user_data.address.{field}", as_list(value))
        elif field not in _PLAIN_IN_ADDRESS:
            yield Finding("ga4.A7.unknown-key", "user_data.address", word="VALUE_INVALID")
        elif is_hash(value):
            yield Finding("ga4.A7.never-hashed", f"user_data.address.{field}")


def _hashes(path: str, values: list[Any]) -> Iterator[Finding]:
    if any(not is_hash(value) for value in values):
        yield Finding("ga4.A7.not-hashed", path, word="VALUE_INVALID")
    if HASH_OF_NOTHING in values:
        yield Finding("ga4.A7.hash-of-nothing", path)
