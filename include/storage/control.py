"""What the listing role (analytics_control) reads across all tenants, and writes: alerts and records of runs.

Only listing, verdicts, alerts and pages come here; a tenant's own rows are reached by `tenant_transaction` alone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import namedtuple_row

from include.storage.sql import statement

_STATEMENT_SECONDS = 30


def control_rows(url: str, name: str, **parameters: object) -> list[Any]:
    """Run a statement of queries/ as analytics_control, read-only, and return its rows as named tuples.

    url: the first database, as ANALYTICS_CONTROL_URL gives it. A statement is cancelled after 30 s.
    """
    with control_transaction(url) as connection:
        connection.execute("set transaction read only")
        return connection.execute(statement(name), parameters).fetchall()


def control_write(url: str, *statements: tuple[str, Mapping[str, object]]) -> None:
    """Run statements of queries/, each a name with its parameters, as analytics_control in one transaction."""
    with control_transaction(url) as connection:
        for name, parameters in statements:
            connection.execute(statement(name), parameters)


@contextmanager
def control_transaction(url: str) -> Iterator["psycopg.Connection[Any]"]:
    """Open a transaction as analytics_control; commit at the end of the block, roll back on any error."""
    with psycopg.connect(
        make_conninfo(url, application_name="attribution-control", connect_timeout="10"), row_factory=namedtuple_row
    ) as connection:
        connection.execute("select set_config('statement_timeout', %s, true)", (f"{_STATEMENT_SECONDS}s",))
        yield connection
