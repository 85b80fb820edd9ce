"""Meta: every row of the contract's table, and what its usage headers ask."""

import json

import pytest

from include.platforms.meta import classify, pause_after, regain_seconds, served_version
from include.platforms.outcome import Outcome
from include.platforms.retry import Shrink, next_step
from tests.unit.platforms.instants import NOON

TRANSIENT, THROTTLE, SHRINK = Outcome.TRANSIENT, Outcome.THROTTLE, Outcome.SHRINK
AUTH_DEAD, ACCESS, CONFIG = Outcome.AUTH_DEAD, Outcome.ACCESS, Outcome.CONFIG

CONTRACT = [
    (1, None, "", TRANSIENT),
    (1, 99, "", TRANSIENT),
    (99, None, "", TRANSIENT),
    (1, None, "Please reduce the amount of data you're asking for", SHRINK),
    (100, None, "Please reduce the amount of data you're asking for", SHRINK),
    (2, None, "", TRANSIENT),
    (2, 1504038, "", SHRINK),
    (2, 1504043, "", TRANSIENT),
    (2, 1504044, "", TRANSIENT),
    (2, 1504041, "", CONFIG),
    (2, 1504042, "", CONFIG),
    (100, 1504018, "", SHRINK),
    (100, 1487534, "", SHRINK),
    (-2, 2490547, "", TRANSIENT),
    (4, None, "", THROTTLE),
    (4, 1504022, "", THROTTLE),
    (4, 1504039, "", THROTTLE),
    (17, None, "", THROTTLE),
    (17, 2446079, "", THROTTLE),
    (32, None, "", THROTTLE),
    (341, None, "", THROTTLE),
    (613, None, "", THROTTLE),
    (613, 1487742, "", THROTTLE),
    (613, 1996, "", THROTTLE),
    (613, 5044001, "", THROTTLE),
    *((code, None, "", THROTTLE) for code in range(80000, 80007)),
    (80000, 2446079, "", THROTTLE),
    (80008, None, "", THROTTLE),
    (80009, None, "", THROTTLE),
    (80014, None, "", THROTTLE),
    (100, 33, "Unsupported get request. Object does not exist", ACCESS),
    (100, 34, "", ACCESS),
    (100, 38, "", ACCESS),
    (100, None, "Unsupported get request.", ACCESS),
    (
        100,
        None,
        "Cannot include x in summary param because they weren't there while creating the report run",
        TRANSIENT,
    ),
    (100, None, "", CONFIG),
    (100, 999_999, "", CONFIG),
    *((190, subcode, "", AUTH_DEAD) for subcode in (None, 458, 459, 460, 463, 464, 467)),
    (102, None, "", AUTH_DEAD),
    (3, None, "", ACCESS),
    (10, None, "", ACCESS),
    *((code, None, "", ACCESS) for code in range(200, 300)),
    (3018, None, "", CONFIG),
    (104, None, "", TRANSIENT),
    (960, None, "", THROTTLE),
    (368, None, "", THROTTLE),
    *(
        (100, subcode, "", CONFIG)
        for subcode in (
            2804003,
            2804009,
            2804019,
            2804050,
            2804016,
            2804036,
            2804066,
            2804116,
            2804001,
            2804007,
            2804017,
            2804048,
        )
    ),
    (21009, None, "", TRANSIENT),
    (5000, None, "", TRANSIENT),
    (-1, None, "", TRANSIENT),
    (506, None, "", CONFIG),
    (1609005, None, "", CONFIG),
    (300, None, "", Outcome.UNKNOWN),
    (424242, 7, "", Outcome.UNKNOWN),
]


def error(code: object, subcode: object = None, message: str = "", **more: object) -> bytes:
    return json.dumps(
        {"error": {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, **more}}
    ).encode()


@pytest.mark.parametrize(("code", "subcode", "message", "outcome"), CONTRACT)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_code_decides_whatever_the_status(
    status: int, code: int, subcode: int | None, message: str, outcome: Outcome
) -> None:
    one = classify(status, {}, error(code, subcode, message))
    assert one.outcome is outcome
    assert one.code == str(code)
    assert one.subcode == (str(subcode) if subcode is not None else None)


@pytest.mark.parametrize("is_transient", [True, False])
def test_is_transient_decides_nothing(is_transient: bool) -> None:
    assert classify(400, {}, error(190, 463, is_transient=is_transient)).outcome is AUTH_DEAD
    assert classify(400, {}, error(2, is_transient=is_transient)).outcome is TRANSIENT


def test_a_report_run_made_a_moment_ago_may_be_missing_for_three_tries() -> None:
    one = classify(400, {}, error(100, 33), fresh_object=True)
    assert one.outcome is TRANSIENT
    assert one.then is ACCESS


def test_a_synchronous_report_that_keeps_failing_is_too_heavy() -> None:
    one = classify(500, {}, error(2, 1504044))
    assert next_step(one, 3, 20.0, NOON, 0.0) == Shrink()


@pytest.mark.parametrize("body", [b"", b'{"data": [{"spend": "1', b"<html>busy</html>", b"[1]", b'"x"'])
def test_a_damaged_body_with_200_is_a_retry_never_no_rows(body: bytes) -> None:
    assert classify(200, {}, body).outcome is TRANSIENT


def test_rows_and_receipts_are_ok() -> None:
    assert classify(200, {}, b'{"data": [], "paging": {}}').ok
    assert classify(200, {}, b'{"events_received": 2, "messages": [], "fbtrace_id": "A1"}').ok


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(500, TRANSIENT), (502, TRANSIENT), (429, THROTTLE), (302, CONFIG), (418, Outcome.UNKNOWN)],
)
def test_without_an_envelope_the_status_decides(status: int, outcome: Outcome) -> None:
    assert classify(status, {}, b"<html>").outcome is outcome


def test_the_vendors_text_is_never_kept_and_the_trace_is() -> None:
    one = classify(400, {}, error(100, None, "jane@example.test is invalid", fbtrace_id="AbC_1-x"))
    assert "jane" not in repr(one) + str(one)
    assert one.request_id == "AbC_1-x"
    assert str(one) == "config 100: invalid parameter (request AbC_1-x)"


def test_a_code_or_trace_that_looks_like_text_is_dropped() -> None:
    one = classify(400, {}, error("jane@example.test", fbtrace_id="secret token here"))
    assert one.outcome is Outcome.UNKNOWN
    assert "jane" not in repr(one)
    assert one.request_id is None


def test_the_wait_is_the_longest_that_the_headers_name_in_minutes_and_seconds() -> None:
    headers = {
        "X-Business-Use-Case-Usage": json.dumps(
            {"1": [{"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 7}]}
        ),
        "x-ad-account-usage": json.dumps({"acc_id_util_pct": 100, "reset_time_duration": 300}),
    }
    assert regain_seconds(headers) == 420.0
    assert classify(400, headers, error(17, 2446079)).wait_seconds == 420.0
    assert classify(400, headers, error(190)).wait_seconds is None


@pytest.mark.parametrize(
    ("percent", "seconds"), [(0, 0.0), (74.9, 0.0), (75, 5.0), (85, 120.0), (94, 120.0), (95, 600.0), (100, 600.0)]
)
@pytest.mark.parametrize(
    "name", ["x-fb-ads-insights-throttle", "x-ad-account-usage", "x-app-usage", "x-business-use-case-usage"]
)
def test_the_more_of_a_limit_is_used_the_longer_the_pause(name: str, percent: float, seconds: float) -> None:
    usage: object = {"acc_id_util_pct": percent, "call_count": percent}
    if name == "x-business-use-case-usage":
        usage = {"1": [usage]}
    assert pause_after({name: json.dumps(usage)}, b"") == seconds


def test_the_vendors_minutes_outrank_ten_when_longer() -> None:
    usage = {"1": [{"call_count": 96, "estimated_time_to_regain_access": 25}]}
    assert pause_after({"x-business-use-case-usage": json.dumps(usage)}, b"") == 1500.0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"1": [3]}', '{"call_count": "many"}'])
def test_a_damaged_usage_header_asks_nothing(text: str) -> None:
    assert pause_after({"x-app-usage": text, "x-business-use-case-usage": text}, b"") == 0.0


def test_the_served_version_is_read_whatever_the_case_of_the_header() -> None:
    assert served_version({"Facebook-API-Version": "v27.0"}) == "v27.0"
