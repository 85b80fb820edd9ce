"""Waiting is not failing: where a vendor says "later" rows and a gate are left, the task succeeds, an alert opens."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from attribution_airflow.clients import Platforms
from attribution_airflow.hooks.ga4 import Ga4DataHook, Ga4Hook
from attribution_airflow.operators.tenant_job import TenantJob
from include.alerts.alerts import open_alerts
from include.alerts.platforms import CREDENTIAL_DEAD, PLATFORM_WAITS, RULES, alert_of
from include.errors import PlatformWaits
from include.ids import tenant_id_of
from include.jobs.outcome import recorded_outcomes
from include.jobs.request import JobRequest, JobResult
from include.platforms.client import OpenClient
from include.platforms.request import PlatformRequest
from include.storage.gates import Gate, close_gate, closed_gate, open_gate
from include.storage.platform_state import PlatformState
from include.storage.session import TenantSession, tenant_transaction
from include.tenants.tenant import Tenant
from tests.integration.conftest import Database
from tests.integration.platforms.conftest import Connect
from tests.integration.platforms.sink import Canned, Sink

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ASK = PlatformRequest("POST", "/v26.0/88/events", body=b'{"data": []}')


def send_purchases(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """A delivery job in small: two rows for one destination."""
    if gate := closed_gate(session, "main", NOON):
        assert gate.not_before is not None
        waits = PlatformWaits(gate.reason, gate.not_before, paused=gate.state == "paused")
        return _waiting(waits)
    try:
        platforms: OpenClient = clients["platforms"]  # type: ignore[assignment]
        platforms("shop_x").call(ASK)
    except PlatformWaits as waits:
        state = "paused" if waits.paused else "throttled"
        close_gate(session, "main", Gate(state, waits.not_before, str(waits)))
        return _waiting(waits)
    open_gate(session, "main")
    return JobResult(counts={"sent": 2}, alert_rules=RULES)


def _waiting(waits: PlatformWaits) -> JobResult:
    alert = alert_of("main", waits)
    assert alert is not None
    return JobResult(waiting=2, alerts=(alert,), alert_rules=RULES)


@pytest.fixture
def run(database: Database, state: PlatformState, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", database.control_url)
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    connect("meta_ads")
    monkeypatch.setenv("ATTRIBUTION_NOW", NOON.isoformat())
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("truncate control.tenants, control.alerts, control.job_runs, analytics.destination_gates")
        connection.execute(
            "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
            " values (%s, 'north', 'North', 'active', 'UTC', 'EUR')",
            (tenant_id_of("north"),),
        )

    def _run(run_id: str) -> str:
        """Run the mapped task for the tenant and return how it was recorded."""
        operator = TenantJob(
            task_id="send",
            job="tests.integration.platforms.test_waiting:send_purchases",
            batch=["north"],
            period=timedelta(minutes=10),
        )
        dag_run = SimpleNamespace(dag_id="send_meta_purchase", run_id=run_id, run_after=NOON)
        context = {"dag_run": dag_run, "ti": SimpleNamespace(map_index=0), "params": {"tenants": [], "dry_run": False}}
        operator.execute(context)
        ((outcome),) = recorded_outcomes(database.control_url, "send_meta_purchase", run_id)
        return outcome.status

    return _run


def alerts(database: Database) -> list[tuple[str, str, str]]:
    return [(alert.slug, alert.rule, alert.subject) for alert in open_alerts(database.control_url)]


def test_a_throttle_closes_the_gate_for_every_worker_and_a_good_run_opens_it_again(
    run: Any, sink: Sink, database: Database
) -> None:
    sink.will(Canned(400, b'{"error": {"code": 80004}}'), Canned())
    assert run("first") == "waiting"
    assert run("second") == "waiting"
    assert len(sink.received) == 1
    assert alerts(database) == [("north", PLATFORM_WAITS, "main")]
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for table in ("analytics.destination_gates", "control.api_throttles"):
            connection.execute(f"update {table} set not_before = %s", (NOON,))
    assert run("third") == "succeeded"
    assert alerts(database) == []
    with tenant_transaction(database.jobs_url, tenant_id_of("north")) as session:
        assert closed_gate(session, "main", NOON - timedelta(days=1)) is None


def test_a_dead_credential_is_an_alert_of_its_own(run: Any, sink: Sink, database: Database) -> None:
    sink.will(Canned(401, b'{"error": {"code": 190, "error_subcode": 463, "message": "CANARY-body"}}'))
    assert run("first") == "waiting"
    assert alerts(database) == [("north", CREDENTIAL_DEAD, "main")]


def test_a_connection_is_opened_once_per_thread_and_reports_have_a_client_of_their_own(
    run: Any, connect: Connect
) -> None:
    connect("ga4", conn_id="shop_y", measurement_id="G-1")
    platforms, elsewhere = Platforms(), []
    assert platforms("shop_y") is platforms("shop_y")
    assert [type(platforms("shop_y")), type(platforms("shop_y", reports=True))] == [Ga4Hook, Ga4DataHook]
    thread = threading.Thread(target=lambda: elsewhere.append(platforms("shop_y")))
    thread.start()
    thread.join()
    assert elsewhere[0] is not platforms("shop_y")


def test_a_gate_is_the_tenants_own_and_an_unknown_destination_is_open(database: Database) -> None:
    north, other = tenant_id_of("north"), tenant_id_of("other")
    with tenant_transaction(database.jobs_url, north) as session:
        close_gate(session, "own", Gate("paused", None, "by hand"))
        assert closed_gate(session, "own", datetime(2999, 1, 1, tzinfo=UTC)) == Gate("paused", None, "by hand")
        assert closed_gate(session, "nowhere", NOON) is None
        assert open_gate(session, "nowhere") is False
    with tenant_transaction(database.jobs_url, other) as session:
        assert closed_gate(session, "own", NOON) is None
        assert open_gate(session, "own") is False


@pytest.mark.parametrize(
    "canned",
    [
        Canned(400, b'{"error": {"code": 80004, "message": "CANARY-body", "fbtrace_id": "CANARY body"}}'),
        Canned(401, b'{"error": {"code": 190, "error_subcode": 463, "message": "CANARY-body"}}'),
        Canned(503, b"CANARY-body", {"Retry-After": "600", "X-Fb-Trace-Id": "CANARY id"}),
    ],
)
def test_no_table_keeps_what_a_vendor_said_or_a_secret(
    run: Any, canned: Canned, sink: Sink, database: Database
) -> None:
    sink.will(canned)
    assert run("first") == "waiting"
    with psycopg.connect(database.superuser_url) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('control', 'analytics')"
        ).fetchall()
        texts = [
            row[0] for (table,) in tables for row in connection.execute(f"select t::text from {table} as t").fetchall()
        ]
    assert any("meta_ads:shop_x" in text for text in texts)
    assert "CANARY" not in "".join(texts)
