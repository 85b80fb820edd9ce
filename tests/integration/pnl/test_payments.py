"""What gateways take of the payments that the shop tells, and of the orders of which it tells none."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.jobs.hourly_metrics_rollup import hourly_metrics_rollup
from include.jobs.pnl_days import queue_cost_changes
from include.jobs.request import JobRequest
from include.jobs.steps import run_steps
from include.pnl.cost_settings import CostSettings, PaymentRate
from include.storage.session import tenant_transaction
from include.tenants.tenant import FROM_THE_BEGINNING, InForce
from tests.integration.conftest import Database
from tests.integration.pnl.pnl_shop import NOW, Piece, PnlShop, shop_in

FIRST, SECOND, THIRD, END = (date(2026, 3, day) for day in (10, 11, 12, 13))
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RATES = (
    PaymentRate(gateway="shopify_payments", percent=Decimal("2.9"), fixed=Decimal("0.30")),
    PaymentRate(gateway="paypal", percent=Decimal("3.5"), fixed=Decimal("0.50")),
    PaymentRate(gateway="card", percent=Decimal(1)),
)

_tenants = count(31_000)


@pytest.fixture
def shop(database: Database) -> PnlShop:
    made = shop_in(database)
    rates = CostSettings(payment_rates=RATES)
    made.tenant = replace(made.tenant, cost_history=(InForce(FROM_THE_BEGINNING, rates),))
    return made


def fees(shop: PnlShop, *days: date) -> list[int | None]:
    shop.run(FIRST, END)
    return [shop.day(day)["payment_fees"]["amount_minor"] for day in days]


def test_each_payment_has_the_fee_that_its_gateway_told_or_an_estimate_of_its_own(shop: PnlShop) -> None:
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.payment(order, NOON, 6000, fee=200, gateway="shopify_payments")
    shop.payment(order, NOON, 4000, gateway="shopify_payments")
    # 2.00 told, and 2.9 % of 40.00 + 0.30 = 1.46.
    assert fees(shop, FIRST) == [-346]
    shop.set(payment_fee_source="estimate")
    assert fees(shop, FIRST) == [-350]


def test_payments_count_on_their_own_days_at_their_own_gateways(shop: PnlShop) -> None:
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.payment(order, NOON, 6000, gateway="shopify_payments")
    shop.payment(order, NOON + DAY, 4000, gateway="paypal", kind="capture")
    assert fees(shop, FIRST, SECOND, THIRD) == [-204, -190, 0]
    # Captured on the second day, the order is found by its payment alone.
    shop.execute("delete from analytics.pnl_daily where tenant_id = %s")
    shop.run(SECOND, THIRD)
    assert shop.day(SECOND)["payment_fees"]["parts"] == {"paypal": -190}


def test_a_payment_without_a_gateway_is_the_orders_and_an_unknown_gateway_leaves_the_fees_unknown(
    shop: PnlShop,
) -> None:
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.payment(order, NOON, 10000)
    assert fees(shop, FIRST) == [-100]
    shop.payment(order, NOON, 5000, gateway="cod", fee=None)
    assert fees(shop, FIRST) == [None]
    assert shop.day(FIRST)["payment_fees"]["incomplete"] == (
        "no payment rate for gateway cod; add it to costs.payment_rates"
    )


@pytest.mark.parametrize("columns", [{"source_name": "pos"}, {"test": True}, {"financial_status": "pending"}])
def test_orders_that_count_nowhere_cost_no_fees(shop: PnlShop, columns: dict[str, object]) -> None:
    shop.set(excluded_sources=["pos"])
    order = shop.order("one", NOON, [Piece("mug", 10000)], **columns)
    shop.payment(order, NOON, 10000, fee=320)
    assert fees(shop, FIRST) == [0]


def test_a_refund_gives_back_the_percent_of_estimated_payments_and_what_the_gateway_told_of_its_own(
    shop: PnlShop,
) -> None:
    shop.set(fee_refund_policy="returned")
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.payment(order, NOON, 10000, gateway="paypal")
    shop.payment(order, NOON + DAY, 4000, gateway="paypal", kind="refund")
    told = shop.order("two", NOON, [Piece("mug", 10000)])
    shop.payment(told, NOON, 10000, gateway="paypal", fee=400)
    shop.payment(told, NOON + DAY, 4000, gateway="paypal", kind="refund", fee=-25)
    assert fees(shop, FIRST, SECOND) == [-800, 165]
    shop.set(fee_refund_policy="kept_by_gateway")
    assert fees(shop, FIRST, SECOND) == [-800, 25]


def test_a_refund_whose_transaction_nobody_told_is_estimated_by_what_the_shop_gave_back(shop: PnlShop) -> None:
    shop.set(fee_refund_policy="returned")
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.payment(order, NOON, 6000, fee=200)
    shop.payment(order, NOON, 4000)
    shop.refund(order, NOON + DAY, {"mug": (1, 10000)})
    assert fees(shop, FIRST, SECOND) == [-240, 100]


@pytest.mark.parametrize(("policy", "second"), [("kept_by_gateway", 0), ("returned", 50)])
def test_an_edit_that_takes_goods_away_is_money_paid_back(shop: PnlShop, policy: str, second: int) -> None:
    shop.set(fee_refund_policy=policy)
    order = shop.order("one", NOON, [Piece("mug", 10000), Piece("cup", 5000, quantity=0)])
    shop.edit(order, NOON + DAY, "cup", -1)
    assert fees(shop, FIRST, SECOND) == [-150, second]


def test_a_fee_that_is_told_late_reaches_stored_days_within_an_hourly_run(shop: PnlShop) -> None:
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.order("two", NOON + 2 * DAY, [Piece("mug", 10000)])
    assert fees(shop, FIRST, SECOND) == [-100, 0]
    shop.payment(order, NOON + DAY, 10000, fee=320)
    request = JobRequest("hourly_metrics_rollup", "hour", NOW, NOW.date(), NOW.date() + DAY)
    list(run_steps(shop.database.jobs_url, shop.tenant, hourly_metrics_rollup, request))
    assert [shop.day(day)["payment_fees"]["amount_minor"] for day in (FIRST, SECOND)] == [0, -320]
    assert {row["run_id"] for row in shop.day(THIRD).values()} == {"night"}


def test_payments_that_are_written_again_as_they_were_queue_nothing(shop: PnlShop) -> None:
    shop.payment(shop.order("one", NOON, [Piece("mug", 10000)]), NOON, 10000)
    shop.run(FIRST, END)
    shop.execute("update analytics.transactions set fee_minor = null where tenant_id = %s")
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        assert queue_cost_changes(session, shop.tenant, NOW.date()) == 0
    shop.execute("update analytics.transactions set fee_minor = 7 where tenant_id = %s")
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        assert queue_cost_changes(session, shop.tenant, NOW.date()) == 1
    shop.execute("delete from analytics.transactions where tenant_id = %s")
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        assert queue_cost_changes(session, shop.tenant, NOW.date()) == 1


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(100, 50_000), st.integers(0, 2), st.booleans()), min_size=1, max_size=5))
def test_the_fees_of_all_days_are_what_was_told_and_a_percent_of_the_rest(
    shop: PnlShop, payments: Sequence[tuple[int, int, bool]]
) -> None:
    # Each example is a tenant of its own, so that nothing has to be emptied.
    shop.tenant = replace(shop.tenant, tenant_id=next(_tenants))
    order = shop.order("one", NOON, [Piece("mug", sum(amount for amount, _, _ in payments))])
    expected = Decimal(0)
    for number, (amount, day, told) in enumerate(payments):
        at = NOON + day * DAY + timedelta(minutes=number)
        shop.payment(order, at, amount, fee=number if told else None)
        expected -= number if told else Decimal(amount) / 100
    found = sum(fee or 0 for fee in fees(shop, FIRST, SECOND, THIRD))
    assert abs(found - expected) <= Decimal("1.5")  # each of three days is rounded once
