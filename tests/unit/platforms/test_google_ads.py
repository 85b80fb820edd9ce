"""Google Ads: every row of the contract's table, plain and wrapped in an array; the token endpoint."""

import json

import pytest

from include.platforms.google_ads import classify
from include.platforms.google_errors import classify_token
from include.platforms.outcome import Outcome
from include.platforms.retry import Shrink, Wait, next_step
from tests.unit.platforms.instants import NOON

CONTRACT = [
    ("quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", Outcome.THROTTLE),
    ("quotaError", "RESOURCE_EXHAUSTED", Outcome.QUOTA_DAY),
    ("quotaError", "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", Outcome.THROTTLE),
    ("quotaError", "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION", Outcome.QUOTA_DAY),
    ("quotaError", "ACCESS_PROHIBITED", Outcome.ACCESS),
    ("quotaError", "RATE_EXCEEDED", Outcome.UNKNOWN),
    ("internalError", "INTERNAL_ERROR", Outcome.TRANSIENT),
    ("internalError", "TRANSIENT_ERROR", Outcome.TRANSIENT),
    ("internalError", "DEADLINE_EXCEEDED", Outcome.TRANSIENT),
    ("authenticationError", "OAUTH_TOKEN_EXPIRED", Outcome.AUTH_DEAD),
    ("authenticationError", "OAUTH_TOKEN_REVOKED", Outcome.AUTH_DEAD),
    ("authenticationError", "TWO_STEP_VERIFICATION_NOT_ENROLLED", Outcome.AUTH_DEAD),
    ("authorizationError", "USER_PERMISSION_DENIED", Outcome.ACCESS),
    ("authorizationError", "CUSTOMER_NOT_ENABLED", Outcome.ACCESS),
    ("authorizationError", "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION", Outcome.ACCESS),
    ("authorizationError", "METRIC_ACCESS_DENIED", Outcome.ACCESS),
    ("authorizationError", "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION", Outcome.CONFIG),
    ("authorizationError", "DEVELOPER_TOKEN_NOT_APPROVED", Outcome.CONFIG),
    ("authorizationError", "DEVELOPER_TOKEN_PROHIBITED", Outcome.CONFIG),
    ("queryError", "BAD_FIELD_NAME", Outcome.CONFIG),
    ("fieldError", "REQUIRED", Outcome.CONFIG),
    ("dateRangeError", "REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED", Outcome.CONFIG),
    ("requestError", "UNSUPPORTED_VERSION", Outcome.SUNSET),
    ("requestError", "EXPIRED_PAGE_TOKEN", Outcome.SHRINK),
    ("requestError", "INVALID_PAGE_TOKEN", Outcome.SHRINK),
    ("requestError", "SOMETHING_NEW", Outcome.UNKNOWN),
]


def failure(*errors: tuple[str, str], delay: str | None = None, status: str = "INVALID_ARGUMENT") -> dict[str, object]:
    details = {"quotaErrorDetails": {"rateScope": "ACCOUNT", "retryDelay": delay}} if delay else {}
    listed = [{"errorCode": {one: code}, "message": "jane@example.test", "details": details} for one, code in errors]
    kind = "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure"
    detail = {"@type": kind, "errors": listed, "requestId": "Xy-12"}
    return {"error": {"code": 400, "message": "jane@example.test", "status": status, "details": [detail]}}


@pytest.mark.parametrize(("category", "code", "outcome"), CONTRACT)
@pytest.mark.parametrize("wrapped", [False, True])
def test_the_code_decides_also_inside_an_array(wrapped: bool, category: str, code: str, outcome: Outcome) -> None:
    body: object = failure((category, code))
    one = classify(400, {}, json.dumps([body] if wrapped else body).encode())
    assert one.outcome is outcome
    assert (one.code, one.subcode, one.request_id) == (category, code, "Xy-12")
    assert "jane" not in repr(one)


@pytest.mark.parametrize(
    ("delay", "outcome"), [("30s", Outcome.THROTTLE), ("900s", Outcome.THROTTLE), ("901s", Outcome.QUOTA_DAY)]
)
def test_a_short_delay_tells_a_pause_from_a_spent_day(delay: str, outcome: Outcome) -> None:
    one = classify(429, {}, json.dumps(failure(("quotaError", "RESOURCE_EXHAUSTED"), delay=delay)).encode())
    assert one.outcome is outcome
    assert one.wait_seconds == float(delay[:-1])


def test_too_costly_queries_wait_first_and_shrink_when_that_does_not_help() -> None:
    code = "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION"
    one = classify(429, {}, json.dumps(failure(("quotaError", code))).encode())
    assert isinstance(next_step(one, 1, 20.0, NOON, 0.0), Wait)
    assert next_step(one, 3, 20.0, NOON, 0.0) == Shrink()


def test_of_several_errors_the_gravest_counts() -> None:
    body = failure(("quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED"), ("authorizationError", "CUSTOMER_NOT_ENABLED"))
    assert classify(400, {}, json.dumps(body).encode()).outcome is Outcome.ACCESS


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"error": {"code": 403, "status": "PERMISSION_DENIED"}}'])
def test_403_is_never_ignored(body: bytes) -> None:
    assert classify(403, {}, body).outcome is Outcome.ACCESS


def test_401_is_a_new_token_once() -> None:
    one = classify(401, {}, b'{"error": {"code": 401, "status": "UNAUTHENTICATED"}}')
    assert one.outcome is Outcome.AUTH_DEAD
    assert one.refresh


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_are_retried_and_a_gateway_time_out_then_shrinks(status: int) -> None:
    one = classify(status, {}, b"<html>")
    assert one.outcome is Outcome.TRANSIENT
    assert (one.then is Outcome.SHRINK) == (status == 504)


def test_a_stream_whose_second_batch_is_cut_is_retried_then_asked_for_in_halves() -> None:
    one = classify(200, {}, b'[{"results": [{"metrics": {"costMicros": "1"}}]},{"resu')
    assert one.outcome is Outcome.TRANSIENT
    assert next_step(one, 3, 20.0, NOON, 0.0) == Shrink()


def test_an_error_after_good_batches_is_an_error() -> None:
    body = [{"results": []}, failure(("internalError", "INTERNAL_ERROR"))]
    assert classify(200, {}, json.dumps(body).encode()).outcome is Outcome.TRANSIENT


def test_rows_plain_or_streamed_are_ok_with_their_request_id() -> None:
    assert classify(200, {}, b'[{"results": [], "requestId": "Q1"}]').request_id == "Q1"
    assert classify(200, {"request-id": "Q2"}, b'{"results": []}').request_id == "Q2"
    assert classify(200, {}, b"[]").ok


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, {"error": "invalid_grant", "error_description": "expired"}, Outcome.AUTH_DEAD),
        (400, {"error": "invalid_grant", "error_subtype": "invalid_rapt"}, Outcome.AUTH_DEAD),
        (400, {"error": "invalid_scope"}, Outcome.CONFIG),
        (401, {"error": "invalid_client"}, Outcome.AUTH_DEAD),
        (400, {"error": "invalid_client"}, Outcome.AUTH_DEAD),
        (400, {"error": "internal_failure"}, Outcome.TRANSIENT),
        (400, {"error": "server_error"}, Outcome.TRANSIENT),
        (400, {"error": "temporarily_unavailable"}, Outcome.TRANSIENT),
        (408, {}, Outcome.TRANSIENT),
        (429, {}, Outcome.THROTTLE),
        (500, {}, Outcome.TRANSIENT),
        (503, {}, Outcome.TRANSIENT),
        (504, {}, Outcome.TRANSIENT),
        (401, {}, Outcome.AUTH_DEAD),
        (200, {"token_type": "Bearer"}, Outcome.TRANSIENT),
        (200, {"access_token": "ya29.x"}, Outcome.OK),
    ],
)
def test_the_token_endpoints_answers(status: int, body: dict[str, str], outcome: Outcome) -> None:
    one = classify_token(status, {}, json.dumps(body).encode())
    assert one.outcome is outcome
    assert "ya29" not in repr(one)
