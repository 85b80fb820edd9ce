"""The only reader of Airflow connections: where databases are, as libpq URLs.

The first database (control and the default analytics) is ANALYTICS_DB_URL, for the listing role ANALYTICS_CONTROL_URL;
without the variables, as where secrets live in Airflow, the connections analytics_db and analytics_control.
"""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from include.errors import InvalidInput

_FROM_ENVIRONMENT = {"analytics_db": "ANALYTICS_DB_URL", "analytics_control": "ANALYTICS_CONTROL_URL"}
_LIBPQ_EXTRAS = frozenset(
    {"sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "channel_binding", "gssencmode", "target_session_attrs"}
)


def database_url(conn_id: str) -> str:
    """Return the jobs' role's URL of the database that db_conn_id names; analytics_db is the first database.

    Raises InvalidInput when the connection is missing or is no postgres connection.
    """
    variable = _FROM_ENVIRONMENT.get(conn_id)
    if variable and os.environ.get(variable):
        return _masked(os.environ[variable])
    remedy = f"set {variable} or create it" if variable else "create it"
    try:
        connection = Connection.get(conn_id)
    except AirflowNotFoundException:
        raise InvalidInput(f"connection {conn_id} does not exist; {remedy} with type postgres") from None
    if connection.conn_type not in ("postgres", "postgresql"):
        raise InvalidInput(f"connection {conn_id} has type {connection.conn_type}; its type must be postgres")
    return libpq_url(
        host=connection.host,
        port=connection.port,
        database=connection.schema,
        user=connection.login,
        password=connection.password,
        extra=connection.extra_dejson,
    )


def _masked(url: str) -> str:
    # Airflow masks the passwords of connections in logs; those of the environment it does not know.
    if password := urlsplit(url).password:
        mask_secret(unquote(password))
    return url


def control_url() -> str:
    """Return the listing role's URL of the first database; raises InvalidInput as `database_url`."""
    return database_url("analytics_control")


def libpq_url(
    *,
    host: str | None,
    port: int | None,
    database: str | None,
    user: str | None,
    password: str | None,
    extra: Mapping[str, Any],
) -> str:
    """Return the URL of a connection's fields; of extra only what libpq knows about encryption and routing."""
    login = quote(user or "", safe="")
    if password:
        login += f":{quote(password, safe='')}"
    where = quote(host or "localhost", safe="[]:,") + (f":{port}" if port else "")
    options = urlencode({name: value for name, value in sorted(extra.items()) if name in _LIBPQ_EXTRAS})
    at = "@" if login else ""
    return f"postgresql://{login}{at}{where}/{quote(database or '', safe='')}{f'?{options}' if options else ''}"
