"""TikTok's Business API: events, counts of a pixel and reports on one host."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.server.connection import connection, connection_id
from sandbox.server.house import House
from sandbox.server.surface import Call, Reply, Route, Surface
from sandbox.server.tokens import Token, demo_number, demo_secret
from sandbox.server.vendors.tiktok import counts, events
from sandbox.server.vendors.tiktok.envelope import envelope, worded_error
from sandbox.server.vendors.tiktok.pixel import Pixel
from sandbox.server.vendors.tiktok.reports import Reports

PREFIX = "/tiktok"


def surface(house: House) -> Surface:
    """Return the surface; a token is good for everything of its shop."""
    for slug in house.shops.slugs:
        house.tokens.add(access_token(slug), Token("tiktok", slug))
    pixels = {pixel_code(slug): Pixel(pixel_code(slug), pixel_id(slug), slug) for slug in house.shops.slugs}
    reports = Reports(house)
    routes: tuple[Route, ...] = (
        *events.routes(pixels),
        *counts.routes(house, pixels),
        *reports.routes(),
    )

    def browser(now: datetime, asked: Mapping[str, Any]) -> None:
        pixels[pixel_code(str(asked["shop"]))].receive(asked["event"], now, "browser")

    return Surface(
        "tiktok",
        PREFIX,
        "https://business-api.tiktok.com",
        routes,
        error=worded_error,
        not_found=_not_found,
        connections=_connections,
        state=lambda ids: {
            **{code: pixel.summary(ids) for code, pixel in pixels.items() if pixel.kept},
            **reports.state(),
        },
        browser=browser,
    )


def access_token(slug: str) -> str:
    """Return the text of the shop's long-lived token."""
    return demo_secret("tiktok", slug, "access")


def pixel_code(slug: str) -> str:
    """Return the code by which events name the shop's pixel."""
    return "C" + demo_number("tiktok", slug, "code", 19)


def pixel_id(slug: str) -> str:
    """Return the number by which reports name the shop's pixel."""
    return demo_number("tiktok", slug, "pixel", 19)


def _not_found(call: Call) -> Reply:
    call.broke("tiktok.C1.path", f"{call.method} {call.path}")
    call.did("rejected")
    return envelope(40006, message="The requested path does not exist", status=404)


def _connections(origin: str, slug: str) -> dict[str, Any]:
    extra = {"base_path": PREFIX, "pixel_code": pixel_code(slug)}
    return {connection_id(slug, "tiktok_ads"): connection(origin, "tiktok_ads", access_token(slug), extra)}
