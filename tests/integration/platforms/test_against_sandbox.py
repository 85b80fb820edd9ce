"""The hooks against the strict stand-in: every connection of its shops works, and no rule of a vendor is broken."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import requests

from attribution_airflow.check_connections import findings
from attribution_airflow.hooks.by_type import HOOKS, TYPE_OF_PLATFORM
from attribution_airflow.hooks.google_ads import GoogleAdsHook
from attribution_airflow.hooks.meta_ads import MetaAdsHook
from dev.state import CHECKOUT
from include.errors import PlatformRefused, PlatformWaits
from include.platforms.probes import Use, probe_of
from include.storage.platform_state import PlatformState
from tests.integration.conftest import Database

SHOP = "northwind-outdoor"
ACCOUNTS = {
    "meta": ("482910375566120", "USD", "America/Los_Angeles"),
    "google_ads": ("6124478031", "USD", "America/New_York"),
    "tiktok": ("7291846503217743873", "USD", "America/New_York"),
}


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.server", "--port", "0", "--scale", "0.02", "--now", "2026-03-31T12:00:00"]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.wait(10)


@pytest.fixture
def sandbox(running: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The sandbox's address, forgetful, with the shop's connections in the environment."""
    requests.post(f"{running}/_sandbox/reset", json={}, timeout=10)
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", running.removeprefix("http://"))
    monkeypatch.setenv("ATTRIBUTION_NOW", "2026-03-31T12:00:00Z")
    connections = requests.get(f"{running}/_sandbox/connections", params={"shop": SHOP}, timeout=10).json()
    for conn_id, fields in connections.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))
    return running


def fault(sandbox: str, **fields: Any) -> None:
    requests.post(f"{sandbox}/_sandbox/faults", json=fields, timeout=10).raise_for_status()


def test_every_connection_of_the_shop_is_ok_and_no_rule_is_broken(
    sandbox: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", database.control_url)
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
            " values (7, %s, 'Northwind', 'active', 'UTC', 'USD')",
            (SHOP,),
        )
        for platform, (account, currency, zone) in ACCOUNTS.items():
            connection.execute(
                "insert into control.tenant_ad_accounts (tenant_id, platform, account_id, conn_id, currency, timezone)"
                " values (7, %s, %s, %s, %s, %s)",
                (platform, account, f"northwind_outdoor_{TYPE_OF_PLATFORM[platform]}", currency, zone),
            )
        for destination in ("ga4", "meta", "tiktok"):
            connection.execute(
                "insert into control.tenant_destinations (tenant_id, destination_id, destination, conn_id, send_from)"
                " values (7, %s, %s, %s, '2026-01-01')",
                (destination, destination, f"northwind_outdoor_{TYPE_OF_PLATFORM[destination]}"),
            )
    found = list(findings([], None))
    assert len(found) == 6
    assert [str(finding) for finding in found if finding.wrong] == []
    assert requests.get(f"{sandbox}/_sandbox/violations", timeout=10).json() == []


@pytest.mark.parametrize("platform", ACCOUNTS)
def test_a_revoked_credential_pauses_and_a_good_answer_follows_a_stumble(
    sandbox: str, platform: str, state: PlatformState
) -> None:
    conn_type = TYPE_OF_PLATFORM[platform]
    hook = HOOKS[conn_type](f"northwind_outdoor_{conn_type}", state, sleep=lambda _: None)
    probe = probe_of(hook.connection, Use("ad account", platform, ACCOUNTS[platform][0]))
    assert probe is not None
    for kind in ("truncated", "html", "cut_off", "reset_before", "reset_after"):
        fault(sandbox, vendor=platform, kind=kind, count=2)
        assert hook.call(probe.request).classified.ok, kind
    fault(sandbox, vendor=platform, kind="auth_revoked")
    with pytest.raises(PlatformWaits) as caught:
        hook.call(probe.request)
    assert caught.value.paused


def test_the_vendors_own_throttles_become_waits(sandbox: str) -> None:
    meta = MetaAdsHook("northwind_outdoor_meta_ads", None, sleep=lambda _: None)
    probe = probe_of(meta.connection, Use("ad account", "meta", ACCOUNTS["meta"][0]))
    assert probe is not None
    fault(sandbox, vendor="meta", kind="vendor_error")
    with pytest.raises(PlatformWaits, match=r"meta_ads:northwind_outdoor_meta_ads waits until .* throttle"):
        meta.call(probe.request)


def test_a_customer_of_somebody_else_is_refused_never_ignored(sandbox: str) -> None:
    hook = GoogleAdsHook("northwind_outdoor_google_ads", None)
    probe = probe_of(hook.connection, Use("ad account", "google_ads", "1112223334"))
    assert probe is not None
    with pytest.raises(PlatformRefused) as caught:
        hook.call(probe.request)
    assert caught.value.account_only
