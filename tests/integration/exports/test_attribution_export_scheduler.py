"""Exports against a real database and folder: what is written, when nothing is, and what a kill leaves to a reader."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.alerts.failure import AlertingFailure
from include.errors import DeadlineExceeded
from include.exports.data_sets import DATA_SETS
from include.exports.definition import ExportDefinition
from include.exports.encoding import schema_of, typed
from include.jobs.attribution_export_scheduler import EXPORT_FAILED, attribution_export_scheduler
from include.jobs.request import JobRequest, JobResult
from include.jobs.steps import run_steps
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom, Tenant
from tests.integration.conftest import Database

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
FIGURES = ExportDefinition("figures", "metrics_weekly", "csv", "file:///x", "hour", columns=("day", "metric", "value"))
ORDERS = ExportDefinition("orders", "orders", "parquet", "file:///x", "hour")


@dataclass
class ExportedShop:
    """One tenant of a database, its exports below a folder of the test."""

    database: Database
    root: Path
    tenant: Tenant
    now: datetime = NOW
    opened: Any = field(default=None)

    def week(self, monday: date, metric: str, value: str | None) -> None:
        """Store a weekly figure."""
        row = {
            "tenant_id": self.tenant.tenant_id, "week_start": monday, "metric": metric, "value": value, "unit": "money",
            "currency": "EUR", "is_final": False, "preference_version": 1, "catalogue_version": 1, "run_id": "r",
            "changed_at": NOW,
        }  # fmt: skip
        self.write(
            "delete from analytics.metrics_weekly where week_start = %(week_start)s and metric = %(metric)s", row
        )
        columns = ", ".join(row)
        values = ", ".join(f"%({name})s" for name in row)
        self.write(f"insert into analytics.metrics_weekly ({columns}) values ({values})", row)

    def order(self, name: str, at: datetime) -> None:
        """Store an order."""
        self.write(
            "insert into analytics.orders (tenant_id, order_id, external_id, placed_at, financial_status, currency,"
            " total_minor, row_digest) values (%(tenant_id)s, %(id)s, %(name)s, %(at)s, 'paid', 'EUR', 100, 0)",
            {"tenant_id": self.tenant.tenant_id, "id": int(name), "name": name, "at": at},
        )

    def write(self, statement: str, row: Mapping[str, Any]) -> None:
        with psycopg.connect(self.database.superuser_url) as connection:
            connection.execute(statement, row)

    def export(
        self, *definitions: ExportDefinition, after: timedelta = timedelta(0), dry_run: bool = False
    ) -> JobResult:
        """Run the job for these definitions; after: how much later than the run before."""
        self.now += after
        tenant = replace(self.tenant, exports=definitions)
        request = JobRequest("attribution_export_scheduler", f"run {self.now}", self.now, dry_run=dry_run)
        clients = {"exports": self.opened or (lambda url: self.root)}
        result = JobResult()
        for step in run_steps(self.database.jobs_url, tenant, attribution_export_scheduler, request, clients=clients):
            result = result.followed_by(step)
        return result

    def folder(self, definition: ExportDefinition) -> Path:
        return self.root / self.tenant.slug / definition.name

    def manifest(self, definition: ExportDefinition) -> dict[str, Any]:
        return dict(json.loads((self.folder(definition) / "manifest.json").read_bytes()))

    def rows(self, definition: ExportDefinition) -> list[tuple[str, ...]]:
        """What a reader of the manifest sees, every checksum proven."""
        found: list[tuple[str, ...]] = []
        for label, part in sorted(self.manifest(definition)["parts"].items()):
            data = (self.folder(definition) / part["path"]).read_bytes()
            assert part["path"].startswith(f"{label}/")
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (part["sha256"], part["bytes"])
            read = list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]
            assert len(read) == part["rows"]
            found += [tuple(row) for row in read]
        return found

    def files(self) -> dict[str, int]:
        """Every file below the root and when it was written."""
        return {str(path.relative_to(self.root)): path.stat().st_mtime_ns for path in self.root.rglob("*.*")}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[ExportedShop]:
    history = (SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),)
    tenant = Tenant(7, "acme", "Acme", "active", "America/New_York", "EUR", "analytics_db", history)
    yield ExportedShop(database, tmp_path / "exports", tenant)
    with psycopg.connect(database.superuser_url) as connection:
        for table in ("metrics_weekly", "orders", "pnl_daily", "export_states"):
            connection.execute(f"delete from analytics.{table}")


MARCH, APRIL = date(2026, 3, 23), date(2026, 4, 6)


def test_a_data_set_becomes_one_file_per_part_that_the_manifest_names(shop: ExportedShop) -> None:
    shop.week(MARCH, "net_sales", "12.5")
    shop.week(date(2026, 2, 23), "net_sales", None)
    counts = shop.export(FIGURES).counts
    assert (counts["due"], counts["exported"], counts["files"], counts["rows"]) == (1, 1, 2, 2)
    assert shop.rows(FIGURES) == [("2026-02-23", "net_sales", ""), ("2026-03-23", "net_sales", "12.500000")]
    manifest = shop.manifest(FIGURES)
    assert (manifest["tenant"], manifest["columns"]) == ("acme", ["day", "metric", "value"])


def test_unchanged_data_writes_nothing(shop: ExportedShop) -> None:
    shop.week(MARCH, "net_sales", "12.5")
    shop.export(FIGURES)
    before = shop.files()
    counts = shop.export(FIGURES, after=timedelta(hours=1)).counts
    assert (counts["exported"], counts["files"]) == (1, 0)
    assert shop.files() == before


def test_only_the_part_that_differs_is_written_and_its_old_file_goes(shop: ExportedShop) -> None:
    shop.week(MARCH, "net_sales", "12.5")
    shop.week(date(2026, 2, 23), "net_sales", "1")
    shop.export(FIGURES)
    before = shop.files()
    shop.week(MARCH, "net_sales", "13")
    assert shop.export(FIGURES, after=timedelta(hours=1)).counts["files"] == 1
    assert shop.rows(FIGURES)[-1] == ("2026-03-23", "net_sales", "13.000000")
    kept = {name for name, written in shop.files().items() if before.get(name) == written}
    assert [name.split("/")[2] for name in kept] == ["month=2026-02"]
    assert len(shop.files()) == 3


def test_a_part_whose_rows_are_gone_leaves_the_export(shop: ExportedShop) -> None:
    shop.week(MARCH, "net_sales", "1")
    shop.week(date(2026, 2, 23), "net_sales", "1")
    shop.export(FIGURES)
    shop.write("delete from analytics.metrics_weekly where week_start = %(day)s", {"day": MARCH})
    shop.export(FIGURES, after=timedelta(hours=1))
    assert shop.rows(FIGURES) == [("2026-02-23", "net_sales", "1.000000")]
    assert not list(shop.root.rglob("month=2026-03/*"))


def test_nothing_is_due_before_the_next_hour_and_a_new_definition_at_once(shop: ExportedShop) -> None:
    shop.week(MARCH, "net_sales", "1")
    shop.export(FIGURES)
    shop.week(MARCH, "net_sales", "2")
    assert shop.export(FIGURES, after=timedelta(minutes=59)).counts == {"due": 0}
    assert shop.export(FIGURES, replace(FIGURES, name="second")).counts["due"] == 1
    assert shop.export(FIGURES, after=timedelta(minutes=1)).counts["files"] == 1


def test_orders_are_parted_by_the_tenants_own_days(shop: ExportedShop) -> None:
    # New York's 28 March ends at 04:00 UTC.
    shop.order("1", datetime(2026, 3, 29, 3, 59, tzinfo=UTC))
    shop.order("2", datetime(2026, 3, 29, 4, 0, tzinfo=UTC))
    shop.export(ORDERS)
    parts = shop.manifest(ORDERS)["parts"]
    tables = {label: pq.read_table(shop.folder(ORDERS) / part["path"]) for label, part in parts.items()}
    ids = {label: table["external_id"].to_pylist() for label, table in tables.items()}
    assert ids == {"day=2026-03-28": ["1"], "day=2026-03-29": ["2"]}


def test_days_bound_what_is_looked_at_until_other_columns_are_asked_for(shop: ExportedShop) -> None:
    shop.order("1", NOW - timedelta(days=20))
    shop.export(ORDERS)
    shop.write("update analytics.orders set total_minor = %(total)s", {"total": 5})
    recent = replace(ORDERS, days=7)
    assert shop.export(recent, after=timedelta(hours=1)).counts["files"] == 0
    assert len(shop.manifest(recent)["parts"]) == 1
    other = replace(recent, columns=("day", "total_minor"))
    assert shop.export(other, after=timedelta(hours=1)).counts["files"] == 1
    assert shop.manifest(other)["columns"] == ["day", "total_minor"]


def test_a_dry_run_counts_what_it_would_write_and_leaves_the_export_due(shop: ExportedShop) -> None:
    shop.week(MARCH, "net_sales", "1")
    assert shop.export(FIGURES, dry_run=True).counts == {"due": 1, "files": 1}
    assert not shop.root.exists()


class Killed(BaseException):
    """A process that ends where it stands."""


class MortalPath:
    """A folder whose process dies at the n-th thing done to it; everything before has happened."""

    def __init__(self, path: Path, lives: list[int]) -> None:
        self._path, self._lives, self.name = path, lives, path.name

    def __truediv__(self, part: str) -> "MortalPath":
        return MortalPath(self._path / part, self._lives)

    def __getattr__(self, name: str) -> Any:
        def act(*arguments: Any, **named: Any) -> Any:
            if name in ("mkdir", "open", "replace", "unlink") and arguments != ("rb",):
                self._lives[0] -= 1
                if self._lives[0] < 0:
                    if arguments == ("wb",):
                        self._path.write_bytes(b"half")
                    raise Killed
            if name == "iterdir":
                return (MortalPath(path, self._lives) for path in self._path.iterdir())
            arguments = tuple(one._path if isinstance(one, MortalPath) else one for one in arguments)
            return getattr(self._path, name)(*arguments, **named)

        return act


def test_killed_anywhere_a_reader_sees_the_old_state_or_the_new_and_the_next_run_leaves_only_the_new(
    shop: ExportedShop,
) -> None:
    old = [("2026-02-23", "m", "1.000000"), ("2026-03-23", "m", "1.000000")]
    new = [("2026-02-23", "m", "2.000000"), ("2026-03-23", "m", "2.000000")]
    seen: list[list[tuple[str, ...]]] = []
    for lives in range(40):
        for monday in (date(2026, 2, 23), MARCH):
            shop.week(monday, "m", "1")
        shop.opened = None
        shop.export(FIGURES, after=timedelta(hours=1))
        assert shop.rows(FIGURES) == old
        for monday in (date(2026, 2, 23), MARCH):
            shop.week(monday, "m", "2")
        left = [lives]
        shop.opened = lambda url, left=left: MortalPath(shop.root, left)
        try:
            shop.export(FIGURES, after=timedelta(hours=1))
        except Killed:
            seen.append(shop.rows(FIGURES))
            shop.opened = None
            shop.export(FIGURES, after=timedelta(hours=1))
        assert shop.rows(FIGURES) == new
        assert len([name for name in shop.files() if "part-" in name]) == 2
        if left[0] >= 0:
            break
    # Files made whole, the manifest exchanged, old files dropped: each was interrupted at least once.
    assert len(seen) > 8
    assert seen[0] == old
    assert seen[-1] == new
    assert all(state in (old, new) for state in seen)


def test_a_file_that_somebody_took_away_comes_back_once_the_manifest_is_gone_too(shop: ExportedShop) -> None:
    shop.week(MARCH, "m", "1")
    shop.export(FIGURES)
    for path in shop.folder(FIGURES).rglob("*.*"):
        path.unlink()
    shop.export(FIGURES, after=timedelta(hours=1))
    assert shop.rows(FIGURES) == [("2026-03-23", "m", "1.000000")]


def test_a_file_that_somebody_took_away_comes_back_though_the_manifest_stands(shop: ExportedShop) -> None:
    shop.order("1", NOW - timedelta(days=20))
    shop.order("2", NOW)
    shop.export(ORDERS)
    before = shop.manifest(ORDERS)
    # One in the days that are looked at, one before them.
    for path in shop.folder(ORDERS).rglob("*.parquet"):
        path.unlink()
    shop.export(replace(ORDERS, days=3), after=timedelta(hours=1))
    assert shop.manifest(ORDERS) == before
    assert len(list(shop.folder(ORDERS).rglob("*.parquet"))) == 2


def test_a_file_that_is_gone_and_would_be_replaced_is_not_missed(shop: ExportedShop) -> None:
    shop.week(MARCH, "m", "1")
    shop.export(FIGURES)
    for path in shop.folder(FIGURES).rglob("*.csv"):
        path.unlink()
    shop.week(MARCH, "m", "2")
    assert shop.export(FIGURES, after=timedelta(hours=1)).counts["exported"] == 1
    assert shop.rows(FIGURES) == [("2026-03-23", "m", "2.000000")]


class VendorError(Exception):
    """As libraries of stores raise them: neither an OSError nor one of this project's."""


def test_a_stores_own_exception_is_told_alone_and_leaves_the_others_be(shop: ExportedShop) -> None:
    shop.week(MARCH, "m", "1")
    broken = replace(FIGURES, name="broken", destination="s3://broken")

    def opened(url: str) -> Path:
        if url == broken.destination:
            raise VendorError("secret words")
        return shop.root

    shop.opened = opened
    with pytest.raises(AlertingFailure, match=r"export broken: it failed \(VendorError\)$") as raised:
        shop.export(broken, FIGURES)
    assert [(alert.rule, alert.subject) for alert in raised.value.alerts] == [(EXPORT_FAILED, "broken")]
    assert isinstance(raised.value.__cause__, VendorError)
    assert shop.rows(FIGURES) == [("2026-03-23", "m", "1.000000")]


def test_a_spent_deadline_is_the_tenants_not_an_exports(shop: ExportedShop) -> None:
    def opened(url: str) -> Path:
        raise DeadlineExceeded("not finished within 1 s")

    shop.opened = opened
    with pytest.raises(DeadlineExceeded):
        shop.export(FIGURES)


def test_a_destination_that_fails_leaves_the_others_be_opens_an_alert_and_is_due_again(shop: ExportedShop) -> None:
    shop.week(MARCH, "m", "1")
    broken = replace(FIGURES, name="broken", destination="file:///broken")
    blocked = shop.root.parent / "blocked"
    blocked.write_text("a file where a folder should be")
    shop.opened = lambda url: blocked if url == broken.destination else shop.root
    with pytest.raises(
        AlertingFailure, match=r"export broken: its destination failed \(NotADirectoryError\)"
    ) as raised:
        shop.export(broken, FIGURES)
    assert [(alert.rule, alert.subject) for alert in raised.value.alerts] == [(EXPORT_FAILED, "broken")]
    assert shop.rows(FIGURES) == [("2026-03-23", "m", "1.000000")]
    shop.opened = None
    result = shop.export(broken, FIGURES)
    assert (result.counts["due"], result.alert_rules, result.alerts) == (1, (EXPORT_FAILED,), ())


def test_one_tenant_never_exports_anothers_rows(shop: ExportedShop) -> None:
    shop.week(MARCH, "m", "1")
    shop.tenant = replace(shop.tenant, tenant_id=8, slug="other")
    shop.week(MARCH, "m", "99")
    shop.export(FIGURES)
    assert shop.rows(FIGURES) == [("2026-03-23", "m", "99.000000")]


def test_a_line_of_profit_and_loss_goes_out_with_its_margin(shop: ExportedShop) -> None:
    definition = ExportDefinition(
        "profit", "pnl_daily", "csv", "file:///x", "hour", columns=("day", "line", "amount_minor", "margin")
    )
    shop.write(
        "insert into analytics.pnl_daily (tenant_id, day, position, line, layer, is_subtotal, amount_minor, margin,"
        " currency, coverage, preference_version, cost_version, catalogue_version, is_final, run_id, changed_at)"
        " values (%(tenant_id)s, '2026-03-30', 1, 'cm1', 'cm1', true, 500, 0.25, 'EUR', 1, 1, 1, 1, false, 'r', now())",
        {"tenant_id": shop.tenant.tenant_id},
    )
    shop.export(definition)
    assert shop.rows(definition) == [("2026-03-30", "cm1", "500", "0.250000")]


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_every_data_set_is_read_with_the_columns_it_promises(shop: ExportedShop, data_set: str) -> None:
    definition = ExportDefinition("all", data_set, "parquet", "file:///x", "hour")
    assert shop.export(definition).counts["exported"] == 1
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        bounds = {"first": MARCH, "last": APRIL, "timezone": "UTC"}
        read = session.columns(f"exports/select_{data_set}", **bounds)
    assert read.column_names == list(DATA_SETS[data_set].columns)
    (empty,) = typed([pa.RecordBatch.from_pylist([], schema=read.schema)], definition.chosen)
    assert empty.schema == schema_of(definition.chosen)
