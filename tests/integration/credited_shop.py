"""A tenant's touches, orders and credit in a test database: loaded as CSV files, credited by the jobs, read back."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.imports.load import import_orders, import_touchpoints
from include.jobs.process_attribution import process_attribution
from include.jobs.recalculate_recent import recalculate_recent
from include.jobs.request import JobRequest, JobResult
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom, Tenant
from tests.integration.conftest import Database

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
MODELS = ("first", "last", "linear", "time_decay", "position")
WRITTEN = ("conversions", "attribution_credits", "credit_adjustments")
_EVERY_DAY = (date(2025, 1, 1), date(2027, 1, 1))
_TABLES = (
    *WRITTEN,
    "attribution_queue",
    "conversion_audit",
    "orders",
    "touchpoints",
    "visitor_identities",
    "visitors",
    "customers",
    "quarantine",
)
_OF_TENANT = "tenant_id = %(tenant_id)s"
Row = dict[str, Any]


def tenant_with(*history: tuple[datetime, AttributionSettings], tenant_id: int = 7) -> Tenant:
    """Return a tenant in dollars and New York time; without a history the default settings apply."""
    entries = history or ((FROM_THE_BEGINNING, AttributionSettings()),)
    return Tenant(
        tenant_id=tenant_id,
        slug="shop",
        name="Shop",
        status="active",
        timezone="America/New_York",
        currency="USD",
        db_conn_id="analytics",
        settings_history=tuple(SettingsFrom(*entry) for entry in entries),
    )


@dataclass(frozen=True)
class Shop:
    """One tenant in a database; folder takes the CSV files."""

    database: Database
    tenant: Tenant
    folder: Path

    def load(self, touches: Iterable[Mapping[str, str]] = (), orders: Iterable[Mapping[str, str]] = ()) -> None:
        """Import rows of both CSV files, touches first."""
        for name, load, rows in (("touches", import_touchpoints, touches), ("orders", import_orders, orders)):
            if rows := list(rows):
                path = self._write(name, rows)
                imported = load(self.database.jobs_url, self.tenant, path, NOW, lambda read: None)
                assert not imported.quarantined.rows, imported.quarantined.rows

    def credit(self, run_id: str = "run", *, dry_run: bool = False, orders: Sequence[str] = ()) -> JobResult:
        """Run process_attribution on what is due, or on the conversions of the orders named."""
        options: dict[str, Any] = {}
        if orders:
            conversions = self.conversions()
            options["conversion_ids"] = [conversions[name]["conversion_id"] for name in orders]
        request = JobRequest("process_attribution", run_id, NOW, dry_run=dry_run, options=options)
        with tenant_transaction(self.database.jobs_url, self.tenant.tenant_id) as session:
            return process_attribution(session, {}, self.tenant, request)

    def credit_anew(self, run_id: str = "again", *, dry_run: bool = False) -> tuple[JobResult, JobResult]:
        """Run process_attribution and then attribution_recalculate_recent, both over every day there is."""
        results = []
        for job in (process_attribution, recalculate_recent):
            request = JobRequest(job.__name__, run_id, NOW, *_EVERY_DAY, dry_run)
            with tenant_transaction(self.database.jobs_url, self.tenant.tenant_id) as session:
                results.append(job(session, {}, self.tenant, request))
        return results[0], results[1]

    def query(self, text: str) -> list[Row]:
        """Return the rows of a statement, run as superuser with the tenant's id as its only parameter."""
        with psycopg.connect(self.database.superuser_url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(text, {"tenant_id": self.tenant.tenant_id})
            return cursor.fetchall() if cursor.description else []

    def stored(self, table: str) -> list[Row]:
        """Return a table's rows of the tenant, ordered, without what names the run that wrote them."""
        # As jsonb, because Python has no instant for the infinity of next_attempt_at.
        rows = self.query(f"select to_jsonb(stored) as columns from analytics.{table} as stored where {_OF_TENANT}")
        unstable = ("run_id", "attempts")
        kept = [{name: value for name, value in row["columns"].items() if name not in unstable} for row in rows]
        return sorted(kept, key=lambda row: (row["conversion_id"], row.get("touchpoint_id", 0)))

    def credit_stored(self) -> dict[str, list[Row]]:
        """Return everything that crediting writes."""
        return {table: self.stored(table) for table in WRITTEN}

    def versions(self) -> dict[str, list[Row]]:
        """Return which transaction wrote each stored row, and where it lies."""
        return {
            table: self.query(f"select ctid::text, xmin::text from analytics.{table} where {_OF_TENANT} order by 1")
            for table in WRITTEN
        }

    def credit_by_order(self) -> dict[str, list[Row]]:
        """Return each order's credit rows, earliest touch first, with the touch's external_id and channel."""
        rows = self.query(
            "select orders.external_id as ordered, touchpoints.external_id as touch, touchpoints.channel, credits.*"
            " from analytics.attribution_credits as credits"
            " join analytics.touchpoints using (tenant_id, touchpoint_id)"
            " join analytics.orders on orders.tenant_id = credits.tenant_id and order_id = conversion_id"
            " where credits.tenant_id = %(tenant_id)s order by conversion_id, position"
        )
        result: dict[str, list[Row]] = {}
        for row in rows:
            result.setdefault(row["ordered"], []).append(row)
        return result

    def touches_by_order(self) -> dict[str, list[str]]:
        """Return the touches that each order's credit names, earliest first."""
        return {order: [row["touch"] for row in rows] for order, rows in self.credit_by_order().items()}

    def conversions(self) -> dict[str, Row]:
        """Return the conversions by their order's external_id."""
        rows = self.query(
            "select external_id as ordered, to_jsonb(conversions) as columns"
            f" from analytics.conversions join analytics.orders using (tenant_id, order_id) where {_OF_TENANT}"
        )
        return {row["ordered"]: row["columns"] for row in rows}

    def empty(self) -> None:
        """Delete every row of the tenant."""
        for table in _TABLES:
            self.query(f"delete from analytics.{table} where {_OF_TENANT}")

    def _write(self, name: str, rows: list[Mapping[str, str]]) -> Path:
        path = self.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(dict.fromkeys(key for row in rows for key in row)), restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path
