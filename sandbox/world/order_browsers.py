"""What an order carries of the browser it was placed in: pixel and platform cookies, address, agent, landing page.

The shop's theme copies the cookies into note_attributes at checkout. Without consent it copies the pixel's visitor id
and the answer only, as the world's touches do; an order by telephone carries nothing.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import pyarrow as pa

from sandbox.world.draws import Ints
from sandbox.world.external_ids import click_ids, visitor_ids
from sandbox.world.local_time import SECOND
from sandbox.world.population import CONSENT
from sandbox.world.world import World

_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
)
_MILLISECOND = SECOND // 1000


class OrderBrowsers:
    """The browsers of one world's orders; an order is an index into World.orders."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._visitor_ids = visitor_ids(world.orders.visitor, world.seed)
        self._landing = _landings(world)
        self._clicked_at, self._placement, self._click_ids = _last_clicks(world)

    def fields(self, order: int) -> dict[str, Any]:
        """Return the order's fields about its browser."""
        visitor = int(self._world.orders.visitor[order])
        if visitor < 0:
            in_shop = self._world.people.order_person[order] < 0
            return {
                "source_name": "pos" if in_shop else "shopify_draft_order",
                "browser_ip": None,
                "client_details": None,
                "customer_locale": None,
                "landing_site": None,
                "referring_site": None,
                "note_attributes": [],
            }
        address = f"203.0.113.{visitor % 254 + 1}" if visitor % 5 else f"2001:db8::{visitor:x}"
        placement, click_id = int(self._placement[order]), self._click_ids[order].as_py()
        consent = CONSENT[self._world.people.visitor_consent[visitor]]
        landing, kind, referrer = self._landing[placement] if placement >= 0 else (None, "", "")
        # Without consent the pixel keeps no click id, but the shop's own landing page is what the browser asked for.
        if landing and kind:
            landing += f"{'&' if '?' in landing else '?'}{kind}={click_id}"
        cookies = self._cookies(order, visitor, kind, click_id) if consent == "granted" else {}
        answer = {} if consent == "unknown" else {"consent_analytics": consent, "consent_marketing": consent}
        noted = {"visitor_id": self._visitor_ids[order].as_py(), **cookies, **answer}
        return {
            "source_name": "web",
            "browser_ip": address,
            "client_details": {
                "accept_language": "en",
                "browser_height": None,
                "browser_ip": address,
                "browser_width": None,
                "session_hash": None,
                "user_agent": _AGENTS[visitor % len(_AGENTS)],
            },
            "customer_locale": "en",
            "landing_site": landing,
            "referring_site": referrer or None,
            "note_attributes": [{"name": name, "value": value} for name, value in noted.items()],
        }

    def _cookies(self, order: int, visitor: int, kind: str, click_id: str) -> dict[str, str]:
        first_seen = int(self._world.orders.placed_at[order]) // SECOND - 86_400 * (1 + visitor % 30)
        cookies = {
            "_ga": f"GA1.1.{1_000_000_000 + visitor}.{first_seen}",
            "_fbp": f"fb.1.{first_seen * 1000}.{2_000_000_000 + visitor}",
        }
        if kind == "fbclid":
            cookies["_fbc"] = f"fb.1.{int(self._clicked_at[order]) // _MILLISECOND}.{click_id}"
        elif kind == "ttclid":
            cookies["ttclid"] = click_id
        return cookies


def _last_clicks(world: World) -> tuple[Ints, Ints, pa.StringArray]:
    """Return, per order, when its visitor's last click before it was, through which placement, and its click id."""
    orders, touches = world.orders, world.touches
    is_click = np.array([one.type == "click" for one in world.placements], dtype=bool)
    rows = np.flatnonzero(is_click[touches.placement])
    key = _visitor_time(touches.visitor[rows], touches.occurred_at[rows])
    in_order = np.argsort(key, kind="stable")
    before = np.searchsorted(key[in_order], _visitor_time(orders.visitor, orders.placed_at), side="right")
    last = np.concatenate([[0], rows[in_order]])[before]
    own = np.flatnonzero((before > 0) & (orders.visitor >= 0) & (touches.visitor[last] == orders.visitor))
    clicked_at, placement, click = np.zeros_like(before), np.full_like(before, -1), np.zeros_like(before)
    for filled, column in ((clicked_at, touches.occurred_at), (placement, touches.placement), (click, touches.click)):
        filled[own] = column[last[own]]
    return clicked_at, placement, click_ids(click, world.seed)


def _visitor_time(visitor: Ints, at: Ints) -> Ints:
    # One number that sorts by visitor, then time: milliseconds since 1970 stay below 2**41 until 2039.
    return (visitor.astype(np.int64) << 41) + at // _MILLISECOND


def _landings(world: World) -> list[tuple[str | None, str, str]]:
    """Return, per placement, the landing page's path with its UTM values, the click id's name, and the referrer."""
    found: list[tuple[str | None, str, str]] = []
    for one in world.placements:
        values = {
            "utm_source": one.source,
            "utm_medium": one.medium,
            "utm_campaign": one.campaign,
            "utm_content": one.content,
            "utm_term": one.term,
            "utm_id": one.utm_id,
        }
        # "(direct)" is what reports call a visit without source; no link carries it.
        query = urlencode({name: value for name, value in values.items() if value and not value.startswith("(")})
        path = urlsplit(one.landing_page).path
        found.append((f"{path}?{query}" if query else path, one.click_id, one.referrer))
    return found
