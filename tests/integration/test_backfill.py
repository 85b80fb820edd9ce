"""backfill_attribution on a real database: whole local days, what stays done after a failure, and what the log says."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include.clock import day_bounds
from include.ids import tenant_id_of
from include.jobs import backfill_attribution as backfill_module
from include.jobs.backfill_attribution import backfill_attribution
from include.jobs.batch import Batch, run_batch
from include.jobs.request import Job, JobRequest, JobResult
from include.storage.leases import Holder
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant
from tests.integration.conftest import Database
from tests.integration.credited_shop import NOW, Shop, tenant_with
from tests.integration.stepped_job import run_job

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
OF_TENANT = "where tenant_id = %(tenant_id)s"


def touch(name: str, at: datetime) -> dict[str, str]:
    row = {"touch_id": name, "visitor_id": "phone", "occurred_at": at.isoformat(), "channel": "Email"}
    return {**row, "campaign": name}


def order(name: str, at: datetime) -> dict[str, str]:
    row = {"order_id": name, "placed_at": at.isoformat(), "currency": "USD", "total": "10.01"}
    return {**row, "visitor_id": "phone"}


def opened(database: Database, tenant: Tenant, folder: Path) -> Iterator[Shop]:
    made = Shop(database, tenant, folder)
    yield made
    made.empty()
    made.query(f"delete from analytics.backfill_days {OF_TENANT}")


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop with three orders on each of ten days, whose backfill takes two days to a step."""
    monkeypatch.setattr(backfill_module, "_STEP_CONVERSIONS", 6)
    for made in opened(database, replace(tenant_with(), tenant_id=tenant_id_of("shop")), tmp_path):
        made.load(
            [touch(f"touch-{day}", NOON - day * DAY) for day in range(12)],
            [order(f"order-{day}-{part}", NOON - day * DAY + part * MOMENT) for day in range(10) for part in range(3)],
        )
        yield made


@pytest.fixture
def listed(database: Database) -> Iterator[None]:
    """The shop's row in control.tenants."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into control.tenants (tenant_id, slug, name, status, timezone, currency, db_conn_id)"
            " values (%s, 'shop', 'Shop', 'active', 'America/New_York', 'USD', 'analytics_db')",
            (tenant_id_of("shop"),),
        )
        yield
        connection.execute("delete from control.tenants where slug = 'shop'")


@dataclass
class Watched:
    """A job whose steps are counted; the one numbered fails_at ends in an error after its work, before its commit."""

    step: Job
    fails_at: int | None = None
    windows: list[tuple[date | None, date | None]] = field(default_factory=list)

    def __call__(
        self, session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
    ) -> JobResult:
        result = self.step(session, clients, tenant, request)
        if len(self.windows) == self.fails_at:
            raise OSError("killed")
        self.windows.append((result.window_from, result.window_to))
        if result.then is None:
            return result
        self.step = result.then
        return replace(result, then=self)


def finished_days(shop: Shop, run_id: str = "run") -> dict[date, int]:
    rows = shop.query(f"select * from analytics.backfill_days {OF_TENANT} and run_id = '{run_id}' order by day")
    return {row["day"]: row["conversions"] for row in rows}


def test_every_day_is_credited_in_steps_and_recorded(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    result = run_job(shop, backfill_attribution)
    stored = shop.credit_stored()
    assert {row["status"] for row in stored["conversions"]} == {"attributed"}
    assert (result.counts["days"], result.counts["conversions"]) == (10, 30)
    assert (result.window_from, result.window_to, result.changed) == (date(2026, 3, 11), date(2026, 3, 21), True)
    assert finished_days(shop) == {date(2026, 3, 11 + day): 3 for day in range(10)}
    lines = [record.getMessage() for record in caplog.records if record.name == backfill_module.__name__]
    # A slow machine, or the first run that compiles, has minutes left.
    assert [re.sub(r"about \d+ min left", "less than a minute left", line) for line in lines] == [
        "shop: 2026-03-11 to 2026-03-12: 2 of 10 days, 6 conversions, less than a minute left",
        "shop: 2026-03-13 to 2026-03-14: 4 of 10 days, 12 conversions, less than a minute left",
        "shop: 2026-03-15 to 2026-03-16: 6 of 10 days, 18 conversions, less than a minute left",
        "shop: 2026-03-17 to 2026-03-18: 8 of 10 days, 24 conversions, less than a minute left",
        "shop: 2026-03-19 to 2026-03-20: 10 of 10 days, 30 conversions",
    ]
    shop.query(f"delete from analytics.attribution_credits {OF_TENANT}")
    shop.credit_anew()
    assert shop.credit_stored() == stored


def test_a_backfill_of_credited_days_writes_no_credit(shop: Shop) -> None:
    run_job(shop, backfill_attribution, "first")
    before = shop.versions()
    result = run_job(shop, backfill_attribution, "second")
    assert shop.versions() == before
    assert (result.counts["conversions"], result.changed) == (30, False)


def test_only_the_days_asked_for_are_credited(shop: Shop) -> None:
    result = run_job(shop, backfill_attribution, date_from=date(2026, 3, 12), date_to=date(2026, 3, 15))
    assert list(finished_days(shop)) == [date(2026, 3, day) for day in (12, 13, 14)]
    credited = {name for name, row in shop.conversions().items() if row["status"] == "attributed"}
    assert credited == {f"order-{day}-{part}" for day in (8, 7, 6) for part in range(3)}
    assert (result.window_from, result.window_to) == (date(2026, 3, 12), date(2026, 3, 15))


def test_days_without_conversions_are_no_work(shop: Shop) -> None:
    result = run_job(shop, backfill_attribution, date_from=date(2025, 1, 1), date_to=date(2025, 2, 1))
    assert (result.counts, result.changed) == ({"days": 0}, False)


def test_a_dry_backfill_computes_all_steps_and_writes_nothing(shop: Shop) -> None:
    before = shop.versions()
    result = run_job(shop, backfill_attribution, dry_run=True)
    assert (result.counts["days"], result.counts["attributed"], result.changed) == (10, 30, False)
    assert shop.versions() == before
    assert finished_days(shop) == {}


@pytest.mark.usefixtures("listed")
def test_a_retry_goes_on_after_the_last_finished_day_and_ends_as_an_undisturbed_run(shop: Shop) -> None:
    def run(run_id: str, job: Job) -> Any:
        request = JobRequest("backfill_attribution", run_id, NOW)
        holder = Holder("backfill_attribution", run_id, "backfill", 0)
        batch = Batch(job, request, holder, {"analytics_db": shop.database.jobs_url}.__getitem__, 60)
        (outcome,) = run_batch(batch, ["shop"])
        return outcome

    killed = Watched(backfill_attribution, fails_at=2)
    assert run("run", killed).status == "failed"
    assert list(finished_days(shop)) == [date(2026, 3, day) for day in (11, 12, 13, 14)]
    assert {row["status"] for row in shop.stored("conversions")} == {"attributed", "pending"}
    before_retry = {row["conversion_id"]: row["run_id"] for row in shop.conversions().values()}

    retry = Watched(backfill_attribution)
    outcome = run("run", retry)
    assert (outcome.status, outcome.counts["days"]) == ("succeeded", 6)
    assert retry.windows[0] == (date(2026, 3, 15), date(2026, 3, 17))
    assert list(finished_days(shop)) == [date(2026, 3, day) for day in range(11, 21)]
    assert sorted(filter(None, before_retry.values())) == ["run"] * 12
    resumed = shop.credit_stored()

    shop.query(f"delete from analytics.attribution_credits {OF_TENANT}")
    shop.query(f"update analytics.conversions set status = 'pending', run_id = null {OF_TENANT}")
    assert run("undisturbed", Watched(backfill_attribution)).status == "succeeded"
    assert shop.credit_stored() == resumed


@pytest.mark.parametrize(
    ("timezone", "day"),
    [
        ("America/New_York", date(2026, 3, 8)),  # 23 hours
        ("America/New_York", date(2025, 11, 2)),  # 25 hours
        ("America/Santiago", date(2025, 9, 7)),  # its midnight does not exist
        ("Pacific/Kiritimati", date(2026, 3, 15)),  # 14 hours before UTC
        ("Pacific/Niue", date(2026, 3, 15)),  # 11 hours behind UTC
    ],
)
def test_days_are_whole_days_of_the_tenants_calendar(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, timezone: str, day: date
) -> None:
    monkeypatch.setattr(backfill_module, "_STEP_CONVERSIONS", 1)
    start, end = day_bounds(timezone, day, day + DAY)
    for shop in opened(database, replace(tenant_with(), timezone=timezone), tmp_path):
        shop.load(
            [touch("touch", start - DAY)],
            [order("eve", start - MOMENT), order("first", start), order("last", end - MOMENT), order("next", end)],
        )
        watched = Watched(backfill_attribution)
        run_job(shop, watched)
        assert finished_days(shop) == {day - DAY: 1, day: 2, day + DAY: 1}
        assert watched.windows == [(day + shift * DAY, day + (shift + 1) * DAY) for shift in (-1, 0, 1)]
        assert {row["status"] for row in shop.conversions().values()} == {"attributed"}
        run_job(shop, backfill_attribution, "of a day", date_from=day, date_to=day + DAY)
        assert finished_days(shop, "of a day") == {day: 2}
