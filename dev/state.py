"""Where this checkout keeps what runs: data, logs and secrets live outside it, under the system's state folder.

`.run/env` in the checkout (ignored by git) tells shells and tools where everything is; reports are beside it.
"""

import os
import shlex
from hashlib import sha256
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RUN_ENV = Path(os.environ.get("ATTRIBUTION_RUN_ENV") or CHECKOUT / ".run" / "env")
REPORTS = RUN_ENV.parent / "reports"
"""Folder of the weekly reports of a local stack."""


def state_root() -> Path:
    """Return the folder of all checkouts' state: /var/lib for root, else the user's XDG state folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/attribution")
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "attribution"


def state_folder() -> Path:
    """Return this checkout's folder, made on first use: $ATTRIBUTION_STATE, else keyed by the checkout's path."""
    given = os.environ.get("ATTRIBUTION_STATE")
    key = f"{CHECKOUT.name}-{sha256(str(CHECKOUT).encode()).hexdigest()[:8]}"
    folder = Path(given) if given else state_root() / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def read_run_env(path: Path = RUN_ENV) -> dict[str, str]:
    """Return the variables of .run/env, empty when nothing was started from this checkout."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    # Written for the shell to source, which takes quotes off.
    return {name: "".join(shlex.split(value)) for name, value in pairs}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, replacing it in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    draft.touch(mode=0o600, exist_ok=True)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
