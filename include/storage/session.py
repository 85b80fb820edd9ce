"""The only way to a tenant's rows: a transaction as the jobs' role, with the tenant set for row-level security.

psycopg owns the transaction: rows, locks and writes, and COPY into temporary tables (COPY straight into a table with
row-level security is refused by PostgreSQL). Whole columns are read through ADBC in read-only companion transactions
on one snapshot of what is committed, so a job locks first and reads after. The column libraries are imported where they
are used: they cost 1.7 s, which tasks that only list or judge need not pay. What the statements mean is the business
of the modules that name them.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import namedtuple_row

from include.errors import DeadlineExceeded, UnsafeDatabaseRole
from include.storage.copy_stream import copy_stream
from include.storage.deadline import Deadline
from include.storage.sql import numbered, statement

if TYPE_CHECKING:
    import pyarrow as pa

# A dead peer is noticed within about half a minute, on both drivers; the deadline covers a peer that only hangs.
_CONNECTION_TIMEOUTS = {
    "connect_timeout": "10",
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_QUERY_CANCELED = "57014"
# A statement that the driver has prepared keeps being planned for its values: stages differ in size from step to step.
_BEGIN = (
    "select set_config('app.tenant_id', %s, true) as tenant,"
    " set_config('plan_cache_mode', 'force_custom_plan', true) as plans"
)
_TIMEOUT_FRESH_MS = 1_000
_TIMEOUT_NEAR_MS = 60_000

_checked_urls: set[str] = set()


class TenantSession:
    """One tenant's transaction; made by a `TenantConnection`, committed when its block ends without an error."""

    def __init__(self, connection: psycopg.Connection[Any], columns: "ColumnReaders", deadline: Deadline) -> None:
        self.tenant_id = columns.tenant_id
        self.deadline = deadline
        self._connection = connection
        self._readers = columns
        self._snapshot: str | None = None
        self._companion: Companion | None = None
        self._companions: list[Companion] = []
        self._timeout_ms: int | None = None

    def execute(self, name: str, **parameters: object) -> int:
        """Run a statement of queries/ and return the number of rows it changed. `tenant_id` is always bound."""
        return self._run(name, parameters).rowcount

    def rows(self, name: str, **parameters: object) -> list[Any]:
        """Run a statement of queries/ and return its rows as named tuples."""
        return self._run(name, parameters).fetchall()

    def row(self, name: str, **parameters: object) -> Any | None:
        """Run a statement of queries/ and return its first row, or None."""
        return self._run(name, parameters).fetchone()

    def columns(self, name: str, **parameters: object) -> "pa.Table":
        """Read a statement's whole result as Arrow columns, in a read-only companion transaction.

        The first call fixes the snapshot that all later ones read: what was committed then, and nothing that this
        session writes. Later calls may come from another thread, one at a time.
        """
        if self._companion is None:
            self._companion = self.companion()
        return self._companion.columns(name, **parameters)

    def batches(self, name: str, **parameters: object) -> "Iterator[pa.RecordBatch]":
        """Read a statement's result as `columns` does, a batch at a time; one result is read to its end at a time."""
        if self._companion is None:
            self._companion = self.companion()
        return self._companion.batches(name, **parameters)

    def companion(self) -> "Companion":
        """Open one more read-only transaction on the snapshot of `columns`, for reading beside it in another thread."""
        if self._snapshot is None:
            ((self._snapshot,),) = self._connection.execute("select pg_export_snapshot()").fetchall()
        opened = self._readers.begin(self.deadline, str(self._snapshot))
        self._companions.append(opened)
        return opened

    def copy(self, table: str, batches: "Iterable[pa.RecordBatch]", schema: "pa.Schema") -> int:
        """COPY Arrow batches into a temporary table of this session and return the number of rows.

        table: an identifier; its columns must have the names and types of schema, as copy_stream says.
        """
        rows = 0

        def _counted() -> "Iterator[pa.RecordBatch]":
            nonlocal rows
            for batch in batches:
                rows += batch.num_rows
                yield batch

        self.copy_encoded(table, schema.names, copy_stream(_counted(), schema))
        return rows

    def copy_encoded(self, table: str, columns: Iterable[str], stream: Iterable[bytes]) -> None:
        """COPY a stream that copy_stream made, perhaps in another thread, into a temporary table of this session."""
        copy = sql.SQL("copy {} ({}) from stdin (format binary)").format(
            sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(name) for name in columns)
        )
        self._set_timeout()
        with self._connection.cursor().copy(copy) as target:
            for chunk in stream:
                target.write(chunk)

    def _run(self, name: str, parameters: dict[str, object]) -> psycopg.Cursor[Any]:
        self._set_timeout()
        return self._connection.execute(statement(name), {"tenant_id": self.tenant_id, **parameters})

    def _set_timeout(self) -> None:
        milliseconds = self.deadline.statement_timeout_ms()
        # Far from the deadline a limit that is a second old does as well, and saves a round trip per statement.
        fresh = self._timeout_ms is not None and self._timeout_ms - milliseconds < _TIMEOUT_FRESH_MS
        if fresh and (milliseconds == 0 or milliseconds > _TIMEOUT_NEAR_MS):
            return
        self._connection.execute("select set_config('statement_timeout', %s, true)", (str(milliseconds),))
        self._timeout_ms = milliseconds

    def close(self, *, failed: bool) -> None:
        """End the companion transactions; the session's own is ended by its `TenantConnection`."""
        while self._companions:
            self._readers.end(self._companions.pop(), broken=failed)
        self._companion = None


class Companion:
    """A read-only transaction beside a session's, on its snapshot; used by one thread at a time."""

    def __init__(self, connection: Any, tenant_id: int, deadline: Deadline, snapshot: str) -> None:
        self._tenant_id = tenant_id
        self._deadline = deadline
        self._connection = connection
        with self._connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute(f"set transaction snapshot '{snapshot}'")
            cursor.execute("select set_config('app.tenant_id', $1, true)", (str(tenant_id),))
            cursor.fetchall()

    def columns(self, name: str, **parameters: object) -> "pa.Table":
        """Read a statement's whole result as Arrow columns."""
        with self._executed(name, parameters) as cursor:
            table: pa.Table = cursor.fetch_arrow_table()
            return table

    def batches(self, name: str, **parameters: object) -> "Iterator[pa.RecordBatch]":
        """Read a statement's result a batch at a time, of about 16 MB as the server sends it."""
        with self._executed(name, parameters) as cursor:
            yield from cursor.fetch_record_batch()

    @contextmanager
    def _executed(self, name: str, parameters: dict[str, object]) -> Iterator[Any]:
        import adbc_driver_manager

        text, values = numbered(name, {"tenant_id": self._tenant_id, **parameters})
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(f"set local statement_timeout = {self._deadline.statement_timeout_ms()}")
                cursor.execute(text, values)
                yield cursor
            except adbc_driver_manager.Error as error:
                if error.sqlstate == _QUERY_CANCELED:
                    raise DeadlineExceeded(f"{name} was cancelled: not finished within its deadline") from error
                raise

    def rollback(self) -> Any:
        """End the transaction and return its connection, for the next one."""
        self._connection.rollback()
        return self._connection

    def close(self) -> None:
        """End the transaction with its connection, in whatever state both are."""
        self._connection.close()


class ColumnReaders:
    """The connections of companions, kept from one transaction of a tenant to the next: opening one costs 50 ms."""

    def __init__(self, url: str, tenant_id: int) -> None:
        self.tenant_id = tenant_id
        self._url = url
        self._idle: list[Any] = []

    def begin(self, deadline: Deadline, snapshot: str) -> Companion:
        """Open a companion transaction on a snapshot."""
        return Companion(self._idle.pop() if self._idle else self._opened(), self.tenant_id, deadline, snapshot)

    def end(self, companion: Companion, *, broken: bool) -> None:
        """End a companion's transaction and keep its connection, unless an error may have left it half read."""
        if broken:
            companion.close()
        else:
            self._idle.append(companion.rollback())

    def close(self) -> None:
        """Close what is kept."""
        while self._idle:
            self._idle.pop().close()

    def _opened(self) -> Any:
        import adbc_driver_postgresql.dbapi as adbc

        return adbc.connect(_with_timeouts(self._url))


class TenantConnection:
    """One tenant's connection, for transactions one after the other; made by `tenant_connection`."""

    def __init__(self, connection: psycopg.Connection[Any], columns: ColumnReaders) -> None:
        self._connection = connection
        self._columns = columns

    @contextmanager
    def transaction(self, deadline: Deadline | None = None) -> Iterator[TenantSession]:
        """Open a transaction; commit at the end of the block, roll back on any error.

        Raises DeadlineExceeded when a statement or a lock outlives the deadline (default: none).
        """
        session = TenantSession(self._connection, self._columns, deadline or Deadline.none())
        failed = True
        try:
            with self._connection.transaction():
                self._connection.execute(_BEGIN, (str(session.tenant_id),))
                yield session
            failed = False
        except psycopg.errors.QueryCanceled as error:
            raise DeadlineExceeded("a statement or lock was cancelled: not finished within its deadline") from error
        finally:
            session.close(failed=failed)


@contextmanager
def tenant_connection(url: str, tenant_id: int) -> Iterator[TenantConnection]:
    """Connect for one tenant, for the block; closing it undoes what no transaction committed.

    url: the jobs' role. Raises UnsafeDatabaseRole when it could see other tenants' rows.
    """
    refuse_unsafe_role(url)
    columns = ColumnReaders(url, tenant_id)
    with closing(columns), psycopg.connect(_with_timeouts(url), row_factory=namedtuple_row) as connection:
        yield TenantConnection(connection, columns)


@contextmanager
def tenant_transaction(url: str, tenant_id: int, deadline: Deadline | None = None) -> Iterator[TenantSession]:
    """Open one transaction for one tenant on a connection of its own: `tenant_connection` for one transaction."""
    with tenant_connection(url, tenant_id) as connection, connection.transaction(deadline) as session:
        yield session


def refuse_unsafe_role(url: str) -> None:
    """Raise UnsafeDatabaseRole unless the role of url owns nothing, bypasses nothing and is no member of one that does.

    Checked once per process and URL.
    """
    if url in _checked_urls:
        return
    with psycopg.connect(_with_timeouts(url), row_factory=namedtuple_row) as connection:
        fault = connection.execute(statement("roles/select_fault_of_jobs_role")).fetchone()
    if fault is not None:
        raise UnsafeDatabaseRole(
            f"role {fault[0]} {fault[1]}; jobs need a role that row-level security binds: "
            "use analytics_jobs (ANALYTICS_DB_URL or the tenant's db_conn_id)"
        )
    _checked_urls.add(url)


def _with_timeouts(url: str) -> str:
    return make_conninfo(url, application_name="attribution", **_CONNECTION_TIMEOUTS)
