"""What was received and which rules the client broke, with every credential masked before it is kept."""

import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.server.surface import Call

_KEPT = 20_000
_KEPT_BODY = 64 * 1024
_MASK = "***"
_SECRET_NAMES = {
    "access_token",
    "api_secret",
    "client_secret",
    "refresh_token",
    "assertion",
    "appsecret_proof",
    "secret",
}
_SECRET_HEADERS = {"authorization", "access-token", "developer-token", "x-shopify-access-token", "cookie"}
_SECRET_IN_BODY = re.compile(
    rf'("(?:{"|".join(_SECRET_NAMES)})"\s*:\s*")[^"]*|(\b(?:{"|".join(_SECRET_NAMES)})=)[^&\s]*'
)


@dataclass(frozen=True)
class Entry:
    """One request; at is virtual, body is text with credentials masked and cut at 64 KiB."""

    number: int
    at: datetime
    vendor: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    status: int
    fault: str
    effects: Mapping[str, int]
    violations: tuple[str, ...]

    def shown(self, with_body: bool) -> dict[str, Any]:
        shown = {**vars(self), "at": self.at.isoformat()}
        return shown if with_body else {name: value for name, value in shown.items() if name not in ("body", "headers")}


@dataclass(frozen=True)
class Violation:
    """One rule broken by one request (received: its number)."""

    received: int
    at: datetime
    rule: str
    vendor: str
    route: str
    detail: str

    def shown(self) -> dict[str, Any]:
        return {**vars(self), "at": self.at.isoformat()}


class Log:
    """The last 20,000 requests, every violation of them, and counts of all."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=_KEPT)
        self.violations: deque[Violation] = deque(maxlen=_KEPT)
        self.received: Counter[str] = Counter()
        self.effects: dict[str, Counter[str]] = {}
        self.broken: Counter[str] = Counter()

    def add(self, call: Call, status: int, fault: str) -> None:
        """Keep a request that was answered with status; 0: its connection was reset."""
        number = self.received.total() + 1
        self.received[call.vendor] += 1
        self.effects.setdefault(call.vendor, Counter()).update(call.effects)
        masked = _masker(call.tokens.texts())
        entry = Entry(
            number=number,
            at=call.now,
            vendor=call.vendor,
            method=call.method,
            path=call.path,
            query=urlencode({n: _MASK if n in _SECRET_NAMES else masked(v) for n, v in call.query.items()}, safe="*"),
            headers={n: _MASK if n in _SECRET_HEADERS else masked(v) for n, v in call.headers.items()},
            body=masked(call.body[:_KEPT_BODY].decode("utf-8", "replace")),
            status=status,
            fault=fault,
            effects=dict(call.effects),
            violations=tuple(rule for rule, _ in call.broken),
        )
        self.entries.append(entry)
        for rule, detail in call.broken:
            self.broken[rule] += 1
            route = f"{call.method} {call.path}"
            self.violations.append(Violation(number, call.now, rule, call.vendor, route, masked(detail)))

    def counts(self) -> dict[str, Any]:
        return {"received": dict(self.received), "effects": self.effects, "violations": dict(self.broken)}


def _masker(secrets: Iterable[str]) -> Any:
    known = sorted((secret for secret in secrets if secret), key=len, reverse=True)

    def masked(text: str) -> str:
        for secret in known:
            if secret in text:
                text = text.replace(secret, _MASK)
        return _SECRET_IN_BODY.sub(lambda found: (found[1] or found[2]) + _MASK, text)

    return masked


def as_json(value: Any) -> str:
    """Return JSON a person can read."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)
