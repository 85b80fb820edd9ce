"""What a platform's answer is, before anybody looks at rows: exactly one of ten classes, with what is safe to keep.

Each vendor's module turns (status, headers, body) into a `Classified` by its own tables; what follows from it is
retry.py. A vendor's message may quote what it was sent, so no text of an answer is kept: only numbers, names of codes
and the request id.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

_CODE = re.compile(r"-?[0-9]{1,19}|[A-Za-z][A-Za-z0-9_]{0,79}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_./:=+-]{1,128}")


class Outcome(StrEnum):
    """The error classes of the contract; nothing but the class decides about retrying."""

    OK = "ok"
    TRANSIENT = "transient"
    """The server stumbled or the body was cut: the same request again, at most five tries."""
    THROTTLE = "throttle"
    """Too fast: wait as the vendor says."""
    QUOTA_DAY = "quota_day"
    """The day's budget is spent: nothing more until it is reset."""
    SHRINK = "shrink"
    """Asked for too much at once: smaller pages, then fewer days, then fewer entities, the chunk anew."""
    AUTH_DEAD = "auth_dead"
    """The credential is expired or revoked: a person gives a new one."""
    ACCESS = "access"
    """This account or object is not allowed or gone: it alone fails, others go on."""
    CONFIG = "config"
    """The request itself is wrong: retrying cannot help."""
    SUNSET = "sunset"
    """The pinned API version is switched off."""
    UNKNOWN = "unknown"
    """In no table: tried again twice, then loud with code and subcode."""


# Of several errors in one answer the one counts that no waiting cures.
_GRAVEST_FIRST = (
    Outcome.SUNSET,
    Outcome.AUTH_DEAD,
    Outcome.ACCESS,
    Outcome.CONFIG,
    Outcome.QUOTA_DAY,
    Outcome.SHRINK,
    Outcome.THROTTLE,
    Outcome.UNKNOWN,
    Outcome.TRANSIENT,
    Outcome.OK,
)


@dataclass(frozen=True)
class Rule:
    """One row of a vendor's table.

    reason: our own words. waits: seconds to wait the first, second, ... time when the vendor gives no hint. then: what
    it is once its waits or tries are used up. refresh: a new access token may cure it, once. reset_zone: IANA zone of
    the midnight at which a day's budget is given anew.
    """

    outcome: Outcome
    reason: str
    waits: tuple[float, ...] = ()
    then: Outcome | None = None
    refresh: bool = False
    reset_zone: str = "UTC"


@dataclass(frozen=True)
class Classified:
    """An answer, classified. `wait_seconds` is the vendor's own hint; the rest as in Rule. Safe to log."""

    outcome: Outcome
    reason: str
    code: str | None = None
    subcode: str | None = None
    wait_seconds: float | None = None
    request_id: str | None = None
    waits: tuple[float, ...] = ()
    then: Outcome | None = None
    refresh: bool = False
    reset_zone: str = "UTC"

    @property
    def ok(self) -> bool:
        """Whether the rows of the body may be read."""
        return self.outcome is Outcome.OK

    def __str__(self) -> str:
        code = "/".join(part for part in (self.code, self.subcode) if part)
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.outcome}{f' {code}' if code else ''}: {self.reason}{request}"


def classified(
    rule: Rule,
    *,
    code: object = None,
    subcode: object = None,
    wait_seconds: float | None = None,
    request_id: object = None,
) -> Classified:
    """Return what a rule makes of an answer; codes and ids that do not look like any are dropped."""
    return Classified(
        outcome=rule.outcome,
        reason=rule.reason,
        code=_kept(code, _CODE),
        subcode=_kept(subcode, _CODE),
        wait_seconds=wait_seconds,
        request_id=_kept(request_id, _REQUEST_ID),
        waits=rule.waits,
        then=rule.then,
        refresh=rule.refresh,
        reset_zone=rule.reset_zone,
    )


def gravest(found: list[Classified]) -> Classified:
    """Return, of several errors in one answer, the first of the gravest class."""
    return min(found, key=lambda one: _GRAVEST_FIRST.index(one.outcome))


def as_seen(one: Classified, outcome: Outcome) -> Classified:
    """Return the same answer under another class, as where its retries are used up."""
    return replace(one, outcome=outcome, then=None, refresh=False)


def _kept(value: object, pattern: re.Pattern[str]) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    text = str(value)
    return text if pattern.fullmatch(text) else None


def header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header's value whatever its case, or None."""
    if (value := headers.get(name)) is not None:
        return value
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)


def member(value: Any, *names: str | int) -> Any:
    """Return a member of nested JSON, or None where the path does not exist or has another shape."""
    for name in names:
        if isinstance(name, int):
            value = value[name] if isinstance(value, list) and len(value) > name else None
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value
