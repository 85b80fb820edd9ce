"""TikTok: every code of the contract, with 200 and with what the vendor documents."""

import json

import pytest

from include.platforms.outcome import Outcome
from include.platforms.retry import Retry, Wait, next_step
from include.platforms.tiktok import classify
from tests.unit.platforms.instants import NOON

CONTRACT: list[tuple[Outcome, tuple[int, ...]]] = [
    (Outcome.CONFIG, (20001, 40000, 40002, 40006, 40008, 40010, 40011, 41001, 41002, 40101)),
    (Outcome.SUNSET, (40051,)),
    (Outcome.ACCESS, (40001, 40117, 40118, 40119, 40124, 40125, 40130, 40131, 41000, 40007, 40300, 40301)),
    (Outcome.THROTTLE, (40016, 40100, 40132, 40133)),
    (Outcome.SHRINK, (40067,)),
    (Outcome.AUTH_DEAD, (40102, 40104, 40105, 40106, 40110, 40113, 40103, 40107)),
    (Outcome.TRANSIENT, (40200, 40201, 40202, 40700, 50000, 50002, 51000, 51001, 51039, 51065, 51305, 51999, 60001)),
    (Outcome.UNKNOWN, (40999, 52000, 50999, 1, -1)),
]


def envelope(code: object, **more: object) -> bytes:
    return json.dumps({"code": code, "message": "pixel C4N4RY", "request_id": "2026AB", "data": {}, **more}).encode()


@pytest.mark.parametrize(("code", "outcome"), [(code, outcome) for outcome, codes in CONTRACT for code in codes])
@pytest.mark.parametrize("status", [200, 401, 500])
def test_the_code_decides_whatever_the_status(status: int, code: int, outcome: Outcome) -> None:
    one = classify(status, {}, envelope(code))
    assert (one.outcome, one.code, one.request_id) == (outcome, str(code), "2026AB")
    assert "C4N4RY" not in repr(one)


def test_code_0_is_success() -> None:
    assert classify(200, {}, envelope(0)).ok


def test_an_over_limit_warning_makes_a_page_incomplete_although_its_code_is_0() -> None:
    assert classify(200, {"X-Tt-Ads-Throttle": "1"}, envelope(0)).outcome is Outcome.SHRINK
    assert classify(200, {"X-Tt-Ads-Throttle": ""}, envelope(0)).ok


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"code": 0, "data": {"li', b"[]", b'{"message": "OK"}', b'{"code": "0"}']
)
def test_a_damaged_body_with_200_is_a_retry_never_no_rows(body: bytes) -> None:
    assert classify(200, {}, body).outcome is Outcome.TRANSIENT


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(404, Outcome.CONFIG), (500, Outcome.TRANSIENT), (504, Outcome.TRANSIENT), (429, Outcome.THROTTLE)],
)
def test_what_never_reached_the_api_is_told_by_status(status: int, outcome: Outcome) -> None:
    assert classify(status, {}, b"<html>").outcome is outcome


def test_a_breach_waits_a_second_then_five_minutes_then_until_midnight_utc() -> None:
    one = classify(200, {}, envelope(40100))
    assert next_step(one, 1, 20.0, NOON, 0.0) == Retry(1.0)
    assert next_step(one, 2, 20.0, NOON, 0.0) == Wait(NOON.replace(minute=5))
    assert next_step(one, 3, 20.0, NOON, 0.0) == Wait(NOON.replace(day=25, hour=0))
