"""What TikTok lets one read back of a pixel: counts per event type of whole UTC days. Source: validation_apis.md L4.

One figure for the whole range, by names that are not those of the events, four hours after receipt. Whether it is
before or after deduplication is not stated: before, unless the quirk counts_after_dedup says otherwise.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.server.house import House
from sandbox.server.refusal import Refusal, refusing
from sandbox.server.surface import Call, Handler, Reply, Route
from sandbox.server.tokens import demo_number
from sandbox.server.vendors.tiktok.envelope import authorised, envelope
from sandbox.server.vendors.tiktok.pixel import Pixel

_TRAILS = timedelta(hours=4)
_MOST_PIXELS, _MOST_DAYS, _LARGEST_PAGE = 10, 30, 20
_NAMES = {"Purchase": "SHOPPING", "AddToCart": "ON_WEB_CART", "InitiateCheckout": "INITIATE_ORDER"}


def routes(house: House, pixels: Mapping[str, Pixel]) -> tuple[Route, ...]:
    """Return the routes; pixels by their code."""
    return (
        Route("GET", "/open_api/v1.3/pixel/event/stats/", authorised(refusing(_stats(house, pixels)))),
        Route("GET", "/open_api/v1.3/pixel/list/", authorised(refusing(_list(house, pixels)))),
    )


def advertiser_of(house: House, slug: str) -> str:
    """Return the shop's advertiser: its account in the world, else one of its own."""
    accounts = [one.account_id for one in house.shops.profile(slug).accounts if one.platform == "tiktok"]
    return accounts[0] if accounts else demo_number("tiktok", slug, "advertiser", 19)


def _stats(house: House, pixels: Mapping[str, Pixel]) -> Handler:
    def handler(call: Call) -> Reply:
        slug = _shop(call, house)
        asked = _from_json(call, "pixel_ids", list)
        if not 0 < len(asked) <= _MOST_PIXELS:
            raise _wrong("tiktok.L4.pixel-ids", f"pixel_ids: 1 to {_MOST_PIXELS}")
        own = {pixel.pixel_id: pixel for pixel in pixels.values() if pixel.slug == slug}
        if not all(str(one) in own for one in asked):
            raise _wrong("tiktok.L4.pixel-id", "pixel_ids: numeric ids of the advertiser's pixels, not their codes")
        first, last = _days(call)
        call.did("accepted")
        shown = [{"pixel_id": str(one), "statistics": _statistics(call, own[str(one)], first, last)} for one in asked]
        return envelope(data={"list": shown})

    return handler


def _statistics(call: Call, pixel: Pixel, first: date, last: date) -> list[dict[str, Any]]:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    trails = timedelta(hours=float(call.quirk("counts_trail_hours", _TRAILS / timedelta(hours=1))))
    after_dedup = bool(call.quirk("counts_after_dedup", False))
    names = {**_NAMES, **call.quirk("event_types", {})}
    sides: dict[str, dict[str, int]] = {}
    for one in pixel.kept:
        seen = start <= one.received_at < end and one.received_at + trails <= call.now and not one.test
        if seen and (one.counts or not after_dedup):
            side = sides.setdefault(one.name, {"browser": 0, "server": 0})
            side[one.source] += 1
    if sides and call.quirk("foreign_events"):
        sides.setdefault("Purchase", {"browser": 0, "server": 0})["server"] += int(call.quirk("foreign_events"))
    return [
        {
            **({"pixel_event_type": names[name]} if name in names else {"custom_event_type": name}),
            # Seen: zero, while the server's figure is positive.
            "total_count": 0 if call.quirk("total_is_zero", False) else side["browser"] + side["server"],
            "browser_event_total_count": side["browser"],
            "server_event_total_count": side["server"],
            "attributed_count": 0,
            "preview_count": 0,
        }
        for name, side in sides.items()
    ]


def _list(house: House, pixels: Mapping[str, Pixel]) -> Handler:
    def handler(call: Call) -> Reply:
        slug = _shop(call, house)
        size = call.query.get("page_size", "10")
        if not size.isdecimal() or not 0 < int(size) <= _LARGEST_PAGE:
            raise _wrong("tiktok.L4.page-size", f"page_size: 1 to {_LARGEST_PAGE}")
        found = [
            pixel
            for pixel in pixels.values()
            if pixel.slug == slug
            and call.query.get("code", pixel.code) == pixel.code
            and call.query.get("pixel_id", pixel.pixel_id) == pixel.pixel_id
        ]
        call.did("accepted")
        page = {"page": 1, "page_size": int(size), "total_number": len(found), "total_page": 1}
        return envelope(data={"pixels": [_shown(pixel, call.now) for pixel in found], "page_info": page})

    return handler


def _shown(pixel: Pixel, now: datetime) -> dict[str, Any]:
    fired = sorted({one.name for one in pixel.kept if one.received_at + _TRAILS <= now})
    return {
        "pixel_id": pixel.pixel_id,
        "pixel_code": pixel.code,
        "pixel_name": pixel.slug,
        "create_time": "2025-06-01 09:00:00",
        "pixel_setup_mode": "STANDARD",
        "asset_ownership": "OWNED",
        "events": [{"event_type": _NAMES.get(name, name)} for name in fired],
    }


def _shop(call: Call, house: House) -> str:
    token = call.credential(call.headers.get("access-token"))
    if token is None or call.query.get("advertiser_id") != advertiser_of(house, token.subject):
        detail = "advertiser_id is missing or not the token's"
        raise Refusal("tiktok.L4.advertiser", detail, envelope(40001, message="No permission for advertiser_id"))
    return token.subject


def _from_json(call: Call, name: str, kind: type) -> Any:
    try:
        value = json.loads(call.query.get(name, ""))
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise _wrong(f"tiktok.L4.{name.replace('_', '-')}", f"{name} is JSON in the query")
    return value


def _days(call: Call) -> tuple[date, date]:
    given = _from_json(call, "date_range", dict)
    try:
        first, last = date.fromisoformat(given["start_date"]), date.fromisoformat(given["end_date"])
    except (KeyError, TypeError, ValueError):
        raise _wrong("tiktok.L4.date-range", "date_range: start_date and end_date, YYYY-MM-DD") from None
    if not 0 <= (last - first).days < _MOST_DAYS:
        raise _wrong("tiktok.L4.date-range-days", f"date_range: 1 to {_MOST_DAYS} days")
    if last > first:
        call.broke("tiktok.L4.one-day-a-call", "one figure for the whole range; ask each UTC day by itself")
    return first, last


def _wrong(rule: str, detail: str) -> Refusal:
    return Refusal(rule, detail, envelope(40002, message=detail))
