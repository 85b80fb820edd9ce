"""What goes wrong on purpose: faults per vendor and path, for a number of calls or until a virtual instant.

status        answer `status` with `body` and `headers` (Retry-After, usage), nothing processed
vendor_error  the vendor's own wording of an error, `params` as the vendor takes them; without: its throttle
headers       processed as ever, `headers` added to the reply
latency       `seconds` of real time before anything else
reset_before  the connection is reset, nothing processed
reset_after   processed, then the connection is reset
truncated     processed; the JSON of the reply ends half way, the HTTP message is whole
cut_off       processed; the HTTP message itself ends half way
html          an HTML page with status 200, nothing processed
auth_revoked  no credential of the vendor is known
rate_limit    at most `calls` per `seconds` of real time, above it the vendor's throttle; nothing processed
quirk         `params` are handed to the vendor, which behaves as they say
"""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from include.errors import InvalidInput
from sandbox.world.local_time import parse_instant

KINDS = (
    "status",
    "vendor_error",
    "headers",
    "latency",
    "reset_before",
    "reset_after",
    "truncated",
    "cut_off",
    "html",
    "auth_revoked",
    "rate_limit",
    "quirk",
)


@dataclass
class Fault:
    """One fault; route is a shell pattern on the path below the vendor's prefix."""

    number: int
    vendor: str
    kind: str
    route: str = "*"
    method: str = "*"
    count: int | None = None
    skip: int = 0
    until: datetime | None = None
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    calls: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    hits: int = 0
    _passed: deque[float] = field(default_factory=deque)

    def concerns(self, vendor: str, method: str, path: str) -> bool:
        return self.vendor in ("*", vendor) and self.method in ("*", method.upper()) and fnmatchcase(path, self.route)

    def over(self, now: datetime) -> bool:
        return (self.count is not None and self.hits >= self.count) or (self.until is not None and now >= self.until)

    def strikes(self) -> bool:
        """Say whether this call is hit, and count it."""
        if self.skip:
            self.skip -= 1
            return False
        if self.kind == "rate_limit" and self._within_rate():
            return False
        self.hits += 1
        return True

    def shown(self) -> dict[str, Any]:
        """Return the fault as JSON for the control surface."""
        shown = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return shown | {"until": self.until.isoformat() if self.until else None}

    def _within_rate(self) -> bool:
        at = time.monotonic()
        while self._passed and self._passed[0] <= at - self.seconds:
            self._passed.popleft()
        if len(self._passed) >= self.calls:
            return False
        self._passed.append(at)
        return True


_FIELDS = frozenset(one.name for one in fields(Fault) if one.name not in ("number", "hits", "_passed"))
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("count", "skip", "status", "calls"), (int,)),
    **dict.fromkeys(("vendor", "route", "method", "until"), (str,)),
    **dict.fromkeys(("headers", "params"), (dict,)),
    "seconds": (int, float),
}


class Faults:
    """The faults in force, in the order they were set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._last = 0

    def set(self, asked: Mapping[str, Any], vendors: set[str]) -> Fault:
        """Add a fault; raises InvalidInput that names the field which is wrong."""
        unknown = sorted(set(asked) - _FIELDS)
        if unknown:
            raise InvalidInput(f"unknown field {unknown[0]!r} of a fault; known are {', '.join(sorted(_FIELDS))}")
        wrong = [name for name, kinds in _TYPES.items() if name in asked and not isinstance(asked[name], kinds)]
        if wrong:
            raise InvalidInput(f"{wrong[0]} of a fault is not {' or '.join(one.__name__ for one in _TYPES[wrong[0]])}")
        if asked.get("kind") not in KINDS:
            raise InvalidInput(f"unknown kind {asked.get('kind')!r} of a fault; known are {', '.join(KINDS)}")
        if asked.get("vendor") not in vendors | {"*"}:
            raise InvalidInput(f"unknown vendor {asked.get('vendor')!r}; known are {', '.join(sorted(vendors))}")
        if asked["kind"] == "rate_limit" and not (asked.get("calls") and asked.get("seconds")):
            raise InvalidInput("a rate_limit needs calls and seconds")
        self._last += 1
        until = parse_instant("until", asked["until"]) if asked.get("until") else None
        fault = Fault(number=self._last, **{**asked, "until": until})
        self._faults.append(fault)
        return fault

    def clear(self, number: int | None = None) -> int:
        """Remove one fault, or all; returns how many are gone."""
        kept = [] if number is None else [one for one in self._faults if one.number != number]
        gone = len(self._faults) - len(kept)
        self._faults = kept
        return gone

    def striking(self, vendor: str, method: str, path: str, now: datetime) -> list[Fault]:
        """Return the faults that hit this call, and count the hit."""
        self._faults = [one for one in self._faults if not one.over(now)]
        return [one for one in self._faults if one.concerns(vendor, method, path) and one.strikes()]

    def shown(self, now: datetime) -> list[dict[str, Any]]:
        return [one.shown() for one in self._faults if not one.over(now)]
