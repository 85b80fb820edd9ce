"""Holds an adapter's conversation with answers made up by the test, and gives what was asked and read."""

import json
from collections.abc import Callable, Generator
from typing import Any

from include.platforms.client import Reply
from include.platforms.outcome import Classified, Outcome
from include.platforms.request import PlatformRequest
from include.spend.report import IfAllowed, Once, Pause


def answer(body: object) -> Reply:
    return Reply(Classified(Outcome.OK, "ok", request_id="r-1"), "yes", 200, {}, json.dumps(body).encode())


def held(
    conversation: Generator[Any, Reply | None, Any], answers: Callable[[PlatformRequest], object] | list[object]
) -> tuple[Any, list[PlatformRequest], list[dict[str, Any]]]:
    """Return what the conversation came to, what it asked, and the rows it yielded, in order; nobody sleeps.

    answers: bodies in order, or what answers a request; a Reply and None stand for themselves.
    """
    requests: list[PlatformRequest] = []
    rows: list[dict[str, Any]] = []
    pending = iter(answers) if isinstance(answers, list) else None
    reply: Reply | None = None
    while True:
        try:
            wish = conversation.send(reply)
        except StopIteration as end:
            return end.value, requests, rows
        reply = None
        if isinstance(wish, PlatformRequest | Once | IfAllowed):
            requests.append(wish if isinstance(wish, PlatformRequest) else wish.request)
            found = next(pending) if pending is not None else answers(requests[-1])  # type: ignore[operator]
            reply = found if isinstance(found, Reply | None) else answer(found)
        elif not isinstance(wish, Pause):
            rows.extend(wish.to_pylist())
