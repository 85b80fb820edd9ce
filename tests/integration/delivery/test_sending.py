"""What is queued arrives, once, with what the order says when it is sent; what may not be sent ends with its reason."""

from collections import Counter
from datetime import timedelta

import pytest

from include.jobs import event_posts
from tests.integration.delivery.shops import HOUR, MINUTE, NOTES, START, Shop, line, money, priced, received

VENDORS = ("ga4", "meta", "tiktok")
each_vendor = pytest.mark.parametrize("vendor", VENDORS)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    for vendor in VENDORS:
        shop.destination(vendor)
    return shop


def ids(*numbers: int) -> list[str]:
    return [str(5_400_000_000_000 + number) for number in numbers]


@each_vendor
def test_every_eligible_order_arrives_once_and_no_rule_is_broken(shop: Shop, vendor: str) -> None:
    shop.sell(*range(1, 31))
    shop.credit()
    outcome = shop.send(vendor)
    assert outcome.status == "succeeded"
    assert shop.states(vendor) == {"accepted": 30}
    assert received(shop.world, vendor) == Counter(ids(*range(1, 31)))
    assert shop.world.told("violations") == []
    assert shop.world.requests_of(vendor) == (30 if vendor == "ga4" else 1)
    shop.send(vendor)
    assert received(shop.world, vendor) == Counter(ids(*range(1, 31)))


@each_vendor
def test_an_accepted_row_says_when_and_what_was_sent(shop: Shop, vendor: str) -> None:
    shop.sell(1)
    shop.credit()
    shop.send(vendor)
    row = shop.row(vendor)
    assert row["sent_at"] == row["accepted_at"] == START
    assert (row["attempts"], row["fence"], row["lease_until"], row["last_code"]) == (1, 1, None, None)
    assert (row["value_minor"], row["sent_value_minor"]) == (4500, 3333)
    assert (row["payload"] is not None) == (vendor == "ga4")
    assert len(row["payload_sha256"]) == 32


def test_only_what_a_run_enqueued_is_sent_behind_it_and_no_alert_opened(shop: Shop) -> None:
    shop.sell(1)
    shop.credit("earlier")
    shop.sell(2)
    shop.credit("this")
    shop.world.fault("meta", "vendor_error")
    outcome = shop.run("meta", options={"only_run": "this"})
    assert (outcome.status, outcome.counts["events_waiting"]) == ("succeeded", 2)
    assert outcome.alerts == ()
    shop.world.cure()
    shop.world.advance(HOUR)
    shop.run("meta", options={"only_run": "this"})
    assert received(shop.world, "meta") == Counter(ids(2))


def test_an_edit_before_sending_is_honoured_and_one_after_it_is_not_sent(shop: Shop) -> None:
    shop.sell(1)
    shop.credit()
    shop.change(1, line_items=[line(price="30.00", price_set=money("30.00"))], **priced("61.00"))
    shop.send("meta")
    row = shop.row("meta")
    assert (row["value_minor"], row["sent_value_minor"]) == (6100, 4933)
    shop.change(1, **priced("70.00"))
    shop.send("meta")
    assert shop.row("meta")["value_minor"] == 6100
    assert received(shop.world, "meta") == Counter(ids(1))


@each_vendor
def test_a_cancellation_before_sending_suppresses(shop: Shop, vendor: str) -> None:
    shop.sell(1, 2)
    shop.credit()
    shop.cancel(1)
    shop.send(vendor)
    assert shop.states(vendor) == {"accepted": 1, "skipped(cancelled)": 1}
    assert received(shop.world, vendor) == Counter(ids(2))


def test_a_cancellation_after_sending_is_a_refund_of_what_refunds_have_not_given_back(shop: Shop) -> None:
    shop.sell(1)
    shop.credit()
    shop.send("ga4")
    shop.world.advance(MINUTE)
    shop.refund(1, of=1)
    shop.send("ga4")
    shop.world.advance(MINUTE)
    shop.cancel(1)
    shop.refund(2, of=1)
    shop.send("ga4")
    rows = [row for row in shop.ledger("ga4") if row["event_name"] == "refund"]
    assert [(row["event_seq"] == 0, row["state"], row["value_minor"], row["sent_value_minor"]) for row in rows] == [
        (True, "accepted", 2500, 1666),
        (False, "accepted", 2000, 1667),
    ]
    assert shop.row("ga4")["sent_value_minor"] == 1666 + 1667
    assert shop.world.told("violations") == []


def test_a_refund_follows_its_purchase_and_is_left_out_where_that_is(shop: Shop) -> None:
    shop.sell(1, 2)
    shop.credit()
    shop.refund(1, of=1)
    shop.refund(2, of=2)
    shop.cancel(2)
    shop.world.fault("ga4", "reset_before", count=1, route="*collect*")
    shop.send("ga4")
    assert (shop.row("ga4", 1)["state"], shop.row("ga4", 1, "refund")["state"]) == ("queued", "queued")
    shop.world.advance(HOUR)
    shop.send("ga4")
    assert (shop.row("ga4", 1)["state"], shop.row("ga4", 1, "refund")["state"]) == ("accepted", "accepted")
    assert (shop.row("ga4", 2)["state"], shop.row("ga4", 2, "refund")["reason"]) == ("skipped", "purchase_not_sent")


@each_vendor
def test_an_order_without_consent_is_skipped_with_its_reason_and_counted(shop: Shop, vendor: str) -> None:
    shop.sell(1, notes={**NOTES, "consent_analytics": "false", "consent_marketing": "false"})
    shop.sell(2, notes={"visitor_id": "v-2"})
    shop.sell(3)
    shop.credit()
    outcome = shop.send(vendor)
    assert shop.states(vendor) == {"skipped(consent_denied)": 1, "skipped(consent_missing)": 1, "accepted": 1}
    assert outcome.counts["events_consent_denied"] == outcome.counts["events_consent_missing"] == 1


AGES = {"ga4": timedelta(hours=72), "meta": timedelta(days=7), "tiktok": timedelta(hours=48)}


@each_vendor
def test_an_event_beyond_its_window_expires_with_its_value_and_one_within_is_sent(shop: Shop, vendor: str) -> None:
    shop.sell(1, at=START - AGES[vendor])
    shop.sell(2, at=START - AGES[vendor] + timedelta(minutes=5))
    shop.credit()
    outcome = shop.send(vendor)
    assert [shop.row(vendor, number)["state"] for number in (1, 2)] == ["expired", "accepted"]
    assert shop.row(vendor)["value_minor"] == 4500
    assert outcome.counts["expired_minor_EUR"] == 4500
    assert "1 order, value 45.00 EUR" in shop.world.alerts()[f"{vendor}_events_expired"]
    assert shop.world.told("violations") == []


def test_eligibility_is_by_the_clock_and_never_by_the_runs_date(shop: Shop) -> None:
    shop.sell(1, at=START - timedelta(hours=70))
    shop.credit()
    shop.world.advance(timedelta(hours=4))
    world_now, shop.world.now = shop.world.now, START
    shop.send("ga4", run_id="cleared")
    shop.world.now = world_now
    assert shop.states("ga4") == {"expired(older_than_72_hours)": 1}


def test_an_event_of_a_time_to_come_waits_for_it(shop: Shop) -> None:
    shop.sell(1, at=START + HOUR)
    shop.credit()
    assert shop.send("meta").status == "waiting"
    shop.world.advance(2 * HOUR)
    shop.send("meta")
    assert shop.states("meta") == {"accepted": 1}


@each_vendor
def test_a_shadow_computes_and_never_sends(shop: Shop, vendor: str) -> None:
    shop.world.select("update control.tenant_destinations set mode = 'shadow'")
    shop.sell(1)
    shop.credit()
    shop.send(vendor)
    row = shop.row(vendor)
    assert (row["state"], row["reason"], row["sent_value_minor"], row["sent_at"]) == ("skipped", "shadow", 3333, None)
    assert len(row["payload_sha256"]) == 32
    assert shop.world.requests_of(vendor) == 0


@each_vendor
def test_a_dry_run_says_what_it_would_do_and_does_nothing(shop: Shop, vendor: str) -> None:
    shop.sell(1, 2)
    shop.credit()
    shop.cancel(2)
    before = shop.ledger(vendor)
    outcome = shop.send(vendor, dry_run=True)
    assert (outcome.counts["events_to_send"], outcome.counts["events_cancelled"]) == (1, 1)
    assert shop.ledger(vendor) == before
    assert shop.world.requests_of(vendor) == 0


@pytest.mark.parametrize(("vendor", "bad"), [("meta", 3), ("tiktok", 17)])
def test_one_bad_event_is_found_by_halving_and_every_good_one_processed_once(shop: Shop, vendor: str, bad: int) -> None:
    shop.sell(*range(1, 21))
    shop.credit()
    spoil(shop, vendor, bad)
    shop.send(vendor)
    assert shop.states(vendor) == {"accepted": 19, "failed(refused_by_vendor)": 1}
    row = shop.row(vendor, bad)
    assert (row["state"], row["payload"], row["value_minor"]) == ("failed", None, 4500)
    assert row["last_code"] in ("100/2804003", "40002")
    good = [number for number in range(1, 21) if number != bad]
    assert received(shop.world, vendor) == Counter(ids(*good))
    assert f"{vendor}_events_refused" in shop.world.alerts()


BAD = {"meta": ('"event_time":[0-9]+', '"event_time":1'), "tiktok": ('"event":"Purchase"', '"event":""')}


def spoil(shop: Shop, vendor: str, number: int) -> None:
    """Freeze an event's bytes as something that the vendor refuses, as a defect of a builder would."""
    shop.world.fault(vendor, "vendor_error", count=1)
    shop.send(vendor)
    shop.world.cure()
    shop.world.advance(2 * HOUR)
    shop.world.select(
        "update analytics.conversion_events"
        " set payload = convert_to(regexp_replace(convert_from(payload, 'UTF8'), %s, %s), 'UTF8')"
        " where destination = %s and event_id = %s",
        *BAD[vendor],
        vendor,
        *ids(number),
    )


def test_a_destination_that_refuses_everything_is_paused_before_much_is_lost(shop: Shop) -> None:
    shop.sell(*range(1, 61))
    shop.credit()
    shop.world.fault("meta", "vendor_error", params={"code": 100, "subcode": 2804009})
    shop.send("meta")
    states = shop.states("meta")
    assert states["failed(refused_by_vendor)"] == 20
    assert states["queued"] == 40
    assert "refused one after another" in shop.world.alerts()["meta_destination_paused"]


def test_a_malformed_template_fails_its_tenant_alone_and_names_the_field(shop: Shop) -> None:
    other = Shop(shop.world, "maison-lumiere")
    other.destination("meta")
    shop.world.select(
        "update control.tenant_destinations set event_id_template = '{order}' where tenant_id = %s", shop.tenant_id
    )
    for one in (shop, other):
        one.sell(1)
        one.credit()
    outcome = shop.run("meta")
    assert outcome.status == "failed"
    assert "northwind-outdoor" in (outcome.error or "")
    assert "event_id_template" in (outcome.error or "")
    assert shop.states("meta") == {"queued": 1}
    other.send("meta")
    assert other.states("meta") == {"accepted": 1}
    shop.world.select("update control.tenant_destinations set event_id_template = 'p-{order_id}'")
    shop.send("meta")
    assert shop.row("meta")["event_id"] == "p-5400000000001"


def test_one_destination_with_a_connection_that_is_none_keeps_no_other_from_sending(shop: Shop) -> None:
    shop.destination("meta", destination_id="a-broken", conn_id="nowhere")
    shop.sell(1)
    shop.credit()
    outcome = shop.run("meta")
    assert outcome.status == "failed"
    assert "nowhere" in (outcome.error or "")
    states = {row["destination_id"]: row["state"] for row in shop.ledger("meta")}
    assert states == {"a-broken": "queued", "meta": "accepted"}


def test_a_queue_larger_than_a_claim_is_drained_in_several(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.jobs.send_events.CLAIMED_AT_ONCE", 7)
    shop.sell(*range(1, 31))
    shop.credit()
    outcome = shop.send("tiktok")
    assert outcome.counts["requests"] == 5
    assert shop.states("tiktok") == {"accepted": 30}
    assert received(shop.world, "tiktok") == Counter(ids(*range(1, 31)))


def test_ga4_gives_back_what_it_had_no_time_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_posts, "_LONGEST_SECONDS", 0.2)
    shop.world.fault("ga4", "latency", seconds=0.1)
    shop.sell(*range(1, 61))
    shop.credit()
    shop.send("ga4")
    assert shop.states("ga4") == {"accepted": 60}
    assert received(shop.world, "ga4") == Counter(ids(*range(1, 61)))
