"""What may have been received is never lost and never counted twice: resent where a repeat is known, else in doubt."""

import json
import os
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from attribution_airflow.hooks.http import PlatformHook
from include.jobs.event_claims import START as FIRST
from include.jobs.event_claims import claim_events
from include.jobs.event_posts import Sender, post_group
from include.jobs.send_events import _resolve
from include.storage.session import tenant_transaction
from include.tenants.registry import load_tenant
from tests.integration.delivery.shops import HOUR, MINUTE, Shop, received

VENDORS = ("ga4", "meta", "tiktok")
each_vendor = pytest.mark.parametrize("vendor", VENDORS)
AMBIGUOUS: list[dict[str, Any]] = [
    {"kind": "reset_after"},
    {"kind": "cut_off"},
    {"kind": "status", "status": 502, "body": "<html>bad gateway</html>"},
]


@pytest.fixture
def shop(shop: Shop) -> Shop:
    for vendor in VENDORS:
        shop.destination(vendor)
    return shop


def ids(*numbers: int) -> list[str]:
    return [str(5_400_000_000_000 + number) for number in numbers]


def die_at(shop: Shop, vendor: str, monkeypatch: pytest.MonkeyPatch, *, after_request: bool) -> None:
    """Let a sender's task die just before or just after its request: nothing after it runs, its claim stays."""

    def die(*args: Any, **kwargs: Any) -> Any:
        raise SystemExit

    with monkeypatch.context() as patched:
        if after_request:
            patched.setattr("include.jobs.event_posts._Outcomes.write", die)
        else:
            patched.setattr(PlatformHook, "send", die)
            patched.setattr(PlatformHook, "send_each", die)
        assert shop.run(vendor, "killed").status == "failed"
    assert shop.states(vendor) == {"sending": len(shop.ledger(vendor))}


@pytest.mark.parametrize(
    ("vendor", "fault"),
    # GA4's answer has no body that could be cut.
    [("ga4", fault) for fault in AMBIGUOUS if fault["kind"] != "cut_off"] + [("tiktok", fault) for fault in AMBIGUOUS],
    ids=lambda part: part if isinstance(part, str) else part["kind"],
)
def test_a_vendor_that_knows_a_repeat_gets_the_identical_bytes_again(
    shop: Shop, vendor: str, fault: dict[str, Any]
) -> None:
    shop.sell(1)
    shop.credit()
    shop.world.fault(vendor, count=1, **fault)
    assert shop.send(vendor).status == "waiting"
    row = shop.row(vendor)
    assert (row["state"], row["reason"], row["sent_at"]) == ("queued", "repeated", shop.world.now)
    shop.world.advance(HOUR)
    shop.send(vendor)
    again = shop.row(vendor)
    assert (again["state"], again["payload_sha256"]) == ("accepted", row["payload_sha256"])
    assert again["sent_at"] == shop.world.now - HOUR
    bodies = [one["body"] for one in shop.world.told("received", vendor=vendor) if one["method"] == "POST"]
    assert len(set(bodies)) == 1
    assert shop.world.told("violations") == []


@pytest.mark.parametrize("fault", AMBIGUOUS, ids=lambda fault: fault["kind"])
def test_meta_keeps_what_it_may_have_in_doubt_with_its_value_and_never_sends_it_again(
    shop: Shop, fault: dict[str, Any]
) -> None:
    shop.sell(1, 2, 3)
    shop.credit()
    shop.world.fault("meta", count=1, **fault)
    shop.send("meta")
    assert shop.states("meta") == {"in_doubt(no_answer)": 3}
    assert all(row["payload"] is not None for row in shop.ledger("meta"))
    assert "3 orders, value 135.00 EUR" in shop.world.alerts()["meta_events_in_doubt"]
    asked = shop.world.requests_of("meta")
    shop.world.advance(HOUR)
    shop.send("meta")
    assert shop.states("meta") == {"in_doubt(no_answer)": 3}
    assert shop.world.requests_of("meta") == asked


def test_meta_gets_a_repeat_where_the_tenant_takes_the_risk_but_not_after_48_hours(shop: Shop) -> None:
    shop.world.select("update control.tenant_destinations set in_doubt = 'resend' where destination = 'meta'")
    shop.sell(1)
    shop.credit()
    shop.world.fault("meta", "reset_after", count=1)
    shop.send("meta")
    assert shop.states("meta") == {"queued(repeated)": 1}
    shop.world.advance(timedelta(hours=48))
    shop.send("meta")
    assert shop.states("meta") == {"in_doubt(repeat_no_longer_recognised)": 1}
    assert received(shop.world, "meta") == Counter(ids(1))


def test_a_partly_received_batch_is_in_doubt_and_says_so(shop: Shop) -> None:
    shop.sell(1, 2, 3)
    shop.credit()
    shop.world.fault("meta", "quirk", params={"lost_events": 1})
    shop.send("meta")
    assert shop.states("meta") == {"in_doubt(partly_received)": 3}


@each_vendor
def test_what_was_not_reached_is_queued_as_if_never_tried(shop: Shop, vendor: str) -> None:
    shop.sell(1)
    shop.credit()
    conn_id = f"AIRFLOW_CONN_NORTHWIND_OUTDOOR_{'GA4' if vendor == 'ga4' else vendor.upper() + '_ADS'}"
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("ALLOWED_PLATFORM_HOSTS", f"127.0.0.1:1,{os.environ['ALLOWED_PLATFORM_HOSTS']}")
        elsewhere.setenv(conn_id, _pointing_nowhere(conn_id))
        assert shop.send(vendor).status == "waiting"
    row = shop.row(vendor)
    assert (row["state"], row["reason"], row["attempts"], row["sent_at"]) == ("queued", None, 0, None)
    shop.world.advance(HOUR)
    shop.send(vendor)
    assert shop.states(vendor) == {"accepted": 1}


def _pointing_nowhere(variable: str) -> str:
    fields = json.loads(os.environ[variable])
    return json.dumps({**fields, "port": 1})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("after_request", [False, True])
@pytest.mark.parametrize(("vendor", "state"), [("ga4", "queued"), ("meta", "in_doubt"), ("tiktok", "queued")])
def test_a_claim_of_a_dead_task_is_judged_by_what_the_vendor_may_have(
    shop: Shop, vendor: str, state: str, after_request: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell(1, 2)
    shop.credit()
    die_at(shop, vendor, monkeypatch, after_request=after_request)
    shop.send(vendor)
    assert shop.states(vendor) == {"sending": 2}
    shop.expire_lease()
    outcome = shop.send(vendor)
    assert outcome.counts["orphans"] == 2
    if state == "in_doubt":
        assert shop.states(vendor) == {"in_doubt(task_died)": 2}
    else:
        assert shop.states(vendor) == {"accepted": 2}
        assert set(received(shop.world, vendor)) == set(ids(1, 2))
    assert shop.world.told("violations") == []


def test_a_stale_holders_outcome_is_refused(shop: Shop) -> None:
    shop.sell(1)
    shop.credit()
    tenant = load_tenant(shop.world.database.jobs_url, shop.tenant_id)
    (config,) = [one for one in tenant.destinations if one.destination == "tiktok"]

    from attribution_airflow.clients import job_clients

    destination, client = _resolve(tenant, job_clients(), config)
    assert client is not None
    with tenant_transaction(shop.world.database.jobs_url, shop.tenant_id) as session:
        stale = claim_events(session, tenant, destination, after=FIRST, limit=10, now=shop.world.now)
    shop.expire_lease()
    shop.send("tiktok")
    settled = shop.row("tiktok")
    assert (settled["state"], settled["fence"]) == ("accepted", 2)
    with tenant_transaction(shop.world.database.jobs_url, shop.tenant_id) as session:
        posted = post_group(session, Sender(destination, client, resend=True), [stale.events])
    assert posted.counts["overtaken"] == 1
    assert shop.row("tiktok") == settled


def test_two_claims_at_once_never_share_an_event(shop: Shop) -> None:
    shop.sell(*range(1, 41))
    shop.credit()
    tenant = load_tenant(shop.world.database.jobs_url, shop.tenant_id)
    (config,) = [one for one in tenant.destinations if one.destination == "meta"]

    from attribution_airflow.clients import job_clients

    destination, _ = _resolve(tenant, job_clients(), config)
    barrier, claimed = threading.Barrier(2), []

    def claim() -> None:
        with tenant_transaction(shop.world.database.jobs_url, shop.tenant_id) as session:
            claim = claim_events(session, tenant, destination, after=FIRST, limit=20, now=shop.world.now)
            claimed.append({event.place.order_id for event in claim.events})
            barrier.wait(10)

    threads = [threading.Thread(target=claim) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(one) for one in claimed] == [20, 20]
    assert not claimed[0] & claimed[1]


def test_a_cancellation_while_a_request_is_under_way_becomes_a_refund(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell(1)
    shop.credit()
    genuine = PlatformHook._exchange
    cancelled = []

    def cancel_meanwhile(hook: Any, *args: Any, **kwargs: Any) -> Any:
        if not cancelled:
            cancelled.append(True)
            shop.world.now += MINUTE
            shop.cancel(1)
        return genuine(hook, *args, **kwargs)

    monkeypatch.setattr(PlatformHook, "_exchange", cancel_meanwhile)
    shop.send("ga4")
    shop.world.advance(MINUTE)
    shop.send("ga4")
    assert [(row["event_name"], row["state"]) for row in shop.ledger("ga4")] == [
        ("purchase", "accepted"),
        ("refund", "accepted"),
    ]


def test_an_order_without_a_page_waits_for_the_shops_connection_instead_of_being_skipped(shop: Shop) -> None:
    shop.sell(1)
    shop.credit()
    with pytest.MonkeyPatch.context() as broken:
        broken.delenv("AIRFLOW_CONN_NORTHWIND_OUTDOOR_SHOPIFY")
        outcome = shop.run("tiktok")
    assert (outcome.status, shop.states("tiktok")) == ("failed", {"queued": 1})
    assert "northwind_outdoor_shopify" in (outcome.error or "")
    shop.send("tiktok")
    assert shop.states("tiktok") == {"accepted": 1}
