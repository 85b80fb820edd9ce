"""The sandbox over real HTTP: vendors below their prefixes, the control surface below /_sandbox, a page at /."""

import asyncio
from typing import Any

from aiohttp import web

from sandbox.server.control import control_routes
from sandbox.server.sandbox import Outcome, Sandbox
from sandbox.server.surface import Call

_LARGEST_BODY = 64 * 1024 * 1024
SANDBOX = web.AppKey("sandbox", Sandbox)


def application(sandbox: Sandbox) -> web.Application:
    """Return the web application of one sandbox."""
    app = web.Application(client_max_size=_LARGEST_BODY)
    app[SANDBOX] = sandbox
    app.add_routes(control_routes(sandbox))
    app.router.add_route("*", "/{path:.*}", _vendor)
    return app


async def serve(sandbox: Sandbox, port: int) -> tuple[web.AppRunner, str]:
    """Listen on 127.0.0.1; port 0 takes a free one. Returns the runner and the origin, http://127.0.0.1:PORT."""
    runner = web.AppRunner(application(sandbox), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=512)
    await site.start()
    bound: Any = runner.addresses[0]
    return runner, f"http://127.0.0.1:{bound[1]}"


async def _vendor(request: web.Request) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    surface = sandbox.surface_at(request.path)
    if surface is None:
        prefixes = ", ".join(one.prefix for one in sandbox.surfaces)
        return web.json_response(
            {"error": f"no vendor here; prefixes are {prefixes}, control is /_sandbox/"}, status=404
        )
    try:
        body = await request.read()
    except ConnectionResetError:
        # The client died while it was sending: nothing was received, and nobody reads a reply.
        return web.Response(status=400)
    call = Call(
        vendor=surface.vendor,
        method=request.method,
        path=request.path[len(surface.prefix) :] or "/",
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        now=sandbox.now,
        tokens=sandbox.house.tokens,
    )
    return await _send(request, sandbox.answer(surface, call))


async def _send(request: web.Request, outcome: Outcome) -> web.StreamResponse:
    if outcome.latency:
        await asyncio.sleep(outcome.latency)
    reply = outcome.reply
    headers = {"Content-Type": reply.content_type, **reply.headers} if reply.content else dict(reply.headers)
    if not outcome.cut:
        return web.Response(status=reply.status, body=reply.content, headers=headers)
    if outcome.cut == "half":
        response = web.StreamResponse(
            status=reply.status, headers={**headers, "Content-Length": str(len(reply.content))}
        )
        await response.prepare(request)
        await response.write(reply.content[: len(reply.content) // 2])
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=reply.status)
