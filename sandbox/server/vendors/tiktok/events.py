"""TikTok Events API 2.0: POST /open_api/v1.3/event/track/. Source: conversion_apis.md C1, C4.

One event that is wrong rejects the whole request with code 40002, and HTTP 200; nothing of it is kept.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.server.finding import Finding
from sandbox.server.surface import Call, Handler, Malformed, Reply, Route
from sandbox.server.vendors.tiktok.envelope import authorised, envelope
from sandbox.server.vendors.tiktok.event_rules import event_findings
from sandbox.server.vendors.tiktok.pixel import Pixel

_MOST = 1000
_SOURCES = ("web", "app", "offline", "crm")
_ROOT = frozenset({"event_source", "event_source_id", "data", "test_event_code", "partner_name"})


def routes(pixels: Mapping[str, Pixel]) -> tuple[Route, ...]:
    """Return the routes; pixels by their code."""
    return (Route("POST", "/open_api/v1.3/event/track/", authorised(_track(pixels))),)


def _track(pixels: Mapping[str, Pixel]) -> Handler:
    def handler(call: Call) -> Reply:
        body = _body(call)
        if isinstance(body, Finding):
            return _refused(call, body, 1)
        events = body["data"]
        pixel = pixels.get(body["event_source_id"])
        token = call.credential(call.headers.get("access-token"))
        if pixel is None or token is None or token.subject != pixel.slug:
            call.broke("tiktok.C4.40001", "no such pixel, or another shop's")
            call.did("rejected", len(events))
            # The message echoes what was sent: nobody may log it.
            return envelope(40001, message=f"No permission to operate pixel {body['event_source_id']}")
        if not _accepts(call, body):
            call.did("rejected", len(events))
            return envelope(40002, message="Invalid parameter in data")
        for event in events:
            effect, rule = pixel.receive(event, call.now, "server", test=bool(body.get("test_event_code")))
            call.did(effect)
            if rule:
                call.broke(rule, "the event_id was sent before, otherwise or 48 hours ago")
        return envelope()

    return handler


def _body(call: Call) -> dict[str, Any] | Finding:
    """Return the body, or why the whole of it is refused."""
    if not call.headers.get("content-type", "").startswith("application/json"):
        return _wrong("tiktok.C1.content-type", "Content-Type is application/json")
    try:
        body = call.json()
    except Malformed:
        return _wrong("tiktok.C1.malformed", "the body is not JSON")
    events = body.get("data") if isinstance(body, dict) else None
    if not isinstance(events, list) or not events:
        return _wrong("tiktok.C1.data", "data is not a list of events")
    if len(events) > _MOST:
        return _wrong("tiktok.C1.too-many", f"{len(events)} events")
    if body.get("event_source") not in _SOURCES:
        return _wrong("tiktok.C1.event-source", f"event_source is {', '.join(_SOURCES)}")
    if not isinstance(body.get("event_source_id"), str):
        return _wrong("tiktok.C1.event-source-id", "event_source_id")
    return dict(body)


def _accepts(call: Call, body: Mapping[str, Any]) -> bool:
    if body.get("test_event_code"):
        call.broke("tiktok.C5.test-code", "a test event is not among the actual data")
    for field in sorted(set(body) - _ROOT):
        call.broke("tiktok.C4.unknown-field", field)
    fatal = False
    for event in body["data"]:
        for finding in event_findings(event, body["event_source"], call.now):
            call.broke(finding.rule, finding.detail)
            fatal = fatal or finding.fatal
    return not fatal


def _refused(call: Call, finding: Finding, count: int) -> Reply:
    call.broke(finding.rule, finding.detail)
    call.did("rejected", count)
    return envelope(finding.code, message=f"Invalid parameter: {finding.detail}")


def _wrong(rule: str, detail: str) -> Finding:
    return Finding(rule, detail, fatal=True, code=40002)
