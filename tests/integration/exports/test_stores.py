"""Exports where Airflow opens the store, and definitions on their way from a tenant's file to its job."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from attribution_airflow.clients import open_folder
from include.errors import InvalidInput
from include.exports.definition import ExportDefinition
from include.exports.encoding import Checksum
from include.exports.manifest import Manifest
from include.exports.publish import find, publish, sweep
from include.ids import tenant_id_of
from include.tenants.plan import plan
from include.tenants.registry import load_tenant
from tests.integration.conftest import Database

ACME = """\
slug: acme
name: Acme
timezone: Europe/Paris
currency: EUR
exports:
  - name: figures
    data_set: metrics_daily
    columns: [day, net_sales]
    format: csv
    destination: s3://acme_s3@bucket/exports
    every: week
    at_hour: 6
    days: 60
  - name: unused
    data_set: orders
    destination: file:///srv/exports
    enabled: false
"""
DEFINITION = ExportDefinition("figures", "metrics_daily", "csv", "x", "day", columns=("day",))


def test_a_folder_that_airflow_opens_does_all_that_exports_ask_of_one(tmp_path: Path) -> None:
    folder = open_folder(f"file://{tmp_path}/root") / "acme" / "figures"
    first = Manifest("acme", "figures", "metrics_daily", "csv", ("day",), "2026-03-31", {})
    assert find(folder, "acme", DEFINITION).manifest is None
    sweep(folder, ())
    publish(folder, find(folder, "acme", DEFINITION), first)
    place = folder / "month=2026-03"
    place.mkdir(parents=True, exist_ok=True)
    with (place / f"part-{'a' * 24}.csv").open("wb") as stream:
        Checksum(stream).write(b"half")
    later = replace(first, published_at="2026-04-01")
    sha256 = publish(folder, find(folder, "acme", DEFINITION), later)
    found = find(folder, "acme", DEFINITION)
    assert (found.manifest, found.sha256) == (later, sha256)
    sweep(folder, ())
    left = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert left == ["root/acme/figures/manifest.json"]


def test_a_store_that_nobody_can_open_is_named_with_the_remedy() -> None:
    with pytest.raises(
        InvalidInput, match=r"nowhere://bucket/x cannot be opened .*install Airflow's provider for nowhere"
    ):
        open_folder("nowhere://bucket/x")


def test_a_file_s_exports_reach_the_job_and_change_by_name(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_NOW", datetime(2026, 3, 31, tzinfo=UTC).isoformat())
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", "127.0.0.1:1")
    path = tmp_path / "acme.yaml"
    path.write_text(ACME, encoding="utf-8")

    def apply() -> list[str]:
        found = plan(tmp_path, database.admin_url, database.control_url, apply=True)
        return [change.what for change in found.changes.get("acme", ()) if change.part == "exports"]

    def exports() -> tuple[ExportDefinition, ...]:
        return load_tenant(database.jobs_url, tenant_id_of("acme")).exports

    assert apply() == ["exports figures", "exports unused"]
    expected = ExportDefinition(
        "figures", "metrics_daily", "csv", "s3://acme_s3@bucket/exports", "week", 6, ("day", "net_sales"), 60
    )
    assert exports() == (expected,)
    assert apply() == []
    path.write_text(ACME.replace("days: 60", "days: 90").partition("  - name: unused")[0], encoding="utf-8")
    assert apply() == ["exports figures: days", "exports unused"]
    assert exports() == (replace(expected, days=90),)
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("delete from control.tenant_exports")
        connection.execute("delete from control.tenants")
