"""The shared rate limiter: eight processes that always want more, against the rate they may have together.

Whether a window ever held more than the rate is counted over every window of a second, by the moments at which the
takers went on. Throughput is what was taken of what the rate allows. One process is killed in the middle of a further
run: its permit is lost, nobody else waits for it.
"""

import multiprocessing.connection
import time
from collections.abc import Sequence
from typing import Any

import psycopg

from benchmarks.report import Row
from dev import databases, postgres
from dev.state import state_root
from include.storage.platform_state import PlatformState
from include.storage.rate_limit import Rate, take_permit

_PROCESSES = 8
_RATE = Rate(50)
_SECONDS = 10.0
_KILLED = 2


def measure() -> list[Row]:
    """Return the fullest window and the throughput against the rate, undisturbed and with processes killed."""
    folder = state_root() / "bench-postgres"
    server = postgres.start(folder)
    try:
        url = _database(server)
        return [*_rows("8 processes", _run(url, killed=0)), *_rows("2 of 8 killed", _run(url, killed=_KILLED))]
    finally:
        postgres.stop(folder)


def _rows(name: str, moments: Sequence[float]) -> list[Row]:
    most = fullest_window(moments, _RATE.per_seconds)
    # The first second starts the processes; the last one ends them.
    begun, ended = moments[0] + 1.0, moments[0] + _SECONDS - 1.0
    taken = sum(begun <= moment < ended for moment in moments) / (ended - begun)
    return [
        Row(f"limiter, {name} | fullest second", f"{most}", f"{_RATE.permits:g}", most / _RATE.permits, 1.0),
        Row(
            f"limiter, {name} | throughput",
            f"{taken:.1f}/s",
            f"{_RATE.permits:g}/s",
            taken / _RATE.permits,
            0.95,
            at_least=True,
        ),
    ]


def fullest_window(moments: Sequence[float], seconds: float) -> int:
    """Return the largest number of moments, ascending, in any half-open window of so many seconds."""
    first = most = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _run(url: str, killed: int) -> list[float]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("delete from control.quota_buckets")
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(_PROCESSES + 1)
    pipes = [context.Pipe(duplex=False) for _ in range(_PROCESSES)]
    takers = [context.Process(target=_take, args=(url, ready, sender)) for _, sender in pipes]
    for taker, (_, sender) in zip(takers, pipes, strict=True):
        taker.start()
        sender.close()
    ready.wait()
    moments: list[float] = []
    end = time.monotonic() + _SECONDS
    open_pipes = [receiver for receiver, _ in pipes]
    while open_pipes:
        if killed and time.monotonic() > end - _SECONDS / 2:
            for taker in takers[:killed]:
                taker.kill()
            killed = 0
        for receiver in multiprocessing.connection.wait(open_pipes, timeout=0.1):
            try:
                moments.append(receiver.recv())  # type: ignore[union-attr]
            except EOFError:
                open_pipes.remove(receiver)  # type: ignore[arg-type]
    for taker in takers:
        taker.join()
    return sorted(moments)


def _take(url: str, ready: Any, sender: Any) -> None:
    state = PlatformState(url)
    state.row("platforms/select_wait", scope="bench")
    ready.wait()
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        if take_permit(state, "bench", _RATE) is None:
            sender.send(time.monotonic())


def _database(server: postgres.Server) -> str:
    passwords = databases.Passwords.generate()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute('drop database if exists "bench_limiter" with (force)')
        for role in (databases.OWNER, *databases.LOGIN_ROLES.values()):
            if connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
                connection.execute(f"alter role {role} password '{passwords.by_role[role]}'")
    return databases.create_analytics(server, passwords, "bench_limiter")["ANALYTICS_DB_URL"]
