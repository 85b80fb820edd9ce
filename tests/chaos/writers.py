"""Writers of the same rows, started at a barrier: two of one job, and all jobs beside an import and a receiver."""

import multiprocessing
from collections.abc import Sequence
from functools import partial
from typing import Any

import psycopg

from include.jobs.outcome import TenantOutcome
from sandbox.world.receiver import receive
from sandbox.world.webhooks import Delivery
from tests.chaos.kills import MOST_ATTEMPTS, compared
from tests.chaos.report import Row
from tests.chaos.shop import ATTRIBUTION, EVERY_DAY, LATE, NOW, PIECES, QUEUE, TEMPLATES, TENANT_ID, Ground, webhooks
from tests.chaos.tables import OF_RETRIES, OF_THE_WAY
from tests.chaos.victim import Ended, Victim

TWO_RUNS = "two runs at a barrier"
ONE_TASK_TWICE = "one task instance twice at a barrier"
BESIDE = "process x recalculate x unattributed x backfill x queue x import"

_UNATTRIBUTED = "attribution_process_unattributed"
_RECONCILIATION = "attribution_order_reconciliation"
_DAYS = dict(zip(("date_from", "date_to"), EVERY_DAY, strict=True))
_JOBS: dict[str, dict[str, Any]] = {
    ATTRIBUTION: {},
    "attribution_recalculate_recent": _DAYS,
    _UNATTRIBUTED: {"options": {"limit": 100}},
    "backfill_attribution": {},
    QUEUE: {},
    _RECONCILIATION: _DAYS,
}
_CALM = (QUEUE, _RECONCILIATION, ATTRIBUTION, _UNATTRIBUTED, ATTRIBUTION)
# Everybody gets work: credit is lost, credited conversions are opened, every retry is due.
_DISTURB = (
    "delete from analytics.attribution_credits where tenant_id = %s and touchpoint_id %% 3 = 0",
    "update analytics.conversions set status = 'pending', reason = null"
    " where tenant_id = %s and conversion_id %% 4 = 0 and status <> 'excluded'",
    "update analytics.conversions set attempts = 0, next_attempt_at = null"
    " where tenant_id = %s and status = 'unattributed'",
)
_fork = multiprocessing.get_context("fork")


def two_writers(ground: Ground, job: str, point: str, number: int) -> Row:
    """Start a job twice at once, as two runs or as one task instance that Airflow runs twice, and finish both."""
    with ground.copied(TEMPLATES[job]) as database:
        runs = ("run", "run" if point == ONE_TASK_TWICE else "other")
        # The steps of a large shop leave time to meet; those of production are taken every other time.
        sizes = PIECES if number % 2 else {}
        works = [ground.work(database, job, run_id, sizes=sizes) for run_id in runs]
        barrier = _fork.Barrier(len(works))
        together = [Victim(work, ready=partial(barrier.wait, 60)) for work in works]
        ended = [one.wait() for one in together]
        retries = sum(_finished(ground, database, job, run_id) for run_id in runs)
        row = Row(job, point, retries=retries, notes=_unexpected(ended))
        ignored: tuple[str, ...] = ("job_runs", "leases")
        if job == QUEUE:
            ground.run(database, ATTRIBUTION, "credited")
            ignored = (*ignored, *OF_THE_WAY)
        undisturbed = f"{TEMPLATES[job]}_credited" if job == QUEUE else f"{TEMPLATES[job]}_done"
        return row + compared(ground, database, undisturbed, row, ignored)


def all_beside_each_other(ground: Ground, rounds: int) -> Row:
    """Run every job that writes credit or conversions, an import and a receiver on one shop, rounds times."""
    with ground.copied("credited") as database, ground.copied("credited") as undisturbed:
        news = webhooks()
        ended: list[Ended] = []
        for number in range(rounds):
            with psycopg.connect(ground.superuser_url(database), autocommit=True) as connection:
                for statement in _DISTURB:
                    connection.execute(statement, (TENANT_ID,))
            late = LATE[number + 1 :] if number + 1 < rounds else ()
            ended += _round(ground, database, number, late, news[number::rounds])
        receive(ground.ingest_url(undisturbed), TENANT_ID, news)
        ground.load_touches(undisturbed, NOW)
        for each in (undisturbed, database):
            for number, job in enumerate(_CALM):
                ground.run(each, job, f"calm-{number}", **_JOBS[job])
        row = Row("all jobs", BESIDE, notes=_unexpected(ended))
        ignored = ("job_runs", "leases", "backfill_days", *OF_THE_WAY, *OF_RETRIES)
        return row + compared(ground, database, undisturbed, row, ignored)


def _round(
    ground: Ground, database: str, number: int, late: Sequence[int], arriving: Sequence[Delivery]
) -> list[Ended]:
    barrier = _fork.Barrier(len(_JOBS) + 2)

    def load() -> None:
        barrier.wait(60)
        ground.load_touches(database, NOW, late=late)

    together = [
        Victim(ground.work(database, job, f"round-{number}", sizes=PIECES, **more), ready=partial(barrier.wait, 60))
        for job, more in _JOBS.items()
    ]
    importing = _fork.Process(target=load)
    importing.start()
    barrier.wait(60)
    receive(ground.ingest_url(database), TENANT_ID, arriving)
    importing.join()
    assert importing.exitcode == 0, "the import failed"
    return [one.wait() for one in together]


def _finished(ground: Ground, database: str, job: str, run_id: str) -> int:
    """Run a task instance again until it has succeeded and return how often that took."""
    for retries in range(MOST_ATTEMPTS):
        outcome = Victim(ground.work(database, job, run_id)).wait().outcome
        if outcome and outcome.status == "skipped_done":
            return retries
    return MOST_ATTEMPTS


def _unexpected(ended: Sequence[Ended]) -> tuple[str, ...]:
    """Return how writers ended that neither finished nor made way for another."""
    outcomes: list[TenantOutcome | None] = [one.outcome for one in ended]
    return tuple(str(one) for one in outcomes if one is None or one.status == "failed")
