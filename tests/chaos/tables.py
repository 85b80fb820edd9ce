"""What a database holds of a tenant, as rows that can be compared: all columns but those that tell of the run."""

import time
from collections import Counter
from collections.abc import Collection, Mapping

import psycopg
from psycopg import sql

OF_THE_RUN = frozenset(
    {
        *("run_id", "attempts", "fence", "expires_at"),
        *(
            "loaded_at",
            "recorded_at",
            "noted_at",
            "finished_at",
            "received_at",
            "requested_at",
            "resolved_at",
            "ended_at",
        ),
        *("started_at", "map_index", "counts"),
    }
)
"""Who wrote a row, how often it was tried, and machine time."""
OF_RETRIES = frozenset({"next_attempt_at", "due_at"})
"""When a conversion is tried again: follows from attempts."""
OF_THE_WAY = frozenset({"conversion_audit", "version"})
"""Histories. An order that changed twice is opened once when both states are read together, and twice when not."""

_QUIET_SECONDS = 60
Rows = Mapping[str, Counter[str]]


def stored_rows(superuser_url: str, tenant_id: int, ignored: Collection[str] = ()) -> Rows:
    """Return table -> a tenant's rows as JSON, without the columns OF_THE_RUN. ignored: further columns, or tables.

    Of control only job_runs is read: how each job ended.
    """
    found: dict[str, Counter[str]] = {}
    columns = sorted({*OF_THE_RUN, *ignored})
    with psycopg.connect(superuser_url) as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables"
            " where schemaname = 'analytics' or (schemaname, tablename) = ('control', 'job_runs')"
        ).fetchall()
        for schema, table in tables:
            if table not in ignored:
                query = sql.SQL(
                    "select (to_jsonb(stored) - %s::text[])::text from {} as stored where tenant_id = %s"
                ).format(sql.Identifier(schema, table))
                found[table] = Counter(row for (row,) in connection.execute(query, (columns, tenant_id)))
    return found


def differing(found: Rows, expected: Rows) -> dict[str, int]:
    """Return table -> number of rows that only one of the two has; tables without any are left out."""
    numbers = {
        table: ((found[table] - expected[table]) + (expected[table] - found[table])).total() for table in expected
    }
    return {table: number for table, number in numbers.items() if number}


def deadlocks(superuser_url: str) -> int:
    """Wait until every other session of the database has ended and return the deadlocks that it ever had.

    A killed task's session ends when PostgreSQL notices; until then it may hold locks, and what it counted is unknown.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        end = time.monotonic() + _QUIET_SECONDS
        while connection.execute(
            "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone():
            if time.monotonic() > end:
                raise TimeoutError(f"a session of a killed task is still there after {_QUIET_SECONDS} s")
            time.sleep(0.01)
        row = connection.execute("select deadlocks from pg_stat_database where datname = current_database()").fetchone()
    return int(row[0]) if row else 0
