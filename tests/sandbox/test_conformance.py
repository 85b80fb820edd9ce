"""Every row of sandbox/rules.csv, sent to the sandbox with bare `requests`: no code of this project takes part.

Columns: rule_id; contract, section; vendor; before (steps joined by ` && `: `clock +48h`, `send TEMPLATE {changes}`,
`fault {...}`, `browser {...}`, `token {...}`); request (method and path; empty: the template's); template, changes
(rule_requests.py); status; reply and headers (JSON: what the reply has at least, `$absent`, `$any`); effect (`accepted`
or `dropped=2`, joined by a blank); broken (the rules that the request breaks, exactly; `self` is the row's own); note.
"""

import csv
import json
import re
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
import requests

from tests.sandbox.client import NOW, SHOP
from tests.sandbox.conftest import ROOT
from tests.sandbox.rule_requests import build, moved

with (ROOT / "sandbox" / "rules.csv").open(newline="", encoding="utf-8") as _file:
    ROWS = list(csv.DictReader(_file))
_CONTRACTS = {"conversion_apis", "source_apis", "validation_apis"}

_SECTIONS = {
    "conversion_apis": "A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 B1 B2 B3 B4 B4a B4b B5 B6 B7 B8 B9 C1 C2 C3 C4 C5 D1 D2 E F1 F2"
    " G H I J K",
    "validation_apis": "L1 L2 L2.1 L2.2 L2.3 L2.4 L2.5 L2.6 L3.1 L3.2 L3.3 L3.4 L4 L5 L6 L7",
    "source_apis": "0.1 0.2 0.3 0.4 0.5 A.1 A.2 A.3 A.4 A.5 A.6 A.7 A.8 A.9 A.10 A.11 A.12 A.13 A.14 B.1 B.2 B.3 B.4"
    " B.5 B.6 B.7 B.8 B.9 B.10 C.1 C.2 C.3 C.4 C.5 C.6 C.7 C.8 C.9 C.10 D.1 D.2 D.3 E.1 E.2 E.3 E.4 E.5 E.6 E.7 E.8"
    " F G H I J",
}


@pytest.mark.parametrize("row", ROWS, ids=[row["rule_id"] for row in ROWS])
def test_the_sandbox_keeps_to_the_contract(row: dict[str, str], fresh: str, http: requests.Session) -> None:
    client = _Client(fresh, http)
    for step in filter(None, row["before"].split(" && ")):
        client.do(step)
    client.before_the_request()

    reply = client.send(row["template"], json.loads(row["changes"] or "{}"), row["request"])

    assert str(reply.status_code) == row["status"], reply.text
    if row["reply"]:
        expected = json.loads(row["reply"])
        assert _has(_read(reply), expected), f"{expected} is not in {reply.text[:2000]}"
    if row["headers"]:
        assert _has(dict(reply.headers), json.loads(row["headers"])), dict(reply.headers)
    effects, broken = client.what_became_of_it()
    for expected in row["effect"].split():
        name, _, count = expected.partition("=")
        assert effects.get(name) == int(count) if count else name in effects, effects
    assert broken == {row["rule_id"] if rule == "self" else rule for rule in row["broken"].split()}


def test_rule_ids_are_unique_and_name_their_vendor_and_contract() -> None:
    assert [rule for rule, count in Counter(row["rule_id"] for row in ROWS).items() if count > 1] == []
    assert [row["rule_id"] for row in ROWS if not row["rule_id"].startswith(row["vendor"] + ".")] == []
    assert [row["rule_id"] for row in ROWS if row["contract"] not in _CONTRACTS] == []


def test_a_section_of_a_contract_has_rows_or_a_reason_to_have_none() -> None:
    with (ROOT / "sandbox" / "unchecked.csv").open(newline="", encoding="utf-8") as file:
        unchecked = {(row["contract"], row["section"]) for row in csv.DictReader(file)}
    checked = {(row["contract"], row["section"]) for row in ROWS}
    assert unchecked & checked == set()
    assert {(contract, section) for contract, sections in _SECTIONS.items() for section in sections.split()} <= (
        unchecked | checked
    )


def test_a_rule_that_is_broken_has_a_row_that_says_it() -> None:
    said = {row["rule_id"] for row in ROWS}
    assert [row["rule_id"] for row in ROWS if not set(row["broken"].split()) <= said | {"self"}] == []


def test_every_rule_the_sandbox_can_hold_against_a_client_has_a_row_that_breaks_it() -> None:
    named = re.compile(r'"([a-z][a-z0-9_]+\.[A-Z]\w*(?:\.\w+)*\.[\w-]+)"')
    sources = (ROOT / "sandbox" / "server").rglob("*.py")
    held = {rule for source in sources for rule in named.findall(source.read_text(encoding="utf-8"))}
    broken = {row["rule_id"] if rule == "self" else rule for row in ROWS for rule in row["broken"].split()}
    assert held - broken == set()


class _Client:
    def __init__(self, origin: str, http: requests.Session) -> None:
        self._origin = origin
        self._http = http
        self._now = datetime.fromisoformat(NOW)
        shown = http.get(f"{origin}/_sandbox/connections", params={"shop": SHOP}).json()
        self._connections = {name.removeprefix(SHOP.replace("-", "_") + "_"): one for name, one in shown.items()}
        self._replies: dict[str, Any] = {}
        self._last = 0

    def do(self, step: str) -> None:
        verb, _, argument = step.strip().partition(" ")
        if verb == "clock":
            self._now = moved(self._now, argument)
            self._control("clock", {"now": self._now.isoformat()})
        elif verb == "send":
            template, _, changes = argument.partition(" ")
            self._replies |= _as_object(self.send(template, json.loads(changes or "{}"), ""))
        elif verb == "token":
            self._connections["issued"] = self._control("tokens", {"shop": SHOP, **json.loads(argument)})
        elif verb in ("fault", "browser"):
            self._control("faults" if verb == "fault" else "browser", json.loads(argument))
        else:
            raise AssertionError(f"unknown step {step!r}")

    def send(self, template: str, changes: dict[str, Any], request: str) -> requests.Response:
        built = build(template, changes, self._now, self._connections | {"reply": self._replies}, request)
        built["url"] = self._origin + built["url"]
        return self._http.request(**built, allow_redirects=False, timeout=30)

    def before_the_request(self) -> None:
        received = self._http.get(f"{self._origin}/_sandbox/received", params={"limit": "1", "bodies": "0"}).json()
        self._last = received[-1]["number"] if received else 0

    def what_became_of_it(self) -> tuple[dict[str, int], set[str]]:
        asked = {"after": str(self._last), "bodies": "0"}
        (entry,) = self._http.get(f"{self._origin}/_sandbox/received", params=asked).json()
        return entry["effects"], set(entry["violations"])

    def _control(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        answered = self._http.post(f"{self._origin}/_sandbox/{what}", json=body)
        assert answered.status_code == 200, answered.text
        made: dict[str, Any] = answered.json()
        return made


def _read(reply: requests.Response) -> Any:
    return reply.json() if reply.content else None


def _as_object(reply: requests.Response) -> dict[str, Any]:
    try:
        found = reply.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _has(found: Any, expected: Any) -> bool:
    """Say whether found holds at least what is expected; lists have to be as long."""
    if expected == "$any":
        return True
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            name not in found if value == "$absent" else name in found and _has(found[name], value)
            for name, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(_has(one, other) for one, other in zip(found, expected, strict=True))
        )
    return bool(found == expected) and isinstance(found, bool) == isinstance(expected, bool)
