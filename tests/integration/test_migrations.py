"""Migrations: forward only, checksummed, safe when two start at once."""

import concurrent.futures

import psycopg
import pytest

from dev import databases, postgres
from include.errors import MigrationError
from include.storage.migrate import migrate
from tests.integration.conftest import Database


def test_a_second_migration_finds_nothing_to_do(database: Database) -> None:
    assert migrate(database.admin_url, control=True) == []


def test_two_migrations_at_once_apply_everything_once(server: postgres.Server, passwords: databases.Passwords) -> None:
    databases.create_owner(server, passwords)
    databases.create_database(server, "attribution_race", databases.OWNER)
    url = databases.analytics_urls(server, passwords, "attribution_race")["ANALYTICS_ADMIN_URL"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        applied = [future.result() for future in [pool.submit(migrate, url, control=True) for _ in range(2)]]
    assert sorted(map(len, applied))[0] == 0
    assert "control/0001_tenancy" in max(applied, key=len)


def test_a_changed_migration_is_refused_by_name(database: Database) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        original = connection.execute(
            "select checksum from migrations.applied where name = 'analytics/0001_attribution'"
        ).fetchone()
        assert original is not None
        connection.execute("update migrations.applied set checksum = 'x' where name = 'analytics/0001_attribution'")
        with pytest.raises(MigrationError, match="analytics/0001_attribution was changed"):
            migrate(database.admin_url, control=True)
        connection.execute("update migrations.applied set checksum = %s where checksum = 'x'", original)


def test_a_migration_from_a_newer_checkout_is_refused(database: Database) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("insert into migrations.applied (name, checksum) values ('analytics/9999_future', 'x')")
        with pytest.raises(MigrationError, match="9999_future is in the database but not in this checkout"):
            migrate(database.admin_url, control=True)
        connection.execute("delete from migrations.applied where name = 'analytics/9999_future'")


def test_a_further_database_holds_analytics_only(second_database: Database) -> None:
    with psycopg.connect(second_database.admin_url) as connection:
        schemas = {row[0] for row in connection.execute("select nspname from pg_namespace").fetchall()}
    assert "analytics" in schemas
    assert "control" not in schemas


def test_every_table_and_view_and_each_of_their_columns_says_what_it_holds(database: Database) -> None:
    with psycopg.connect(database.admin_url) as connection:
        silent = connection.execute(
            "select c.oid::regclass::text, a.attname from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('control', 'analytics')"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum >= 0 and not a.attisdropped"
            " where c.relkind in ('r', 'p', 'v', 'm')"
            " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)"
        ).fetchall()
    assert silent == []
