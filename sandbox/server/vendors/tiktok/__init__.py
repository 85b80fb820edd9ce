"""TikTok's Business API: events, counts of a pixel and reports on one host."""

from typing import Any

from sandbox.server.connection import connection, connection_id
from sandbox.server.house import House
from sandbox.server.surface import Route, Surface
from sandbox.server.tokens import Token, demo_number, demo_secret
from sandbox.server.vendors.tiktok.envelope import worded_error

PREFIX = "/tiktok"


def surface(house: House) -> Surface:
    """Return the surface; a token is good for everything of its shop."""
    for slug in house.shops.slugs:
        house.tokens.add(access_token(slug), Token("tiktok", slug))
    routes: tuple[Route, ...] = ()
    stands_for = "https://business-api.tiktok.com"
    return Surface("tiktok", PREFIX, stands_for, routes, error=worded_error, connections=_connections)


def access_token(slug: str) -> str:
    """Return the text of the shop's long-lived token."""
    return demo_secret("tiktok", slug, "access")


def pixel_code(slug: str) -> str:
    """Return the code by which events name the shop's pixel."""
    return "C" + demo_number("tiktok", slug, "code", 19)


def _connections(origin: str, slug: str) -> dict[str, Any]:
    extra = {"base_path": PREFIX, "pixel_code": pixel_code(slug)}
    return {connection_id(slug, "tiktok_ads"): connection(origin, "tiktok_ads", access_token(slug), extra)}
