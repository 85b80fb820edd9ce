"""GA4: the Measurement Protocol that takes events, and the Data API that reports them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.server.connection import connection, connection_id
from sandbox.server.house import House
from sandbox.server.surface import Call, Reply, Surface
from sandbox.server.tokens import GOOGLE, GOOGLE_CLIENT_ID, GOOGLE_TOKEN_PATH, Token, demo_number, demo_secret
from sandbox.server.vendors.ga4 import collect, data_api
from sandbox.server.vendors.ga4.errors import error, worded_error
from sandbox.server.vendors.ga4.stream import Stream

PREFIX = "/ga4"


def surface(house: House) -> Surface:
    """Return the surface; every shop has one web stream in a property of its own."""
    streams = {}
    for slug in house.shops.slugs:
        shop = house.shops.profile(slug)
        measurement_id = f"G-{demo_number('ga4', slug, 'stream', 10)}"
        property_id = demo_number("ga4", slug, "property", 9)
        streams[measurement_id] = Stream(measurement_id, property_id, slug, shop.timezone, shop.currency)
        house.tokens.add(demo_secret("ga4", slug, "secret"), Token("ga4", slug, "secret"))
        refresh = Token(GOOGLE, slug, "refresh", frozenset({data_api.READONLY}))
        house.tokens.add(demo_secret("ga4", slug, "refresh"), refresh)
        house.tokens.add(demo_secret(GOOGLE, "sandbox", "client"), Token(GOOGLE, "sandbox", "client_secret"))
    by_shop = {stream.slug: stream for stream in streams.values()}

    def browser(now: datetime, asked: Mapping[str, Any]) -> None:
        event = asked["event"]
        user = str(event.get("client_id", "browser"))
        stream = by_shop[str(asked["shop"])]
        stream.receive(str(event.get("name", "purchase")), dict(event.get("params", {})), user, now, now, "browser")

    return Surface(
        "ga4",
        PREFIX,
        f"www.google-analytics.com; {collect.REGION}: region1; {data_api.DATA}: analyticsdata.googleapis.com",
        (*collect.routes(streams), *data_api.routes(streams)),
        error=worded_error,
        not_found=_not_found,
        connections=lambda origin, slug: _connections(origin, by_shop[slug]),
        state=lambda ids: {name: stream.summary(ids) for name, stream in streams.items() if stream.hits},
        browser=browser,
    )


def _not_found(call: Call) -> Reply:
    call.broke("ga4.A1.path", f"{call.method} {call.path}")
    call.did("rejected")
    return error(404, "Not found")


def _connections(origin: str, stream: Stream) -> dict[str, Any]:
    extra = {
        "base_path": PREFIX,
        "measurement_id": stream.measurement_id,
        "property_id": stream.property_id,
        "data_api_base": origin + PREFIX + data_api.DATA,
        "token_uri": origin + GOOGLE_TOKEN_PATH,
        "client_id": GOOGLE_CLIENT_ID,
        "client_secret": demo_secret(GOOGLE, "sandbox", "client"),
        "refresh_token": demo_secret("ga4", stream.slug, "refresh"),
    }
    made = connection(origin, "ga4", demo_secret("ga4", stream.slug, "secret"), extra)
    return {connection_id(stream.slug, "ga4"): made}
