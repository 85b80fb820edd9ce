"""An order enters the ledger once per destination, with its first status, and is never decided again."""

from datetime import timedelta

import pytest

from tests.integration.delivery.shops import HOUR, MINUTE, START, Shop, priced


@pytest.fixture
def shop(shop: Shop) -> Shop:
    for vendor in ("ga4", "meta", "tiktok"):
        shop.destination(vendor, event_id_template="purchase_{order_id}" if vendor != "ga4" else "{order_id}")
    return shop


def test_an_order_enters_the_ledger_with_its_first_status(shop: Shop) -> None:
    shop.sell(1)
    assert shop.ledger("meta") == []
    shop.credit("first")
    row = shop.row("meta")
    assert (row["state"], row["event_id"], row["value_minor"], row["currency"], row["run_id"]) == (
        "queued",
        "purchase_5400000000001",
        4500,
        "EUR",
        "first",
    )
    assert row["event_time"] == START - MINUTE
    assert shop.row("ga4")["event_id"] == "5400000000001"


def test_an_unattributed_order_enters_it_too(shop: Shop) -> None:
    shop.sell(1, notes={})
    shop.credit()
    assert [shop.states(vendor) for vendor in ("ga4", "meta", "tiktok")] == [{"queued": 1}] * 3


def test_unpaid_test_and_cancelled_orders_never_do(shop: Shop) -> None:
    shop.sell(1, financial_status="pending")
    shop.sell(2, test=True)
    shop.sell(3, cancelled_at=START.isoformat())
    shop.credit()
    assert shop.states("ga4") == {}
    shop.change(1, financial_status="paid")
    shop.credit()
    assert shop.states("ga4") == {"queued": 1}


def test_an_order_before_the_cutover_is_skipped_and_one_at_it_is_not(shop: Shop) -> None:
    shop.world.select("update control.tenant_destinations set send_from = %s", START - HOUR)
    shop.sell(1, at=START - HOUR - timedelta(seconds=1))
    shop.sell(2, at=START - HOUR)
    shop.credit()
    assert shop.states("tiktok") == {"skipped(before_cutover)": 1, "queued": 1}


def test_what_is_decided_is_never_decided_again(shop: Shop) -> None:
    shop.world.select("update control.tenant_destinations set send_from = %s", START + HOUR)
    shop.sell(1)
    shop.credit()
    before = shop.ledger("ga4")
    shop.world.select("update control.tenant_destinations set send_from = %s", START - HOUR)
    shop.change(1, **priced("50.00"))
    shop.credit("again")
    days = {"date_from": (START - timedelta(days=9)).date(), "date_to": (START + timedelta(days=9)).date()}
    shop.credit("backfill", **days)
    assert shop.ledger("ga4") == before
    assert shop.states("ga4") == {"skipped(before_cutover)": 1}


def test_a_destination_that_comes_later_gets_no_order_that_has_a_status(shop: Shop) -> None:
    shop.sell(1)
    shop.credit()
    shop.destination("meta", destination_id="meta-second")
    shop.change(1, **priced("50.00"))
    shop.credit("again")
    assert [row["destination_id"] for row in shop.ledger("meta")] == ["meta"]


def test_several_pixels_of_a_vendor_get_a_row_each(shop: Shop) -> None:
    shop.destination("meta", destination_id="meta-second", event_id_template="{order_id}")
    shop.sell(1)
    shop.credit()
    ids = {row["destination_id"]: row["event_id"] for row in shop.ledger("meta")}
    assert ids == {"meta": "purchase_5400000000001", "meta-second": "5400000000001"}


def test_a_disabled_destination_gets_nothing(shop: Shop) -> None:
    shop.world.select("update control.tenant_destinations set enabled = false where destination = 'ga4'")
    shop.sell(1)
    shop.credit()
    assert shop.states("ga4") == {}


def test_an_order_in_a_currency_without_a_rate_enters_it_in_its_own_currency(shop: Shop) -> None:
    shop.world.select("update control.tenants set currency = 'GBP'")
    shop.sell(1)
    row = shop.row("meta")
    assert (row["state"], row["value_minor"], row["currency"]) == ("queued", 4500, "EUR")
    shop.credit()
    shop.change(1, note="gift")
    assert shop.states("meta") == {"queued": 1}


def test_a_template_that_is_none_costs_no_credit_and_nobody_elses_event(shop: Shop) -> None:
    shop.world.select("update control.tenant_destinations set event_id_template = 'x' where destination = 'meta'")
    shop.sell(1)
    shop.credit()
    assert shop.row("meta")["event_id"] is None
    assert shop.row("tiktok")["event_id"] == "purchase_5400000000001"


def test_a_dry_run_enqueues_nothing(shop: Shop) -> None:
    shop.sell(1)
    shop.credit(dry_run=True)
    assert shop.states("ga4") == {}


def test_refunds_known_before_the_order_was_credited_enter_with_it(shop: Shop) -> None:
    shop.sell(1)
    shop.refund(1, of=1)
    shop.refund(2, of=1)
    shop.credit()
    assert shop.states("ga4") == {"queued": 3}
    assert shop.states("meta") == {"queued": 1}


def test_a_refund_enters_when_it_is_told_and_only_once(shop: Shop) -> None:
    shop.sell(1)
    shop.credit()
    shop.refund(1, of=1)
    shop.refund(1, of=1)
    row = shop.row("ga4", name="refund")
    assert (row["state"], row["value_minor"], row["event_id"]) == ("queued", 2000, "5400000000001")
    assert row["event_time"] == START


def test_a_refund_of_an_order_that_is_not_reported_is_not_reported(shop: Shop) -> None:
    shop.world.select("update control.tenant_destinations set send_from = %s", START + HOUR)
    shop.sell(1)
    shop.credit()
    shop.refund(1, of=1)
    assert shop.states("ga4") == {"skipped(before_cutover)": 1}
