"""How Meta's Graph API words success and errors, and which version answers. Source: conversion_apis.md B1, B7, D1."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sandbox.server.surface import Call, Handler, Reply

OLDEST_USABLE, LATEST = 21, 26
"""Graph versions that answer; an older one is answered by the oldest usable, and says so in a header only."""

_THROTTLES = frozenset({4, 17, 32, 341, 613, 80000, 80001, 80002, 80003, 80004, 80005, 80006, 80008, 80009, 80014})
_OAUTH = frozenset({102, 190})


def success(call: Call, body: Mapping[str, Any]) -> Reply:
    """Return a 200 with the headers of the version that answered."""
    return Reply(200, body, {"facebook-api-version": f"v{served_version(call)}.0", **_usage(3)})


def graph_error(
    call: Call | None, code: int, subcode: int | None = None, *, status: int | None = None, message: str = "Invalid"
) -> Reply:
    """Return Meta's error envelope; without a status the one that was measured or documented for the code."""
    error: dict[str, Any] = {
        "message": f"(#{code}) {message}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": _trace(f"{code}/{subcode}"),
    }
    if subcode is not None:
        error |= {
            "error_subcode": subcode,
            # In the language of the token's user: nobody may branch on it.
            "error_user_title": "Une erreur est survenue",
            "error_user_msg": "Vérifiez la demande et réessayez.",
        }
    # An invalid token was measured without it.
    if code not in _OAUTH:
        error["is_transient"] = code in (1, 2) or code in _THROTTLES or code < 0
    headers = {"facebook-api-version": f"v{served_version(call)}.0"} if call else {}
    return Reply(status or _status(code), {"error": error}, headers)


def worded_error(parameters: Mapping[str, Any]) -> Reply:
    """Return the error a fault asks for: code (4), subcode, status, message, minutes until access is regained."""
    code = int(parameters.get("code", 4))
    reply = graph_error(
        None,
        code,
        parameters.get("subcode"),
        status=parameters.get("status"),
        message=str(parameters.get("message", "Request limit reached")),
    )
    headers = _usage(100, int(parameters.get("minutes", 0))) if code in _THROTTLES else {}
    return Reply(reply.status, reply.body, headers)


def unknown_object(call: Call) -> Reply:
    """Answer for a path, or a method of a path, that Graph does not have."""
    call.broke("meta.B1.path", f"{call.method} {call.path}")
    call.did("rejected")
    return graph_error(call, 100, 33, message="Unsupported request: object or path does not exist")


def authorised(handler: Handler) -> Handler:
    """Return the handler behind Graph's check of version and token; a token in the URL works and is written down."""

    def checked(call: Call) -> Reply:
        asked = _asked_version(call)
        if asked is None or not OLDEST_USABLE <= asked <= LATEST:
            call.broke("meta.B1.version", f"asked {call.variables.get('version')}, v{served_version(call)}.0 answered")
        if "access_token" in call.query:
            call.broke("meta.B1.token-in-url")
        text = call.bearer() or call.query.get("access_token")
        token = call.credential(text)
        if token is None or not token.alive(call.now):
            call.broke("meta.B7.190", "no token" if not text else "unknown or expired token")
            call.did("rejected")
            return graph_error(call, 190, None if token is None else 463, message="Invalid OAuth access token")
        return handler(call)

    return checked


def served_version(call: Call) -> int:
    """Return the number of the Graph version that answers the call."""
    asked = _asked_version(call)
    return LATEST if asked is None else min(max(asked, OLDEST_USABLE), LATEST)


def _asked_version(call: Call) -> int | None:
    text = call.variables.get("version", "").removeprefix("v").removesuffix(".0")
    return int(text) if text.isdecimal() else None


def _status(code: int) -> int:
    if code in _OAUTH:
        return 401
    if code in (1, 2):
        return 500
    if code in (3, 10) or 200 <= code <= 299:
        return 403
    return 400


def _usage(percent: int, minutes: int = 0) -> dict[str, str]:
    used = {"call_count": percent, "total_cputime": percent, "total_time": percent}
    per_business = {"1234567890": [{"type": "ads_management", **used, "estimated_time_to_regain_access": minutes}]}
    return {"X-App-Usage": json.dumps(used), "X-Business-Use-Case-Usage": json.dumps(per_business)}


def _trace(text: str) -> str:
    return "A" + sha256(text.encode()).hexdigest()[:21]
