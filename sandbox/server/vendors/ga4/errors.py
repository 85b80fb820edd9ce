"""How the Data API words its errors. Source: validation_apis.md L2.5."""

from collections.abc import Mapping
from typing import Any

from sandbox.server.refusal import Refusal
from sandbox.server.surface import Reply

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def error(status: int, message: str, reason: str = "") -> Reply:
    """Return Google's envelope; reason goes into details."""
    body: dict[str, Any] = {"code": status, "message": message, "status": _STATUS.get(status, "UNKNOWN")}
    if reason:
        body["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]
    return Reply(status, {"error": body})


def worded_error(parameters: Mapping[str, Any]) -> Reply:
    """Return the error a fault asks for: status (429), message, reason."""
    status = int(parameters.get("status", 429))
    message = str(parameters.get("message", "Exhausted property tokens for a project per hour."))
    return error(status, message, str(parameters.get("reason", "")))


def invalid(rule: str, message: str) -> Refusal:
    """Return the refusal of a request that is wrong in itself."""
    return Refusal(rule, message, error(400, message))
