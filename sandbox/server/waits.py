"""How long vendors told a caller to wait, and whether the caller came back before that.

A wait is over when the virtual clock or real time has moved on by it: long ones are kept in tables by business time,
short ones are slept.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.server.surface import Call, Reply, WaitRule


@dataclass(frozen=True)
class _Wait:
    until: datetime
    until_real: float


class Waits:
    """What each vendor last told each shop."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], _Wait] = {}

    def check(self, call: Call, rule: WaitRule) -> None:
        """Write the rule down when the call comes before the last wait it was told is over."""
        wait = self._told.get(_scope(call))
        if wait and call.now < wait.until and time.monotonic() < wait.until_real:
            left = (wait.until - call.now).total_seconds()
            call.broke(rule.rule, f"{left:.0f} s too early")

    def note(self, call: Call, reply: Reply, rule: WaitRule) -> None:
        """Remember what the reply tells the caller to wait."""
        seconds = rule.hint(reply)
        if seconds:
            until = call.now + timedelta(seconds=seconds)
            self._told[_scope(call)] = _Wait(until, time.monotonic() + seconds)


def retry_after(reply: Reply) -> float | None:
    """Return the seconds of a Retry-After header."""
    text = next((value for name, value in reply.headers.items() if name.lower() == "retry-after"), "")
    try:
        return float(text)
    except ValueError:
        return None


def _scope(call: Call) -> tuple[str, str]:
    """Return the vendor and whose credential the call carries: one shop's wait is not another's."""
    sent = [value for name, value in call.headers.items() if name in _CREDENTIAL_HEADERS]
    for text in (*sent, *call.query.values()):
        bare = text.removeprefix("Bearer ").strip()
        for issuer in (call.vendor, "google"):
            token = call.tokens.find(issuer, bare)
            if token is not None:
                return call.vendor, token.subject
    return call.vendor, ""


_CREDENTIAL_HEADERS = frozenset({"authorization", "access-token", "x-shopify-access-token"})
