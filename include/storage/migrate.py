"""Forward-only migrations: `migrations/control` for the first database, `migrations/analytics` for every one.

A migration is one file and one transaction, recorded with its checksum; a changed or unknown one is refused. An
advisory lock makes two starts at once safe: the second waits and finds nothing to do. Run by `make up`, by the compose
migrate service and by hand: `python -m include.storage.migrate`.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import cast

import psycopg

from include.errors import AttributionError, InvalidInput, MigrationError
from include.storage.roles import ensure_roles

_MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 4_740_017_093_361
_FURTHER_DATABASE_PREFIX = "ANALYTICS_ADMIN_URL__"


def migrate(admin_url: str, *, control: bool, urls: Mapping[str, str] = os.environ) -> list[str]:
    """Bring one database up to date and return the names of the migrations applied, oldest first.

    admin_url: a role with CREATEROLE that owns the schemas (analytics_owner). control: the database holds the
    control schema too. urls: where missing roles get their passwords from. Raises MigrationError when an applied
    migration was changed or is unknown here.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
        ensure_roles(connection, urls)
        connection.execute("create schema if not exists migrations")
        connection.execute(
            "create table if not exists migrations.applied ("
            " name text primary key, checksum text not null, applied_at timestamptz not null default clock_timestamp())"
        )
        applied = dict(
            cast(
                list[tuple[str, str]],
                connection.execute("select name, checksum from migrations.applied").fetchall(),
            )
        )
        known = dict(_migrations(control=control))
        _refuse_divergence(applied, known)
        pending = [name for name in known if name not in applied]
        for name in pending:
            _apply(connection, name, known[name])
        return pending


def databases(environment: Mapping[str, str]) -> Iterator[tuple[str, str, bool]]:
    """Yield (name, admin URL, holds control) of every database that the environment names, the first one first."""
    first = environment.get("ANALYTICS_ADMIN_URL")
    if not first:
        raise InvalidInput("ANALYTICS_ADMIN_URL is not set; give the URL of the role that owns the analytics schemas")
    yield "analytics_db", first, True
    for variable in sorted(environment):
        if variable.startswith(_FURTHER_DATABASE_PREFIX):
            yield variable.removeprefix(_FURTHER_DATABASE_PREFIX).lower(), environment[variable], False


def main() -> int:
    """Migrate every database of the environment; print one line each."""
    try:
        for name, url, control in databases(os.environ):
            applied = migrate(url, control=control)
            print(f"{name}: {', '.join(applied) if applied else 'up to date'}")
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _migrations(*, control: bool) -> Iterator[tuple[str, str]]:
    for chain in ("control", "analytics") if control else ("analytics",):
        for path in sorted((_MIGRATIONS / chain).glob("*.sql")):
            yield f"{chain}/{path.stem}", path.read_text(encoding="utf-8")


def _refuse_divergence(applied: Mapping[str, str], known: Mapping[str, str]) -> None:
    for name, checksum in applied.items():
        if name not in known:
            raise MigrationError(f"migration {name} is in the database but not in this checkout; deploy a newer one")
        if checksum != _checksum(known[name]):
            raise MigrationError(f"migration {name} was changed after it was applied; restore the file, add a new one")


def _apply(connection: psycopg.Connection[tuple[object, ...]], name: str, text: str) -> None:
    with connection.transaction():
        connection.execute(text)
        connection.execute("insert into migrations.applied (name, checksum) values (%s, %s)", (name, _checksum(text)))


def _checksum(text: str) -> str:
    return sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
