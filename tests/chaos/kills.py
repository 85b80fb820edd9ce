"""kill -9 at named places and at random times: each kill in a copied database, followed by retries and a comparison.

Trials run in lanes, one process each, so that victims are forked from processes without threads.
"""

import multiprocessing
import os
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import Any

from tests.chaos.report import Row, summed
from tests.chaos.shop import ATTRIBUTION, PIECES, QUEUE, TEMPLATES, TENANT_ID, Ground
from tests.chaos.tables import OF_THE_WAY, Rows, deadlocks, differing, stored_rows
from tests.chaos.victim import AFTER_COMMIT, SEAMS, Ended, Strike, Victim, Work, kill_myself

CLAIMED = "between claim and apply"
AT_RANDOM = "at a random time"
MOST_ATTEMPTS = 6

_MOST_LANES = 4


@dataclass(frozen=True)
class Series:
    """One job killed at one place.

    seam: None is a random time, within `seconds`. nths: the passes of the seam at which it is killed. kills_in_a_row:
    the most attempts of one task instance that are killed. credited: it is compared after the next crediting, without
    histories.
    """

    job: str
    point: str
    seam: str | None
    nths: Sequence[int] = ()
    seconds: float = 0.0
    sizes: Mapping[str, Any] = field(default_factory=dict)
    kills_in_a_row: int = 1
    credited: bool = False


@contextmanager
def lanes() -> Iterator[ProcessPoolExecutor]:
    """Give as many processes as there are cores, four at most, with everything imported and compiled."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(min(os.cpu_count() or 1, _MOST_LANES), mp_context=context) as pool:
        yield pool


def all_series(ground: Ground, pool: ProcessPoolExecutor, job: str) -> list[Series]:
    """Return the series of a job: every point, with the steps of production and with those of a large shop.

    Claims of another size after a kill are another way to the same credit: which conversions wait for it until the next
    crediting, and the histories, tell of the way.
    """
    passes, seconds = pool.submit(_census, ground, job, {}).result()
    found = [Series(job, point, seam, nths) for point, seam, nths in _points(job, passes)]
    found.append(Series(job, AT_RANDOM, None, seconds=seconds))
    small, seconds = pool.submit(_census, ground, job, PIECES).result()
    further: dict[str, Any] = {"sizes": PIECES, "kills_in_a_row": 2, "credited": job == QUEUE}
    found += [Series(job, point, seam, nths, **further) for point, seam, nths in _points(job, small)]
    found.append(Series(job, AT_RANDOM, None, seconds=seconds, **further))
    return found


def kill_series(
    ground: Ground, pool: ProcessPoolExecutor, series: Sequence[Series], kills: int, seed: int
) -> list[Row]:
    """Kill at least so many times at each point and return a row per job and point, in the order of series."""
    rows = [Row(one.job, one.point) for one in series]
    for number in range(MOST_ATTEMPTS):
        missing = {(row.job, row.point): kills - row.kills for row in summed(rows)}
        trials = list(_shared(series, missing))
        seeds = [f"{seed} {number} {place}" for place in range(len(trials))]
        rows += pool.map(kill_once, [ground] * len(trials), trials, seeds)
    return summed(rows)


def kill_once(ground: Ground, series: Series, seed: str) -> Row:
    """Kill a job's task once, or several times in a row, let retries finish it and compare every table."""
    chance = random.Random(seed)
    killed = attempts = 0
    planned = chance.randint(1, series.kills_in_a_row)
    with ground.copied(TEMPLATES[series.job]) as database:
        work = ground.work(database, series.job, sizes=series.sizes)
        while attempts < MOST_ATTEMPTS:
            attempts += 1
            ended = _struck(work, series, chance) if attempts <= planned else Victim(work).wait()
            killed += ended.killed
            if ended.succeeded:
                break
        row = Row(series.job, series.point, killed, attempts - 1)
        if not series.credited:
            return row + compared(ground, database, f"{TEMPLATES[series.job]}_done", row)
        ground.run(database, ATTRIBUTION, "credited")
        return row + compared(ground, database, f"{TEMPLATES[series.job]}_credited", row, OF_THE_WAY)


def compared(ground: Ground, database: str, undisturbed: str, row: Row, ignored: Collection[str] = ()) -> Row:
    """Return a row of the same job and point with what differs between two databases, and with the deadlocks."""
    url = ground.superuser_url(database)
    locked = deadlocks(url)
    expected = expected_rows(ground.superuser_url(undisturbed), tuple(sorted(ignored)))
    differences = differing(stored_rows(url, TENANT_ID, ignored), expected)
    notes = tuple(f"{table}: {number} rows differ" for table, number in differences.items())
    return Row(row.job, row.point, differences=sum(differences.values()), deadlocks=locked, notes=notes)


@lru_cache
def expected_rows(superuser_url: str, ignored: tuple[str, ...]) -> Rows:
    """Return what an undisturbed database holds; it does not change any more."""
    return stored_rows(superuser_url, TENANT_ID, ignored)


def _struck(work: Work, series: Series, chance: random.Random) -> Ended:
    if series.seam is None:
        return Victim(work).kill_after(chance.uniform(0, series.seconds))
    return Victim(work, Strike(series.seam, chance.choice(series.nths), kill_myself)).wait()


def _census(ground: Ground, job: str, sizes: Mapping[str, Any]) -> tuple[Mapping[str, int], float]:
    """Return how often an undisturbed run passes each seam, and its seconds."""
    with ground.copied(TEMPLATES[job]) as database:
        begun = monotonic()
        ended = Victim(ground.work(database, job, sizes=sizes)).wait()
        assert ended.succeeded, ended.outcome
        lost = [seam for seam in SEAMS if not ended.passes.get(seam)]
        assert not lost, f"{job} never came past {', '.join(lost)}: where the victim is watched has moved"
        return ended.passes, monotonic() - begun


def _points(job: str, passes: Mapping[str, int]) -> Iterator[tuple[str, str, Sequence[int]]]:
    for seam in SEAMS:
        every = range(1, passes[seam] + 1)
        if job == QUEUE and seam == AFTER_COMMIT:
            # Claims and applications take turns; the last claim finds nothing.
            yield CLAIMED, seam, every[:-1:2]
            yield seam, seam, [*every[1::2], every[-1]]
        else:
            yield seam, seam, every


def _shared(series: Sequence[Series], missing: Mapping[tuple[str, str], int]) -> Iterable[Series]:
    """Yield each point's series in turn, as many as kills are missing."""
    for (job, point), number in missing.items():
        alike = [one for one in series if (one.job, one.point) == (job, point)]
        yield from (alike[place % len(alike)] for place in range(max(number, 0)))
