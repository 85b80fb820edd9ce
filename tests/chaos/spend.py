"""kill -9 between the pages of a spend report: the stored days stay whole, and the retry makes them right.

An account was synced the night before; on the next night many days are restated. The task is killed at a page, before
a commit or at a random time. Right after it each grain of the account is either all of last night's or all of this
night's; after the retries every table is as an undisturbed run leaves it.
"""

import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from time import monotonic
from typing import Any

import psycopg

from dev import databases
from include.ids import tenant_id_of
from include.jobs.request import JobRequest
from include.jobs.spend_store import Stage
from include.spend.report import Rung
from include.storage.leases import Lease
from include.storage.session import TenantSession
from tests.chaos.delivery_sandbox import SHOP, vendors
from tests.chaos.report import Row, summed
from tests.chaos.shop import Ground
from tests.chaos.tables import deadlocks, differing, stored_rows
from tests.chaos.victim import BEFORE_COMMIT, Ended, Reached, Strike, Victim, Work, kill_myself

JOB = "sync_meta_spend_daily"
BETWEEN_PAGES = "between pages"
AT_RANDOM = "at a random time"
POINTS = (BETWEEN_PAGES, BEFORE_COMMIT, AT_RANDOM)

BEFORE, AFTER = "spend_before", "spend_after"
YESTERDAY = datetime(2026, 3, 30, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
SIZES: Mapping[str, Any] = {
    "include.spend.meta:RUNGS": (Rung(40, 30),),
    "include.spend.meta:_POLL_SECONDS": (0.01,),
    "include.jobs.spend_store:ROWS_PER_COPY": 1,
}
"""So that a small account takes many pages, each copied at once, and nobody sleeps for a report."""

GRAINS = (("account", "campaign", "residual"), ("ad",))
"""Levels that are replaced together."""

_ACCOUNT = "482910375566120"
_TENANT_ID = tenant_id_of(SHOP)
_MACHINE_TIME = ("updated_at",)
_MOST_ATTEMPTS = 6


@dataclass(frozen=True)
class Series:
    """The job killed at one seam, at a pass among nths; seam None: within so many seconds."""

    point: str
    seam: str | None
    nths: Sequence[int] = ()
    seconds: float = 0.0


def fill(ground: Ground) -> None:
    """Make the databases as the night before left it, and as an undisturbed night leaves it."""
    databases.create_analytics(ground.server, ground.passwords, BEFORE)
    with psycopg.connect(ground.superuser_url(BEFORE), autocommit=True) as connection:
        connection.execute(
            "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
            " values (%s, %s, 'Kills', 'active', 'America/New_York', 'USD')",
            (_TENANT_ID, SHOP),
        )
        connection.execute(
            "insert into control.tenant_ad_accounts (tenant_id, platform, account_id, conn_id, currency, timezone)"
            " values (%s, 'meta', %s, 'northwind_outdoor_meta_ads', 'USD', 'America/Los_Angeles')",
            (_TENANT_ID, _ACCOUNT),
        )
    _undisturbed(ground, BEFORE, YESTERDAY)
    ground.copy(BEFORE, AFTER)
    _undisturbed(ground, AFTER, NOW)


def all_series(ground: Ground, pool: ProcessPoolExecutor) -> list[Series]:
    """Return the series: every seam at all its passes, and random times."""
    passes, seconds = pool.submit(_census, ground).result()
    lost = [seam for seam in (BETWEEN_PAGES, BEFORE_COMMIT) if not passes.get(seam)]
    assert not lost, f"{JOB} never came past {', '.join(lost)}: where the victim is watched has moved"
    assert passes[BETWEEN_PAGES] >= 5, "too few pages to be killed between"
    named = [Series(seam, seam, range(1, passes[seam] + 1)) for seam in (BETWEEN_PAGES, BEFORE_COMMIT)]
    return [*named, Series(AT_RANDOM, None, seconds=seconds)]


def kill_series(
    ground: Ground, pool: ProcessPoolExecutor, series: Iterable[Series], kills: int, seed: int
) -> list[Row]:
    """Kill at least so many times at each point and return a row per point."""
    chosen = list(series)
    rows = [Row(JOB, one.point) for one in chosen]
    for number in range(_MOST_ATTEMPTS):
        done = {row.point: row.kills for row in summed(rows)}
        trials = [one for one in chosen for _ in range(max(kills - done[one.point], 0))]
        seeds = [f"{seed} {number} {place}" for place in range(len(trials))]
        rows += pool.map(kill_once, [ground] * len(trials), trials, seeds)
    return summed(rows)


def kill_once(ground: Ground, series: Series, seed: str) -> Row:
    """Kill a sync once, look at what is stored, let retries finish it, and compare every table."""
    chance, running = random.Random(seed), vendors(NOW)
    killed = attempts = 0
    with ground.copied(BEFORE) as database:
        running.forget(NOW)
        work = _work(ground, database, NOW)
        ended = _struck(work, series, chance)
        notes = tuple(torn(spend_by_level(ground.superuser_url(database)), *_nights(ground))) if ended.killed else ()
        while True:
            attempts += 1
            killed += ended.killed
            if ended.succeeded or attempts == _MOST_ATTEMPTS:
                break
            ended = Victim(work).wait()
        locked = deadlocks(ground.superuser_url(database))
        found = stored_rows(ground.superuser_url(database), _TENANT_ID, _MACHINE_TIME)
        differences = differing(found, _expected(ground.superuser_url(AFTER)))
    notes += tuple(f"{table}: {number} rows differ" for table, number in differences.items())
    return Row(JOB, series.point, killed, attempts - 1, len(notes), locked, notes)


def spend_by_level(superuser_url: str) -> Mapping[str, Counter[str]]:
    """Return level -> the stored rows of it, whole."""
    found: dict[str, Counter[str]] = {}
    with psycopg.connect(superuser_url) as connection:
        for level, row in connection.execute(
            "select level, to_jsonb(stored)::text from analytics.ad_spend_daily as stored where tenant_id = %s",
            (_TENANT_ID,),
        ):
            found.setdefault(level, Counter())[row] += 1
    return found


def torn(
    found: Mapping[str, Counter[str]], before: Mapping[str, Counter[str]], after: Mapping[str, Counter[str]]
) -> Iterator[str]:
    """Yield the grains that are neither as the night before left them nor as this night does."""
    for levels in GRAINS:
        rows, old, new = ([night.get(level) for level in levels] for night in (found, before, after))
        if rows not in (old, new):
            yield f"{'/'.join(levels)} is torn between two nights"


def _nights(ground: Ground) -> tuple[Mapping[str, Counter[str]], Mapping[str, Counter[str]]]:
    return _night(ground.superuser_url(BEFORE)), _night(ground.superuser_url(AFTER))


@lru_cache
def _night(superuser_url: str) -> Mapping[str, Counter[str]]:
    return spend_by_level(superuser_url)


@lru_cache
def _expected(superuser_url: str) -> Mapping[str, Counter[str]]:
    return stored_rows(superuser_url, _TENANT_ID, _MACHINE_TIME)


def _undisturbed(ground: Ground, database: str, now: datetime) -> None:
    running = vendors(NOW)
    running.forget(now)
    ended = Victim(_work(ground, database, now)).wait()
    assert ended.succeeded, ended.outcome


def _work(ground: Ground, database: str, now: datetime) -> Work:
    """Return the sync of a night; victims read clock and database from their environment."""
    os.environ["ATTRIBUTION_NOW"] = now.isoformat()
    os.environ["ANALYTICS_DB_URL"] = ground.jobs_url(database)
    request = JobRequest(JOB, f"night of {now:%d}", now)
    return Work(ground.jobs_url(database), f"{SHOP}/{_ACCOUNT}", request, SIZES, clients=_clients, watch=_watch)


def _clients() -> Mapping[str, object]:
    from attribution_airflow.clients import job_clients

    return job_clients()


def _struck(work: Work, series: Series, chance: random.Random) -> Ended:
    if series.seam is None:
        return Victim(work).kill_after(chance.uniform(0, series.seconds))
    return Victim(work, Strike(series.seam, chance.choice(series.nths), kill_myself)).wait()


def _census(ground: Ground) -> tuple[Mapping[str, int], float]:
    running = vendors(NOW)
    with ground.copied(BEFORE) as database:
        running.forget(NOW)
        begun = monotonic()
        ended = Victim(_work(ground, database, NOW)).wait()
        assert ended.succeeded, ended.outcome
        return ended.passes, monotonic() - begun


def _watch(reached: Reached) -> None:
    take, confirm = Stage.take, Lease.confirm

    def watched_take(stage: Stage, *arguments: Any) -> None:
        take(stage, *arguments)
        reached(BETWEEN_PAGES)

    def watched_confirm(lease: Lease, session: TenantSession) -> None:
        confirm(lease, session)
        reached(BEFORE_COMMIT)

    Stage.take = watched_take  # type: ignore[method-assign]
    Lease.confirm = watched_confirm  # type: ignore[method-assign]
