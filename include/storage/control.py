"""What the listing role (analytics_control) reads: tenants, queues' due columns and job_runs, across all tenants.

Only listing, verdicts, alerts and pages read here; a tenant's own rows are reached by `tenant_transaction` alone.
"""

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
    with psycopg.connect(
        make_conninfo(url, application_name="attribution-control", connect_timeout="10"), row_factory=namedtuple_row
    ) as connection:
        connection.execute("set transaction read only")
        connection.execute("select set_config('statement_timeout', %s, true)", (f"{_STATEMENT_SECONDS}s",))
        return connection.execute(statement(name), parameters).fetchall()
