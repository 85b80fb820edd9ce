"""Tokens of a shop's app: client credentials for 24 hours, or an hour with a refresh token that rotates.

Source: source_apis.md E.1. The client's secret of the demo connection is the password of the connection.
"""

import json
from datetime import timedelta
from typing import Any

from sandbox.server.house import House
from sandbox.server.refusal import Refusal
from sandbox.server.surface import Call, Reply
from sandbox.server.tokens import Token, demo_secret
from sandbox.server.vendors.shopify.admin import SCOPES

_CLIENT_SECONDS, _OFFLINE_SECONDS, _REFRESH_SECONDS = 86_399, 3_600, 7_776_000


def client_id(slug: str) -> str:
    """Return the id of the app in this shop."""
    return demo_secret("shopify", slug, "client-id")


def add_credentials(house: House) -> None:
    """Make every shop's client secret, first refresh token and static token known."""
    for slug in house.shops.slugs:
        for kind in ("secret", "refresh", "static"):
            token = Token("shopify", slug, "access" if kind == "static" else kind, SCOPES)
            house.tokens.add(demo_secret("shopify", slug, kind), token)


def grant(house: House, call: Call) -> Reply:
    """Answer POST /admin/oauth/access_token; raises Refusal."""
    slug, asked = call.variables["shop"], _fields(call)
    secret = call.credential(asked.get("client_secret"))
    known = secret is not None and secret.kind == "secret" and secret.subject == slug
    if not known or asked.get("client_id") != client_id(slug):
        raise _refused("shopify.E1.client", "invalid_client", "the client is unknown to the shop")
    kind = asked.get("grant_type")
    if kind == "client_credentials":
        return _issued(house, call, slug, _CLIENT_SECONDS, {})
    if kind == "refresh_token":
        refresh = call.credential(asked.get("refresh_token"))
        if refresh is None or refresh.kind != "refresh" or not refresh.alive(call.now):
            raise _refused("shopify.E1.refresh-token", "invalid_request", "the refresh token was used or is unknown")
        house.tokens.revoke("shopify", asked["refresh_token"])
        until = call.now + timedelta(seconds=_REFRESH_SECONDS)
        following = house.tokens.issue(Token("shopify", slug, "refresh", SCOPES, until))
        more = {"refresh_token": following, "refresh_token_expires_in": _REFRESH_SECONDS}
        return _issued(house, call, slug, _OFFLINE_SECONDS, more)
    raise _refused("shopify.E1.grant-type", "unsupported_grant_type", "grant_type")


def _issued(house: House, call: Call, slug: str, seconds: int, more: dict[str, Any]) -> Reply:
    until = call.now + timedelta(seconds=seconds)
    text = house.tokens.issue(Token("shopify", slug, "access", SCOPES, until))
    call.did("accepted")
    return Reply(200, {"access_token": text, "scope": ",".join(sorted(SCOPES)), "expires_in": seconds, **more})


def _fields(call: Call) -> dict[str, str]:
    if {"client_secret", "refresh_token"} & set(call.query):
        call.broke("shopify.E1.secret-in-url", "secrets belong in the body")
    if "json" not in call.headers.get("content-type", ""):
        return call.form()
    try:
        body = json.loads(call.body)
    except ValueError:
        body = {}
    return {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}


def _refused(rule: str, error: str, description: str) -> Refusal:
    return Refusal(rule, description, Reply(400, {"error": error, "error_description": description}))
