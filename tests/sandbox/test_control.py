"""The control surface and the page: the clock, what was received, what was broken, and no secret in any of it."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from sandbox.server.tokens import Token, Tokens
from tests.sandbox.client import NOW, SHOP, Sandbox
from tests.sandbox.conftest import ROOT

PURCHASE = "meta/purchase"


def test_the_clock_stands_still_moves_on_and_never_back(sandbox: Sandbox) -> None:
    assert sandbox.get("clock") == {"now": NOW}
    assert sandbox.post("clock", advance_seconds=90).json() == {"now": "2026-03-31T12:01:30+00:00"}
    refused = sandbox.post("clock", now="2026-03-31T12:00:00Z")
    assert refused.status_code == 422
    assert "reset" in refused.json()["error"]


def test_a_reset_forgets_everything_and_sets_the_clock(sandbox: Sandbox) -> None:
    sandbox.send(PURCHASE, {"headers.Authorization": "Bearer nobody"})
    sandbox.post("faults", vendor="meta", kind="html")
    sandbox.post("reset", now="2026-01-01T00:00:00Z")
    assert sandbox.get("clock") == {"now": "2026-01-01T00:00:00+00:00"}
    assert [sandbox.get(what) for what in ("received", "violations", "faults")] == [[], [], []]


def test_what_was_received_can_be_filtered(sandbox: Sandbox) -> None:
    sandbox.send(PURCHASE)
    sandbox.send(PURCHASE, {"body.data": []})
    sandbox.send("tiktok/purchase")
    assert [one["vendor"] for one in sandbox.get("received")] == ["meta", "meta", "tiktok"]
    assert [one["status"] for one in sandbox.get("received", vendor="meta", effect="rejected")] == [400]
    assert [one["number"] for one in sandbox.get("received", rule="meta.B2.data")] == [2]
    assert [one["number"] for one in sandbox.get("received", after="2")] == [3]
    assert "body" not in sandbox.get("received", bodies="0")[0]


def test_a_broken_rule_is_kept_with_what_the_contract_says(sandbox: Sandbox) -> None:
    sandbox.send(PURCHASE, {"body.data.0.user_data.em": ["jane@example.com"]})
    (violation,) = sandbox.get("violations", vendor="meta")
    assert violation["rule"] == "meta.B4.not-hashed"
    assert violation["received"] == 1
    assert violation["detail"] == "em"
    assert violation["says"].startswith("B4: ")


def test_no_credential_is_kept_in_the_log(sandbox: Sandbox) -> None:
    secrets = [sandbox.connections[name]["password"] for name in ("ga4", "meta_ads", "tiktok_ads")]
    sandbox.send(PURCHASE, {"query": {"access_token": secrets[1]}, "body.access_token": "canary-in-body"})
    sandbox.send("tiktok/purchase", {"headers.Access-Token": "canary-of-nobody"})
    sandbox.send("tiktok/purchase")
    sandbox.send("ga4/purchase")
    sandbox.send("ga4/purchase", {"query.api_secret": "canary-secret"})
    shown = str(sandbox.get("received")) + str(sandbox.get("violations")) + sandbox.read("/").text
    assert [secret for secret in (*secrets, "canary") if secret in shown] == []


def test_the_page_stands_by_itself_and_escapes_what_clients_send(sandbox: Sandbox) -> None:
    sandbox.send(PURCHASE, {"body.data.0.<script>alert(1)</script>": 1})
    page = sandbox.read("/").text
    assert "meta.B3.unknown-field" in page
    assert "1 rule broken" in page
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?!/_sandbox/)[^"]*"', page) == []


def test_connections_point_every_vendor_at_the_sandbox(sandbox: Sandbox) -> None:
    assert {"ga4", "meta_ads", "tiktok_ads"} <= set(sandbox.connections)
    for connection in sandbox.connections.values():
        assert f"http://{connection['host']}:{connection['port']}" == sandbox.origin
    refused = sandbox.get("connections", shop="nobody")
    assert "simulated are northwind-outdoor" in refused["error"]


def test_a_path_below_no_vendor_names_the_prefixes(sandbox: Sandbox) -> None:
    reply = sandbox.read("/myspace/v1")
    assert reply.status_code == 404
    assert "/meta" in reply.json()["error"]


def test_a_port_that_is_taken_is_named(sandbox: Sandbox) -> None:
    port = sandbox.origin.rsplit(":", 1)[1]
    started = subprocess.run(
        [sys.executable, "-m", "sandbox.server", "--port", port], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert started.returncode == 1
    assert started.stderr.startswith(f"error: port {port}: ")
    assert "Traceback" not in started.stderr


def test_the_shops_own_pixels_send_the_orders_of_its_world(sandbox: Sandbox) -> None:
    asked = {"shop": SHOP, "since": "2026-03-24T12:00:00Z", "event_id": "purchase_{order_id}"}
    sent = sandbox.post("pixels", **asked).json()["sent"]
    assert sent["ga4"] == sent["meta"] > sent["tiktok"] > 0
    states = sandbox.get("state", ids="1")["vendors"]
    (pixel,) = states["meta"].values()
    assert pixel["purchases"] == sent["meta"]
    assert pixel["event_ids"][0].startswith("purchase_54")
    assert set(pixel["value"]) == {"USD"}


def test_the_servers_copy_of_a_pixels_event_is_deduplicated(sandbox: Sandbox) -> None:
    sandbox.post("pixels", shop=SHOP, since="2026-03-31T00:00:00Z", vendors=["tiktok", "meta"])
    (pixel,) = sandbox.get("state", ids="1", vendor="meta")["vendors"]["meta"].values()
    sandbox.send(PURCHASE, {"body.data.0.event_id": pixel["event_ids"][-1]})
    assert sandbox.get("received", vendor="meta")[-1]["effects"] == {"deduplicated": 1}


def test_tokens_that_were_issued_and_revoked_are_so_still_after_a_restart(tmp_path: Path) -> None:
    until = datetime(2026, 4, 1, tzinfo=UTC)
    token = Token("google", SHOP, "access", frozenset({"adwords"}), until)
    before = Tokens(tmp_path / "tokens")
    kept, lost = before.issue(token), before.issue(token)
    before.add("fixed", Token("google", SHOP, "refresh"))
    for text in (lost, "fixed"):
        before.revoke("google", text)
    after = Tokens(tmp_path / "tokens")
    after.add("fixed", Token("google", SHOP, "refresh"))
    assert after.find("google", kept) == token
    assert [after.find("google", text) for text in (lost, "fixed")] == [None, None]
    assert after.issue(token) not in (kept, lost)
    assert (tmp_path / "tokens").stat().st_mode & 0o077 == 0
