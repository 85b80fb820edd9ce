"""Bodies of every wrong shape: each is answered in the vendor's way, none breaks the sandbox."""

import copy
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from tests.sandbox.client import NOW, SHOP, Sandbox
from tests.sandbox.rule_requests import build

_ODD = [None, True, -1, 10**30, "x", [], {}, ["a", None], {"a": 1}, [[]], [{}]]
_SCOPE = "https://www.googleapis.com/auth/analytics.readonly"


@pytest.mark.parametrize(
    "template", ["meta/purchase", "tiktok/purchase", "ga4/purchase", "ga4/validation", "ga4/report", "ga4/realtime"]
)
def test_a_body_of_a_wrong_shape_is_answered_as_the_vendor_would(
    sandbox: Sandbox, http: requests.Session, template: str
) -> None:
    issued = sandbox.post("tokens", vendor="google", shop=SHOP, scopes=[_SCOPE]).json()
    built = build(template, {}, datetime.fromisoformat(NOW), {**sandbox.connections, "issued": issued})
    built["url"] = sandbox.origin + built["url"]
    body = json.loads(built.pop("data"))
    for path in _paths(body):
        for odd in _ODD:
            reply = http.request(**built, data=json.dumps(_with(body, path, odd)))
            assert reply.status_code < 500, f"{path} as {odd!r}: {reply.text}"


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield above
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _paths(one, (*above, key))


def _with(body: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    changed = copy.deepcopy(body)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = odd
    return changed
