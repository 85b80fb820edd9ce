"""All jobs that write credit or open conversions, on the same conversions at once: no deadlock, one result."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from include.jobs import backfill_attribution as backfill_module
from include.jobs.backfill_attribution import backfill_attribution
from include.jobs.order_reconciliation import order_reconciliation
from include.jobs.process_attribution import process_attribution
from include.jobs.process_unattributed import process_unattributed
from include.jobs.recalculate_recent import recalculate_recent
from tests.integration.conftest import Database
from tests.integration.credited_shop import Shop, tenant_with
from tests.integration.stepped_job import run_job

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
VISITORS = [f"visitor-{number}" for number in range(10)]
ROUNDS = 4
OF_TENANT = "where tenant_id = %(tenant_id)s"


def touch(name: str, at: datetime, visitor: str) -> dict[str, str]:
    row = {"touch_id": name, "visitor_id": visitor, "occurred_at": at.isoformat(), "channel": "Email"}
    return {**row, "campaign": name}


def order(name: str, at: datetime, visitor: str) -> dict[str, str]:
    row = {"order_id": name, "placed_at": at.isoformat(), "currency": "USD", "total": "10.01"}
    return {**row, "visitor_id": visitor}


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop with orders earned, not earned, of nobody, not credited yet, and opened again by late touches."""
    monkeypatch.setattr(backfill_module, "_STEP_CONVERSIONS", 20)
    chance = random.Random(20260330)
    made = Shop(database, tenant_with(), tmp_path)
    made.load(
        [touch(f"touch-{number}", NOON - number * 7 * HOUR, chance.choice(VISITORS[:5])) for number in range(60)],
        [
            order(f"order-{number}", NOON - chance.randrange(96) * HOUR, chance.choice(["", *VISITORS]))
            for number in range(120)
        ],
    )
    made.credit()
    made.load(
        [touch(f"late-{number}", NOON - 100 * HOUR, VISITORS[number]) for number in range(4, 7)],
        [order(f"new-{number}", NOON - number * HOUR, chance.choice(VISITORS)) for number in range(20)],
    )
    yield made
    made.empty()
    made.query(f"delete from analytics.backfill_days {OF_TENANT}")


def give_everybody_work(shop: Shop) -> None:
    """Lose a third of the credit, forget some conversions' credit, and make all retries due."""
    for statement in (
        "delete from analytics.attribution_credits {} and touchpoint_id %% 3 = 0",
        "update analytics.conversions set status = 'pending', reason = null {} and conversion_id %% 4 = 0",
        "update analytics.conversions set attempts = 0, next_attempt_at = null {} and status = 'unattributed'",
    ):
        shop.query(statement.format(OF_TENANT))


def repeated(work: Callable[[int], object], together: threading.Barrier, errors: list[Exception]) -> threading.Thread:
    def run() -> None:
        try:
            for number in range(ROUNDS):
                together.wait(60)
                work(number)
        except Exception as error:  # noqa: BLE001 - whatever ends a thread has to fail the test
            errors.append(error)
            together.abort()

    return threading.Thread(target=run)


def test_jobs_on_the_same_conversions_end_with_the_rows_of_one_after_the_other(shop: Shop) -> None:
    jobs = (process_attribution, recalculate_recent, process_unattributed, backfill_attribution, order_reconciliation)
    together = threading.Barrier(len(jobs), lambda: give_everybody_work(shop))
    errors = list[Exception]()

    def run(job: Callable[..., object], number: int) -> None:
        run_job(shop, job, f"{job.__name__}-{number}", options={"limit": 100})  # type: ignore[arg-type]

    threads = [repeated(partial(run, job), together, errors) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)
    for job in (process_attribution, process_unattributed):
        run(job, ROUNDS)
    beside_each_other = shop.credit_stored()
    statuses = {row["status"] for row in beside_each_other["conversions"]}
    assert statuses == {"attributed", "unattributed"}

    shop.query(f"delete from analytics.attribution_credits {OF_TENANT}")
    shop.query(
        "update analytics.conversions set status = 'pending', reason = null, run_id = null, attempts = 0,"
        f" next_attempt_at = null {OF_TENANT}"
    )
    for job in (process_attribution, process_unattributed):
        run(job, ROUNDS + 1)
    assert shop.credit_stored() == beside_each_other
