"""Shops of the sandbox with their ad accounts in a database, and their nightly sync run as a mapped task runs it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import psycopg
import pytest
import requests
from psycopg.rows import namedtuple_row

from attribution_airflow.clients import job_clients
from dev.state import CHECKOUT
from include.clock import fixed_now
from include.ids import tenant_id_of
from include.jobs.batch import Batch, run_batch
from include.jobs.outcome import TenantOutcome
from include.jobs.request import Job, JobRequest
from include.storage.leases import Holder
from tests.integration.conftest import Database

NIGHT = "2026-03-31T12:00:00Z"


@contextmanager
def sandbox_server(now: str = NIGHT, scale: float = 0.02) -> Iterator[str]:
    """Run the stand-in for the vendors and yield its address."""
    command = [sys.executable, "-m", "sandbox.server", "--port", "0", "--scale", str(scale), "--now", now]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class SpendingShop:
    """One shop's accounts of one platform at one instant."""

    sandbox: str
    database: Database
    monkeypatch: pytest.MonkeyPatch
    slug: str
    job: Job
    job_name: str

    @property
    def tenant_id(self) -> int:
        return tenant_id_of(self.slug)

    def at(self, now: str) -> None:
        """Set the clock of the sandbox and of jobs."""
        requests.post(f"{self.sandbox}/_sandbox/clock", json={"now": now}, timeout=10).raise_for_status()
        self.monkeypatch.setenv("ATTRIBUTION_NOW", now)

    def fault(self, **fields: Any) -> None:
        requests.post(f"{self.sandbox}/_sandbox/faults", json=fields, timeout=10).raise_for_status()

    def answers(self, vendor: str, route: str, *bodies: Any) -> None:
        """Let the next calls of a route be answered with these bodies, in order."""
        for number, body in enumerate(bodies):
            self.fault(vendor=vendor, kind="status", status=200, route=route, body=body, count=1, skip=number)

    def no_faults(self) -> None:
        requests.delete(f"{self.sandbox}/_sandbox/faults", timeout=10).raise_for_status()

    def violations(self) -> list[Any]:
        found: list[Any] = requests.get(f"{self.sandbox}/_sandbox/violations", timeout=10).json()
        return found

    def received(self, **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(
            f"{self.sandbox}/_sandbox/received", params={"limit": 1000, **asked}, timeout=10
        ).json()
        return found

    def add_account(
        self, platform: str, account: str, conn_id: str, currency: str, zone: str, slug: str | None = None
    ) -> None:
        """Configure an account, and its tenant where it is new."""
        shop = slug or self.slug
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute(
                "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
                " values (%s, %s, %s, 'active', 'UTC', 'USD') on conflict do nothing",
                (tenant_id_of(shop), shop, shop),
            )
            connection.execute(
                "insert into control.tenant_ad_accounts (tenant_id, platform, account_id, conn_id, currency, timezone)"
                " values (%s, %s, %s, %s, %s, %s)",
                (tenant_id_of(shop), platform, account, conn_id, currency, zone),
            )
        fields = requests.get(f"{self.sandbox}/_sandbox/connections", params={"shop": shop}, timeout=10).json()
        self.monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields[conn_id]))

    def sync(
        self, *names: str, run_id: str = "night", days: tuple[date, date] | None = None, dry_run: bool = False
    ) -> list[TenantOutcome]:
        """Run the job for slug/account names as one mapped task does."""
        now = fixed_now()
        assert now is not None
        request = JobRequest(self.job_name, run_id, now, dry_run=dry_run)
        if days is not None:
            request = replace(request, date_from=days[0], date_to=days[1])
        batch = Batch(
            job=self.job,
            request=request,
            holder=Holder(self.job_name, run_id, "sync", 0),
            database={"analytics_db": self.database.jobs_url}.__getitem__,
            deadline_seconds=60,
            clients=job_clients(),
        )
        return run_batch(batch, names)

    def rows(self, text: str, parameters: Sequence[object] = ()) -> list[Any]:
        with psycopg.connect(self.database.superuser_url, row_factory=namedtuple_row) as connection:
            return connection.execute(text, parameters).fetchall()  # type: ignore[arg-type]

    def value(self, text: str, parameters: Sequence[object] = ()) -> Any:
        ((value,),) = self.rows(text, parameters)
        return value

    def snapshot(self) -> list[Any]:
        """Return all stored spend in the order of its key."""
        return self.rows("select * from analytics.ad_spend_daily order by 1, 2, 3, 4, 5, 6")

    def forget(self) -> None:
        """Empty everything but the accounts."""
        requests.post(f"{self.sandbox}/_sandbox/reset", json={"now": NIGHT}, timeout=10).raise_for_status()
        self.monkeypatch.setenv("ATTRIBUTION_NOW", NIGHT)
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute(
                "truncate control.tenants, control.tenant_ad_accounts, control.job_runs, control.account_runs,"
                " control.api_throttles, control.quota_buckets, control.alerts, analytics.ad_spend_daily,"
                " analytics.ad_spend_restatements, analytics.ad_entities, analytics.ad_account_syncs,"
                " analytics.ad_report_runs, analytics.restate_queue, analytics.leases"
            )
