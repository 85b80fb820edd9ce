"""What a vendor of the sandbox is made of: Call in, Reply out, Routes of a Surface. Knows nothing of HTTP libraries."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from sandbox.server.tokens import Token, Tokens


class Malformed(ValueError):
    """A body that is not the JSON it claims to be."""


@dataclass
class Call:
    """One request as a vendor sees it; path is below the vendor's prefix, header names are lower case."""

    vendor: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    tokens: Tokens
    variables: Mapping[str, str] = field(default_factory=dict)
    quirks: Mapping[str, Any] = field(default_factory=dict)
    auth_revoked: bool = False
    broken: list[tuple[str, str]] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)

    def json(self) -> Any:
        """Return the body as JSON; raises Malformed."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Malformed("the body is not JSON") from error

    def form(self) -> dict[str, str]:
        """Return the fields of a form body; of a repeated field the last."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def credential(self, text: str | None, issuer: str | None = None) -> Token | None:
        """Return the token of this text, expired ones too; None when unknown or revoked by a fault.

        issuer: whose tokens the vendor takes, its own unless told.
        """
        return None if self.auth_revoked else self.tokens.find(issuer or self.vendor, text or "")

    def bearer(self) -> str | None:
        """Return what follows `Bearer ` in the Authorization header."""
        scheme, _, text = self.headers.get("authorization", "").partition(" ")
        return text.strip() if scheme.lower() == "bearer" and text.strip() else None

    def quirk(self, name: str, default: Any = None) -> Any:
        """Return what a fault of kind `quirk` asks of the vendor under this name."""
        return self.quirks.get(name, default)

    def broke(self, rule: str, detail: str = "") -> None:
        """Write down a rule that the client broke; detail must carry neither secrets nor personal data."""
        self.broken.append((rule, detail))

    def did(self, effect: str, count: int = 1) -> None:
        """Write down what became of the request, or of count of its events."""
        self.effects[effect] += count


@dataclass(frozen=True)
class Reply:
    """What a vendor answers; a dict or list is sent as JSON, text as HTML, None as an empty body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False).encode()

    @property
    def content_type(self) -> str:
        if isinstance(self.body, str | bytes):
            return "text/html; charset=utf-8"
        return "application/json; charset=utf-8"


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """A path of a vendor below its prefix; `{name}` stands for a segment up to the next `/` or `:`."""

    method: str
    pattern: str
    handler: Handler

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.pattern)
        return re.compile("".join(f"(?P<{p}>[^/:]+)" if i % 2 else re.escape(p) for i, p in enumerate(parts)))

    def match(self, path: str) -> dict[str, str] | None:
        """Return the variables of the path, or None when it is another path."""
        found = self._expression.fullmatch(path)
        return found.groupdict() if found else None


def not_found(call: Call) -> Reply:
    """Answer 404 for a path, or a method of a path, that the vendor does not document."""
    call.broke(f"{call.vendor}.path", f"{call.method} {call.path}")
    call.did("rejected")
    return Reply(404, {"error": {"code": 404, "message": "not found"}})


@dataclass(frozen=True)
class WaitRule:
    """The rule that coming back too early breaks, and what a reply tells the caller to wait, in seconds."""

    rule: str
    hint: Callable[[Reply], float | None]


@dataclass(frozen=True)
class Surface:
    """A vendor: its name in faults, log and rules, the prefix that stands for its host, its routes and its wording."""

    vendor: str
    prefix: str
    stands_for: str
    routes: tuple[Route, ...]
    error: Callable[[Mapping[str, Any]], Reply] | None = None
    not_found: Handler = not_found
    connections: Callable[[str, str], Mapping[str, Any]] = lambda origin, slug: {}
    state: Callable[[bool], Mapping[str, Any]] = lambda ids: {}
    wait: WaitRule | None = None
    browser: Callable[[datetime, Mapping[str, Any]], None] | None = None
    """Takes an event as the shop's own tag or pixel sends it, from POST /_sandbox/browser."""

    def handler(self, call: Call) -> Handler:
        """Return what answers the call, with its path variables set."""
        for route in self.routes:
            if route.method == call.method and (variables := route.match(call.path)) is not None:
                call.variables = variables
                return route.handler
        return self.not_found
