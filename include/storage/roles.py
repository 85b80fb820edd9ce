"""The database roles, made by migrations when they are missing and never changed afterwards.

analytics_jobs does the work of tenants, analytics_control lists and judges runs, analytics_ingest receives webhooks
and touches, analytics_reader is for analysts. Their passwords come from the URLs that use them.
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

ROLES: Mapping[str, str] = {
    "analytics_jobs": "ANALYTICS_DB_URL",
    "analytics_control": "ANALYTICS_CONTROL_URL",
    "analytics_ingest": "ANALYTICS_INGEST_URL",
    "analytics_reader": "ANALYTICS_READER_URL",
}
"""Role -> environment variable with the URL it logs in by; without the variable the role cannot log in."""


def ensure_roles(connection: psycopg.Connection[tuple[object, ...]], urls: Mapping[str, str]) -> None:
    """Create the roles that do not exist; a role that exists keeps its password and attributes.

    urls: the variables of ROLES, usually os.environ.
    """
    existing = {row[0] for row in connection.execute("select rolname from pg_roles").fetchall()}
    for role, variable in ROLES.items():
        if role not in existing:
            _create(connection, role, urls.get(variable, ""))


def _create(connection: psycopg.Connection[tuple[object, ...]], role: str, url: str) -> None:
    password = conninfo_to_dict(url).get("password") if url else None
    login = sql.SQL("login password {}").format(sql.Literal(password)) if password else sql.SQL("nologin")
    create = sql.SQL("create role {} nosuperuser nocreatedb nocreaterole nobypassrls {}")
    try:
        with connection.transaction():
            connection.execute(create.format(sql.Identifier(role), login))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        # Roles belong to the server: the migration of another database on it was first.
        return
