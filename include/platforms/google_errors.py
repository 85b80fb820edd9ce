"""What Google's error envelopes have in common: the token endpoint, and the plain envelope of its newer APIs.

`{"error": {"code", "status", "details"}}` comes from every Google API; Google Ads puts its own failures into `details`.
"""

from collections.abc import Mapping
from typing import Any

from include.platforms.http_status import NOT_JSON, SHAPE, UNKNOWN_CODE, NotJson, by_status, json_of, unknown_status
from include.platforms.outcome import Classified, Outcome, Rule, classified, header, member

_DEAD = Rule(Outcome.AUTH_DEAD, "refresh token or client is expired, revoked or wrong")
_SERVER = Rule(Outcome.TRANSIENT, "token endpoint has a fault")

TOKEN_ERRORS: Mapping[str, Rule] = {
    "invalid_grant": _DEAD,
    "invalid_client": _DEAD,
    "invalid_rapt": Rule(Outcome.AUTH_DEAD, "the workspace asks its user to sign in again"),
    "unauthorized_client": _DEAD,
    "application_cannot_be_found": _DEAD,
    "invalid_scope": Rule(Outcome.CONFIG, "scope does not exist"),
    "invalid_request": Rule(Outcome.CONFIG, "token request is malformed"),
    "unsupported_grant_type": Rule(Outcome.CONFIG, "grant type is not supported"),
    "internal_failure": _SERVER,
    "server_error": _SERVER,
    "temporarily_unavailable": _SERVER,
}
"""`error` or `error_subtype` of a token endpoint (RFC 6749, Google's and Shopify's additions) -> rule."""


def classify_token(status: int, headers: Mapping[str, str], body: bytes) -> Classified:
    """Return the class of a token endpoint's answer; OK means that it holds an access token."""
    try:
        value = json_of(body)
    except NotJson:
        if 200 <= status < 300:
            return classified(NOT_JSON, code=status)
        return by_status(status, headers) or _token_refused(status)
    for code in (member(value, "error_subtype"), member(value, "error")):
        if isinstance(code, str) and code in TOKEN_ERRORS:
            return classified(TOKEN_ERRORS[code], code=code)
    if isinstance(member(value, "access_token"), str) and 200 <= status < 300:
        return classified(Rule(Outcome.OK, "ok"))
    if 200 <= status < 300:
        return classified(SHAPE, code=status)
    return by_status(status, headers) or _token_refused(status)


def _token_refused(status: int) -> Classified:
    return classified(_DEAD, code=status) if status in (401, 403) else unknown_status(status)


def request_id_of(headers: Mapping[str, str], value: Any = None) -> object:
    """Return the id under which Google's support finds a request, from the body's details or the headers."""
    for detail in member(value, "error", "details") or []:
        if found := member(detail, "requestId"):
            return found
    return member(value, "requestId") or header(headers, "request-id") or header(headers, "x-request-id")


def delay_seconds(text: object) -> float | None:
    """Return the seconds of a protobuf duration in JSON, such as "30s"; None for anything else."""
    if not isinstance(text, str) or not text.endswith("s"):
        return None
    try:
        seconds = float(text[:-1])
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def unlisted(status: int, headers: Mapping[str, str], value: Any) -> Classified:
    """Return the class of an error envelope whose codes are in no table."""
    request_id = request_id_of(headers, value)
    return by_status(status, headers, request_id) or classified(
        UNKNOWN_CODE, code=member(value, "error", "status") or status, request_id=request_id
    )
