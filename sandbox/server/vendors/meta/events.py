"""Meta Conversions API: POST /{version}/{pixel}/events. Source: conversion_apis.md B1, B2, B7.

One event that is wrong rejects the whole request, and nothing of it is kept; which one it was the reply does not say.
"""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.server.finding import Finding, words
from sandbox.server.surface import Call, Handler, Malformed, Reply, Route
from sandbox.server.vendors.meta.dataset import Dataset
from sandbox.server.vendors.meta.envelope import authorised, graph_error, success
from sandbox.server.vendors.meta.event_rules import event_findings, usable_keys

_MOST = 1000
_TOP_LEVEL = words(
    "data test_event_code partner_agent platforms namespace_id upload_id upload_tag upload_source access_token"
)


def routes(datasets: Mapping[str, Dataset]) -> tuple[Route, ...]:
    """Return the routes; without a version the latest answers, and the rule is broken."""
    handler = authorised(_events(datasets))
    return Route("POST", "/{version}/{pixel}/events", handler), Route("POST", "/{pixel}/events", handler)


def owned(call: Call, datasets: Mapping[str, Dataset], pixel: str) -> Dataset | None:
    """Return the dataset if the call's token may see it; else the rule is broken and None."""
    token = call.credential(call.bearer() or call.query.get("access_token"))
    dataset = datasets.get(pixel)
    if dataset is None or token is None or token.subject != dataset.slug:
        call.broke("meta.B7.100-33", "no such dataset, or another shop's")
        call.did("rejected")
        return None
    return dataset


def _events(datasets: Mapping[str, Dataset]) -> Handler:
    def handler(call: Call) -> Reply:
        dataset = owned(call, datasets, call.variables["pixel"])
        if dataset is None:
            return graph_error(call, 100, 33, message="Unsupported post request")
        body = _body(call)
        events = body.get("data") if body is not None else None
        if body is None or not isinstance(events, list) or not events:
            return _refused(call, Finding("meta.B2.data", "data is not a list of events", True, 100), 1)
        if len(events) > _MOST:
            return _refused(call, Finding("meta.B2.too-many", f"{len(events)} events", True, 100), len(events))
        _check_top_level(call, body)
        fatal: Finding | None = None
        for event in events:
            for finding in event_findings(event, call.now):
                call.broke(finding.rule, finding.detail)
                fatal = fatal or (finding if finding.fatal else None)
        if fatal is not None:
            call.did("rejected", len(events))
            return graph_error(call, fatal.code, fatal.subcode, message="Invalid parameter")
        return _kept(call, dataset, events, test=bool(body.get("test_event_code")))

    return handler


def _kept(call: Call, dataset: Dataset, events: list[dict[str, Any]], test: bool) -> Reply:
    # A partial failure: the last ones are lost, and only the count says so.
    lost = min(int(call.quirk("lost_events", 0)), len(events))
    for event in events[: len(events) - lost]:
        effect, rule = dataset.receive(
            event,
            call.now,
            "SERVER",
            test=test,
            user_keys=usable_keys(event["user_data"]),
            merges_server_repeats=bool(call.quirk("merges_server_repeats", True)),
        )
        call.did(effect)
        if rule:
            call.broke(rule, "same event_name and event_id as an earlier event of the server")
    if lost:
        call.did("dropped", lost)
    received = len(events) - lost
    messages = [f"{lost} events could not be processed"] if lost else []
    trace = f"A{dataset.pixel_id[:8]}{len(dataset.kept)}"
    return success(call, {"events_received": received, "messages": messages, "fbtrace_id": trace})


def _check_top_level(call: Call, body: Mapping[str, Any]) -> None:
    if body.get("test_event_code"):
        call.broke("meta.B2.test-code", "test events do reach targeting and measurement")
    agent = body.get("partner_agent")
    if agent is not None and not (isinstance(agent, str) and len(agent) < 23 and sum(map(str.isalpha, agent)) >= 2):
        call.broke("meta.B2.partner-agent", "partner_agent has under 23 characters, two letters at least")
    if "access_token" in body:
        call.broke("meta.B1.token-in-body", "the header keeps it out of what is logged")
    for field in sorted(set(body) - _TOP_LEVEL):
        call.broke("meta.B2.unknown-field", field)


def _body(call: Call) -> dict[str, Any] | None:
    """Return the body, of JSON or of a form whose data is JSON; None when it is neither."""
    form = call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    try:
        body: Any = {**call.form()} if form else call.json()
        if form:
            body["data"] = json.loads(body.get("data", ""))
    except (Malformed, ValueError):
        return None
    return body if isinstance(body, dict) else None


def _refused(call: Call, finding: Finding, count: int) -> Reply:
    call.broke(finding.rule, finding.detail)
    call.did("rejected", count)
    return graph_error(call, finding.code, finding.subcode, message="Invalid parameter")
