"""The simulated receiver stores a shop's webhooks as the role that may only insert."""

from datetime import timedelta

import psycopg
import pytest

from include.ids import tenant_id_of
from sandbox.world import World, generate
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_START, NIUE_HONEY
from sandbox.world.receiver import main, receive
from sandbox.world.webhooks import deliveries
from tests.integration.conftest import Database

TENANT = tenant_id_of(NIUE_HONEY.slug)
SINCE = DEMO_NOW - timedelta(days=20)


@pytest.fixture(scope="module")
def world() -> World:
    return generate(NIUE_HONEY, 7, DEMO_START, DEMO_END)


def test_every_webhook_is_stored_once_however_often_it_arrives(database: Database, world: World) -> None:
    sent = list(deliveries(world, SINCE, DEMO_NOW))
    first = receive(database.ingest_url, TENANT, sent)
    again = receive(database.ingest_url, TENANT, [*sent, *sent])
    assert (first.arrived, first.stored) == (len(sent), len(sent))
    assert (again.arrived, again.stored) == (2 * len(sent), 0)
    with psycopg.connect(database.jobs_url) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(TENANT),))
        rows = connection.execute(
            "select topic, webhook_id, event_id, triggered_at, payload, status, attempts from analytics.webhook_inbox"
        ).fetchall()
    assert sorted(rows) == sorted(
        (one.topic, one.webhook_id, one.event_id, one.triggered_at, one.payload, "queued", 0) for one in sent
    )


def test_the_command_sends_a_shop_with_its_faults_and_prints_one_line(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANALYTICS_INGEST_URL", database.ingest_url)
    window = ["--since", (SINCE - timedelta(days=9)).isoformat(), "--until", SINCE.isoformat()]
    undisturbed = len(list(deliveries(world, SINCE - timedelta(days=9), SINCE)))
    assert main(["--tenant", "niue-honey", *window, "--loss", "0.3"]) == 0
    arrived = int(capsys.readouterr().out.split(": ")[1].split(" webhooks arrived")[0].replace(",", ""))
    assert 0.5 * undisturbed < arrived < 0.9 * undisturbed
    assert main(["--tenant", "niue-honey", *window]) == 0
    line = capsys.readouterr().out
    assert f"{undisturbed:,} webhooks arrived, {undisturbed - arrived:,} stored, {arrived:,} known already" in line
    assert line.count("\n") == 1


def test_an_unreachable_inbox_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANALYTICS_INGEST_URL", "postgresql://analytics_ingest@127.0.0.1:1/nothing")
    assert main(["--tenant", "niue-honey", "--until", DEMO_NOW.isoformat()]) == 1
    assert "does ANALYTICS_INGEST_URL name it?" in capsys.readouterr().err
