"""Recalculation of a large window, against what the same rows cost to move and nothing else.

The floor reads the same columns of touches and conversions out of the same tables (the faster of ADBC and binary COPY)
and copies the same credit rows, binary, into a table with the same key and no policies. Ours goes through row-level
security, locks, joins, computes five models in exact minor units, compares, and updates the conversions too.
"""

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import numpy as np
import pgpq
import psycopg
import pyarrow as pa

from benchmarks.report import Row
from dev import databases, postgres
from dev.state import state_root
from include.attribution.channels import exposure_key
from include.ids import stable_id, tenant_id_of
from include.jobs.process_attribution import process_attribution
from include.jobs.recalculate_recent import recalculate_recent
from include.jobs.request import JobRequest
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import SettingsFrom, Tenant
from sandbox.world.bench_world import BENCH_CHANNELS, BenchWorld, bench_world

_SLUG = "bench"
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_MASK = 2**62 - 1
_REPETITIONS = 3
_TOUCHES = "select touchpoint_id, visitor_id, occurred_at, priority, exposure_key, 0::smallint as flags"
_CONVERSIONS = "select conversion_id, occurred_at, coalesce(customer_id, 0), coalesce(visitor_id, 0), value_minor"
_TENANT = Tenant(
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
class _Loaded:
    superuser_url: str
    jobs_url: str


def measure() -> list[Row]:
    """Return the ratios of a first calculation, an unchanged one, SQL, a day's increment and memory."""
    folder = state_root() / "bench-postgres"
    server = postgres.start(folder, settings={"max_wal_size": "16GB", "checkpoint_timeout": "30min"})
    try:
        small = _load(server, "bench_small", bench_world())
        rows = _window_rows(small)
        rows.append(_increment_row(small))
        large = _load(server, "bench_large", bench_world(2_000_000, browsers=3_000_000, days=800))
        rows.append(_memory_row(small, large))
        return rows
    finally:
        postgres.stop(folder)


def _window_rows(loaded: _Loaded) -> list[Row]:
    first, again, floors, statements = [], [], [], []
    for _ in range(_REPETITIONS):
        _reset(loaded)
        first.append(_seconds(lambda: _calculate(loaded)))
        again.append(_seconds(lambda: _expect_unchanged(loaded)))
        floors.append(_floor(loaded))
        statements.append(_one_statement(loaded))
    ours, unchanged, floor, statement = (sorted(times)[len(times) // 2] for times in (first, again, floors, statements))
    return [
        Row("window, 200,000 conversions, first credit | floor", f"{ours:.2f} s", f"{floor:.2f} s", ours / floor, 1.6),
        Row(
            "the same window, unchanged: 0 rows written | floor",
            f"{unchanged:.2f} s",
            f"{floor:.2f} s",
            unchanged / floor,
            0.8,
        ),
        Row("first credit | one SQL statement", f"{ours:.2f} s", f"{statement:.2f} s", ours / statement, 1.0),
    ]


def _calculate(loaded: _Loaded) -> dict[str, int | float]:
    request = JobRequest("process_attribution", "bench", _NOW)
    with tenant_transaction(loaded.jobs_url, _TENANT.tenant_id) as session:
        counts = dict(process_attribution(session, {}, _TENANT, request).counts)
    return counts


def _expect_unchanged(loaded: _Loaded) -> None:
    request = JobRequest("attribution_recalculate_recent", "bench-2", _NOW, date(2025, 1, 1), date(2030, 1, 1))
    with tenant_transaction(loaded.jobs_url, _TENANT.tenant_id) as session:
        result = recalculate_recent(session, {}, _TENANT, request)
    if result.counts["conversions_changed"] or result.changed:
        raise RuntimeError(f"an unchanged window was written: {result.counts}")


def _increment_row(loaded: _Loaded) -> Row:
    """One local day of 2,500 conversions, against an indexed query that finds the same pairs and writes nothing."""
    with psycopg.connect(loaded.superuser_url) as connection:
        ((day,),) = connection.execute(
            "select date_trunc('day', max(occurred_at) - interval '2 days') from analytics.conversions"
        ).fetchall()
    bare = (
        "select count(*), sum(rank) from (select row_number() over (partition by c.conversion_id"
        " order by t.occurred_at) as rank from analytics.conversions c"
        " join analytics.touchpoints t on t.tenant_id = c.tenant_id"
        " and t.visitor_id = c.visitor_id"
        " and t.occurred_at between c.occurred_at - interval '30 days' and c.occurred_at"
        " where c.tenant_id = %s and c.occurred_at >= %s and c.occurred_at < %s) as pairs"
    )
    ours, query = [], []
    for _ in range(5):
        with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
            connection.execute(
                "delete from analytics.attribution_credits using analytics.conversions c"
                " where attribution_credits.conversion_id = c.conversion_id and c.occurred_at >= %s"
                " and c.occurred_at < %s",
                (day, day + timedelta(days=1)),
            )
            connection.execute(
                "update analytics.conversions set status = 'pending', run_id = null where occurred_at >= %s"
                " and occurred_at < %s",
                (day, day + timedelta(days=1)),
            )
            connection.execute("vacuum analyze analytics.conversions")
            ours.append(_seconds(lambda: _calculate(loaded)))
            query.append(
                _seconds(
                    lambda opened=connection: opened.execute(  # type: ignore[misc]
                        bare, (_TENANT.tenant_id, day, day + timedelta(days=1))
                    ).fetchall()
                )
            )
    mine, theirs = sorted(ours)[2], sorted(query)[2]
    return Row("one day, 2,500 conversions | bare indexed query", _ms(mine), _ms(theirs), mine / theirs, 10)


def _memory_row(small: _Loaded, large: _Loaded) -> Row:
    peaks = [_peak_memory(loaded) for loaded in (small, large)]
    return Row(
        "peak memory, ten times the window",
        f"{peaks[1] / 1024:.0f} MB",
        f"{peaks[0] / 1024:.0f} MB",
        peaks[1] / peaks[0],
        1.25,
    )


def _peak_memory(loaded: _Loaded) -> int:
    """Return the peak resident memory, in KB, of a fresh process that credits everything once."""
    _reset(loaded)
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe()
    process = context.Process(target=_report_peak, args=(loaded, sender))
    process.start()
    peak = int(receiver.recv())
    process.join()
    return peak


def _report_peak(loaded: _Loaded, sender: Any) -> None:
    _calculate(loaded)
    sender.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _floor(loaded: _Loaded) -> float:
    out = min(_seconds(lambda: _adbc_out(loaded)), _seconds(lambda: _copy_out(loaded)))
    with adbc.connect(loaded.superuser_url) as connection, connection.cursor() as cursor:
        cursor.execute("select * from analytics.attribution_credits")
        credits = cursor.fetch_arrow_table().drop_columns(["attribution_data_driven", "amount_data_driven_minor"])
    credits = credits.combine_chunks()
    with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
        connection.execute("drop table if exists floor")
        connection.execute(
            "create table floor (like analytics.attribution_credits including defaults,"
            " primary key (tenant_id, conversion_id, touchpoint_id))"
        )
        return out + _seconds(lambda: _copy_in(connection, credits))


def _adbc_out(loaded: _Loaded) -> None:
    with adbc.connect(loaded.superuser_url) as connection, connection.cursor() as cursor:
        for query in (f"{_TOUCHES} from analytics.touchpoints", f"{_CONVERSIONS} from analytics.conversions"):
            cursor.execute(query)
            cursor.fetch_arrow_table()


def _copy_out(loaded: _Loaded) -> None:
    with psycopg.connect(loaded.superuser_url) as connection:
        for query in (f"{_TOUCHES} from analytics.touchpoints", f"{_CONVERSIONS} from analytics.conversions"):
            with connection.cursor().copy(f"copy ({query}) to stdout (format binary)") as stream:
                for _ in stream:
                    pass


def _copy_in(connection: psycopg.Connection[Any], credits: pa.Table) -> None:
    encoder = pgpq.ArrowToPostgresBinaryEncoder(credits.schema)
    columns = ", ".join(credits.column_names)
    with connection.cursor().copy(f"copy floor ({columns}) from stdin (format binary)") as stream:
        stream.write(encoder.write_header())
        for batch in credits.to_batches(max_chunksize=100_000):
            stream.write(encoder.write_batch(batch))
        stream.write(encoder.finish())


def _one_statement(loaded: _Loaded) -> float:
    """The same five models' weights, and amounts rounded rather than exact, written by one INSERT ... SELECT."""
    with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
        connection.execute("drop table if exists floor")
        connection.execute(
            "create table floor (like analytics.attribution_credits including defaults,"
            " primary key (tenant_id, conversion_id, touchpoint_id))"
        )
        return _seconds(lambda: connection.execute(_ONE_STATEMENT, {"tenant_id": _TENANT.tenant_id}))


_ONE_STATEMENT = """
insert into floor (tenant_id, conversion_id, touchpoint_id, position, occurred_at,
    attribution_first, attribution_last, attribution_linear, attribution_time_decay, attribution_position,
    amount_first_minor, amount_last_minor, amount_linear_minor, amount_time_decay_minor, amount_position_minor)
with pairs as (
    select c.tenant_id, c.conversion_id, c.value_minor, t.touchpoint_id, t.occurred_at as touched_at, c.occurred_at,
           t.priority, t.channel
    from analytics.conversions c
    left join analytics.visitor_identities own on own.tenant_id = c.tenant_id and own.customer_id = c.customer_id
    join analytics.touchpoints t
        on t.tenant_id = c.tenant_id and t.visitor_id = coalesce(own.visitor_id, c.visitor_id)
        and t.occurred_at between c.occurred_at - interval '30 days' and c.occurred_at
    where c.tenant_id = %(tenant_id)s
),
indirect as (
    select *, bool_or(channel <> 'Direct') over (partition by conversion_id) as known from pairs
),
placed as (
    select *, row_number() over journey as place, count(*) over (partition by conversion_id) as touches,
           sum(power(2, -extract(epoch from occurred_at - touched_at) / 604800))
               over (partition by conversion_id) as decay
    from indirect
    where channel <> 'Direct' or not known
    window journey as (partition by conversion_id order by touched_at, priority, touchpoint_id)
),
weighed as (
    select *, (place = 1)::int::float8 as first, (place = touches)::int::float8 as last,
           1.0::float8 / touches as linear,
           (power(2, -extract(epoch from occurred_at - touched_at) / 604800) / decay)::float8 as time_decay,
           case when touches = 1 then 1 when touches = 2 then 0.5 when place in (1, touches) then 0.4
                else 0.2 / (touches - 2) end::float8 as position
    from placed
)
select tenant_id, conversion_id, touchpoint_id, place, occurred_at, first, last, linear, time_decay, position,
       round(value_minor * first)::bigint, round(value_minor * last)::bigint, round(value_minor * linear)::bigint,
       round(value_minor * time_decay)::bigint, round(value_minor * position)::bigint
from weighed
"""


def _load(server: postgres.Server, database: str, world: BenchWorld) -> _Loaded:
    passwords = databases.Passwords.generate()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{database}" with (force)')
        for role in (databases.OWNER, *databases.LOGIN_ROLES.values()):
            if connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
                connection.execute(f"alter role {role} password '{passwords.by_role[role]}'")
    urls = databases.create_analytics(server, passwords, database)
    loaded = _Loaded(server.url(database=database), urls["ANALYTICS_DB_URL"])
    with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
        for table, columns in _tables(world).items():
            _copy_columns(connection, table, columns)
            connection.execute(f"vacuum analyze {table}")
    return loaded


def _tables(world: BenchWorld) -> dict[str, dict[str, Any]]:
    tenant = _TENANT.tenant_id
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


def _copy_columns(connection: psycopg.Connection[Any], table: str, columns: dict[str, Any]) -> None:
    data = pa.table(columns)
    encoder = pgpq.ArrowToPostgresBinaryEncoder(data.schema)
    with connection.cursor().copy(f"copy {table} ({', '.join(columns)}) from stdin (format binary)") as stream:
        stream.write(encoder.write_header())
        for batch in data.to_batches(max_chunksize=100_000):
            stream.write(encoder.write_batch(batch))
        stream.write(encoder.finish())


def _reset(loaded: _Loaded) -> None:
    with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
        connection.execute("truncate analytics.attribution_credits")
        connection.execute("update analytics.conversions set status = 'pending', run_id = null, reason = null")
        connection.execute("vacuum full analyze analytics.conversions")
        connection.execute("checkpoint")


def _hashes(number: int, kind: str) -> Any:
    """Return ids that are spread like stable hashes, without hashing millions of strings."""
    mixed = (np.arange(1, number + 1, dtype=np.uint64) + np.uint64(stable_id(kind) & _MASK)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    mixed ^= mixed >> np.uint64(31)
    return (mixed & np.uint64(_MASK)).astype(np.int64)


def _instants(microseconds: Any) -> pa.Array:
    return pa.array(microseconds, pa.int64()).cast(pa.timestamp("us", tz="UTC"))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
