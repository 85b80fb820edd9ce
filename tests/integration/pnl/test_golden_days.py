"""Days worked by hand from vendors' public help pages, as the job stores them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from include.metrics.preferences import FormulaPreferences
from include.tenants.tenant import FROM_THE_BEGINNING, InForce
from tests.integration.conftest import Database
from tests.integration.pnl.pnl_shop import Piece, PnlShop, shop_in

FIRST, SECOND, THIRD, END = (date(2026, 3, day) for day in (10, 11, 12, 13))
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
NEXT_NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


@pytest.fixture
def shop(database: Database) -> PnlShop:
    return shop_in(database)


def test_a_gateway_takes_a_percentage_and_a_fixed_fee_of_what_was_captured_and_keeps_it_on_a_refund(
    shop: PnlShop,
) -> None:
    # https://support.stripe.com/questions/understanding-fees-for-refunded-payments: the fee is not returned.
    # 2.9 % + 0.30 of 100.00 captured, tax and shipping in it: 90.00 + 4.00 + 6.00 -> 2.90 + 0.30 = 3.20.
    order = shop.order("one", NOON, [Piece("mug", 9000, tax=600)], shipping=400)
    shop.refund(order, NEXT_NOON, {"mug": (1, 9000)}, tax=600, shipping=400)
    shop.run(FIRST, END)
    assert shop.amounts(FIRST)["payment_fees"] == -320
    assert "payment_fees" not in shop.amounts(SECOND)
    # A gateway that gives the percentage back, not the fixed part: + 2.90 on the day of the refund.
    shop.set(fee_refund_policy="returned")
    shop.run(FIRST, END)
    assert shop.amounts(FIRST)["payment_fees"] == -320
    assert shop.amounts(SECOND)["payment_fees"] == 290


def test_the_cost_of_returned_goods_is_given_back_on_the_day_of_the_refund(shop: PnlShop) -> None:
    # https://triplewhale.readme.io/docs/why-is-my-cogs-in-triple-whale-different-from-my-shopify-cogs: an order of 200
    # with a cost of 20; half of it is refunded a day later: cost 20 on the first day, -10 on the second.
    shop.cost("mug", 1000)
    order = shop.order("one", NOON, [Piece("mug", 10000, quantity=2)])
    shop.refund(order, NEXT_NOON, {"mug": (1, 10000)})
    shop.run(FIRST, END)
    assert (shop.amounts(FIRST)["cogs"], shop.amounts(SECOND)["cogs"]) == (-2000, 1000)
    assert (shop.amounts(FIRST)["net_sales"], shop.amounts(SECOND)["net_sales"]) == (20000, -10000)
    # Triple Whale itself takes the sales back on the order's day, and gives the cost back on the refund's all the same.
    shop.set(refund_recognition="order_date")
    shop.run(FIRST, END)
    assert (shop.amounts(FIRST)["cogs"], shop.amounts(SECOND)["cogs"]) == (-2000, 1000)
    assert shop.amounts(FIRST)["net_sales"] == 10000


@pytest.mark.parametrize(
    ("policy", "restocked", "given_back"),
    [
        ("if_restocked", True, 1000),
        ("if_restocked", False, None),
        ("always", False, 1000),
        ("never", True, None),
    ],
)
def test_whether_the_cost_of_returned_goods_comes_back_is_the_tenants_choice(
    shop: PnlShop, policy: str, restocked: bool, given_back: int | None
) -> None:
    shop.set(returned_cost_policy=policy)
    shop.cost("mug", 1000)
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.refund(order, NEXT_NOON, {"mug": (1, 10000)}, restocked=restocked)
    shop.run(FIRST, END)
    assert shop.amounts(SECOND).get("cogs") == given_back


def test_a_price_that_includes_tax_is_unpacked_before_anything_is_counted(shop: PnlShop) -> None:
    # https://help.shopify.com/en/manual/taxes/include-exclude-taxes: a price of 100 that includes 10 % holds
    # 0.1 x 100 / 1.1 = 9.09 of tax, so 90.91 are sales; the buyer pays 100, of which the gateway takes 2.90 + 0.30.
    shop.cost("mug", 2000)
    shop.order("one", NOON, [Piece("mug", 10000, tax=909)], taxes_included=True)
    shop.run(FIRST, END)
    amounts = shop.amounts(FIRST)
    assert (amounts["gross_sales"], amounts["net_sales"], amounts["cm1"]) == (9091, 9091, 7091)
    assert amounts["payment_fees"] == -320
    # 70.91 - (4.00 + 0.50) - 3.20 - 10.00: tax is owed, and in no layer.
    assert amounts["net_profit"] == 5321
    assert "tax_collected" not in amounts


def test_an_order_of_100_edited_by_50_the_next_day_is_100_and_50_or_150_and_nothing(shop: PnlShop) -> None:
    # https://help.sourcemedium.com/are-refunds-in-source-medium-based-on-order-date-or-refund-date: Shopify reports
    # transactions: every change is an event of its own day. Vendors that report orders fold it into the first.
    shop.cost("mug", 4000)
    shop.cost("cup", 1000)
    order = shop.order("one", NOON, [Piece("mug", 10000), Piece("cup", 5000)])
    shop.edit(order, NEXT_NOON, "cup", 1)
    shop.run(FIRST, END)
    assert (shop.amounts(FIRST)["net_sales"], shop.amounts(SECOND)["net_sales"]) == (10000, 5000)
    assert (shop.amounts(FIRST)["cogs"], shop.amounts(SECOND)["cogs"]) == (-4000, -1000)
    # The fixed fee is the payment's, the percentage each capture's: 2.90 + 0.30, then 1.45.
    assert (shop.amounts(FIRST)["payment_fees"], shop.amounts(SECOND)["payment_fees"]) == (-320, -145)
    shop.set(order_edit_recognition="order_date")
    shop.run(FIRST, END)
    assert shop.amounts(FIRST)["net_sales"] == 15000
    assert shop.amounts(FIRST)["cogs"] == -5000
    assert "net_sales" not in shop.amounts(SECOND)


def test_a_refund_on_another_day_takes_sales_back_on_its_own_day_or_on_the_orders(shop: PnlShop) -> None:
    # https://help.peelinsights.com/docs/how-do-you-attribute-refunds-1: attributed to the date of the refund itself,
    # as Shopify's sales report does; order-based reports take it from the order's day.
    shop.cost("mug", 4000)
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.refund(order, datetime(2026, 3, 12, 12, tzinfo=UTC), {"mug": (1, 10000)})
    shop.run(FIRST, END)
    assert [shop.amounts(day).get("returns") for day in (FIRST, SECOND, THIRD)] == [None, None, -10000]
    assert [shop.amounts(day).get("cogs") for day in (FIRST, SECOND, THIRD)] == [-4000, None, 4000]
    shop.set(refund_recognition="order_date")
    shop.run(FIRST, END)
    assert [shop.amounts(day).get("returns") for day in (FIRST, SECOND, THIRD)] == [-10000, None, None]
    assert [shop.amounts(day).get("cogs") for day in (FIRST, SECOND, THIRD)] == [-4000, None, 4000]


def test_a_refunded_gift_card_takes_back_no_sales_and_the_fee_of_its_payment(shop: PnlShop) -> None:
    # A mug of 100.00 and a card of 50.00, 2.9 % + 0.30 of 150.00: 4.65. The card alone goes back; a gateway that gives
    # the percentage back gives 1.45.
    shop.set(fee_refund_policy="returned")
    order = shop.order("one", NOON, [Piece("mug", 10000), Piece("card", 5000, gift_card=True)])
    shop.refund(order, NEXT_NOON, {"card": (1, 5000)})
    shop.run(FIRST, END)
    assert (shop.amounts(FIRST)["net_sales"], shop.amounts(FIRST)["payment_fees"]) == (10000, -465)
    assert (shop.amounts(SECOND).get("net_sales"), shop.amounts(SECOND)["payment_fees"]) == (None, 145)


def test_sales_and_cost_of_goods_of_an_order_stay_on_the_days_of_its_own_preferences(shop: PnlShop) -> None:
    # Refunded on the 11th, from which day refunds count on the order's: the 10th is not to be lowered again.
    shop.cost("mug", 1000)
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.refund(order, NEXT_NOON, {"mug": (1, 10000)})
    before, after = (FormulaPreferences(refund_recognition=by) for by in ("refund_date", "order_date"))
    midnight = datetime(2026, 3, 11, tzinfo=UTC)
    shop.tenant = replace(shop.tenant, formula_history=(InForce(FROM_THE_BEGINNING, before), InForce(midnight, after)))
    shop.run(FIRST, END)
    assert [shop.amounts(day).get("net_sales") for day in (FIRST, SECOND, THIRD)] == [10000, -10000, None]
    assert [shop.amounts(day).get("cogs") for day in (FIRST, SECOND, THIRD)] == [-1000, 1000, None]
