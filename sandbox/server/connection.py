"""An Airflow connection, as JSON for AIRFLOW_CONN_<ID>, that points a shop's vendor at this sandbox."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def connection_id(slug: str, conn_type: str) -> str:
    """Return the id under which tenants/*.yaml name it: northwind_outdoor_meta_ads."""
    return f"{slug.replace('-', '_')}_{conn_type}"


def connection(origin: str, conn_type: str, password: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the connection of architecture.md's table; origin is http://host:port, base_path is in extra."""
    at = urlsplit(origin)
    return {
        "conn_type": conn_type,
        "schema": at.scheme,
        "host": at.hostname,
        "port": at.port,
        "password": password,
        "extra": dict(extra),
    }
