"""Alerts: one open per rule, tenant and subject; resolved by the next good run; told once; listed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_string
from typing import Any

import psycopg
import pytest

from attribution_airflow.notifier import AlertNotifier
from attribution_airflow.operators.verdict import Verdict
from dev.state import CHECKOUT
from include.alerts.alerts import Alert, open_alert, open_alerts, resolve_alert, settle_alerts
from include.alerts.platforms import ACCOUNT_REFUSED, CREDENTIAL_DEAD, PLATFORM_WAITS, REQUEST_REFUSED, RULES, alert_of
from include.errors import HostRefused, PlatformRefused, PlatformWaits
from tests.integration.conftest import Database
from tests.integration.platforms.sink import Canned, Sink

NORTH, SAKURA = 7, 8
DEAD = Alert(CREDENTIAL_DEAD, "north_meta", "meta_ads:north_meta is paused: auth_dead 190/463; set a new password")
WAITS = Alert(PLATFORM_WAITS, "north_tiktok", "tiktok_ads:north_tiktok waits until noon")


@pytest.fixture
def control(database: Database) -> Iterator[str]:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("truncate control.alerts, control.tenants")
        for tenant_id, slug in ((NORTH, "north"), (SAKURA, "sakura")):
            connection.execute(
                "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
                " values (%s, %s, %s, 'active', 'UTC', 'EUR')",
                (tenant_id, slug, slug),
            )
    return database.control_url


def found(control: str) -> list[tuple[str, str, str]]:
    return [(alert.slug, alert.rule, alert.subject) for alert in open_alerts(control)]


def rows(database: Database) -> int:
    with psycopg.connect(database.superuser_url) as connection:
        ((count,),) = connection.execute("select count(*) from control.alerts").fetchall()
    return int(count)


def test_an_alert_is_open_once_per_rule_tenant_and_subject(control: str, database: Database) -> None:
    for _ in range(3):
        open_alert(control, NORTH, DEAD)
    open_alert(control, SAKURA, DEAD)
    open_alert(control, NORTH, Alert(CREDENTIAL_DEAD, "north_ga4", "another subject"))
    assert rows(database) == 3
    open_alert(control, NORTH, Alert(DEAD.rule, DEAD.subject, "still dead"))
    assert [one.detail for one in open_alerts(control) if one.subject == "north_meta" and one.slug == "north"] == [
        "still dead"
    ]


def test_a_resolved_alert_stays_on_record_and_may_open_again(control: str, database: Database) -> None:
    open_alert(control, NORTH, DEAD)
    resolve_alert(control, NORTH, DEAD.rule, DEAD.subject)
    assert open_alerts(control) == []
    open_alert(control, NORTH, DEAD)
    assert rows(database) == 2


def test_a_run_that_looked_at_everything_opens_what_it_found_and_resolves_the_rest(control: str) -> None:
    open_alert(control, NORTH, Alert("freshness", "orders", "not of this run"))
    open_alert(control, SAKURA, DEAD)
    settle_alerts(control, NORTH, RULES, [DEAD, WAITS])
    settle_alerts(control, NORTH, RULES, [WAITS])
    assert found(control) == [
        ("north", "freshness", "orders"),
        ("sakura", CREDENTIAL_DEAD, "north_meta"),
        ("north", PLATFORM_WAITS, "north_tiktok"),
    ]
    settle_alerts(control, NORTH, RULES, [])
    assert len(found(control)) == 2


def test_the_jobs_role_opens_no_alert(control: str, database: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        open_alert(database.jobs_url, NORTH, DEAD)


def test_the_alert_of_an_error_of_a_platform() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    cases: list[tuple[PlatformWaits | PlatformRefused, str | None]] = [
        (PlatformWaits("x", noon, paused=True), CREDENTIAL_DEAD),
        (PlatformWaits("x", noon), PLATFORM_WAITS),
        (PlatformRefused("x", account_only=True), ACCOUNT_REFUSED),
        (PlatformRefused("x"), REQUEST_REFUSED),
        (PlatformRefused("x", again_later=True), None),
    ]
    for error, rule in cases:
        alert = alert_of("subject", error)
        assert (alert.rule if alert else None) == rule


def run(control: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ANALYTICS_CONTROL_URL": control, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "include.alerts", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


def test_they_are_listed_as_a_table_and_as_json(control: str) -> None:
    assert run(control).stdout == "no open alerts\n"
    open_alert(control, NORTH, DEAD)
    table = run(control).stdout
    assert "1 open alerts" in table
    assert "north_meta" in table
    ((alert),) = json.loads(run(control, "--json").stdout)
    assert (alert["slug"], alert["rule"], alert["detail"]) == ("north", CREDENTIAL_DEAD, DEAD.detail)


def test_a_database_that_does_not_answer_is_one_line(control: str) -> None:
    done = run("postgresql://nobody:CANARY@127.0.0.1:9/none")
    assert done.returncode == 1
    assert done.stderr.startswith("error: database unavailable")
    assert "CANARY" not in done.stderr + done.stdout


@pytest.fixture
def slack(control: str, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Sink:
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", control)
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", f"127.0.0.1:{sink.port}")
    monkeypatch.setenv("ATTRIBUTION_ALERTS_SLACK_CONN", "slack_alerts")
    fields = {"conn_type": "http", "host": "127.0.0.1", "schema": "http", "port": sink.port, "password": "T0/B0/CANARY"}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_ALERTS", json.dumps(fields))
    sink.will(Canned(200, b"ok"))
    return sink


def test_slack_is_told_of_each_alert_once(slack: Sink, control: str) -> None:
    open_alert(control, NORTH, DEAD)
    open_alert(control, NORTH, Alert("freshness", "orders", "<!channel> & more"))
    AlertNotifier().notify({})
    AlertNotifier().notify({})
    ((got),) = slack.received
    assert got.path == "/services/T0/B0/CANARY"
    text = json.loads(got.body)["text"]
    assert text.startswith("*attribution: 2 new alerts*\nnorth: credential_dead, north_meta: ")
    assert "&lt;!channel&gt; &amp; more" in text


def test_an_alert_that_slack_did_not_take_stays_untold_and_the_webhook_is_not_named(slack: Sink, control: str) -> None:
    open_alert(control, NORTH, DEAD)
    slack.will(Canned(500, b"CANARY-body"), Canned(200, b"ok"))
    with pytest.raises(PlatformRefused, match=r"connection slack_alerts \(slack\): alert was not taken, status 500"):
        AlertNotifier().notify({})
    AlertNotifier().notify({})
    assert len(slack.received) == 2


def test_a_webhook_elsewhere_is_refused(slack: Sink, control: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_alert(control, NORTH, DEAD)
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", "")
    with pytest.raises(HostRefused, match=r"connection slack_alerts \(slack\): host 127\.0\.0\.1:\d+ is not one of"):
        AlertNotifier().notify({})
    assert slack.received == []


def test_nobody_is_told_where_nothing_is_configured(control: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", "postgresql://nobody@127.0.0.1:9/none")
    AlertNotifier().notify({})


def test_mail_goes_through_airflows_smtp_connection(control: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.integration.platforms.mailbox import Mailbox

    monkeypatch.setenv("ANALYTICS_CONTROL_URL", control)
    monkeypatch.setenv("ATTRIBUTION_ALERTS_EMAIL", "ops@example.test, data@example.test")
    open_alert(control, NORTH, Alert("freshness", "orders", "<b>late</b>"))
    with Mailbox() as mailbox:
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "attribution@example.test"}
        fields: dict[str, Any] = {"conn_type": "smtp", "host": "127.0.0.1", "port": mailbox.port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(fields))
        AlertNotifier().notify({})
        AlertNotifier().notify({})
    ((recipients, text),) = mailbox.messages
    assert recipients == ["ops@example.test", "data@example.test"]
    message = message_from_string(text)
    assert message["Subject"] == "attribution: 1 new alert"
    payload = message.get_payload(0)
    assert "&lt;b&gt;late&lt;/b&gt;" in payload.get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_every_run_ends_by_telling() -> None:
    verdict = Verdict(task_id="verdict")
    for callbacks in (verdict.on_success_callback, verdict.on_failure_callback):
        assert [type(callback) for callback in callbacks] == [AlertNotifier]
