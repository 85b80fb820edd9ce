"""What all workers share about a credential, in the first database: the connection to it, kept by a process.

No row here belongs to a tenant and no tenant is set; the HTTP layer alone reads and writes it. Every statement is its
own transaction, so that nothing is held while a vendor is asked.
"""

import threading
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import namedtuple_row

from include.storage.session import refuse_unsafe_role
from include.storage.sql import statement

_OPTIONS = "-c statement_timeout=10s -c synchronous_commit=off"


class PlatformState:
    """One autocommit connection as the jobs' role, opened when first used and again after it broke."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: psycopg.Connection[Any] | None = None
        self._lock = threading.Lock()

    def row(self, name: str, **parameters: object) -> Any | None:
        """Run a statement of queries/ and return its first row as a named tuple, or None."""
        with self._lock:
            return self._cursor(name, parameters).fetchone()

    def execute(self, name: str, **parameters: object) -> int:
        """Run a statement of queries/ and return the number of rows it changed."""
        with self._lock:
            return self._cursor(name, parameters).rowcount

    def _cursor(self, name: str, parameters: dict[str, object]) -> psycopg.Cursor[Any]:
        connection = self._opened()
        try:
            return connection.execute(statement(name), parameters)
        except psycopg.OperationalError:
            if not connection.broken:
                raise
        # A server that restarted; every statement here may run twice, at worst a permit is lost.
        return self._opened().execute(statement(name), parameters)

    def _opened(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            refuse_unsafe_role(self.url)
            self._connection = psycopg.connect(
                make_conninfo(
                    self.url, application_name="attribution-platforms", connect_timeout="10", options=_OPTIONS
                ),
                autocommit=True,
                row_factory=namedtuple_row,
            )
        return self._connection

    def close(self) -> None:
        """Close the connection; the next statement opens another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
