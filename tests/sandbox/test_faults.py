"""What a fault does to a call, and to how many: over real connections, as a client sees it."""

import time

import pytest
import requests

from tests.sandbox.client import Sandbox

PURCHASE = "meta/purchase"


def _purchases(sandbox: Sandbox) -> int:
    datasets = sandbox.get("state", vendor="meta")["vendors"]["meta"]
    return sum(one["purchases"] for one in datasets.values())


def test_a_reset_before_processing_leaves_nothing_behind(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="reset_before", count=1)
    with pytest.raises(requests.ConnectionError):
        sandbox.send(PURCHASE)
    assert _purchases(sandbox) == 0
    assert sandbox.send(PURCHASE).json()["events_received"] == 1


def test_a_reset_after_processing_keeps_the_event_that_the_client_knows_nothing_of(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="reset_after", count=1)
    with pytest.raises(requests.ConnectionError):
        sandbox.send(PURCHASE)
    assert _purchases(sandbox) == 1
    (entry,) = sandbox.get("received", vendor="meta")
    assert entry["status"] == 0
    assert entry["effects"] == {"accepted": 1}
    assert entry["fault"] == "reset_after"


def test_truncated_json_comes_in_a_whole_http_message(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="truncated")
    reply = sandbox.send(PURCHASE)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    with pytest.raises(requests.JSONDecodeError):
        reply.json()
    assert _purchases(sandbox) == 1


def test_a_reply_cut_off_breaks_off_within_its_announced_length(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="cut_off")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        sandbox.send(PURCHASE)
    assert _purchases(sandbox) == 1


def test_html_comes_with_status_200_and_nothing_is_processed(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="html")
    reply = sandbox.send(PURCHASE)
    assert (reply.status_code, reply.text[:15]) == (200, "<!DOCTYPE html>")
    assert _purchases(sandbox) == 0


def test_latency_outlasts_an_impatient_client_and_the_event_is_kept(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="latency", seconds=0.5, count=1)
    with pytest.raises(requests.Timeout):
        sandbox.send(PURCHASE, timeout=0.1)
    assert _purchases(sandbox) == 1


def test_headers_are_added_to_a_reply_that_is_processed_as_ever(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="headers", headers={"X-App-Usage": '{"call_count": 96}'})
    reply = sandbox.send(PURCHASE)
    assert reply.headers["X-App-Usage"] == '{"call_count": 96}'
    assert reply.json()["events_received"] == 1


def test_a_rate_limit_lets_so_many_pass_and_words_the_rest_as_the_vendor_does(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="tiktok", kind="rate_limit", calls=3, seconds=60)
    codes = [sandbox.send("tiktok/purchase", {"body.data.0.event_id": str(n)}).json()["code"] for n in range(5)]
    assert codes == [0, 0, 0, 40100, 40100]


def test_a_rate_limit_opens_again_when_its_window_has_passed(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="tiktok", kind="rate_limit", calls=1, seconds=0.3)
    first = [sandbox.send("tiktok/purchase").json()["code"] for _ in range(2)]
    time.sleep(0.35)
    assert [*first, sandbox.send("tiktok/purchase").json()["code"]] == [0, 40100, 0]


def test_a_fault_skips_and_counts_calls_and_is_over_then(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="status", status=503, skip=1, count=2)
    assert [sandbox.send(PURCHASE).status_code for _ in range(4)] == [200, 503, 503, 200]
    assert sandbox.get("faults") == []


def test_a_fault_ends_at_its_virtual_instant(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="status", status=503, until="2026-03-31T13:00:00Z")
    before = sandbox.send(PURCHASE).status_code
    sandbox.post("clock", advance_seconds=3600)
    assert (before, sandbox.send(PURCHASE).status_code) == (503, 200)


def test_a_fault_strikes_its_route_and_vendor_only(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", route="*/stats", kind="status", status=503)
    assert sandbox.send(PURCHASE).status_code == 200
    assert sandbox.send("tiktok/purchase").json()["code"] == 0


def test_a_fault_can_be_taken_back(sandbox: Sandbox) -> None:
    number = sandbox.post("faults", vendor="meta", kind="status", status=503).json()["number"]
    assert sandbox.delete("faults", number=str(number)) == {"cleared": 1}
    assert sandbox.send(PURCHASE).status_code == 200


def test_a_credential_that_a_fault_killed_is_not_held_against_the_client(sandbox: Sandbox) -> None:
    sandbox.post("faults", vendor="meta", kind="auth_revoked", count=1)
    assert sandbox.send(PURCHASE).json()["error"]["code"] == 190
    assert sandbox.get("violations") == []


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"vendor": "meta", "kind": "flood"}, "kind 'flood'"),
        ({"vendor": "myspace", "kind": "html"}, "vendor 'myspace'"),
        ({"vendor": "meta", "kind": "html", "stauts": 1}, "field 'stauts'"),
        ({"vendor": "meta", "kind": "html", "count": "1"}, "count of a fault is not int"),
        ({"vendor": "meta", "kind": "rate_limit"}, "calls and seconds"),
        ({"vendor": "meta", "kind": "html", "until": "soon"}, "until 'soon'"),
    ],
)
def test_a_fault_that_is_none_is_refused_by_name(sandbox: Sandbox, asked: dict[str, object], named: str) -> None:
    refused = sandbox.post("faults", **asked)
    assert refused.status_code == 422
    assert named in refused.json()["error"]
