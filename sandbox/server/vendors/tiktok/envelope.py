"""How TikTok's Business API words everything: HTTP 200 and a code. Source: conversion_apis.md C4."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sandbox.server.surface import Call, Handler, Reply

_MESSAGES = {
    0: "OK",
    20001: "Partial success",
    40001: "No permission to operate",
    40002: "Invalid parameter",
    40100: "Request too frequent",
    40104: "Access token is empty",
    40105: "Access token is incorrect or has been revoked",
    50000: "Internal service error",
    50002: "Internal service error",
}


def envelope(code: int = 0, data: Any = None, message: str | None = None, status: int = 200) -> Reply:
    """Return {code, message, request_id, data}; success is code 0 and nothing else."""
    said = message or _MESSAGES.get(code, "Error")
    request_id = "2026" + sha256(f"{code}{said}".encode()).hexdigest()[:28].upper()
    return Reply(
        status, {"code": code, "message": said, "request_id": request_id, "data": {} if data is None else data}
    )


def worded_error(parameters: Mapping[str, Any]) -> Reply:
    """Return the error a fault asks for: code (40100), message, status (200), data."""
    return envelope(
        int(parameters.get("code", 40100)),
        parameters.get("data"),
        parameters.get("message"),
        int(parameters.get("status", 200)),
    )


def authorised(handler: Handler) -> Handler:
    """Return the handler behind TikTok's check of the Access-Token header."""

    def checked(call: Call) -> Reply:
        text = call.headers.get("access-token", "").strip()
        token = call.credential(text.removeprefix("Bearer "))
        if not text:
            return _refused(call, 40104, "no Access-Token header")
        if token is None or not token.alive(call.now) or text.startswith("Bearer "):
            return _refused(call, 40105, "unknown, expired, or sent with Bearer")
        return handler(call)

    return checked


def _refused(call: Call, code: int, detail: str) -> Reply:
    call.broke(f"tiktok.C4.{code}", detail)
    call.did("rejected")
    return envelope(code)
