"""Databases and login URLs on a local server: analytics with its five roles, and Airflow's metadata database."""

import secrets
from dataclasses import dataclass

import psycopg
from psycopg import sql

from dev.postgres import Server
from include.storage.migrate import migrate

OWNER = "analytics_owner"
LOGIN_ROLES = {
    "ANALYTICS_DB_URL": "analytics_jobs",
    "ANALYTICS_CONTROL_URL": "analytics_control",
    "ANALYTICS_INGEST_URL": "analytics_ingest",
    "ANALYTICS_READER_URL": "analytics_reader",
}


@dataclass(frozen=True)
class Passwords:
    """One password per login role of the server, by role name."""

    by_role: dict[str, str]

    @classmethod
    def generate(cls) -> "Passwords":
        return cls({role: secrets.token_urlsafe(18) for role in [OWNER, "airflow", *LOGIN_ROLES.values()]})


def create_owner(server: Server, passwords: Passwords) -> None:
    """Create the role that runs migrations: it may create roles and is no superuser."""
    _ensure_role(server, OWNER, passwords.by_role[OWNER], sql.SQL("createrole"))


def create_database(server: Server, database: str, owner: str) -> None:
    """Create an empty database of this owner unless it exists."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        exists = connection.execute("select 1 from pg_database where datname = %s", (database,)).fetchone()
        if not exists:
            connection.execute(
                sql.SQL("create database {} owner {}").format(sql.Identifier(database), sql.Identifier(owner))
            )


def create_metadata_database(server: Server, passwords: Passwords, database: str = "airflow") -> str:
    """Create Airflow's own role and database and return the SQLAlchemy URL."""
    _ensure_role(server, "airflow", passwords.by_role["airflow"], sql.SQL(""))
    create_database(server, database, "airflow")
    url = server.url("airflow", passwords.by_role["airflow"], database)
    return url.replace("postgresql://", "postgresql+psycopg2://", 1)


def analytics_urls(server: Server, passwords: Passwords, database: str) -> dict[str, str]:
    """Return the ANALYTICS_* variables of a database on this server."""
    urls = {"ANALYTICS_ADMIN_URL": server.url(OWNER, passwords.by_role[OWNER], database)}
    for variable, role in LOGIN_ROLES.items():
        urls[variable] = server.url(role, passwords.by_role[role], database)
    return urls


def create_analytics(server: Server, passwords: Passwords, database: str, *, control: bool = True) -> dict[str, str]:
    """Create and migrate an analytics database and return its ANALYTICS_* variables."""
    create_owner(server, passwords)
    create_database(server, database, OWNER)
    urls = analytics_urls(server, passwords, database)
    migrate(urls["ANALYTICS_ADMIN_URL"], control=control, urls=urls)
    return urls


def _ensure_role(server: Server, role: str, password: str, attributes: sql.SQL) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
            connection.execute(
                sql.SQL("create role {} login password {} {}").format(
                    sql.Identifier(role), sql.Literal(password), attributes
                )
            )
