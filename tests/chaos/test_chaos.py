"""`make chaos` in small: three kills per point, two rounds of writers, a short outage; and that it sees a fault."""

import threading
from concurrent.futures import ProcessPoolExecutor

import psycopg
import pytest

from tests.chaos.kills import AT_RANDOM, CLAIMED, all_series, compared, kill_series
from tests.chaos.outage import stop_database
from tests.chaos.report import Row
from tests.chaos.shop import ATTRIBUTION, QUEUE, TEMPLATES, TENANT_ID, Ground
from tests.chaos.tables import deadlocks
from tests.chaos.victim import SEAMS
from tests.chaos.writers import ONE_TASK_TWICE, TWO_RUNS, all_beside_each_other, two_writers

KILLS = 3
SEED = 11
POINTS = {ATTRIBUTION: {*SEAMS, AT_RANDOM}, QUEUE: {*SEAMS, CLAIMED, AT_RANDOM}}


@pytest.mark.parametrize("job", TEMPLATES)
def test_a_task_killed_anywhere_leaves_what_its_retry_turns_into_the_rows_of_an_undisturbed_run(
    ground: Ground, lanes: ProcessPoolExecutor, job: str
) -> None:
    rows = kill_series(ground, lanes, all_series(ground, lanes, job), KILLS, SEED)
    assert {row.point for row in rows} == POINTS[job]
    assert all(row.kills >= KILLS and row.retries >= KILLS for row in rows), rows
    assert [row for row in rows if not row.clean] == []


@pytest.mark.parametrize("point", [TWO_RUNS, ONE_TASK_TWICE])
@pytest.mark.parametrize("job", TEMPLATES)
def test_two_writers_started_together_leave_the_rows_of_one(
    ground: Ground, lanes: ProcessPoolExecutor, job: str, point: str
) -> None:
    futures = [lanes.submit(two_writers, ground, job, point, number) for number in range(KILLS)]
    rows = [future.result() for future in futures]
    assert [row for row in rows if not row.clean or row.notes] == []


def test_all_jobs_beside_each_other_leave_the_rows_of_one_after_the_other(
    ground: Ground, lanes: ProcessPoolExecutor
) -> None:
    row = lanes.submit(all_beside_each_other, ground, 2).result()
    assert row.clean, row
    assert not row.notes, row


def test_a_stopped_database_leaves_nothing_half_written_and_retries_finish(
    ground: Ground, lanes: ProcessPoolExecutor
) -> None:
    rows = lanes.submit(stop_database, ground, 5.0, "immediate").result()
    assert [row for row in rows if not row.clean] == []
    assert all(row.retries >= 2 for row in rows), "nobody ran into the stopped database"


def test_one_lost_row_of_credit_is_a_difference(ground: Ground) -> None:
    with ground.copied("pending_done") as database:
        with psycopg.connect(ground.superuser_url(database)) as connection:
            connection.execute(
                "delete from analytics.attribution_credits where ctid ="
                " (select ctid from analytics.attribution_credits where tenant_id = %s limit 1)",
                (TENANT_ID,),
            )
        row = compared(ground, database, "pending_done", Row(ATTRIBUTION, "here"))
    assert row.notes == ("attribution_credits: 1 rows differ",)
    assert row.differences == 1


def test_a_deadlock_is_counted(ground: Ground) -> None:
    with ground.copied("credited") as database:
        url = ground.superuser_url(database)
        with psycopg.connect(url) as first, psycopg.connect(url) as second:
            first.execute("select pg_advisory_xact_lock(1)")
            second.execute("select pg_advisory_xact_lock(2)")
            waiting = threading.Thread(target=_lock, args=(first, 2))
            waiting.start()
            _lock(second, 1)
            waiting.join()
            first.rollback()
            second.rollback()
        assert deadlocks(url) == 1


def _lock(connection: psycopg.Connection[tuple[object, ...]], key: int) -> None:
    try:
        connection.execute("select pg_advisory_xact_lock(%s)", (key,))
    except psycopg.errors.DeadlockDetected:
        connection.rollback()
