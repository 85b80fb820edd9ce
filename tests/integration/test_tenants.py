"""Tenant files against a real database: planned, applied, applied again, changed by date, and read back by jobs."""

import concurrent.futures
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from include.errors import InvalidInput
from include.ids import tenant_id_of
from include.tenants.configuration import connect, locked_tenant, write
from include.tenants.plan import main, plan
from include.tenants.reading import read_tenant_files
from include.tenants.record import record_of_file
from include.tenants.registry import list_tenants, load_tenant
from include.tenants.settings import AttributionSettings
from tests.integration.conftest import Database

CHECKOUT = Path(__file__).resolve().parents[2]
DEMO_SLUGS = ["maison-lumiere", "northwind-outdoor", "sakura-goods"]

ACME = """\
slug: acme
name: Acme
timezone: Europe/Paris
currency: EUR
attribution:
  - half_life_days: 10
  - from: 2026-03-01
    half_life_days: 10
    lookback_days: 14
ad_accounts:
  - platform: meta
    account_id: "123"
    conn_id: acme_meta_ads
    currency: USD
    timezone: America/Los_Angeles
destinations:
  - destination_id: ga4-web
    destination: ga4
    conn_id: acme_ga4
    send_from: 2026-04-01
sources:
  - source: shopify
    conn_id: acme_shopify
fx_sources:
  - source: tenant
    conn_id: acme_rates
    path: /rates.csv
  - source: ecb
campaign_rules:
  - name: old-tags
    platform: meta
    account_id: "123"
    campaign_id: "456"
    when: {campaign: spring.*}
    from: 2026-03-01
readers: [analytics_reader]
"""
FOURTH = """\
slug: kiwi-outpost
name: Kiwi Outpost
timezone: Pacific/Auckland
currency: NZD
db_conn_id: second_db
"""


@pytest.fixture(autouse=True)
def environment(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_ADMIN_URL", database.admin_url)
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", database.control_url)
    monkeypatch.setenv("ATTRIBUTION_NOW", "2026-03-31T12:00:00Z")
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", "127.0.0.1:1")


@pytest.fixture(autouse=True)
def _no_tenants_afterwards(database: Database) -> Iterator[None]:
    yield
    with psycopg.connect(database.superuser_url) as connection:
        for table in ("tenants", "tenant_attribution_config", "tenant_ad_accounts"):
            connection.execute(f"delete from control.{table}")
        for table in (
            "tenant_destinations",
            "tenant_sources",
            "tenant_fx_sources",
            "tenant_campaign_rules",
            "tenant_exports",
            "reader_tenants",
        ):
            connection.execute(f"delete from control.{table}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "acme.yaml").write_text(ACME, encoding="utf-8")
    return tmp_path


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "acme.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(capsys: pytest.CaptureFixture[str], folder: Path, *, apply: bool = False) -> list[str]:
    """Run the command, expect success, and return its lines."""
    capsys.readouterr()
    assert main([*(["--apply"] if apply else []), str(folder)]) == 0
    return capsys.readouterr().out.splitlines()


@contextmanager
def untouched(database: Database) -> Iterator[None]:
    """Fail when the block writes a row of control, by the rows' system columns."""
    before = versions(database)
    yield
    assert versions(database) == before


def versions(database: Database) -> list[tuple[object, ...]]:
    tables = ("tenants", "tenant_attribution_config", "tenant_ad_accounts", "tenant_destinations", "tenant_sources")
    with psycopg.connect(database.superuser_url) as connection:
        return [
            row
            for table in (*tables, "reader_tenants")
            for row in connection.execute(
                f"select '{table}', ctid::text, xmin::text from control.{table} order by ctid"
            ).fetchall()
        ]


def test_planning_shows_a_new_tenant_and_writes_nothing(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with untouched(database):
        lines = run(capsys, folder)
    assert lines[0] == "acme"
    assert "  + attribution from 2026-03-01: lookback_days=14, half_life_days=10.0" in lines
    assert lines[-1] == "10 changes to 1 tenant; make tenants-apply writes them"


def test_applying_twice_changes_nothing_the_second_time(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, folder, apply=True)[-1] == "applied 10 changes to 1 tenant"
    with untouched(database):
        assert run(capsys, folder, apply=True) == ["no changes"]
        assert run(capsys, folder) == ["no changes"]


def test_the_committed_tenants_apply_and_are_listed_by_slug(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, CHECKOUT / "tenants", apply=True)
    assert run(capsys, CHECKOUT / "tenants") == ["no changes"]
    assert [tenant.slug for tenant in list_tenants(database.control_url)] == DEMO_SLUGS


def test_a_changed_field_shows_old_and_new_and_only_its_row_is_written(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, apply=True)
    before = versions(database)
    edit(folder, "conn_id: acme_meta_ads", "conn_id: acme_meta_new")
    assert "  ~ ad_accounts meta 123: conn_id: acme_meta_ads -> acme_meta_new" in run(capsys, folder, apply=True)
    changed = {row[0] for row in set(versions(database)) ^ set(before)}
    assert changed == {"tenant_ad_accounts"}


def test_a_changed_setting_of_the_past_says_from_when_and_how_to_restate(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, apply=True)
    edit(folder, "lookback_days: 14", "lookback_days: 21")
    lines = run(capsys, folder)
    at = lines.index("  ~ attribution from 2026-03-01: lookback_days: 14 -> 21")
    assert lines[at + 1].strip().startswith("applies to conversions from 2026-03-01; run ")


def test_a_setting_of_the_future_needs_no_restating(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, folder, apply=True)
    edit(folder, "ad_accounts:", "  - from: 2026-06-01\nad_accounts:")
    lines = run(capsys, folder)
    assert "  + attribution from 2026-06-01: defaults" in lines
    assert not any("applies to conversions" in line for line in lines)


def test_a_removed_entry_and_account_are_shown_and_deleted(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, apply=True)
    edit(folder, "  - from: 2026-03-01\n    half_life_days: 10\n    lookback_days: 14\n", "")
    edit(folder, "sources:\n  - source: shopify\n    conn_id: acme_shopify\n", "")
    lines = run(capsys, folder, apply=True)
    assert any(line.startswith("  - attribution from 2026-03-01") for line in lines)
    assert any(line.startswith("  - sources shopify") for line in lines)
    assert len(load_tenant(database.jobs_url, tenant_id_of("acme")).settings_history) == 1


def test_an_apply_waits_for_another_on_the_same_tenant_and_then_finds_nothing_to_do(
    database: Database, folder: Path
) -> None:
    new = record_of_file(read_tenant_files(folder)[0])
    with connect(database.admin_url) as first, concurrent.futures.ThreadPoolExecutor(1) as pool:
        with locked_tenant(first, "acme") as old:
            second = pool.submit(plan, folder, database.admin_url, database.control_url, apply=True)
            with pytest.raises(concurrent.futures.TimeoutError):
                second.result(timeout=1)
            write(first, "acme", old, new)
        assert second.result(timeout=30).changes == {}


def test_a_slug_whose_id_is_taken_by_another_is_refused(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, apply=True)
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("update control.tenants set slug = 'other'")
    with untouched(database):
        assert main(["--apply", str(folder)]) == 1
    assert capsys.readouterr().err == "tenant acme has the same id as other; choose another slug\n"


def test_a_tenant_without_a_file_is_named_and_left_alone(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, apply=True)
    (folder / "acme.yaml").unlink()
    with untouched(database):
        assert run(capsys, folder, apply=True) == ["acme: not in files: left alone", "no changes"]


def test_nothing_is_applied_when_any_file_has_a_fault(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "kiwi-outpost.yaml").write_text(FOURTH.replace("NZD", "nzd"), encoding="utf-8")
    with untouched(database):
        assert main(["--apply", str(folder)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith(f"{folder}/kiwi-outpost.yaml: currency: must be an ISO 4217 code")


def test_a_failure_part_way_says_which_tenants_are_applied_and_the_next_run_goes_on(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "kiwi-outpost.yaml").write_text(FOURTH, encoding="utf-8")
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("alter table control.tenants add constraint no_kiwi check (slug <> 'kiwi-outpost')")
    try:
        assert main(["--apply", str(folder)]) == 1
    finally:
        with psycopg.connect(database.superuser_url) as connection:
            connection.execute("alter table control.tenants drop constraint no_kiwi")
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1] == "applied 10 changes to 1 tenant"
    assert "no_kiwi" in shown.err
    assert "the same command goes on" in shown.err
    assert run(capsys, folder, apply=True)[0] == "kiwi-outpost"


def test_the_folder_comes_from_the_environment_when_it_is_not_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENANTS_DIR", str(folder))
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("acme\n")


def test_a_database_that_does_not_answer_is_one_line_without_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unreachable = "postgresql://analytics_control:hunter2@127.0.0.1:1/nowhere"
    monkeypatch.setenv("ANALYTICS_ADMIN_URL", unreachable)
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", unreachable)
    assert main([str(folder)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("database: ")
    assert "hunter2" not in error


@pytest.mark.parametrize("variable", ["ANALYTICS_ADMIN_URL", "ANALYTICS_CONTROL_URL"])
def test_a_url_that_is_not_set_is_named(
    folder: Path, variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(variable)
    assert main([str(folder)]) == 1
    assert capsys.readouterr().err.startswith(f"{variable} is not set")


def test_a_conversion_gets_the_settings_of_the_tenants_local_day(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, apply=True)
    tenant = load_tenant(database.jobs_url, tenant_id_of("acme"))
    start, change, end = (
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    )
    parts = [(lower, upper, part.lookback_days) for lower, upper, part in tenant.settings_between(start, end)]
    assert parts == [(start, change, 30), (change, end, 14)]


def test_what_jobs_read_is_what_the_file_says_and_its_version_is_stored(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, apply=True)
    tenant = load_tenant(database.jobs_url, tenant_id_of("acme"))
    assert [entry.settings for entry in tenant.settings_history] == [
        AttributionSettings(half_life_days=10),
        AttributionSettings(half_life_days=10, lookback_days=14),
    ]
    with psycopg.connect(database.superuser_url) as connection:
        stored = connection.execute(
            "select config_version from control.tenant_attribution_config order by valid_from"
        ).fetchall()
    assert [version for (version,) in stored] == [entry.settings.config_version() for entry in tenant.settings_history]


def test_a_tenant_of_a_second_database_is_configured_in_the_first(
    database: Database, second_database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "kiwi-outpost.yaml").write_text(FOURTH, encoding="utf-8")
    run(capsys, folder, apply=True)
    rows = {tenant.slug: tenant.db_conn_id for tenant in list_tenants(database.control_url)}
    assert rows == {"acme": "analytics_db", "kiwi-outpost": "second_db"}
    tenant = load_tenant(database.jobs_url, tenant_id_of("kiwi-outpost"))
    assert [entry.settings for entry in tenant.settings_history] == [AttributionSettings()]
    with psycopg.connect(second_database.superuser_url) as connection:
        assert connection.execute("select to_regclass('control.tenants')").fetchone() == (None,)


def test_a_tenant_that_is_not_there_is_refused_with_the_remedy(database: Database) -> None:
    with pytest.raises(InvalidInput, match=re.escape("run make tenants-apply")):
        load_tenant(database.jobs_url, tenant_id_of("nobody"))


def test_listing_as_the_jobs_role_shows_no_tenant(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, apply=True)
    assert list_tenants(database.jobs_url) == []


def test_the_jobs_role_cannot_apply(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANALYTICS_ADMIN_URL", database.jobs_url)
    with untouched(database):
        assert main(["--apply", str(folder)]) == 1
    assert "permission denied" in capsys.readouterr().err


def test_a_reader_sees_exactly_the_tenants_whose_files_name_its_role(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "kiwi-outpost.yaml").write_text(FOURTH, encoding="utf-8")
    run(capsys, folder, apply=True)
    assert slugs_of_reader(database) == ["acme"]
    edit(folder, "readers: [analytics_reader]\n", "")
    run(capsys, folder, apply=True)
    assert slugs_of_reader(database) == []


def slugs_of_reader(database: Database) -> list[str]:
    with psycopg.connect(database.reader_url) as connection:
        return [slug for (slug,) in connection.execute("select slug from control.tenants order by slug").fetchall()]
