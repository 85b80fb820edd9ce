"""A shop whose ledger is validated against the strict stand-in: real hooks, HTTP and database, a virtual clock."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from dev.dag_bag import prepare_airflow
from dev.state import CHECKOUT
from include.ids import tenant_id_of
from include.jobs.batch import Batch, run_batch
from include.jobs.outcome import TenantOutcome
from include.jobs.request import JobRequest
from include.storage.leases import Holder
from tests.integration.conftest import Database
from tests.sandbox.rule_requests import build

# Before any test module here imports the plugins.
_HOME = tempfile.TemporaryDirectory(prefix="attribution-validation-")
prepare_airflow(Path(_HOME.name))

SLUG = "northwind-outdoor"
TENANT = tenant_id_of(SLUG)
START = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
_TABLES = (
    "control.tenants, control.tenant_destinations, control.tenant_ad_accounts, control.job_runs, control.api_throttles,"
    " control.quota_buckets, control.oauth_tokens, analytics.orders, analytics.conversion_events,"
    " analytics.delivery_facts, analytics.delivery_counts, analytics.delivery_checks, analytics.destination_gates"
)
_CONNECTIONS = {"ga4": "ga4", "meta": "meta_ads", "tiktok": "tiktok_ads"}
_TEMPLATES = {"ga4": "ga4/purchase", "meta": "meta/purchase", "tiktok": "tiktok/purchase"}


@dataclass
class Shop:
    """One destination of one shop, its ledger, and the vendor it sends to."""

    database: Database
    origin: str
    vendor: str
    monkeypatch: pytest.MonkeyPatch
    now: datetime = START
    runs: int = 0

    def advance(self, by: timedelta) -> None:
        """Move the vendor's clock and business time."""
        self.now += by
        self.control("clock", now=self.now.isoformat())
        self.monkeypatch.setenv("ATTRIBUTION_NOW", self.now.isoformat())

    def control(self, what: str, **body: Any) -> Any:
        answer = requests.post(f"{self.origin}/_sandbox/{what}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def told(self, what: str, **filters: str) -> Any:
        return requests.get(f"{self.origin}/_sandbox/{what}", params=filters, timeout=10).json()

    def quirk(self, **params: Any) -> None:
        self.control("faults", vendor=self.vendor, kind="quirk", params=params)

    def order(self, order_id: int, *, arrives: bool = True, state: str = "accepted", **fields: Any) -> None:
        """Enter an order sent now in the ledger; the vendor gets it if it arrives."""
        if arrives:
            self.post(order_id)
        event: dict[str, Any] = {
            "destination_id": self.vendor,
            "destination": self.vendor,
            "order_id": order_id,
            "event_name": "purchase",
            "event_id": f"E{order_id}",
            "event_time": self.now - HOUR,
            "state": state,
            "attempts": 1,
            "payload": b"{}",
            "value_minor": 3980,
            "sent_value_minor": 3980,
            "currency": "USD",
            "sent_at": self.now,
            "accepted_at": self.now if state == "accepted" else None,
            **fields,
        }
        order = {
            "order_id": order_id,
            "external_id": str(order_id),
            "placed_at": self.now - HOUR,
            "financial_status": "paid",
            "currency": "USD",
            "total_minor": 3980,
            "row_digest": 1,
        }
        self._insert("analytics.orders", order)
        self._insert("analytics.conversion_events", event)

    def post(self, order_id: int, **changes: Any) -> None:
        """Send an order's event to the vendor, whatever the ledger says."""
        own = {
            "ga4": {
                "body.events.0.params.transaction_id": f"E{order_id}",
                "body.client_id": f"{order_id}.1700000000",
            },
            "meta": {"body.data.0.event_id": f"E{order_id}"},
            "tiktok": {"body.data.0.event_id": f"E{order_id}"},
        }[self.vendor]
        built = build(_TEMPLATES[self.vendor], {**own, **changes}, self.now, self._connections())
        built["url"] = self.origin + built["url"]
        assert requests.request(**built, timeout=10).ok

    def validate(self, **options: Any) -> TenantOutcome:
        """Run the vendor's validation once, as its DAG would."""
        from airflow.sdk.module_loading import import_string

        from attribution_airflow.clients import job_clients

        self.runs += 1
        name = f"validate_{self.vendor}_delivery"
        request = JobRequest(name, f"run{self.runs}", self.now, **options)
        batch = Batch(
            job=import_string(f"include.jobs.{name}.{name}"),
            request=request,
            holder=Holder(name, request.run_id, "validate", 0),
            database=lambda conn_id: self.database.jobs_url,
            deadline_seconds=60,
            clients=job_clients(),
        )
        (outcome,) = run_batch(batch, [SLUG])
        assert outcome.status in ("succeeded", "waiting"), outcome.error
        return outcome

    def states(self) -> dict[int, tuple[str, str | None]]:
        rows = self.select("select order_id, state, reason from analytics.conversion_events order by 1, event_name")
        return {row["order_id"]: (row["state"], row["reason"]) for row in rows}

    def facts(self) -> list[tuple[int, str]]:
        """Facts as (order or 0, verdict), oldest first."""
        rows = self.select("select order_id, verdict from analytics.delivery_facts order by recorded_at, order_id")
        return [(row["order_id"], row["verdict"]) for row in rows]

    def checks(self) -> list[dict[str, Any]]:
        return self.select("select * from analytics.delivery_checks order by day, currency")

    def gate(self) -> tuple[str, str] | None:
        rows = self.select("select state, reason from analytics.destination_gates")
        return (rows[0]["state"], rows[0]["reason"]) if rows else None

    def select(self, query: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.database.superuser_url, row_factory=dict_row) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute(statement, values)

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        names = ", ".join(["tenant_id", *row])
        places = ", ".join(["%s"] * (len(row) + 1))
        self.execute(f"insert into {table} ({names}) values ({places}) on conflict do nothing", TENANT, *row.values())

    def _connections(self) -> dict[str, Any]:
        shown = self.told("connections", shop=SLUG)
        return {name.removeprefix("northwind_outdoor_"): one for name, one in shown.items()}


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.server", "--port", "0", "--scale", "0.02", "--now", START.isoformat()]
    process = subprocess.Popen(
        command, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.wait(10)


@pytest.fixture
def vendor(request: pytest.FixtureRequest) -> str:
    """The vendor under test, named by its module."""
    name: str = request.module.VENDOR
    return name


@pytest.fixture
def shop(database: Database, sandbox: str, vendor: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    requests.post(f"{sandbox}/_sandbox/reset", json={"now": START.isoformat()}, timeout=10).raise_for_status()
    monkeypatch.delenv("AIRFLOW__CORE__FERNET_KEY", raising=False)
    monkeypatch.setenv("ATTRIBUTION_FERNET_KEY", Fernet.generate_key().decode())
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", sandbox.removeprefix("http://"))
    monkeypatch.setenv("ATTRIBUTION_NOW", START.isoformat())
    shown = requests.get(f"{sandbox}/_sandbox/connections", params={"shop": SLUG}, timeout=10).json()
    for conn_id, fields in shown.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))
    made = Shop(database, sandbox, vendor, monkeypatch)
    made.execute(f"truncate {_TABLES}")
    made._insert(
        "control.tenants",
        {
            "slug": SLUG,
            "name": "Northwind",
            "status": "active",
            "timezone": "America/New_York",
            "currency": "USD",
        },
    )
    made._insert(
        "control.tenant_destinations",
        {
            "destination_id": vendor,
            "destination": vendor,
            "conn_id": f"northwind_outdoor_{_CONNECTIONS[vendor]}",
            "send_from": START - timedelta(days=30),
            "mode": "live",
        },
    )
    made._insert(
        "control.tenant_ad_accounts",
        {
            "platform": "tiktok",
            "account_id": "7291846503217743873",
            "conn_id": "northwind_outdoor_tiktok_ads",
            "currency": "USD",
            "timezone": "America/New_York",
        },
    )
    return made
