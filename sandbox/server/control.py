"""What a test or a person does to the sandbox, below /_sandbox/: clock, faults, what was received, what was broken."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from include.errors import InvalidInput
from sandbox.server.log import as_json
from sandbox.server.page import page
from sandbox.server.pixels import as_sent, sales
from sandbox.server.rulebook import rulebook
from sandbox.server.sandbox import Sandbox
from sandbox.server.tokens import Token
from sandbox.world.local_time import parse_instant

Answer = Callable[[web.Request], Awaitable[Any]]


def control_routes(sandbox: Sandbox) -> list[web.RouteDef]:
    """Return the routes of the control surface and the page."""
    control = _Control(sandbox)
    return [
        web.get("/", control.page),
        web.get("/_sandbox/clock", _json(control.clock)),
        web.post("/_sandbox/clock", _json(control.move_clock)),
        web.get("/_sandbox/faults", _json(control.faults)),
        web.post("/_sandbox/faults", _json(control.set_fault)),
        web.delete("/_sandbox/faults", _json(control.clear_faults)),
        web.get("/_sandbox/received", _json(control.received)),
        web.get("/_sandbox/violations", _json(control.violations)),
        web.get("/_sandbox/state", _json(control.state)),
        web.get("/_sandbox/connections", _json(control.connections)),
        web.get("/_sandbox/vendors", _json(control.vendors)),
        web.post("/_sandbox/tokens", _json(control.issue_token)),
        web.post("/_sandbox/browser", _json(control.browser)),
        web.post("/_sandbox/pixels", _json(control.pixels)),
        web.post("/_sandbox/reset", _json(control.reset)),
    ]


class _Control:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def clock(self, request: web.Request) -> Any:
        return {"now": self._sandbox.now.isoformat()}

    async def move_clock(self, request: web.Request) -> Any:
        asked = await _body(request)
        now = self._sandbox.now
        to = parse_instant("now", asked["now"]) if "now" in asked else now
        self._sandbox.house.clock.move_to(to + timedelta(seconds=float(asked.get("advance_seconds", 0))))
        return await self.clock(request)

    async def faults(self, request: web.Request) -> Any:
        return self._sandbox.faults.shown(self._sandbox.now)

    async def set_fault(self, request: web.Request) -> Any:
        return self._sandbox.set_fault(await _body(request)).shown()

    async def clear_faults(self, request: web.Request) -> Any:
        number = request.query.get("number")
        return {"cleared": self._sandbox.faults.clear(int(number) if number else None)}

    async def received(self, request: web.Request) -> Any:
        """Filters: vendor, path (part of it), effect, rule, after (number); limit: the last n (1000); bodies=0."""
        asked = request.query
        found = [
            entry
            for entry in self._sandbox.log.entries
            if asked.get("vendor", entry.vendor) == entry.vendor
            and asked.get("path", "") in entry.path
            and (not asked.get("effect") or asked["effect"] in entry.effects)
            and (not asked.get("rule") or asked["rule"] in entry.violations)
            and entry.number > int(asked.get("after", 0))
        ]
        return [entry.shown(asked.get("bodies") != "0") for entry in _last(found, asked.get("limit", "1000"))]

    async def violations(self, request: web.Request) -> Any:
        """Filters: vendor, rule; limit: the last n (1000)."""
        asked = request.query
        found = [
            one
            for one in self._sandbox.log.violations
            if asked.get("vendor", one.vendor) == one.vendor and asked.get("rule", one.rule) == one.rule
        ]
        return [
            one.shown() | {"says": rulebook().get(one.rule, "")} for one in _last(found, asked.get("limit", "1000"))
        ]

    async def state(self, request: web.Request) -> Any:
        """Filters: vendor; ids=1 adds every id."""
        ids = request.query.get("ids") == "1"
        chosen = request.query.get("vendor")
        vendors = {one.vendor: one.state(ids) for one in self._sandbox.surfaces if chosen in (None, one.vendor)}
        return {"now": self._sandbox.now.isoformat(), **self._sandbox.log.counts(), "vendors": vendors}

    async def connections(self, request: web.Request) -> Any:
        """All shops' connections, or those of ?shop=slug."""
        origin = str(request.url.origin())
        shops = [request.query["shop"]] if "shop" in request.query else self._sandbox.shops.slugs
        found: dict[str, Any] = {}
        for slug in shops:
            self._sandbox.shops.profile(slug)
            for surface in self._sandbox.surfaces:
                found.update(surface.connections(origin, slug))
        return found

    async def vendors(self, request: web.Request) -> Any:
        return {
            one.vendor: {
                "prefix": one.prefix,
                "stands_for": one.stands_for,
                "routes": [f"{route.method} {route.pattern}" for route in one.routes],
            }
            for one in self._sandbox.surfaces
        }

    async def issue_token(self, request: web.Request) -> Any:
        """Issue a token of a vendor (or the issuer google) for a shop: kind (access), scopes, expires_in (seconds)."""
        asked = await _body(request)
        now = self._sandbox.now
        self._sandbox.shops.profile(str(asked.get("shop")))
        token = Token(
            vendor=str(asked.get("vendor")),
            subject=str(asked["shop"]),
            kind=str(asked.get("kind", "access")),
            scopes=frozenset(asked.get("scopes", ())),
            expires_at=now + timedelta(seconds=asked["expires_in"]) if "expires_in" in asked else None,
        )
        return {"token": self._sandbox.house.tokens.issue(token)}

    async def browser(self, request: web.Request) -> Any:
        asked = await _body(request)
        surface = self._sandbox.surface(str(asked.pop("vendor", "")))
        if surface.browser is None:
            raise InvalidInput(f"{surface.vendor} hears nothing from browsers")
        surface.browser(self._sandbox.now, asked)
        return {"accepted": True}

    async def pixels(self, request: web.Request) -> Any:
        """Let the shop's own pixels send the orders of (since, until]; until defaults to now."""
        asked = await _body(request)
        slug, template = str(asked.get("shop")), str(asked.get("event_id", "{order_id}"))
        since = parse_instant("since", str(asked.get("since", "")))
        until = parse_instant("until", str(asked["until"])) if "until" in asked else self._sandbox.now
        heard = [
            one for one in self._sandbox.surfaces if one.browser and one.vendor in asked.get("vendors", [one.vendor])
        ]
        sent = dict.fromkeys((one.vendor for one in heard), 0)
        self._sandbox.shops.profile(slug)
        for sale in sales(self._sandbox.shops, slug, since, until):
            for surface in heard:
                event = as_sent(surface.vendor, sale, template.replace("{order_id}", sale.order_id))
                if event is not None and surface.browser is not None:
                    surface.browser(sale.at, {"shop": slug, "event": event})
                    sent[surface.vendor] += 1
        return {"sent": sent}

    async def reset(self, request: web.Request) -> Any:
        asked = await _body(request)
        now: datetime | None = parse_instant("now", asked["now"]) if asked.get("now") else None
        self._sandbox.reset(now)
        return await self.clock(request)

    async def page(self, request: web.Request) -> web.Response:
        return web.Response(text=page(self._sandbox), content_type="text/html")


def _json(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answered(request: web.Request) -> web.Response:
        try:
            return web.Response(text=as_json(await answer(request)), content_type="application/json")
        except (KeyError, ValueError) as error:
            said = f"missing {error}" if isinstance(error, KeyError) else str(error)
            return web.Response(text=as_json({"error": said}), status=422, content_type="application/json")

    return answered


async def _body(request: web.Request) -> dict[str, Any]:
    text = await request.text()
    try:
        asked = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise InvalidInput("the body is not JSON") from error
    if not isinstance(asked, dict):
        raise InvalidInput("the body is not a JSON object")
    return asked


def _last(found: list[Any], limit: str) -> list[Any]:
    return found[-int(limit) :]
