"""One large tenant in a database of its own, for benchmarks of jobs: loaded as columns, set back, credited, timed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from dev import databases, postgres
from dev.state import state_root
from include.attribution.channels import exposure_key
from include.ids import stable_id, tenant_id_of
from include.jobs.process_attribution import process_attribution
from include.jobs.request import JobRequest
from include.storage.copy_stream import copy_stream
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import SettingsFrom, Tenant
from sandbox.world.bench_world import BENCH_CHANNELS, BenchWorld

NOW = datetime(2026, 6, 1, tzinfo=UTC)
_SLUG = "bench"
_MASK = 2**62 - 1
_ROWS_AT_ONCE = 100_000
TENANT = Tenant(
    tenant_id=tenant_id_of(_SLUG),
    slug=_SLUG,
    name="Bench",
    status="active",
    timezone="UTC",
    currency="USD",
    db_conn_id="analytics_db",
    settings_history=(SettingsFrom(datetime(2000, 1, 1, tzinfo=UTC), AttributionSettings()),),
)


@dataclass(frozen=True)
class LoadedTenant:
    """URLs of a database that holds TENANT: its superuser's, and the jobs' role's."""

    superuser_url: str
    jobs_url: str


@contextmanager
def bench_server() -> Iterator[postgres.Server]:
    """Run the server of the benchmarks for the block; no checkpoint falls into a measurement."""
    folder = state_root() / "bench-postgres"
    try:
        yield postgres.start(folder, settings={"max_wal_size": "16GB", "checkpoint_timeout": "30min"})
    finally:
        postgres.stop(folder)


def fresh_database(server: postgres.Server, database: str) -> LoadedTenant:
    """Make a database anew, with all roles and tables and no rows."""
    passwords = _passwords()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{database}" with (force)')
        for role in (databases.OWNER, *databases.LOGIN_ROLES.values()):
            if connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
                connection.execute(f"alter role {role} password '{passwords.by_role[role]}'")
    urls = databases.create_analytics(server, passwords, database)
    return LoadedTenant(server.url(database=database), urls["ANALYTICS_DB_URL"])


def load_tenant(server: postgres.Server, database: str, world: BenchWorld) -> LoadedTenant:
    """Make the database anew and load the world as columns, pending and uncredited."""
    loaded = fresh_database(server, database)
    with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
        for table, columns in _tables(world).items():
            # Built at once, indexes of 19 million touches take a minute instead of ten.
            definitions = _drop_indexes(connection, table)
            copy_table(connection, table, pa.table(columns))
            for definition in definitions:
                connection.execute(definition)
            connection.execute(f"vacuum analyze {table}")
    return loaded


def copy_table(connection: psycopg.Connection[Any], target: str, rows: pa.Table) -> None:
    """COPY Arrow rows, binary, into the columns of the same names."""
    with connection.cursor().copy(
        f"copy {target} ({', '.join(rows.column_names)}) from stdin (format binary)"
    ) as stream:
        for chunk in copy_stream(rows.to_batches(max_chunksize=_ROWS_AT_ONCE), rows.schema):
            stream.write(chunk)


def set_back(loaded: LoadedTenant) -> None:
    """Take all credit away, as if nothing had been credited, with nothing left over from the last time."""
    with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
        connection.execute("truncate analytics.attribution_credits")
        connection.execute("update analytics.conversions set status = 'pending', run_id = null, reason = null")
        connection.execute("vacuum full analyze analytics.conversions")
        connection.execute("checkpoint")


def credit_everything(loaded: LoadedTenant) -> dict[str, int | float]:
    """Run process_attribution on all that is pending, in one transaction, and return its counts."""
    request = JobRequest("process_attribution", "bench", NOW)
    with tenant_transaction(loaded.jobs_url, TENANT.tenant_id) as session:
        counts = dict(process_attribution(session, {}, TENANT, request).counts)
    return counts


def seconds_of(work: Callable[[], object]) -> float:
    """Return the wall time of one run."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@cache
def _passwords() -> databases.Passwords:
    # Roles belong to the server: one set for all databases of a run, or the second would shut out the first.
    return databases.Passwords.generate()


def _drop_indexes(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """Drop a table's key and indexes, and return the statements that make them again."""
    keys = connection.execute(
        "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'p'",
        (table,),
    ).fetchall()
    for name, _ in keys:
        connection.execute(f"alter table {table} drop constraint {name}")
    indexes = connection.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index where indrelid = %s::regclass",
        (table,),
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"drop index {name}")
    return [
        *(f"alter table {table} add constraint {name} {definition}" for name, definition in keys),
        *(definition for _, definition in indexes),
    ]


def _tables(world: BenchWorld) -> dict[str, dict[str, Any]]:
    tenant = TENANT.tenant_id
    keys = np.array([exposure_key(channel, None) for channel in BENCH_CHANNELS], dtype=np.int64)
    visitors = _hashes(len(world.visitor_customer), "visitor")
    customers = _hashes(int(world.conversion_customer.max()) + 1, "customer")
    known = np.flatnonzero(world.visitor_customer >= 0)
    touches, conversions = len(world.touch_at), len(world.conversion_at)
    conversion_ids = _hashes(conversions, "order")
    return {
        "analytics.visitor_identities": {
            "tenant_id": np.full(len(known), tenant),
            "visitor_id": visitors[known],
            "customer_id": customers[world.visitor_customer[known]],
            "valid_from": _instants(np.full(len(known), 1_700_000_000_000_000)),
        },
        "analytics.touchpoints": {
            "tenant_id": np.full(touches, tenant),
            "touchpoint_id": _hashes(touches, "touch"),
            "source_system": pa.array(["import"] * touches),
            "visitor_id": visitors[world.touch_visitor],
            "occurred_at": _instants(world.touch_at),
            "channel": pa.array(BENCH_CHANNELS).take(pa.array(world.touch_channel.astype(np.int32))),
            "channel_rule": pa.array(["import"] * touches),
            "exposure_key": keys[world.touch_channel],
        },
        "analytics.conversions": {
            "tenant_id": np.full(conversions, tenant),
            "conversion_id": conversion_ids,
            "order_id": conversion_ids,
            "visitor_id": visitors[world.conversion_visitor],
            "customer_id": customers[world.conversion_customer],
            "occurred_at": _instants(world.conversion_at),
            "value_minor": world.value_minor,
            "currency": pa.array(["USD"] * conversions),
        },
    }


def _hashes(number: int, kind: str) -> Any:
    """Return ids that are spread like stable hashes, without hashing millions of strings."""
    mixed = (np.arange(1, number + 1, dtype=np.uint64) + np.uint64(stable_id(kind) & _MASK)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    mixed ^= mixed >> np.uint64(31)
    return (mixed & np.uint64(_MASK)).astype(np.int64)


def _instants(microseconds: Any) -> pa.Array:
    return pa.array(microseconds, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
