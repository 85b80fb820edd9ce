"""Tenants are kept apart by the database itself, in every table that has a tenant_id, found in the catalogue."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from include.errors import UnsafeDatabaseRole
from include.storage.session import refuse_unsafe_role, tenant_transaction
from tests.integration.conftest import Database

CANARY, OTHER = 7, 8
_SAMPLE_OF_TYPE = {
    "bigint": "7",
    "integer": "1",
    "smallint": "1",
    "text": "'x'",
    "name": "'x'",
    "boolean": "false",
    "timestamp with time zone": "'2026-01-01'",
    "date": "'2026-01-01'",
    "jsonb": "'{}'",
    "bytea": "'x'",
    "double precision": "0.5",
    "numeric": "1",
    "ARRAY": "'{}'",
}
_CHECKED_TEXT = {
    "tenants.status": "active",
    "job_runs.status": "running",
    "conversions.status": "pending",
    "webhook_inbox.status": "queued",
    "touchpoints.type": "click",
    "tenant_ad_accounts.platform": "meta",
    "tenant_destinations.destination": "ga4",
    "tenant_destinations.mode": "shadow",
    "tenant_destinations.in_doubt": "hold",
    "tenant_sources.source": "shopify",
    "destination_gates.state": "paused",
    "conversion_events.destination": "ga4",
    "conversion_events.event_name": "purchase",
    "conversion_events.state": "queued",
    "delivery_checks.provable": "event",
    "account_runs.status": "running",
    "ad_spend_daily.level": "campaign",
    "ad_spend_restatements.kind": "changed",
    "tenant_fx_sources.source": "ecb",
    "tenant_campaign_rules.platform": "meta",
    "view_through_daily.platform": "meta",
    "view_through_daily.date_basis": "impression",
    "view_through_daily.level": "campaign",
    "view_through_daily.window": "vta",
    "campaign_map.match": "name",
    "attribution_metrics_daily.clock": "touch",
    "attribution_metrics_daily.model": "linear",
    "tenant_cogs_config.source": "shopify",
    "operating_costs.kind": "fixed",
    "operating_costs.per": "month",
    "tenant_exports.file_format": "csv",
    "tenant_exports.every": "day",
    "product_costs.source": "shopify",
    "transactions.kind": "sale",
}

_NEEDED_BY_CHECKS = {"exchange_rates": ("reason", "text"), "pnl_daily": ("incomplete", "text")}
"""Table -> a nullable column that one of its checks wants, and its type."""


def tenant_tables(database: Database) -> list[tuple[str, str]]:
    with psycopg.connect(database.superuser_url) as connection:
        return connection.execute(
            "select table_schema, table_name from information_schema.columns"
            " join information_schema.tables using (table_schema, table_name)"
            " where column_name = 'tenant_id' and table_type = 'BASE TABLE'"
            " and table_schema in ('control', 'analytics') order by 1, 2"
        ).fetchall()


def canary_row(database: Database, schema: str, table: str, tenant: int) -> tuple[sql.Composed, list[str]]:
    """Return an INSERT of one valid row for a tenant, from the catalogue's not-null columns."""
    with psycopg.connect(database.superuser_url) as connection:
        columns = connection.execute(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = %s and table_name = %s and is_nullable = 'NO' order by ordinal_position",
            (schema, table),
        ).fetchall()
    if table in _NEEDED_BY_CHECKS:
        columns.append(_NEEDED_BY_CHECKS[table])
    values = []
    for column, data_type in columns:
        text = _CHECKED_TEXT.get(f"{table}.{column}")
        value = str(tenant) if column == "tenant_id" else f"'{text}'" if text else _SAMPLE_OF_TYPE[data_type]
        values.append(sql.SQL(value))
    names = [column for column, _ in columns]
    insert = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join(values)
    )
    return insert, names


@pytest.fixture(scope="module")
def populated(database: Database) -> Iterator[Database]:
    """A row of tenant CANARY in every tenant table."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for schema, table in tenant_tables(database):
            if table != "attribution_queue":  # its row comes with the pending conversion
                connection.execute(canary_row(database, schema, table, CANARY)[0])
    return database


def as_tenant(url: str, tenant: int | None) -> psycopg.Connection[tuple[object, ...]]:
    connection = psycopg.connect(url)
    if tenant is not None:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(tenant),))
    return connection


def test_every_tenant_table_forces_row_level_security_and_leads_its_key_with_the_tenant(database: Database) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        for schema, table in tenant_tables(database):
            name = f"{schema}.{table}"
            forced = connection.execute(
                "select relrowsecurity and relforcerowsecurity from pg_class where oid = %s::regclass", (name,)
            ).fetchone()
            assert forced == (True,), f"{name} does not force row-level security"
            first_key_columns = connection.execute(
                "select a.attname from pg_index i"
                " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]"
                " where i.indrelid = %s::regclass and i.indisunique",
                (name,),
            ).fetchall()
            assert first_key_columns, f"{name} has no key"
            assert {column for (column,) in first_key_columns} == {"tenant_id"}, f"{name}: key does not lead with it"


@pytest.mark.parametrize("tenant", [None, OTHER])
def test_another_tenant_or_none_sees_no_row_of_any_table(populated: Database, tenant: int | None) -> None:
    tables = tenant_tables(populated)
    assert len(tables) >= 20
    with as_tenant(populated.jobs_url, tenant) as connection:
        for schema, table in tables:
            count = connection.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
            ).fetchone()
            assert count == (0,), f"tenant {tenant} sees rows of {schema}.{table}"


def test_a_tenant_sees_its_own_row_of_every_table(populated: Database) -> None:
    with as_tenant(populated.jobs_url, CANARY) as connection:
        for schema, table in tenant_tables(populated):
            count = connection.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
            ).fetchone()
            assert count == (1,), f"{schema}.{table}"


@pytest.mark.parametrize("tenant", [None, OTHER])
def test_another_tenant_or_none_writes_no_row_of_any_table(populated: Database, tenant: int | None) -> None:
    for schema, table in tenant_tables(populated):
        insert, _ = canary_row(populated, schema, table, CANARY)
        name = sql.Identifier(schema, table)
        with as_tenant(populated.jobs_url, tenant) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(insert)
        for statement in ("update {} set tenant_id = tenant_id", "delete from {}"):
            with as_tenant(populated.jobs_url, tenant) as connection:
                try:
                    assert connection.execute(sql.SQL(statement).format(name)).rowcount == 0
                except psycopg.errors.InsufficientPrivilege:
                    connection.rollback()
        with as_tenant(populated.jobs_url, tenant) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(sql.SQL("truncate {}").format(name))


def test_the_owner_is_bound_too(populated: Database) -> None:
    with as_tenant(populated.admin_url, None) as connection:
        for schema, table in tenant_tables(populated):
            count = connection.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
            ).fetchone()
            assert count == (0,), f"{schema}.{table}"


def test_a_tenant_set_for_one_transaction_is_gone_in_the_next(populated: Database) -> None:
    with psycopg.connect(populated.jobs_url) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(CANARY),))
        assert connection.execute("select count(*) from analytics.orders").fetchone() == (1,)
        connection.commit()
        assert connection.execute("select count(*) from analytics.orders").fetchone() == (0,)


def test_the_control_role_lists_tenants_and_queues_but_no_contents(populated: Database) -> None:
    with psycopg.connect(populated.control_url, autocommit=True) as connection:
        assert connection.execute("select count(*) from control.tenants").fetchone() == (1,)
        assert connection.execute("select count(*) from analytics.leases").fetchone() == (1,)
        assert connection.execute("select tenant_id from analytics.attribution_queue").fetchall() == [(CANARY,)]
        for forbidden in (
            "select value_minor from analytics.conversions",
            "select tenant_id from analytics.attribution_credits",
            "select payload from analytics.webhook_inbox",
            "select * from analytics.orders",
            "select * from analytics.touchpoints",
            "update control.tenants set name = 'x'",
            "delete from control.job_runs",
            "insert into analytics.leases select * from analytics.leases",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_the_control_role_records_runs_of_any_tenant(populated: Database) -> None:
    with psycopg.connect(populated.control_url) as connection:
        connection.execute(
            "insert into control.job_runs (tenant_id, job, run_id, status, started_at)"
            " values (%s, 'j', 'r', 'deferred', clock_timestamp())",
            (OTHER,),
        )
        assert connection.execute("update control.job_runs set error = 'leased' where run_id = 'r'").rowcount == 1
        connection.rollback()


def test_the_ingest_role_only_adds_deliveries_and_touches(populated: Database) -> None:
    with as_tenant(populated.ingest_url, OTHER) as connection:
        for table in ("webhook_inbox", "touchpoints"):
            connection.execute(canary_row(populated, "analytics", table, OTHER)[0])
        connection.rollback()
    forbidden = pytest.raises(psycopg.errors.InsufficientPrivilege)
    for table in ("webhook_inbox", "touchpoints"):
        with as_tenant(populated.ingest_url, OTHER) as connection, forbidden:
            connection.execute(canary_row(populated, "analytics", table, CANARY)[0])
        with as_tenant(populated.ingest_url, CANARY) as connection, forbidden:
            connection.execute(sql.SQL("select * from {}").format(sql.Identifier("analytics", table)))


def test_a_reader_sees_the_tenants_granted_to_its_login_whatever_it_sets(populated: Database) -> None:
    with psycopg.connect(populated.superuser_url, autocommit=True) as connection:
        connection.execute("delete from control.reader_tenants")
    with as_tenant(populated.reader_url, CANARY) as connection:
        assert connection.execute("select count(*) from analytics.orders").fetchone() == (0,)
        assert connection.execute("select count(*) from analytics.v_conversion_attribution").fetchone() == (0,)
    with psycopg.connect(populated.superuser_url, autocommit=True) as connection:
        connection.execute("insert into control.reader_tenants values (%s, 'analytics_reader')", (CANARY,))
    with psycopg.connect(populated.reader_url, autocommit=True) as connection:
        assert connection.execute("select count(*) from analytics.orders").fetchone() == (1,)
        assert connection.execute("select count(*) from analytics.v_conversion_attribution").fetchone() == (1,)
        for forbidden in ("select * from analytics.order_context", "select * from analytics.webhook_inbox"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
    with psycopg.connect(populated.superuser_url, autocommit=True) as connection:
        connection.execute("update control.reader_tenants set role = 'x'")


def test_jobs_refuse_a_role_that_row_level_security_does_not_bind(populated: Database) -> None:
    with pytest.raises(UnsafeDatabaseRole, match="postgres is a superuser"):
        refuse_unsafe_role(populated.superuser_url)
    with pytest.raises(UnsafeDatabaseRole, match=r"analytics_owner (owns|is a member of)"):
        refuse_unsafe_role(populated.admin_url)
    with (
        pytest.raises(UnsafeDatabaseRole, match="postgres is a superuser"),
        tenant_transaction(populated.superuser_url, CANARY),
    ):
        pass


def test_the_jobs_role_is_no_member_of_control_or_owner(populated: Database) -> None:
    refuse_unsafe_role(populated.jobs_url)
    with psycopg.connect(populated.superuser_url, autocommit=True) as connection:
        member = connection.execute(
            "select bool_or(pg_has_role('analytics_jobs', oid, 'member')) from pg_roles"
            " where rolname in ('analytics_control', 'analytics_owner', 'analytics_reader', 'analytics_ingest')"
        ).fetchone()
    assert member == (False,)


def test_a_tenants_rows_are_reached_through_the_tenants_index(populated: Database) -> None:
    with psycopg.connect(populated.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into analytics.orders (tenant_id, order_id, external_id, placed_at, financial_status, currency,"
            " total_minor, row_digest) select g % 50 + 100, g, g::text, '2026-01-01', 'paid', 'USD', 1, 1"
            " from generate_series(1000, 21000) g"
        )
        connection.execute("analyze analytics.orders")
    with as_tenant(populated.jobs_url, 107) as connection:
        plan = connection.execute("explain select count(*) from analytics.orders where tenant_id = 107").fetchall()
    text = "\n".join(str(line) for (line,) in plan)
    assert "Index" in text
    assert "Index Cond: (tenant_id" in text
