"""Airflow without a scheduler, the plugins folder on sys.path, a sink that answers as told, and shared state."""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from dev.dag_bag import prepare_airflow
from include.storage.platform_state import PlatformState
from tests.integration.conftest import Database
from tests.integration.platforms.sink import Sink

# Before any test module here imports airflow.
_HOME = tempfile.TemporaryDirectory(prefix="attribution-hooks-")
prepare_airflow(Path(_HOME.name))

Connect = Callable[..., str]


@pytest.fixture(autouse=True)
def _key_for_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__CORE__FERNET_KEY", raising=False)
    monkeypatch.setenv("ATTRIBUTION_FERNET_KEY", Fernet.generate_key().decode())


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A server on a free port of this machine."""
    with Sink() as running:
        yield running


@pytest.fixture
def connect(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Make an Airflow connection that points at the sink, allow the sink's host, and return its id."""
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", f"127.0.0.1:{sink.port}")
    monkeypatch.delenv("ATTRIBUTION_NOW", raising=False)

    def _connect(conn_type: str, conn_id: str = "shop_x", **extra: Any) -> str:
        fields = {"host": "127.0.0.1", "schema": "http", "port": sink.port, "password": "CANARY-password"}
        value = {"conn_type": conn_type, **fields, "extra": extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(value))
        return conn_id

    return _connect


@pytest.fixture
def state(database: Database) -> Iterator[PlatformState]:
    """Shared state in the module's database, emptied before each test."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("truncate control.api_throttles, control.quota_buckets, control.oauth_tokens")
    shared = PlatformState(database.jobs_url)
    yield shared
    shared.close()
