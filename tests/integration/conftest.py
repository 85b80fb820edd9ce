"""One PostgreSQL server per test session, from the wheel; databases are made per module and dropped with the server."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from dev import databases, postgres


@dataclass(frozen=True)
class Database:
    """URLs of one analytics database, by role."""

    name: str
    superuser_url: str
    admin_url: str
    jobs_url: str
    control_url: str
    ingest_url: str
    reader_url: str


@pytest.fixture(scope="session")
def passwords() -> databases.Passwords:
    return databases.Passwords.generate()


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    folder = Path(tempfile.mkdtemp(prefix="attribution-test-"))
    folder.chmod(0o755)
    try:
        yield postgres.start(folder, settings={"fsync": "off", "full_page_writes": "off"})
    finally:
        postgres.stop(folder)
        shutil.rmtree(folder)


def make_database(server: postgres.Server, passwords: databases.Passwords, *, control: bool = True) -> Database:
    name = f"attribution_{uuid.uuid4().hex[:8]}"
    urls = databases.create_analytics(server, passwords, name, control=control)
    return Database(
        name,
        server.url(database=name),
        urls["ANALYTICS_ADMIN_URL"],
        urls["ANALYTICS_DB_URL"],
        urls["ANALYTICS_CONTROL_URL"],
        urls["ANALYTICS_INGEST_URL"],
        urls["ANALYTICS_READER_URL"],
    )


@pytest.fixture(scope="module")
def database(server: postgres.Server, passwords: databases.Passwords) -> Iterator[Database]:
    """An empty, migrated analytics database with control."""
    made = make_database(server, passwords)
    yield made
    _drop(server, made)


@pytest.fixture(scope="module")
def second_database(server: postgres.Server, passwords: databases.Passwords) -> Iterator[Database]:
    """A further database as a db_conn_id names it: analytics only."""
    made = make_database(server, passwords, control=False)
    yield made
    _drop(server, made)


def _drop(server: postgres.Server, database: Database) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f'drop database "{database.name}" with (force)')
