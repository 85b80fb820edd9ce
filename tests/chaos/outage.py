"""The database is stopped while tasks are at work, stays away, and comes back: their retries finish what they began."""

import multiprocessing
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from multiprocessing.synchronize import Event
from typing import Literal

from dev import postgres
from tests.chaos.kills import MOST_ATTEMPTS, compared
from tests.chaos.report import Row
from tests.chaos.shop import SETTINGS, TEMPLATES, Ground
from tests.chaos.victim import BEFORE_COMMIT, MID_COPY, MID_READ, Strike, Victim, Work

Mode = Literal["fast", "immediate"]

_SEAMS = (MID_READ, MID_COPY, BEFORE_COMMIT)
_fork = multiprocessing.get_context("fork")


def stop_database(ground: Ground, seconds: float, mode: Mode) -> list[Row]:
    """Stop the server for so long while tasks of each job read, copy and are about to commit; compare afterwards.

    mode: pg_ctl's; immediate is a crash of the server. A retry runs into the stopped server, the next ones finish.
    """
    places = [(job, seam) for job in TEMPLATES for seam in _SEAMS]
    with ExitStack() as copies:
        databases = [copies.enter_context(ground.copied(TEMPLATES[job])) for job, _ in places]
        works = [ground.work(database, job) for database, (job, _) in zip(databases, places, strict=True)]
        _stop_while_at_work(ground, seconds, mode, list(zip(works, (seam for _, seam in places), strict=True)))
        rows = []
        for database, work, (job, _) in zip(databases, works, places, strict=True):
            row = Row(job, f"database stopped ({mode})", kills=1, retries=1 + _retries(work))
            rows.append(row + compared(ground, database, f"{TEMPLATES[job]}_done", row))
        return rows


def _stop_while_at_work(ground: Ground, seconds: float, mode: Mode, at: Sequence[tuple[Work, str]]) -> None:
    stopped = _fork.Event()
    arrived = [_fork.Event() for _ in at]
    held = [
        Victim(work, Strike(seam, 1, partial(_wait_at, reached, stopped)))
        for (work, seam), reached in zip(at, arrived, strict=True)
    ]
    for reached in arrived:
        assert reached.wait(60), "a task never came to the place where it was to be stopped"
    postgres.stop(ground.server.folder, mode=mode)
    began = time.monotonic()
    stopped.set()
    broken = [victim.wait() for victim in held]
    early = [Victim(work).wait() for work, _ in at]
    assert not any(one.succeeded for one in (*broken, *early)), "a task succeeded without a database"
    time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    postgres.start(ground.server.folder, port=ground.server.port, settings=SETTINGS)


def _retries(work: Work) -> int:
    for number in range(1, MOST_ATTEMPTS):
        if Victim(work).wait().succeeded:
            return number
    return MOST_ATTEMPTS


def _wait_at(reached: Event, stopped: Event) -> None:
    reached.set()
    stopped.wait(60)
