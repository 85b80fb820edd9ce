"""Recalculation of a large window, against what the same rows cost to move and nothing else.

The floor reads the same columns of touches and conversions out of the same tables (the faster of ADBC and binary COPY)
and copies the same credit rows, binary, into a table with the same key and no policies. Ours goes through row-level
security, locks, joins, computes five models in exact minor units, compares, and updates the conversions too.
"""

import multiprocessing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg

from benchmarks.loaded_tenant import (
    NOW,
    TENANT,
    LoadedTenant,
    bench_server,
    copy_table,
    credit_everything,
    load_tenant,
    seconds_of,
    set_back,
)
from benchmarks.report import Row
from include.jobs.recalculate_recent import recalculate_recent
from include.jobs.request import JobRequest
from include.storage.session import tenant_transaction
from sandbox.world.bench_world import bench_world

_REPETITIONS = 3
_TOUCHES = "select touchpoint_id, visitor_id, occurred_at, priority, exposure_key, 0::smallint as flags"
_CONVERSIONS = "select conversion_id, occurred_at, coalesce(customer_id, 0), coalesce(visitor_id, 0), value_minor"


def measure() -> list[Row]:
    """Return the ratios of a first calculation, an unchanged one, SQL, a day's increment and memory."""
    with bench_server() as server:
        small = load_tenant(server, "bench_small", bench_world())
        rows = _window_rows(small)
        rows.append(_increment_row(small))
        large = load_tenant(server, "bench_large", bench_world(2_000_000, browsers=3_000_000, days=800))
        rows.append(_memory_row(small, large))
    return rows


def _window_rows(loaded: LoadedTenant) -> list[Row]:
    first, again, floors, statements = [], [], [], []
    for _ in range(_REPETITIONS):
        set_back(loaded)
        first.append(seconds_of(lambda: credit_everything(loaded)))
        again.append(seconds_of(lambda: _expect_unchanged(loaded)))
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


def _expect_unchanged(loaded: LoadedTenant) -> None:
    request = JobRequest("attribution_recalculate_recent", "bench-2", NOW, date(2025, 1, 1), date(2030, 1, 1))
    with tenant_transaction(loaded.jobs_url, TENANT.tenant_id) as session:
        result = recalculate_recent(session, {}, TENANT, request)
    if result.counts["conversions_changed"] or result.changed:
        raise RuntimeError(f"an unchanged window was written: {result.counts}")


def _increment_row(loaded: LoadedTenant) -> Row:
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
            ours.append(seconds_of(lambda: credit_everything(loaded)))
            query.append(
                seconds_of(
                    lambda opened=connection: opened.execute(  # type: ignore[misc]
                        bare, (TENANT.tenant_id, day, day + timedelta(days=1))
                    ).fetchall()
                )
            )
    mine, theirs = sorted(ours)[2], sorted(query)[2]
    return Row("one day, 2,500 conversions | bare indexed query", _ms(mine), _ms(theirs), mine / theirs, 10)


def _memory_row(small: LoadedTenant, large: LoadedTenant) -> Row:
    peaks = [_peak_memory(loaded) for loaded in (small, large)]
    return Row(
        "peak memory, ten times the window",
        f"{peaks[1] / 1024:.0f} MB",
        f"{peaks[0] / 1024:.0f} MB",
        peaks[1] / peaks[0],
        1.25,
    )


def _peak_memory(loaded: LoadedTenant) -> int:
    """Return the peak resident memory, in KB, of a fresh process that credits everything once."""
    set_back(loaded)
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe()
    process = context.Process(target=_report_peak, args=(loaded, sender))
    process.start()
    peak = int(receiver.recv())
    process.join()
    return peak


def _report_peak(loaded: LoadedTenant, sender: Any) -> None:
    credit_everything(loaded)
    # Not ru_maxrss: a child starts with the peak of the process that forked it.
    status = Path("/proc/self/status").read_text()
    sender.send(int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))))


def _floor(loaded: LoadedTenant) -> float:
    out = min(seconds_of(lambda: _adbc_out(loaded)), seconds_of(lambda: _copy_out(loaded)))
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
        return out + seconds_of(lambda: copy_table(connection, "floor", credits))


def _adbc_out(loaded: LoadedTenant) -> None:
    with adbc.connect(loaded.superuser_url) as connection, connection.cursor() as cursor:
        for query in (f"{_TOUCHES} from analytics.touchpoints", f"{_CONVERSIONS} from analytics.conversions"):
            cursor.execute(query)
            cursor.fetch_arrow_table()


def _copy_out(loaded: LoadedTenant) -> None:
    with psycopg.connect(loaded.superuser_url) as connection:
        for query in (f"{_TOUCHES} from analytics.touchpoints", f"{_CONVERSIONS} from analytics.conversions"):
            with connection.cursor().copy(f"copy ({query}) to stdout (format binary)") as stream:
                for _ in stream:
                    pass


def _one_statement(loaded: LoadedTenant) -> float:
    """The same five models' weights, and amounts rounded rather than exact, written by one INSERT ... SELECT."""
    with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
        connection.execute("drop table if exists floor")
        connection.execute(
            "create table floor (like analytics.attribution_credits including defaults,"
            " primary key (tenant_id, conversion_id, touchpoint_id))"
        )
        return seconds_of(lambda: connection.execute(_ONE_STATEMENT, {"tenant_id": TENANT.tenant_id}))


_ONE_STATEMENT = """
insert into floor (tenant_id, conversion_id, touchpoint_id, position,
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
select tenant_id, conversion_id, touchpoint_id, place, first, last, linear, time_decay, position,
       round(value_minor * first)::bigint, round(value_minor * last)::bigint, round(value_minor * linear)::bigint,
       round(value_minor * time_decay)::bigint, round(value_minor * position)::bigint
from weighed
"""


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
