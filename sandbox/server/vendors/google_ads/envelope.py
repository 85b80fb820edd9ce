"""How Google Ads words errors, and which versions live. Source: source_apis.md B.1, B.2, B.9."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from sandbox.server.refusal import Refusal
from sandbox.server.surface import Call, Reply

SCOPE = "https://www.googleapis.com/auth/adwords"
LATEST = 26
# The day from which a version no longer answers; the last four are as announced, to the month.
SUNSETS = {
    20: date(2026, 6, 10),
    21: date(2026, 8, 5),
    22: date(2026, 10, 7),
    23: date(2027, 2, 1),
    24: date(2027, 5, 1),
    25: date(2027, 8, 1),
    26: date(2027, 11, 1),
}
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_HTTP_OF = {"quotaError": 429, "internalError": 500, "authenticationError": 401, "authorizationError": 403}


def failure(
    call: Call | None,
    status: int,
    family: str,
    name: str,
    message: str,
    *,
    retry_delay: str | None = None,
    bare: bool = False,
) -> Reply:
    """Return Google's envelope around a GoogleAdsFailure; a searchStream's is wrapped in an array.

    retry_delay is a duration in Google's JSON, such as "30s". bare leaves the failure out, as the front end does for
    what never reached the API.
    """
    error: dict[str, Any] = {"code": status, "message": message, "status": _STATUS.get(status, "UNKNOWN")}
    if not bare:
        one: dict[str, Any] = {"errorCode": {family: name}, "message": message}
        if family == "quotaError":
            details = {"rateScope": "DEVELOPER", "rateName": "Number of operations for Basic Access"}
            one["details"] = {"quotaErrorDetails": details | ({"retryDelay": retry_delay} if retry_delay else {})}
        version = call.variables.get("version", f"v{LATEST}") if call else f"v{LATEST}"
        error["details"] = [
            {
                "@type": f"type.googleapis.com/google.ads.googleads.{version}.errors.GoogleAdsFailure",
                "errors": [one],
                "requestId": request_id(f"{family}{name}"),
            }
        ]
    body: Any = {"error": error}
    is_stream = call is not None and call.path.endswith(":searchStream")
    return Reply(status, [body] if is_stream else body, {"request-id": request_id(message)})


def worded_error(parameters: Mapping[str, Any]) -> Reply:
    """Return the error a fault asks for: family (quotaError), name, status, retry_delay, stream (in an array)."""
    family = str(parameters.get("family", "quotaError"))
    name = str(parameters.get("name", "RESOURCE_TEMPORARILY_EXHAUSTED"))
    status = int(parameters.get("status", _HTTP_OF.get(family, 400)))
    retry_delay = parameters.get("retry_delay", "30s" if name == "RESOURCE_TEMPORARILY_EXHAUSTED" else None)
    reply = failure(None, status, family, name, f"{name} as asked for", retry_delay=retry_delay)
    return Reply(status, [reply.body], reply.headers) if parameters.get("stream") else reply


def told_to_wait(reply: Reply) -> float | None:
    """Return the seconds of a quota error's retryDelay."""
    body = reply.body[0] if isinstance(reply.body, list) and reply.body else reply.body
    if reply.status != 429 or not isinstance(body, dict):
        return None
    delays = [
        one.get("details", {}).get("quotaErrorDetails", {}).get("retryDelay", "")
        for detail in body.get("error", {}).get("details", [])
        for one in detail.get("errors", [])
    ]
    return max((float(delay.removesuffix("s")) for delay in delays if delay), default=None)


def refused(
    call: Call, rule: str, family: str, name: str, message: str, *, retry_delay: str | None = None, bare: bool = False
) -> Refusal:
    """Return the refusal of a request, in Google's words and with the status that goes with the family."""
    status = _HTTP_OF.get(family, 400)
    return Refusal(rule, message, failure(call, status, family, name, message, retry_delay=retry_delay, bare=bare))


def request_id(text: str) -> str:
    """Return a request id; the same text has the same."""
    return sha256(text.encode()).hexdigest()[:22]
