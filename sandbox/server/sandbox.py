"""A running sandbox without its HTTP: who answers a call, what faults do to it, what is kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from include.errors import InvalidInput
from sandbox.server.clock import VirtualClock
from sandbox.server.faults import Fault, Faults
from sandbox.server.house import House, Shops
from sandbox.server.log import Log
from sandbox.server.surface import Call, Malformed, Reply, Surface
from sandbox.server.tokens import Tokens
from sandbox.server.vendors import SURFACES
from sandbox.server.waits import Waits

_HTML = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"


@dataclass(frozen=True)
class Outcome:
    """What to do with a call: send reply, unless cut says `reset` (send nothing) or `half` (stop half way)."""

    reply: Reply
    latency: float = 0.0
    cut: str = ""


class Sandbox:
    """All vendors on one clock. kept_tokens: a file of the tokens they issued, for the next start."""

    def __init__(self, shops: Shops, now: datetime, kept_tokens: Path | None = None) -> None:
        self.shops = shops
        self.started_at = now
        self._start(now, Tokens(kept_tokens))

    def reset(self, now: datetime | None = None) -> None:
        """Forget everything that was received, set or issued; the clock starts at now, else where it first started."""
        self._start(now or self.started_at, Tokens())

    def _start(self, now: datetime, tokens: Tokens) -> None:
        self.house = House(VirtualClock(now), self.shops, tokens)
        self.surfaces: tuple[Surface, ...] = tuple(make(self.house) for make in SURFACES)
        self.faults = Faults()
        self.log = Log()
        self.waits = Waits()

    @property
    def now(self) -> datetime:
        return self.house.clock.now

    def surface_at(self, path: str) -> Surface | None:
        """Return the vendor below whose prefix the path is."""
        found = [one for one in self.surfaces if path == one.prefix or path.startswith(one.prefix + "/")]
        return max(found, key=lambda one: len(one.prefix), default=None)

    def surface(self, vendor: str) -> Surface:
        """Raises InvalidInput when there is no such vendor."""
        for one in self.surfaces:
            if one.vendor == vendor:
                return one
        raise InvalidInput(f"unknown vendor {vendor!r}; known are {', '.join(one.vendor for one in self.surfaces)}")

    def set_fault(self, asked: Mapping[str, Any]) -> Fault:
        """Raises InvalidInput when the fault is not one, or asks a vendor for an error it never words."""
        worded = asked.get("kind") in ("vendor_error", "rate_limit")
        if worded and asked.get("vendor") != "*" and self.surface(str(asked.get("vendor"))).error is None:
            raise InvalidInput(f"{asked.get('vendor')} words no errors; use the kind status")
        return self.faults.set(asked, {one.vendor for one in self.surfaces})

    def answer(self, surface: Surface, call: Call) -> Outcome:
        """Let faults and the vendor answer, and write down what happened."""
        striking = self.faults.striking(call.vendor, call.method, call.path, call.now)
        _bend(call, striking)
        if surface.wait:
            self.waits.check(call, surface.wait)
        latency = sum(fault.seconds for fault in striking if fault.kind == "latency")
        deciding = next((fault for fault in striking if fault.kind in _INSTEAD or fault.kind in _AFTER), None)
        if deciding and deciding.kind in _INSTEAD:
            outcome = _instead(surface, deciding, latency)
        else:
            outcome = _after(_vendor_reply(surface, call), deciding, latency)
        if call.auth_revoked:
            # A credential that a fault killed is not a rule that the client broke.
            call.broken.clear()
        added = {name: value for fault in striking if fault.kind == "headers" for name, value in fault.headers.items()}
        reply = Reply(outcome.reply.status, outcome.reply.body, {**outcome.reply.headers, **added})
        if surface.wait:
            self.waits.note(call, reply, surface.wait)
        kinds = ", ".join(fault.kind for fault in striking)
        self.log.add(call, 0 if outcome.cut == "reset" else reply.status, kinds)
        return Outcome(reply, outcome.latency, outcome.cut)


_INSTEAD = {"status", "vendor_error", "rate_limit", "reset_before", "html"}
_AFTER = {"reset_after", "truncated", "cut_off"}


def _bend(call: Call, striking: list[Fault]) -> None:
    call.quirks = {name: value for fault in striking if fault.kind == "quirk" for name, value in fault.params.items()}
    call.auth_revoked = any(fault.kind == "auth_revoked" for fault in striking)


def _vendor_reply(surface: Surface, call: Call) -> Reply:
    handler = surface.handler(call)
    try:
        return handler(call)
    except Malformed as error:
        # A vendor with a word of its own for this catches it first.
        call.broke(f"{call.vendor}.malformed", str(error))
        call.did("rejected")
        return Reply(400, {"error": {"code": 400, "message": "malformed request"}})


def _instead(surface: Surface, fault: Fault, latency: float) -> Outcome:
    if fault.kind == "reset_before":
        return Outcome(Reply(), latency, "reset")
    if fault.kind == "html":
        return Outcome(Reply(200, _HTML), latency)
    if fault.kind == "status":
        return Outcome(Reply(fault.status, fault.body, fault.headers), latency)
    # A fault of every vendor reaches those too that word no errors.
    worded = surface.error(fault.params) if surface.error else Reply(503)
    return Outcome(Reply(worded.status, worded.body, {**worded.headers, **fault.headers}), latency)


def _after(reply: Reply, fault: Fault | None, latency: float) -> Outcome:
    if fault is None:
        return Outcome(reply, latency)
    if fault.kind == "truncated":
        half = reply.content[: len(reply.content) // 2]
        return Outcome(Reply(reply.status, half, {"Content-Type": reply.content_type, **reply.headers}), latency)
    return Outcome(reply, latency, "reset" if fault.kind == "reset_after" else "half")
