"""A stack of its own for the tests under a real scheduler: PostgreSQL, api-server, scheduler, dag-processor, triggerer.

Started once per session in a state folder of its own, with four tenants: the three of the demo, and one in a second
database. Heartbeats, deadlines and retries are short, so that a kill is noticed in seconds.
"""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from dev import databases, postgres
from dev.airflow_api import AirflowApi
from dev.state import CHECKOUT, state_root
from include.ids import tenant_id_of

FOURTH = "kiwi-outpost"
TENANTS = ("maison-lumiere", "northwind-outdoor", "sakura-goods", FOURTH)
_FOURTH_FILE = f"""\
slug: {FOURTH}
name: Kiwi Outpost
status: active
timezone: Pacific/Auckland
currency: NZD
db_conn_id: second_db
"""


@dataclass(frozen=True)
class Stack:
    """A running stack and how to talk to it."""

    variables: dict[str, str]
    api: AirflowApi
    superuser_url: str
    second_superuser_url: str

    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables}

    def airflow(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the airflow command of this checkout as an operator would."""
        return subprocess.run(
            [str(Path(sys.executable).parent / "airflow"), *arguments],
            env=self.environment(),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def url_of(self, tenant: str) -> str:
        return self.second_superuser_url if tenant == FOURTH else self.superuser_url

    def rows(self, tenant: str, query: str) -> list[tuple[object, ...]]:
        """Query as superuser, for what a test wants to know; %s is the tenant's id."""
        with psycopg.connect(self.url_of(tenant)) as connection:
            return connection.execute(query, (tenant_id_of(tenant),)).fetchall()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    folder = state_root() / f"e2e-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    server = postgres.start(folder / "postgres", settings={"fsync": "off"})
    settings = _settings(folder, server)
    try:
        _dev("up", settings)
        variables = dict(line.split("=", 1) for line in (folder / "run.env").read_text(encoding="utf-8").splitlines())
        api = AirflowApi(variables["AIRFLOW_API_URL"], variables["AIRFLOW_USER"], variables["AIRFLOW_PASSWORD"])
        yield Stack(
            {**settings, **variables}, api, server.url(database="attribution"), server.url(database="second_db")
        )
    finally:
        _dev("down", settings)
        postgres.stop(folder / "postgres")
        shutil.rmtree(folder)


def _settings(folder: Path, server: postgres.Server) -> dict[str, str]:
    passwords = databases.Passwords.generate()
    urls = databases.create_analytics(server, passwords, "attribution")
    second = databases.create_analytics(server, passwords, "second_db", control=False)
    tenants = folder / "tenants"
    shutil.copytree(CHECKOUT / "tenants", tenants)
    (tenants / f"{FOURTH}.yaml").write_text(_FOURTH_FILE, encoding="utf-8")
    own = ("ANALYTICS_", "AIRFLOW", "ATTRIBUTION_")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(own)},
        **urls,
        "ANALYTICS_ADMIN_URL__SECOND_DB": second["ANALYTICS_ADMIN_URL"],
        "AIRFLOW_CONN_SECOND_DB": second["ANALYTICS_DB_URL"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": databases.create_metadata_database(server, passwords),
        "ATTRIBUTION_STATE": str(folder),
        "ATTRIBUTION_RUN_ENV": str(folder / "run.env"),
        "ATTRIBUTION_NOW": "2026-03-31T12:00:00Z",
        "TENANTS_DIR": str(tenants),
        "ATTRIBUTION_TENANT_DEADLINE_SECONDS": "6",
        "ATTRIBUTION_RETRY_DELAY_SECONDS": "2",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    }


def _dev(command: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dev.stack", command],
        env=environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"dev.stack {command} failed:\n{done.stdout}\n{done.stderr}", pytrace=False)
