"""Google Ads over REST: search, searchStream and the accounts a credential reaches."""

from typing import Any

from sandbox.server.connection import connection, connection_id
from sandbox.server.house import House
from sandbox.server.surface import Call, Reply, Surface, WaitRule
from sandbox.server.tokens import GOOGLE, GOOGLE_CLIENT_ID, GOOGLE_TOKEN_PATH, Token, demo_secret
from sandbox.server.vendors.google_ads.customers import Customers
from sandbox.server.vendors.google_ads.envelope import LATEST, SCOPE, failure, told_to_wait, worded_error
from sandbox.server.vendors.google_ads.search import routes

PREFIX = "/google_ads"


def surface(house: House) -> Surface:
    """Return the surface; each shop's accounts are below a manager of its own."""
    for slug in house.shops.slugs:
        refresh = Token(GOOGLE, slug, "refresh", frozenset({SCOPE}))
        house.tokens.add(demo_secret("google_ads", slug, "refresh"), refresh)
        house.tokens.add(demo_secret(GOOGLE, "sandbox", "client"), Token(GOOGLE, "sandbox", "client_secret"))
    customers = Customers(house)
    return Surface(
        "google_ads",
        PREFIX,
        "https://googleads.googleapis.com",
        routes(customers),
        error=worded_error,
        wait=WaitRule("google_ads.B9.wait", told_to_wait),
        not_found=_not_found,
        connections=lambda origin, slug: _connections(customers, origin, slug),
        state=lambda ids: customers.state(),
    )


def _not_found(call: Call) -> Reply:
    call.broke("google_ads.B3.path", f"{call.method} {call.path}")
    call.did("rejected")
    return failure(call, 404, "requestError", "RPC_DEADLINE_TOO_SHORT", "Not found", bare=True)


def _connections(customers: Customers, origin: str, slug: str) -> dict[str, Any]:
    if not customers.of_shop(slug):
        return {}
    extra = {
        "base_path": PREFIX,
        "api_version": f"v{LATEST}",
        "login_customer_id": customers.manager(slug),
        "client_id": GOOGLE_CLIENT_ID,
        "client_secret": demo_secret(GOOGLE, "sandbox", "client"),
        "token_uri": origin + GOOGLE_TOKEN_PATH,
    }
    made = connection(origin, "google_ads", demo_secret("google_ads", slug, "refresh"), extra)
    return {connection_id(slug, "google_ads"): made}
