"""The vendors' stand-in beside a stack whose clock is fixed: started, set to the stack's time, stopped.

One process per state folder. Its world is the demo's, and so are the shops it has connections for; with a fixed clock
no vendor may be reached, so that these are the only hosts the stack can talk to.
"""

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from dev.processes import still_running
from dev.state import CHECKOUT, state_folder, write_private

_READY_SECONDS = 60
_SECONDS = 30


def start(clock: str) -> dict[str, str]:
    """Return the variables that point a stack at the stand-in, at the business time of clock (ISO, UTC).

    A running one is moved on to the time; it never goes back. Raises SystemExit when it does not answer.
    """
    origin = _running() or _launch(clock)
    known = _answer(requests.get(f"{origin}/_sandbox/clock", timeout=_SECONDS))["now"]
    if known != clock:
        _answer(requests.post(f"{origin}/_sandbox/clock", json={"now": clock}, timeout=_SECONDS))
    connections = _answer(requests.get(f"{origin}/_sandbox/connections", timeout=_SECONDS))
    variables = {f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in sorted(connections.items())}
    return {**variables, "ALLOWED_PLATFORM_HOSTS": urlsplit(origin).netloc, "SANDBOX_URL": origin}


def remembers_all() -> bool:
    """Return whether the running stand-in was there for all that this state folder's stack ever sent."""
    return _process() is not None and not json.loads(_record().read_text(encoding="utf-8"))["after_a_demo"]


def stop() -> None:
    """Stop the stand-in of this state folder, if one runs; what it was told is forgotten, but for its tokens."""
    process = _process()
    if process is not None:
        process.terminate()
        with suppress(psutil.TimeoutExpired):
            process.wait(10)
    _record().unlink(missing_ok=True)


def _launch(clock: str) -> str:
    log = state_folder() / "logs" / "sandbox.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    demo_was_here = (state_folder() / "demo.day").exists()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sandbox.server",
                "--now",
                clock,
                "--tokens",
                str(state_folder() / "sandbox.tokens"),
            ],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        said = log.read_text(encoding="utf-8")
        if said.startswith("sandbox: ") and said.endswith("\n"):
            origin = said.split()[1]
            created = psutil.Process(process.pid).create_time()
            known = {"pid": process.pid, "created": created, "origin": origin, "after_a_demo": demo_was_here}
            write_private(_record(), json.dumps(known))
            return origin
        time.sleep(0.2)
    raise SystemExit(f"the vendors' stand-in did not start; see {log}")


def _running() -> str | None:
    if _process() is None:
        return None
    return str(json.loads(_record().read_text(encoding="utf-8"))["origin"])


def _process() -> psutil.Process | None:
    if not _record().exists():
        return None
    recorded = json.loads(_record().read_text(encoding="utf-8"))
    return still_running(recorded["pid"], recorded["created"])


def _record() -> Path:
    return state_folder() / "sandbox.json"


def _answer(response: requests.Response) -> dict[str, str]:
    response.raise_for_status()
    found: dict[str, str] = response.json()
    return found
