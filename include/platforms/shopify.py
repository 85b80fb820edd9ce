"""Shopify's Admin GraphQL: the class of an answer (source_apis E.5), and how long its cost budget needs to refill.

Errors come with 200. An answer with errors is never OK, whatever rows it holds beside them: a field that may not be
read comes back as null.
"""

from collections.abc import Mapping
from typing import Any

from include.platforms.http_status import NOT_JSON, OK, SHAPE, UNKNOWN_CODE, NotJson, by_status, json_of, unknown_status
from include.platforms.outcome import Classified, Outcome, Rule, classified, gravest, header, member

_THROTTLED = Rule(Outcome.THROTTLE, "cost budget of the shop is spent", waits=(2.0, 10.0, 60.0))
_TOO_COSTLY = Rule(Outcome.SHRINK, "query costs more than one may")
_SERVER = Rule(Outcome.TRANSIENT, "server error", then=Outcome.SHRINK)
_SCOPE = Rule(Outcome.ACCESS, "a scope of the app is missing")
_TOKEN = Rule(Outcome.AUTH_DEAD, "access token is expired or revoked", refresh=True)
_SHOP = Rule(Outcome.ACCESS, "shop is frozen, locked, gone or does not let the app in")

CODES: Mapping[str, Rule] = {
    "THROTTLED": _THROTTLED,
    "MAX_COST_EXCEEDED": _TOO_COSTLY,
    "INTERNAL_SERVER_ERROR": _SERVER,
    "ACCESS_DENIED": _SCOPE,
}
"""`extensions.code` of an error -> rule."""

STATUSES: Mapping[int, Rule] = {401: _TOKEN, 402: _SHOP, 403: _SHOP, 404: _SHOP, 423: _SHOP}
"""HTTP status -> rule, before the body is looked at."""


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Classified:
    """Return the class of an answer of graphql.json."""
    request_id = header(headers, "X-Request-Id")
    if status in STATUSES:
        return classified(STATUSES[status], code=status, request_id=request_id)
    if status >= 500:
        return classified(_SERVER, code=status, request_id=request_id)
    if not 200 <= status < 300:
        return by_status(status, headers, request_id) or unknown_status(status, request_id)
    try:
        value = json_of(body)
    except NotJson:
        return classified(NOT_JSON, code=status, request_id=request_id)
    errors = member(value, "errors")
    if errors:
        return _of_errors(errors, value, request_id)
    return classified(OK if isinstance(member(value, "data"), dict) else SHAPE, request_id=request_id)


def _of_errors(errors: Any, value: Any, request_id: object) -> Classified:
    codes = [member(error, "extensions", "code") for error in errors] if isinstance(errors, list) else [None]
    found = [
        classified(
            CODES.get(str(code), UNKNOWN_CODE),
            code=code,
            wait_seconds=refill_seconds(value) if code == "THROTTLED" else None,
            request_id=request_id,
        )
        for code in codes
    ]
    return gravest(found)


def refill_seconds(value: Any) -> float | None:
    """Return the seconds until the budget holds what the query asked for; None when the answer does not say."""
    cost = member(value, "extensions", "cost")
    requested = _number(member(cost, "requestedQueryCost"))
    available = _number(member(cost, "throttleStatus", "currentlyAvailable"))
    rate = _number(member(cost, "throttleStatus", "restoreRate"))
    if requested is None or available is None or not rate:
        return None
    return max(requested - available, 0.0) / rate


def pause_after(headers: Mapping[str, str], body: bytes) -> float:
    """Return the seconds to leave before the next call of this shop, so that the same query again is affordable."""
    try:
        return refill_seconds(json_of(body)) or 0.0
    except NotJson:
        return 0.0


def served_version(headers: Mapping[str, str]) -> str | None:
    """Return the version that answered: a sunset one falls forward, without a word, to the oldest live."""
    return header(headers, "X-Shopify-API-Version")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
