"""The vendors of the sandbox, in the order their routes are listed."""

from collections.abc import Callable

from sandbox.server.house import House
from sandbox.server.surface import Surface
from sandbox.server.vendors import fairing, fx, ga4, google_ads, meta, oauth, shopify, tiktok

SURFACES: tuple[Callable[[House], Surface], ...] = (
    ga4.surface,
    meta.surface,
    tiktok.surface,
    google_ads.surface,
    oauth.surface,
    fairing.surface,
    shopify.surface,
    fx.surface,
)
