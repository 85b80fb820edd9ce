"""The only reader of Airflow connections: where databases are, as libpq URLs, and the credentials of platforms.

The first database (control and the default analytics) is ANALYTICS_DB_URL, for the listing role ANALYTICS_CONTROL_URL;
without the variables, as where secrets live in Airflow, the connections analytics_db and analytics_control. A platform
connection is refused here when it points at a host that is not its vendor's, before anything is sent.
"""

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from include.clock import fixed_now
from include.errors import HostRefused, InvalidInput
from include.platforms.connections import ConnectionFields, Endpoint, PlatformConnection, read_connection
from include.platforms.hosts import allowed_hosts, fault_of_host
from include.platforms.secret import Secret

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


def platform_connection(conn_id: str) -> PlatformConnection:
    """Return a platform connection as its typed value.

    Raises InvalidInput when it is missing or an extra is wrong, HostRefused when one of its hosts is not its vendor's
    and not named in ALLOWED_PLATFORM_HOSTS, or is not this machine while ATTRIBUTION_NOW fixes the clock.
    """
    connection = read_connection(platform_fields(conn_id))
    for endpoint in connection.endpoints:
        _refuse_host(connection, endpoint)
    return connection


def platform_fields(conn_id: str) -> ConnectionFields:
    """Return a platform connection's fields as they are; raises InvalidInput when it does not exist."""
    try:
        connection = Connection.get(conn_id)
    except AirflowNotFoundException:
        connection = None
    if connection is None:
        raise InvalidInput(f"connection {conn_id} does not exist; create it in Airflow or your secrets backend")
    try:
        extra = json.loads(connection.extra) if connection.extra else {}
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise InvalidInput(f"connection {conn_id}: its extra is no JSON object; write {{}} or name and value pairs")
    return ConnectionFields(
        conn_id=conn_id,
        conn_type=connection.conn_type or "",
        host=connection.host or None,
        schema=connection.schema or None,
        port=connection.port,
        password=Secret(connection.password or ""),
        extra=extra,
    )


def allowed_platform_hosts() -> frozenset[tuple[str, int | None]]:
    """Return what ALLOWED_PLATFORM_HOSTS names beside the vendors' own hosts."""
    return allowed_hosts(os.environ.get("ALLOWED_PLATFORM_HOSTS", ""))


def _refuse_host(connection: PlatformConnection, endpoint: Endpoint) -> None:
    fault = fault_of_host(connection.conn_type, endpoint.where, allowed_platform_hosts())
    if fault is None and not endpoint.where.is_loopback and fixed_now() is not None:
        fault = f"host {endpoint.where} is not this machine while ATTRIBUTION_NOW fixes the clock; unset one of the two"
    if fault is not None:
        raise HostRefused(f"connection {connection.conn_id} ({connection.conn_type}): {fault}")


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
