"""The shop that is struck: a small simulated one on a server of its own, as databases to be copied for every strike.

`credited`: history imported and credited. `inbox`: with disturbed webhooks queued. `pending`: those drained and late
touches loaded, so that new, changed and opened conversions wait. `<name>_done`: what the job makes of it, undisturbed.
"""

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from dev import databases, postgres
from include.ids import tenant_id_of
from include.imports.load import import_orders, import_touchpoints
from include.jobs.request import JobRequest
from include.tenants.registry import load_tenant
from sandbox.world import World, generate
from sandbox.world.accounts import with_later_accounts
from sandbox.world.csv_files import write_orders_csv, write_touchpoints_csv
from sandbox.world.faults import Faults, disturbed
from sandbox.world.profiles import DEMO_END, DEMO_START, KIRITIMATI_SHELLS, scaled
from sandbox.world.receiver import receive
from sandbox.world.webhooks import Delivery, deliveries
from tests.chaos.victim import Victim, Work

SEED = 7
SLUG = KIRITIMATI_SHELLS.slug
TENANT_ID = tenant_id_of(SLUG)
LOADED_AT = datetime(2026, 3, 10, tzinfo=UTC)
"""Until here the shop was imported; its webhooks, and touches that were loaded late, tell of what came later."""
NOW = datetime(2027, 1, 15, tzinfo=UTC)
"""Refunds come up to 260 days after their order."""
EVERY_DAY = (date(2026, 1, 1), date(2026, 5, 1))

LATE = (3, 6, 9)
"""Of every ten touches, those that the first import did not have."""

QUEUE = "attribution_webhook_queue"
ATTRIBUTION = "process_attribution"
TEMPLATES: Mapping[str, str] = {ATTRIBUTION: "pending", QUEUE: "inbox"}
"""Job -> the database in which it has work."""

PIECES: Mapping[str, Any] = {
    "include.jobs.webhook_queue:CLAIMED_AT_ONCE": (150, 70, 20, 1, 1),
    "include.jobs.webhook_queue:_SLICE": 120,
    "include.jobs.credit_inputs:BY_PERSON_CONVERSIONS": 0,
    "include.jobs.credit_inputs:_FIRST_SLICE_CONVERSIONS": 30,
    "include.jobs.credit_inputs:_SLICE_CONVERSIONS": 60,
    "include.jobs.credit_inputs:_DIGEST_CONVERSIONS": 100,
    "include.jobs.backfill_attribution:_STEP_CONVERSIONS": 60,
}
"""Sizes by which this small shop takes the steps of a large one."""

_SCALE = 0.35
_FAULTS = Faults(redelivered=0.1, sent_twice=0.1, malformed=0.03, late=timedelta(days=1))
# What is committed has to outlive a server that is stopped at once; the machine does not stop.
SETTINGS = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off"}


@dataclass(frozen=True)
class Ground:
    """The server with its databases."""

    server: postgres.Server
    passwords: databases.Passwords

    def superuser_url(self, database: str) -> str:
        return self.server.url(database=database)

    def jobs_url(self, database: str) -> str:
        return self._urls(database)["ANALYTICS_DB_URL"]

    def ingest_url(self, database: str) -> str:
        return self._urls(database)["ANALYTICS_INGEST_URL"]

    def work(self, database: str, job: str, run_id: str = "run", *, now: datetime = NOW, **more: Any) -> Work:
        """Return a job's work in a database. more: sizes of Work, or further fields of JobRequest."""
        sizes = more.pop("sizes", {})
        return Work(self.jobs_url(database), SLUG, JobRequest(job, run_id, now, **more), sizes)

    def copy(self, template: str, name: str) -> None:
        """Make a database that holds what another one does; nobody may be connected to that."""
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template {} owner {}").format(
                    sql.Identifier(name), sql.Identifier(template), sql.Identifier(databases.OWNER)
                )
            )

    @contextmanager
    def copied(self, template: str) -> Iterator[str]:
        """Make a copy for the block and return its name."""
        name = f"{template}_{uuid4().hex[:12]}"
        self.copy(template, name)
        try:
            yield name
        finally:
            with psycopg.connect(self.server.url(), autocommit=True) as connection:
                connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def run(self, database: str, job: str, run_id: str, **more: Any) -> None:
        """Run a job to its end, undisturbed; raises AssertionError when it does not succeed."""
        ended = Victim(self.work(database, job, run_id, **more)).wait()
        assert ended.succeeded, ended.outcome

    def load_touches(self, database: str, known_at: datetime, *, late: Collection[int] = ()) -> None:
        """Import the touches known at an instant. late: of every ten, by number, those left for a later load."""
        path = self.server.folder / f"touches-{uuid4().hex[:8]}.csv"
        write_touchpoints_csv(world(), path, known_at)
        header, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text(header + "".join(line for number, line in enumerate(lines) if number % 10 not in late), "utf-8")
        url = self.jobs_url(database)
        import_touchpoints(url, load_tenant(url, TENANT_ID), path, NOW, lambda read: None)
        path.unlink()

    def _urls(self, database: str) -> dict[str, str]:
        return databases.analytics_urls(self.server, self.passwords, database)


def world() -> World:
    """Return the shop's world: small, at UTC+14, with customers who are known late."""
    return with_later_accounts(generate(scaled(KIRITIMATI_SHELLS, _SCALE), SEED, DEMO_START, DEMO_END), 0.3)


def webhooks() -> list[Delivery]:
    """Return the webhooks after LOADED_AT as they arrive: some twice, out of order, damaged."""
    return list(disturbed(deliveries(world(), LOADED_AT, NOW), _FAULTS, SEED))


@contextmanager
def ground() -> Iterator[Ground]:
    """Start a server in a folder of its own and fill it; both are gone after the block."""
    folder = Path(tempfile.mkdtemp(prefix="attribution-chaos-"))
    folder.chmod(0o755)
    try:
        made = Ground(postgres.start(folder, settings=SETTINGS), databases.Passwords.generate())
        _fill(made)
        yield made
    finally:
        postgres.stop(folder)
        shutil.rmtree(folder)


def _fill(made: Ground) -> None:
    databases.create_analytics(made.server, made.passwords, "credited")
    with psycopg.connect(made.superuser_url("credited"), autocommit=True) as connection:
        connection.execute(
            "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
            " values (%s, %s, %s, 'active', %s, %s)",
            (TENANT_ID, SLUG, KIRITIMATI_SHELLS.name, KIRITIMATI_SHELLS.timezone, KIRITIMATI_SHELLS.currency),
        )
    made.load_touches("credited", LOADED_AT, late=LATE)
    orders, url = made.server.folder / "orders.csv", made.jobs_url("credited")
    write_orders_csv(world(), orders, LOADED_AT)
    import_orders(url, load_tenant(url, TENANT_ID), orders, LOADED_AT, lambda read: None)
    made.run("credited", ATTRIBUTION, "first", now=LOADED_AT)
    made.copy("credited", "inbox")
    receive(made.ingest_url("inbox"), TENANT_ID, webhooks())
    made.copy("inbox", "pending")
    made.run("pending", QUEUE, "drained")
    made.load_touches("pending", NOW)
    for job, template in TEMPLATES.items():
        made.copy(template, f"{template}_done")
        made.run(f"{template}_done", job, "run")
        made.copy(f"{template}_done", f"{template}_credited")
        made.run(f"{template}_credited", ATTRIBUTION, "credited")
