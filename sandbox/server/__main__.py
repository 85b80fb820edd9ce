"""All vendors on one port: `python -m sandbox.server [--port 0] [--world-seed 7] [--now ISO] [--scale 1] [--tokens F]`.

Prints one line, `sandbox: http://127.0.0.1:PORT`, once it answers, and runs until SIGTERM or SIGINT.
"""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from include.errors import InvalidInput
from sandbox.server.house import Shops
from sandbox.server.http import serve
from sandbox.server.sandbox import Sandbox
from sandbox.world.local_time import parse_instant
from sandbox.world.profiles import DEMO_NOW


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1; 0 takes a free one")
    parser.add_argument("--world-seed", type=int, default=7, help="another seed is another world")
    parser.add_argument("--scale", type=float, default=1.0, help="times the shops' number of orders")
    parser.add_argument(
        "--now", default=DEMO_NOW.isoformat(), help="ISO 8601 start of the virtual clock, no offset = UTC"
    )
    parser.add_argument("--tokens", type=Path, help="file of the tokens issued, known again after a restart")
    asked = parser.parse_args(arguments)
    try:
        sandbox = Sandbox(Shops(asked.world_seed, asked.scale), parse_instant("--now", asked.now), asked.tokens)
        asyncio.run(_run(sandbox, asked.port))
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: port {asked.port}: {error.strerror or error}; --port 0 takes a free one", file=sys.stderr)
        return 1
    return 0


async def _run(sandbox: Sandbox, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner, origin = await serve(sandbox, port)
    print(f"sandbox: {origin}", flush=True)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())
