"""A stack of its own for what runs under a real scheduler: PostgreSQL, api-server, scheduler, dag-processor, triggerer.

In a state folder of its own, with four tenants: the three of the demo, and one in a second database. Heartbeats,
deadlines and retries are short, so that a kill is noticed in seconds.
"""

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from dev import databases, postgres
from dev.airflow_api import AirflowApi
from dev.state import CHECKOUT, read_run_env, state_root
from include.ids import tenant_id_of

FOURTH = "kiwi-outpost"
NOW = "2026-03-31T12:00:00+00:00"
DAGS = (
    "process_attribution",
    "attribution_order_reconciliation",
    "attribution_order_reconciliation_manual",
    "attribution_process_unattributed",
    "attribution_webhook_queue",
    "backfill_attribution",
)
"""Those that the tests run. The others stay paused: thirty DAGs that start at once keep two cores busy for minutes."""
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


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start the stack for the block; nothing is left of it afterwards. Raises RuntimeError when it does not come up."""
    folder = state_root() / f"e2e-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    server = postgres.start(folder / "postgres", settings={"fsync": "off"})
    settings = _settings(folder, server)
    try:
        _dev("up", settings)
        variables = read_run_env(folder / "run.env")
        api = AirflowApi(variables["AIRFLOW_API_URL"], variables["AIRFLOW_USER"], variables["AIRFLOW_PASSWORD"])
        for dag_id in DAGS:
            api.unpause(dag_id)
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
        "ATTRIBUTION_NOW": NOW,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "TENANTS_DIR": str(tenants),
        "ATTRIBUTION_TENANT_DEADLINE_SECONDS": "10",
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
        raise RuntimeError(f"dev.stack {command} failed:\n{done.stdout}\n{done.stderr}")


def insert_orders(stack: Stack, tenant: str, number: int, day: str = "2026-03-20") -> None:
    """Give a tenant new pending conversions with one touch each, as an import would leave them."""
    serial = time.monotonic_ns()
    with psycopg.connect(stack.url_of(tenant), autocommit=True) as connection:
        currency = {"maison-lumiere": "EUR", "northwind-outdoor": "USD", "sakura-goods": "JPY", FOURTH: "NZD"}[tenant]
        for index in range(number):
            key = (serial + index) % 2**62
            connection.execute(
                "insert into analytics.touchpoints (tenant_id, touchpoint_id, source_system, visitor_id, occurred_at,"
                " channel, channel_rule, exposure_key, consent)"
                " values (%s, %s, 'import', %s, %s::date + interval '9 h',"
                " 'Email', 'test', 1, 'granted')",
                (tenant_id_of(tenant), key, key, day),
            )
            connection.execute(
                "insert into analytics.conversions (tenant_id, conversion_id, order_id, visitor_id, occurred_at,"
                " value_minor, currency) values (%s, %s, %s, %s, %s::date + interval '12 h', 999, %s)",
                (tenant_id_of(tenant), key, key, key, day, currency),
            )


def pending(stack: Stack, tenant: str) -> int:
    ((count,),) = stack.rows(
        tenant, "select count(*) from analytics.conversions where tenant_id = %s and status = 'pending'"
    )
    assert isinstance(count, int)
    return count


@contextmanager
def locked(stack: Stack, tenant: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Hold a tenant's conversions as a hanging transaction would."""
    with psycopg.connect(stack.url_of(tenant)) as connection:
        connection.execute(
            "select 1 from analytics.conversions where tenant_id = %s for update", (tenant_id_of(tenant),)
        )
        yield connection


def task_process_waiting_for_a_lock(stack: Stack, run_id: str) -> int:
    """Return the process that holds the job's database connection: the task itself, not its supervisor."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with psycopg.connect(stack.superuser_url) as connection:
            waiting = connection.execute(
                "select client_port from pg_stat_activity where wait_event_type = 'Lock' and usename = 'analytics_jobs'"
            ).fetchall()
        for (port,) in waiting:
            for found in psutil.net_connections("tcp"):
                if found.laddr and found.laddr.port == port and found.pid:
                    return found.pid
        time.sleep(0.3)
    raise AssertionError(f"run {run_id} never waited for the lock; see {Path(stack.variables['AIRFLOW_HOME'])}")
