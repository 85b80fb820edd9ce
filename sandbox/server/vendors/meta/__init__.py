"""Meta's Graph API: conversions, counts of a dataset and insights on one host."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.server.connection import connection, connection_id
from sandbox.server.house import House
from sandbox.server.surface import Route, Surface, WaitRule
from sandbox.server.tokens import Token, demo_number, demo_secret
from sandbox.server.vendors.meta import ad_objects, counts, events, insights
from sandbox.server.vendors.meta.dataset import Dataset
from sandbox.server.vendors.meta.envelope import LATEST, unknown_object, worded_error
from sandbox.server.vendors.meta.marketing import Marketing, told_to_wait

PREFIX = "/meta"


def surface(house: House) -> Surface:
    """Return the surface; a token is good for everything of its shop."""
    for slug in house.shops.slugs:
        house.tokens.add(access_token(slug), Token("meta", slug, scopes=frozenset({"ads_read", "ads_management"})))
    datasets = {pixel_id(slug): Dataset(pixel_id(slug), slug) for slug in house.shops.slugs}
    marketing = Marketing(house)
    routes: tuple[Route, ...] = (
        *events.routes(datasets),
        *counts.routes(house, datasets),
        *ad_objects.routes(marketing),
        *insights.routes(marketing),
    )

    def browser(now: datetime, asked: Mapping[str, Any]) -> None:
        datasets[pixel_id(str(asked["shop"]))].receive(asked["event"], now, "BROWSER")

    return Surface(
        "meta",
        PREFIX,
        "https://graph.facebook.com",
        routes,
        error=worded_error,
        wait=WaitRule("meta.A11.wait", told_to_wait),
        not_found=unknown_object,
        connections=_connections,
        state=lambda ids: {
            **{pixel: dataset.summary(ids) for pixel, dataset in datasets.items() if dataset.kept},
            **marketing.state(),
        },
        browser=browser,
    )


def access_token(slug: str) -> str:
    """Return the text of the shop's system-user token."""
    return demo_secret("meta", slug, "access")


def pixel_id(slug: str) -> str:
    """Return the id of the shop's dataset."""
    return demo_number("meta", slug, "pixel", 15)


def _connections(origin: str, slug: str) -> dict[str, Any]:
    extra = {"base_path": PREFIX, "api_version": f"v{LATEST}.0", "pixel_id": pixel_id(slug)}
    return {connection_id(slug, "meta_ads"): connection(origin, "meta_ads", access_token(slug), extra)}
