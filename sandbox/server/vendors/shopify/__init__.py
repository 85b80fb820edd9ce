"""Shopify's Admin API: GraphQL and the token endpoint. One shop has one host; here it has one folder of the prefix."""

from collections.abc import Mapping
from typing import Any

from sandbox.server.connection import connection, connection_id
from sandbox.server.house import House
from sandbox.server.refusal import Refusal, refusing
from sandbox.server.surface import Call, Reply, Route, Surface, WaitRule
from sandbox.server.tokens import demo_secret
from sandbox.server.vendors.shopify.access import add_credentials, client_id, grant
from sandbox.server.vendors.shopify.admin import VERSIONS, Admin, served_version
from sandbox.server.vendors.shopify.orders import ShopOrders
from sandbox.server.waits import retry_after

PREFIX = "/shopify"
_TOKEN_PATH = "/admin/oauth/access_token"  # noqa: S105
_MESSAGES = {
    "THROTTLED": "Throttled",
    "INTERNAL_SERVER_ERROR": "Internal error. Looks like something went wrong on our end.",
    "MAX_COST_EXCEEDED": "Query cost is 1,200, which exceeds the single query max cost limit (1000).",
    "ACCESS_DENIED": "Access denied for orders field. Required access: `read_orders` access scope.",
    "SHOP_INACTIVE": "Shop is not active",
}


def surface(house: House) -> Surface:
    """Return the surface."""
    add_credentials(house)
    admins: dict[str, Admin] = {}

    def graphql(call: Call) -> Reply:
        slug = call.variables["shop"]
        version = served_version(call.variables.get("version"))
        if slug not in house.shops.slugs or version is None:
            raise Refusal("shopify.E1.path", "no such shop or version", Reply(404, {"errors": "Not Found"}))
        if version != call.variables.get("version"):
            call.broke("shopify.E1.version", f"{call.variables.get('version')} fell forward to {version}")
        token = call.credential(call.headers.get("x-shopify-access-token"))
        if token is None or token.kind != "access" or token.subject != slug or not token.alive(call.now):
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            raise Refusal("shopify.E5.401", "unknown, foreign or expired token", Reply(401, {"errors": message}))
        admin = admins.setdefault(slug, Admin(slug, ShopOrders(house.shops.world(slug))))
        return _with_version(admin.answer(call, token), version)

    def versioned(call: Call) -> Reply:
        try:
            return graphql(call)
        except Refusal as refusal:
            version = served_version(call.variables.get("version")) or VERSIONS[-1]
            raise Refusal(refusal.rule, refusal.detail, _with_version(refusal.reply, version)) from None

    return Surface(
        "shopify",
        PREFIX,
        "https://{shop}.myshopify.com",
        (
            Route("POST", "/{shop}/admin/api/{version}/graphql.json", refusing(versioned)),
            Route("POST", "/{shop}/admin/api/graphql.json", refusing(versioned)),
            Route("POST", "/{shop}" + _TOKEN_PATH, refusing(lambda call: grant(house, call))),
        ),
        error=_worded_error,
        wait=WaitRule("shopify.E5.wait", _told_to_wait),
        connections=_connections,
        state=lambda ids: {slug: {"points_available": int(one.bucket.available)} for slug, one in admins.items()},
    )


def _with_version(reply: Reply, version: str) -> Reply:
    return Reply(reply.status, reply.body, {**reply.headers, "X-Shopify-API-Version": version})


def _told_to_wait(reply: Reply) -> float | None:
    """Return Retry-After, or the seconds until the points that a throttled query asked for are there."""
    body = reply.body if isinstance(reply.body, dict) else {}
    codes = {one.get("extensions", {}).get("code") for one in body.get("errors", []) if isinstance(one, dict)}
    if "THROTTLED" not in codes:
        return retry_after(reply)
    cost = body["extensions"]["cost"]
    status = cost["throttleStatus"]
    missing = cost["requestedQueryCost"] - status["currentlyAvailable"]
    return missing / status["restoreRate"] if status["restoreRate"] else None


def _worded_error(parameters: Mapping[str, Any]) -> Reply:
    """Return the error a fault asks for: code (THROTTLED), requested and available points; always HTTP 200."""
    code = str(parameters.get("code", "THROTTLED"))
    body: dict[str, Any] = {"errors": [{"message": _MESSAGES.get(code, code), "extensions": {"code": code}}]}
    if code == "THROTTLED":
        status = {
            "maximumAvailable": 2000.0,
            "currentlyAvailable": parameters.get("available", 0),
            "restoreRate": float(parameters.get("restore_rate", 100)),
        }
        requested = int(parameters.get("requested", 500))
        body["extensions"] = {
            "cost": {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}
        }
    return Reply(200, body)


def _connections(origin: str, slug: str) -> dict[str, Any]:
    extra = {
        "base_path": f"{PREFIX}/{slug}",
        "shop_domain": f"{slug}.myshopify.com",
        "api_version": VERSIONS[-1],
        "client_id": client_id(slug),
        "token_path": _TOKEN_PATH,
    }
    return {
        connection_id(slug, "shopify"): connection(origin, "shopify", demo_secret("shopify", slug, "secret"), extra)
    }
