"""The environment of a local stack: every URL, port and secret its processes and tests need, decided in one place."""

import json
import os
import secrets
import socket
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dev import databases, postgres
from dev.state import CHECKOUT, REPORTS, state_folder, write_private

_GIVEN_URLS = ("ANALYTICS_ADMIN_URL", "ANALYTICS_DB_URL")


def prepare() -> dict[str, str]:
    """Start PostgreSQL unless ANALYTICS_ADMIN_URL and ANALYTICS_DB_URL are given; migrate; return all variables.

    The variables are the ANALYTICS_* URLs and Airflow's settings; ports and secrets are made once and kept in the
    state folder.
    """
    folder = state_folder()
    kept = _kept_values(folder / "secrets.json")
    passwords = databases.Passwords(kept["passwords"])
    if all(os.environ.get(name) for name in _GIVEN_URLS):
        urls, metadata_url = _given_databases(folder, passwords)
    else:
        server = _local_server(folder)
        urls = databases.create_analytics(server, passwords, "attribution")
        metadata_url = databases.create_metadata_database(server, passwords)
    further = {name: url for name, url in os.environ.items() if name.startswith("ANALYTICS_ADMIN_URL__")}
    return {**urls, **further, **_airflow(folder, kept, os.environ.get(_METADATA) or metadata_url, urls)}


_METADATA = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


def _local_server(folder: Path) -> postgres.Server:
    port = os.environ.get("PGPORT")
    return postgres.start(folder / "postgres", port=int(port) if port else None)


def _given_databases(folder: Path, passwords: databases.Passwords) -> tuple[dict[str, str], str]:
    urls = {name: os.environ[name] for name in _GIVEN_URLS}
    where = conninfo_to_dict(urls["ANALYTICS_DB_URL"])
    for variable, role in databases.LOGIN_ROLES.items():
        login = f"{role}:{passwords.by_role[role]}@{where['host']}:{where.get('port', 5432)}/{where['dbname']}"
        urls.setdefault(variable, os.environ.get(variable, f"postgresql://{login}"))
    databases.migrate(urls["ANALYTICS_ADMIN_URL"], control=True, urls=urls)
    if os.environ.get(_METADATA):
        return urls, os.environ[_METADATA]
    with psycopg.connect(urls["ANALYTICS_ADMIN_URL"], autocommit=True) as connection:
        may_create = connection.execute("select rolcreatedb or rolsuper from pg_roles where rolname = current_user")
        row = may_create.fetchone()
        if row is None or not row[0]:
            return urls, databases.create_metadata_database(_local_server(folder), passwords)
        if not connection.execute("select 1 from pg_database where datname = 'attribution_airflow'").fetchone():
            connection.execute("create database attribution_airflow")
    admin = conninfo_to_dict(urls["ANALYTICS_ADMIN_URL"])
    login = f"{admin['user']}:{admin.get('password', '')}@{admin['host']}:{admin.get('port', 5432)}"
    return urls, f"postgresql+psycopg2://{login}/attribution_airflow"


def _kept_values(path: Path) -> dict[str, Any]:
    if not path.exists():
        values = {
            "passwords": databases.Passwords.generate().by_role,
            "airflow_password": secrets.token_urlsafe(12),
            "fernet_key": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "jwt_secret": secrets.token_urlsafe(32),
            "api_secret": secrets.token_urlsafe(32),
            "ports": dict(zip(("api", "worker_logs", "trigger_logs"), _free_ports(3), strict=True)),
        }
        write_private(path, json.dumps(values))
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def _airflow(folder: Path, kept: dict[str, Any], metadata_url: str, urls: dict[str, str]) -> dict[str, str]:
    ports = kept["ports"]
    port = os.environ.get("AIRFLOW_PORT") or str(ports["api"])
    home = folder / "airflow"
    home.mkdir(exist_ok=True)
    users = home / "users.json"
    write_private(users, json.dumps({"admin": kept["airflow_password"]}))
    url = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_API_URL": url,
        "AIRFLOW_USER": "admin",
        "AIRFLOW_PASSWORD": str(kept["airflow_password"]),
        "AIRFLOW_CONN_ANALYTICS_DB": urls["ANALYTICS_DB_URL"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata_url,
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(CHECKOUT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": os.environ.get(
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION", "False"
        ),
        "AIRFLOW__CORE__FERNET_KEY": str(kept["fernet_key"]),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(users),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": str(kept["api_secret"]),
        "AIRFLOW__API_AUTH__JWT_SECRET": str(kept["jwt_secret"]),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs" / "tasks"),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports["worker_logs"]),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports["trigger_logs"]),
        "ATTRIBUTION_REPORTS": os.environ.get("ATTRIBUTION_REPORTS") or REPORTS.as_uri(),
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": str(CHECKOUT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def _free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
