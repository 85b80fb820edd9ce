"""GA4 Measurement Protocol: POST /mp/collect answers 204 whatever comes, /debug/mp/collect says what is wrong.

Source: conversion_apis.md A1, A3, A5. What the vendor drops is dropped, and only the sandbox's own log says so. Where
the pages say a limit but not what happens above it, the
smallest thing that exceeds it is dropped.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.server.finding import Finding
from sandbox.server.surface import Call, Handler, Reply, Route
from sandbox.server.vendors.ga4.body_rules import body_findings
from sandbox.server.vendors.ga4.event_rules import BACKDATED, event_findings
from sandbox.server.vendors.ga4.stream import Stream

REGION = "/region1"
"""What stands for region1.google-analytics.com below the prefix."""
_LARGEST = 130_000
_MOST_ITEMS = 200
_LONGEST_VALUE = 100


def routes(streams: Mapping[str, Stream]) -> tuple[Route, ...]:
    """Return the routes of both hosts."""
    collect = _collect(streams)
    return tuple(
        Route("POST", f"{host}{path}", handler)
        for host in ("", REGION)
        for path, handler in (("/mp/collect", collect), ("/debug/mp/collect", _validate))
    )


def _collect(streams: Mapping[str, Stream]) -> Handler:
    def handler(call: Call) -> Reply:
        stream = _stream(call, streams)
        body, wrong = _body(call)
        fatal = False
        for finding in wrong if body is None else (*wrong, *body_findings(body)):
            call.broke(finding.rule, finding.detail)
            fatal = fatal or finding.fatal
        if body is None or stream is None or fatal:
            events = body.get("events") if body else None
            call.did("dropped", max(len(events), 1) if isinstance(events, list) else 1)
            return Reply(204)
        for event in body["events"]:
            _event(call, stream, body, event)
        return Reply(204)

    return handler


def _validate(call: Call) -> Reply:
    """Neither secret nor measurement id is looked at, nor is a name known or misspelt; nothing reaches a report."""
    body, wrong = _body(call)
    findings = [*wrong]
    if body is not None:
        findings += body_findings(body)
        events = body.get("events")
        for event in events if isinstance(events, list) else []:
            findings += event_findings(event, _sent_at(body, event), call.now)
    call.did("validated")
    return Reply(200, {"validationMessages": [_message(one) for one in findings if one.word]})


def _event(call: Call, stream: Stream, body: Mapping[str, Any], event: Any) -> None:
    sent_at = _sent_at(body, event)
    findings = list(event_findings(event, sent_at, call.now))
    for finding in findings:
        call.broke(finding.rule, finding.detail)
    enforced = body.get("validation_behavior") == "ENFORCE_RECOMMENDATIONS"
    if any(one.fatal or (enforced and one.word) for one in findings):
        call.did("dropped")
        return
    redated = any(one.rule == "ga4.A3.too-old" for one in findings)
    at = call.now - BACKDATED if redated else _instant(sent_at, call.now)
    dropped = {one.rule for one in findings} & {"ga4.A9.param", "ga4.A4.param-name"}
    params = _as_stored(call, event.get("params", {}))
    user = str(body.get("user_id") or body["client_id"])
    counts, broken = stream.receive(event["name"], params, user, at, call.now)
    if broken:
        call.broke(broken, "the transaction_id was sent before, otherwise")
    if redated:
        stream.redated += 1
        call.did("rewritten")
    elif dropped:
        call.did("stripped")
    call.did("accepted" if counts else "deduplicated")


def _stream(call: Call, streams: Mapping[str, Stream]) -> Stream | None:
    if not call.headers.get("content-type", "").startswith("application/json"):
        call.broke("ga4.A1.content-type", "Content-Type is application/json")
    stream = streams.get(call.query.get("measurement_id", ""))
    secret = call.credential(call.query.get("api_secret"))
    if stream is None:
        call.broke("ga4.A1.measurement-id", "no such web stream; it is the G-... id, not the stream's number")
    elif secret is None or secret.subject != stream.slug:
        call.broke("ga4.A1.api-secret", "not a secret of this stream")
        return None
    return stream


def _body(call: Call) -> tuple[dict[str, Any] | None, tuple[Finding, ...]]:
    if len(call.body) >= _LARGEST:
        return None, (Finding("ga4.A4.body", "", word="VALUE_OUT_OF_BOUNDS"),)
    repeated: list[Finding] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            repeated.append(Finding("ga4.A5.name-duplicated", "", word="NAME_DUPLICATED"))
        return made

    try:
        body = json.loads(call.body, object_pairs_hook=once)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return None, (Finding("ga4.A5.malformed", "", word="VALUE_INVALID"),)
    return body, tuple(repeated)


def _sent_at(body: Mapping[str, Any], event: Any) -> Any:
    """The event's own timestamp is more specific than the body's."""
    params = event.get("params") if isinstance(event, dict) else None
    own = [event.get("timestamp_micros")] if isinstance(event, dict) else []
    own += [params.get("timestamp_micros")] if isinstance(params, dict) else []
    return next((at for at in [*own, body.get("timestamp_micros")] if at is not None), None)


def _instant(sent_at: Any, now: datetime) -> datetime:
    if not isinstance(sent_at, int) or isinstance(sent_at, bool):
        return now
    try:
        return datetime.fromtimestamp(sent_at / 1_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return now


def _as_stored(call: Call, params: Mapping[str, Any]) -> dict[str, Any]:
    stored = dict(_shortened(call, params))
    if isinstance(stored.get("items"), list):
        stored["items"] = stored["items"][:_MOST_ITEMS]
    return stored


def _shortened(call: Call, params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in params.items():
        if isinstance(value, str) and len(value) > _LONGEST_VALUE:
            call.did("truncated")
            value = value[:_LONGEST_VALUE]
        yield name, value


def _message(finding: Finding) -> dict[str, str]:
    message = {"description": f"Validation of {finding.detail or 'the body'} failed.", "validationCode": finding.word}
    return message if finding.word == "INTERNAL_ERROR" else {"fieldPath": finding.detail, **message}
