"""Google Analytics: the class of an answer of the Measurement Protocol and of the Data API.

The Measurement Protocol says 2xx to everything it received, also to what it drops (conversion_apis A5): OK here only
means "received". The Data API answers in Google's plain envelope (validation_apis L2.5).
"""

from collections.abc import Mapping
from typing import Any

from include.platforms.google_errors import request_id_of, unlisted
from include.platforms.http_status import NOT_JSON, OK, SHAPE, NotJson, by_status, json_of, unknown_status
from include.platforms.outcome import Classified, Outcome, Rule, classified, member

_NEVER_RETRY = Rule(Outcome.CONFIG, "refused; the same request must not be sent again")
_REQUEST = Rule(Outcome.CONFIG, "report request is wrong")
_EXPIRED = Rule(Outcome.AUTH_DEAD, "access token is expired", refresh=True)
_DENIED = Rule(Outcome.ACCESS, "property is wrong or the credential may not read it")
_API_OFF = Rule(Outcome.CONFIG, "Analytics Data API is switched off in the cloud project, or the scope is another's")
_CONCURRENT = Rule(
    Outcome.THROTTLE, "concurrent requests or the hour's tokens are used up", waits=(30.0, 1800.0, 3900.0)
)
_DAY = Rule(Outcome.QUOTA_DAY, "tokens of the day are used up", reset_zone="America/Los_Angeles")
_PATH = Rule(Outcome.CONFIG, "path does not exist")
_SERVER = Rule(Outcome.TRANSIENT, "server error; only ten an hour are allowed")

STATUSES: Mapping[str, Rule] = {
    "INVALID_ARGUMENT": _REQUEST,
    "UNAUTHENTICATED": _EXPIRED,
    "PERMISSION_DENIED": _DENIED,
    "RESOURCE_EXHAUSTED": _CONCURRENT,
    "NOT_FOUND": _PATH,
    "INTERNAL": _SERVER,
    "UNAVAILABLE": _SERVER,
}
"""`status` of the Data API's envelope -> rule."""

REASONS: Mapping[str, Rule] = {
    "SERVICE_DISABLED": _API_OFF,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": _API_OFF,
}
"""`reason` in the envelope's details -> rule; it outranks the status."""


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Classified:
    """Return the class of an answer of the Measurement Protocol or its validation server; OK means received."""
    if 200 <= status < 300:
        if body.strip():
            try:
                json_of(body)
            except NotJson:
                return classified(NOT_JSON, code=status)
        return classified(OK)
    return by_status(status, headers) or classified(_NEVER_RETRY, code=status)


def classify_report(status: int, headers: Mapping[str, str], body: bytes) -> Classified:
    """Return the class of an answer of the Data API."""
    request_id = request_id_of(headers)
    try:
        value = json_of(body)
    except NotJson:
        if 200 <= status < 300:
            return classified(NOT_JSON, code=status, request_id=request_id)
        return by_status(status, headers, request_id) or unknown_status(status, request_id)
    if member(value, "error") is None:
        if 200 <= status < 300:
            return classified(OK if isinstance(value, dict) else SHAPE, request_id=request_id)
        return by_status(status, headers, request_id) or unknown_status(status, request_id)
    return _of_envelope(status, headers, value)


def _of_envelope(status: int, headers: Mapping[str, str], value: Any) -> Classified:
    name = member(value, "error", "status")
    reasons = [member(detail, "reason") for detail in member(value, "error", "details") or []]
    known = next((REASONS[reason] for reason in reasons if reason in REASONS), None)
    rule = known or (STATUSES.get(name) if isinstance(name, str) else None)
    if rule is None:
        return unlisted(status, headers, value)
    # The code of a spent hour and of a spent day is the same; the phrase is the only sign, and is not kept.
    if rule is _CONCURRENT and "per day" in str(member(value, "error", "message") or "").lower():
        rule = _DAY
    return classified(rule, code=name, request_id=request_id_of(headers, value))
