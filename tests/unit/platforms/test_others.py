"""GA4, Shopify, Fairing, rates: every row of their tables; what a status means for all."""

import json
from typing import Any

import pytest

from include.platforms import fairing, fx, ga4, meta, shopify
from include.platforms.http_status import retry_after
from include.platforms.outcome import Outcome
from include.platforms.retry import Shrink, Wait, next_step
from tests.unit.platforms.instants import NOON


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (204, b"", Outcome.OK),
        (200, b'{"validationMessages": []}', Outcome.OK),
        (200, b"<html>captive portal", Outcome.TRANSIENT),
        (400, b"", Outcome.CONFIG),
        (404, b"", Outcome.CONFIG),
        (413, b"", Outcome.CONFIG),
        (500, b"", Outcome.TRANSIENT),
        (502, b"<html>", Outcome.TRANSIENT),
        (302, b"", Outcome.CONFIG),
    ],
)
def test_the_measurement_protocol_never_has_a_refusal_sent_again(status: int, body: bytes, outcome: Outcome) -> None:
    assert ga4.classify(status, {}, body).outcome is outcome


@pytest.mark.parametrize(
    "code",
    [
        "VALUE_INVALID",
        "VALUE_REQUIRED",
        "NAME_INVALID",
        "NAME_RESERVED",
        "VALUE_OUT_OF_BOUNDS",
        "EXCEEDED_MAX_ENTITIES",
        "NAME_DUPLICATED",
        "INTERNAL_ERROR",
    ],
)
def test_the_validation_server_has_received_what_it_finds_fault_with(code: str) -> None:
    messages = [{"fieldPath": "events", "description": "jane@example.test", "validationCode": code}]
    one = ga4.classify(200, {}, json.dumps({"validationMessages": messages}).encode())
    assert one.ok
    assert "jane" not in repr(one)


def google(status: str, message: str = "", reason: str | None = None) -> bytes:
    details = [{"reason": reason}] if reason else []
    return json.dumps({"error": {"code": 1, "status": status, "message": message, "details": details}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, google("INVALID_ARGUMENT"), Outcome.CONFIG),
        (401, google("UNAUTHENTICATED"), Outcome.AUTH_DEAD),
        (403, google("PERMISSION_DENIED"), Outcome.ACCESS),
        (403, google("PERMISSION_DENIED", reason="SERVICE_DISABLED"), Outcome.CONFIG),
        (403, google("PERMISSION_DENIED", reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT"), Outcome.CONFIG),
        (429, google("RESOURCE_EXHAUSTED", "Exhausted concurrent requests quota"), Outcome.THROTTLE),
        (403, google("RESOURCE_EXHAUSTED", "Exhausted tokens for a project per hour"), Outcome.THROTTLE),
        (429, google("RESOURCE_EXHAUSTED", "Exhausted property tokens per day"), Outcome.QUOTA_DAY),
        (500, google("INTERNAL"), Outcome.TRANSIENT),
        (503, google("UNAVAILABLE"), Outcome.TRANSIENT),
        (404, google("NOT_FOUND"), Outcome.CONFIG),
        (409, google("ABORTED"), Outcome.UNKNOWN),
        (200, b'{"rows": []}', Outcome.OK),
        (200, b'{"rows": [', Outcome.TRANSIENT),
        (503, b"<html>", Outcome.TRANSIENT),
    ],
)
def test_the_data_api(status: int, body: bytes, outcome: Outcome) -> None:
    assert ga4.classify_report(status, {}, body).outcome is outcome


def test_the_data_apis_day_begins_at_midnight_in_california() -> None:
    one = ga4.classify_report(429, {}, google("RESOURCE_EXHAUSTED", "property tokens per day"))
    assert next_step(one, 1, 20.0, NOON, 0.0) == Wait(NOON.replace(day=25, hour=8))


def graphql(*codes: str | None, data: Any = None, cost: Any = None) -> bytes:
    errors = [{"message": "jane@example.test", "extensions": {"code": code} if code else {}} for code in codes]
    return json.dumps({"data": data, "errors": errors, "extensions": {"cost": cost}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, graphql("THROTTLED"), Outcome.THROTTLE),
        (429, b"", Outcome.THROTTLE),
        (200, graphql("MAX_COST_EXCEEDED"), Outcome.SHRINK),
        (200, graphql("INTERNAL_SERVER_ERROR"), Outcome.TRANSIENT),
        (500, b"", Outcome.TRANSIENT),
        (503, b"<html>", Outcome.TRANSIENT),
        (200, graphql("ACCESS_DENIED", data={"orders": None}), Outcome.ACCESS),
        (200, graphql("THROTTLED", "ACCESS_DENIED"), Outcome.ACCESS),
        (401, b'{"errors": "[API] Invalid API key"}', Outcome.AUTH_DEAD),
        (402, b"", Outcome.ACCESS),
        (403, b"", Outcome.ACCESS),
        (404, b"", Outcome.ACCESS),
        (423, b"", Outcome.ACCESS),
        (200, graphql("undefinedField"), Outcome.UNKNOWN),
        (200, graphql(None, data={"orders": {"nodes": []}}), Outcome.UNKNOWN),
        (200, b'{"errors": "text"}', Outcome.UNKNOWN),
        (200, b'{"data": {"orders": {"nodes": []}}}', Outcome.OK),
        (200, b'{"data": null}', Outcome.TRANSIENT),
        (200, b'{"data": {"orders"', Outcome.TRANSIENT),
        (400, b"", Outcome.UNKNOWN),
    ],
)
def test_shopify(status: int, body: bytes, outcome: Outcome) -> None:
    one = shopify.classify(status, {}, body)
    assert one.outcome is outcome
    assert "jane" not in repr(one)


def test_shopify_waits_until_the_budget_holds_the_query_also_when_it_is_empty() -> None:
    status = {"maximumAvailable": 2000, "currentlyAvailable": 0, "restoreRate": 100}
    one = shopify.classify(200, {}, graphql("THROTTLED", cost={"requestedQueryCost": 250, "throttleStatus": status}))
    assert one.wait_seconds == 2.5
    body = json.dumps({"data": {}, "extensions": {"cost": {"requestedQueryCost": 250, "throttleStatus": status}}})
    assert shopify.pause_after({}, body.encode()) == 2.5


def test_a_large_page_that_keeps_failing_is_asked_for_in_parts() -> None:
    assert next_step(shopify.classify(500, {}, b""), 3, 20.0, NOON, 0.0) == Shrink()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (401, b'{"message": "Unauthorized", "status": 401}', Outcome.AUTH_DEAD),
        (429, b"", Outcome.THROTTLE),
        (400, b"", Outcome.CONFIG),
        (403, b"", Outcome.ACCESS),
        (404, b"", Outcome.CONFIG),
        (500, b"", Outcome.TRANSIENT),
        (200, b'{"data": [], "next": null}', Outcome.OK),
        (200, b'{"data": [', Outcome.TRANSIENT),
        (200, b"{}", Outcome.TRANSIENT),
    ],
)
def test_fairing(status: int, body: bytes, outcome: Outcome) -> None:
    assert fairing.classify(status, {}, body).outcome is outcome


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"<?xml version='1.0'?>\n<gesmes:Envelope xmlns='x'><Cube/></gesmes:Envelope>\n", Outcome.OK),
        (200, b"<?xml version='1.0'?>\n<gesmes:Envelope xmlns='x'><Cube/>", Outcome.TRANSIENT),
        (200, b"<!doctype html><html></html>", Outcome.TRANSIENT),
        (200, b"Date,USD\n2026-11-24,1.1", Outcome.OK),
        (200, b"", Outcome.TRANSIENT),
        (404, b"", Outcome.CONFIG),
        (403, b"", Outcome.ACCESS),
        (503, b"", Outcome.TRANSIENT),
    ],
)
def test_files_of_rates(status: int, body: bytes, outcome: Outcome) -> None:
    assert fx.classify(status, {}, body).outcome is outcome


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "Tue, 24 Nov 2026 12:02:00 GMT", "Date": "Tue, 24 Nov 2026 12:00:00 GMT"}, 120.0),
        ({"Retry-After": "Tue, 24 Nov 2026 12:02:00 GMT"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "99999999999"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_server_that_says_when_it_is_back_is_waited_for() -> None:
    one = meta.classify(503, {"Retry-After": "600"}, b"")
    assert next_step(one, 1, 20.0, NOON, 0.0) == Wait(NOON.replace(minute=10))
