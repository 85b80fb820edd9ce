"""Real hooks, HTTP and database, and a virtual clock that the vendors and business time share."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from dev.dag_bag import prepare_airflow
from dev.state import CHECKOUT
from tests.integration.conftest import Database
from tests.integration.delivery.shops import SLUGS, START, TABLES, Shop, World

# Before any test module here imports the plugins.
_HOME = tempfile.TemporaryDirectory(prefix="attribution-delivery-")
prepare_airflow(Path(_HOME.name))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.server", "--port", "0", "--scale", "0.02", "--now", START.isoformat()]
    process = subprocess.Popen(
        command, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.wait(10)


@pytest.fixture
def world(database: Database, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three shops without destinations and orders; the vendors know nothing of them."""
    requests.post(f"{sandbox}/_sandbox/reset", json={"now": START.isoformat()}, timeout=10).raise_for_status()
    monkeypatch.delenv("AIRFLOW__CORE__FERNET_KEY", raising=False)
    monkeypatch.setenv("ATTRIBUTION_FERNET_KEY", Fernet.generate_key().decode())
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", sandbox.removeprefix("http://"))
    monkeypatch.setenv("ATTRIBUTION_NOW", START.isoformat())
    made = World(database, sandbox, monkeypatch)
    made.select(f"truncate {TABLES}")
    for slug in SLUGS:
        shown = made.told("connections", shop=slug)
        for conn_id, fields in shown.items():
            monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))
        shop = Shop(made, slug)
        made.insert(
            "control.tenants",
            tenant_id=shop.tenant_id,
            slug=slug,
            name=slug,
            status="active",
            timezone="Europe/Paris",
            currency="EUR",
        )
        # Where the shop's pages are, for orders that name none.
        conn_id = f"{slug.replace('-', '_')}_shopify"
        made.insert("control.tenant_sources", tenant_id=shop.tenant_id, source="shopify", conn_id=conn_id)
    return made


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)
