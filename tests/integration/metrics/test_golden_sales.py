"""Days worked out by hand, each from a page on which a vendor says how it counts."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

_tenants = count(5000)
FIRST, SECOND, THIRD = date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)


def noon(day: date) -> datetime:
    """Return an instant that is on the same day in New York and in Paris."""
    return datetime(day.year, day.month, day.day, 15, tzinfo=UTC)


@pytest.fixture
def shop(database: Database) -> Iterator[MeasuredShop]:
    return measured_shop(database, next(_tenants))


def figures(shop: MeasuredShop, *names: str) -> dict[date, list[Any]]:
    """Return some figures of the three days."""
    shop.aggregate(FIRST, date(2026, 3, 13))
    return {day: [row[name] for name in names] for day, row in shop.days().items()}


def test_a_return_counts_on_the_day_of_the_refund_and_by_order_date_on_the_day_of_the_order(shop: MeasuredShop) -> None:
    # help.shopify.com, "Understanding your Shopify Reports": returns are dated on the day they were processed.
    # 10 March: 2 x 50.00 - 10.00 discount = 90.00 net, 7.20 tax, 5.00 shipping, 102.20 in all.
    # 12 March: one of the two goes back: 45.00 and 3.60 tax. Net sales -45.00 on a day without an order.
    shop.sell("one", noon(FIRST), [Piece(5000, 2, 1000, tax=720)], shipping=500)
    shop.refund("back", "one", noon(THIRD), [(0, 1, 4500, 360)])
    names = ("orders", "gross", "discounts", "returns", "net_sales", "shipping", "tax", "total_sales")
    cents = [
        [1, 100, 10, 0, 90, 5, Decimal("7.20"), Decimal("102.20")],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 45, -45, 0, Decimal("-3.60"), Decimal("-48.60")],
    ]
    assert list(figures(shop, *names).values()) == cents
    # Triple Whale's Orders table (kb.triplewhale.com 6127778): the same refund lowers the order's own day.
    shop.prefer(refund_recognition="order_date")
    by_order = figures(shop, "returns", "net_sales", "total_sales")
    assert list(by_order.values()) == [[45, 45, Decimal("53.60")], [0, 0, 0], [0, 0, 0]]


def test_an_edit_counts_on_the_day_of_the_edit_and_by_order_date_on_the_first(shop: MeasuredShop) -> None:
    # kb.triplewhale.com, "Edited orders": a $100 order that staff raise by $50 two days later is 100 and 50 for
    # Shopify, 150 and 0 for Triple Whale. Shopify's page: help.shopify.com, "Edited orders in reports".
    shop.sell("one", noon(FIRST), [Piece(10000), Piece(5000, edited_at=noon(THIRD))])
    assert figures(shop, "orders", "net_sales") == {FIRST: [1, 100], SECOND: [0, 0], THIRD: [0, 50]}
    shop.prefer(order_edit_recognition="order_date")
    assert figures(shop, "orders", "net_sales") == {FIRST: [1, 150], SECOND: [0, 0], THIRD: [0, 0]}


def test_a_line_that_an_edit_takes_away_is_sold_on_the_first_day_and_taken_back_with_its_discount(
    shop: MeasuredShop,
) -> None:
    # 10 March: 100.00 + 2 x 20.00 - 4.00 = 136.00 net, tax 10.88. 11 March: the second line goes: -36.00, tax -2.88.
    shop.sell("one", noon(FIRST), [Piece(10000, tax=800), Piece(2000, 2, 400, tax=288, removed_at=noon(SECOND))])
    assert figures(shop, "gross", "discounts", "net_sales", "tax") == {
        FIRST: [140, 4, 136, Decimal("10.88")],
        SECOND: [-40, -4, -36, Decimal("-2.88")],
        THIRD: [0, 0, 0, 0],
    }


def test_tax_that_prices_include_is_in_no_part_of_sales_but_tax(database: Database) -> None:
    # help.shopify.com, "Tax-inclusive pricing": sales = price x 100 / (100 + rate). 20 % VAT: 120.00 is 100.00 and
    # 20.00. With 25 % off: 90.00 paid, tax 15.00, net 75.00; the discount of 30.00 held 5.00: gross 100.00, discounts
    # 25.00. Refunded whole on the 12th: returns 75.00 and tax -15.00.
    shop = measured_shop(database, next(_tenants), timezone="Europe/Paris", currency="EUR")
    shop.taxes_included = True
    shop.sell("one", noon(FIRST), [Piece(12000, 1, 3000, tax=1500)])
    shop.refund("back", "one", noon(THIRD), [(0, 1, 9000, 1500)])
    assert figures(shop, "gross", "discounts", "returns", "net_sales", "tax", "total_sales") == {
        FIRST: [100, 25, 0, 75, 15, 90],
        SECOND: [0, 0, 0, 0, 0, 0],
        THIRD: [0, 0, 75, -75, -15, -90],
    }


def test_a_cancellation_takes_back_what_refunds_leave_whichever_comes_first(shop: MeasuredShop) -> None:
    # 80.00 goods, 5.00 shipping. 30.00 refunded on the 12th, cancelled on the 11th: that takes 50.00 + 5.00 back.
    shop.sell("one", noon(FIRST), [Piece(8000)], shipping=500, cancelled_at=noon(SECOND))
    shop.refund("back", "one", noon(THIRD), [(0, 1, 3000, 0)])
    assert figures(shop, "orders", "cancelled_orders", "net_sales", "total_sales") == {
        FIRST: [1, 0, 80, 85],
        SECOND: [0, 1, -50, -55],
        THIRD: [0, 0, -30, -30],
    }


def test_a_gift_card_is_no_sale_when_it_is_bought_unless_the_tenant_says_so(shop: MeasuredShop) -> None:
    # help.shopify.com, "Gift cards in reports": the sale of a gift card is a liability, its redemption a sale.
    shop.sell("one", noon(FIRST), [Piece(2000), Piece(5000, gift_card=True)])
    assert figures(shop, "gross", "net_sales", "total_sales", "gift_cards")[FIRST] == [20, 20, 20, 50]
    shop.prefer(gift_card_treatment="counted_at_sale")
    assert figures(shop, "gross", "net_sales", "total_sales", "gift_cards")[FIRST] == [70, 70, 70, 0]


@pytest.mark.parametrize("taxes_included", [False, True])
def test_a_refunded_gift_card_takes_back_no_sale(shop: MeasuredShop, taxes_included: bool) -> None:
    # dbt_shopify: returns are the refunded subtotal without gift cards. A mug of 100.00 and a card of 50.00: net sales
    # are 100.00, the card alone goes back on the 11th, the mug on the 12th.
    shop.taxes_included = taxes_included
    shop.sell("one", noon(FIRST), [Piece(10000), Piece(5000, gift_card=True)])
    shop.refund("card", "one", noon(SECOND), [(1, 1, 5000, 0)])
    shop.refund("mug", "one", noon(THIRD), [(0, 1, 10000, 0)])
    names = ("net_sales", "returns", "total_sales", "gift_cards")
    assert list(figures(shop, *names).values()) == [[100, 0, 100, 50], [0, 0, 0, -50], [-100, 100, -100, 0]]
    shop.prefer(gift_card_treatment="counted_at_sale")
    assert list(figures(shop, *names).values()) == [[150, 0, 150, 0], [-50, 50, -50, 0], [-100, 100, -100, 0]]


def test_a_cancellation_takes_back_the_gift_cards_that_refunds_leave(shop: MeasuredShop) -> None:
    # Two cards and a mug; one card is refunded on the 11th, the rest goes with the cancellation of the 12th.
    cards = [Piece(5000, gift_card=True), Piece(3000, gift_card=True)]
    shop.sell("one", noon(FIRST), [Piece(10000), *cards], cancelled_at=noon(THIRD))
    shop.refund("card", "one", noon(SECOND), [(1, 1, 5000, 0)])
    assert figures(shop, "net_sales", "gift_cards") == {FIRST: [100, 80], SECOND: [0, -50], THIRD: [-100, -30]}


def test_an_order_of_gift_cards_alone_is_no_sale_nor_is_its_refund_whether_it_names_lines_or_not(
    shop: MeasuredShop,
) -> None:
    for number in range(2):
        shop.sell(f"{number}", noon(FIRST), [Piece(5000, gift_card=True)], gross_minor=5000)
    shop.refund("lines", "0", noon(SECOND), [(0, 1, 5000, 0)])
    shop.refund("money", "1", noon(SECOND), goods=5000)
    assert figures(shop, "orders", "gross", "net_sales", "total_sales", "gift_cards") == {
        FIRST: [2, 0, 0, 0, 100],
        SECOND: [0, 0, 0, 0, -100],
        THIRD: [0, 0, 0, 0, 0],
    }


def test_tests_and_unpaid_orders_count_nowhere_and_net_sales_hold_what_the_tenant_wants(shop: MeasuredShop) -> None:
    shop.sell("one", noon(FIRST), [Piece(2000, tax=160)], shipping=500)
    shop.sell("test", noon(FIRST), [Piece(900)], test=True)
    shop.sell("pending", noon(FIRST), [Piece(900)], financial_status="pending")
    shop.sell("counter", noon(FIRST), [Piece(700)], source_name="pos")
    assert figures(shop, "orders", "net_sales")[FIRST] == [2, 27]
    shop.prefer(
        excluded_orders=("test",),
        excluded_sources=("pos",),
        net_sales_includes_shipping=True,
        net_sales_includes_tax=True,
    )
    assert figures(shop, "orders", "net_sales")[FIRST] == [2, Decimal("35.60")]


def test_an_orders_day_is_that_of_its_clock(shop: MeasuredShop) -> None:
    shop.sell("one", noon(FIRST), [Piece(2000)], processed_at=noon(SECOND))
    assert [row[0] for row in figures(shop, "orders").values()] == [0, 1, 0]
    shop.prefer(order_clock="created_at")
    assert [row[0] for row in figures(shop, "orders").values()] == [1, 0, 0]


def test_a_change_of_preferences_loses_no_refund_and_takes_none_back_twice(shop: MeasuredShop) -> None:
    # An order keeps the recognition of the day it was placed: 100.00 on the 10th, all refunded on the 11th, the day
    # from which the tenant wants it otherwise.
    shop.sell("one", noon(FIRST), [Piece(10000)])
    shop.refund("back", "one", noon(SECOND), [(0, 1, 10000, 0)])
    shop.prefer_from(SECOND, refund_recognition="order_date")
    assert [row[0] for row in figures(shop, "net_sales").values()] == [100, -100, 0]
    shop.prefer(refund_recognition="order_date")
    shop.prefer_from(SECOND, refund_recognition="refund_date")
    assert [row[0] for row in figures(shop, "net_sales").values()] == [0, 0, 0]


def test_a_change_of_the_clock_loses_no_order_and_doubles_none(shop: MeasuredShop) -> None:
    # Placed on the 10th, processed on the 11th, from which day the other clock holds.
    shop.sell("one", noon(FIRST), [Piece(10000)], processed_at=noon(SECOND))
    shop.prefer_from(SECOND, order_clock="created_at")
    assert [row[0] for row in figures(shop, "orders").values()] == [0, 1, 0]
    shop.prefer(order_clock="created_at")
    shop.prefer_from(SECOND, order_clock="processed_at")
    assert [row[0] for row in figures(shop, "orders").values()] == [1, 0, 0]


def test_which_orders_count_is_said_by_the_preferences_of_their_own_day(shop: MeasuredShop) -> None:
    # Counter sales stop counting on the 11th: a refund of one that counted still takes it back.
    shop.sell("old", noon(FIRST), [Piece(10000), Piece(5000, gift_card=True)], source_name="pos")
    shop.sell("new", noon(SECOND), [Piece(700)], source_name="pos")
    shop.refund("back", "old", noon(THIRD), [(0, 1, 10000, 0), (1, 1, 5000, 0)])
    shop.prefer_from(SECOND, excluded_sources=("pos",), gift_card_treatment="counted_at_sale")
    assert figures(shop, "orders", "net_sales") == {FIRST: [1, 100], SECOND: [0, 0], THIRD: [0, -100]}


def test_tax_and_discounts_that_only_the_order_names_are_not_lost(shop: MeasuredShop) -> None:
    # 10 % off 100.00: 90.00 net. What the lines do not say is no charge of its own.
    shop.sell("one", noon(FIRST), [Piece(10000)], discounts_minor=1000, tax_minor=720, total_minor=9720)
    names = ("gross", "discounts", "net_sales", "tax", "other_charges", "total_sales")
    assert figures(shop, *names)[FIRST] == [100, 10, 90, Decimal("7.20"), 0, Decimal("97.20")]


def test_included_tax_that_only_the_order_names_is_shared_as_goods_and_shipping_are(database: Database) -> None:
    # 19 % VAT: 119.00 is 100.00 and 19.00. With 11.90 of shipping, of which 1.90 are tax; refunded whole on the 12th.
    shop = measured_shop(database, next(_tenants), timezone="Europe/Paris", currency="EUR")
    shop.taxes_included = True
    shop.sell("goods", noon(FIRST), [Piece(11900)], tax_minor=1900)
    shop.sell("sent", noon(SECOND), [Piece(11900)], shipping=1190, tax_minor=2090)
    shop.refund("back", "sent", noon(THIRD), [(0, 1, 11900, 0)], shipping=1190, tax=2090)
    assert figures(shop, "gross", "net_sales", "shipping", "tax", "total_sales") == {
        FIRST: [100, 100, 0, 19, 119],
        SECOND: [100, 100, 10, Decimal("20.90"), Decimal("130.90")],
        THIRD: [0, -100, -10, Decimal("-20.90"), Decimal("-130.90")],
    }


def test_shipping_never_holds_more_tax_than_it_is(database: Database) -> None:
    # The order's tax is a cent above that of its lines by rounding; nothing was charged for shipping.
    shop = measured_shop(database, next(_tenants), timezone="Europe/Paris", currency="EUR")
    shop.taxes_included = True
    shop.sell("one", noon(FIRST), [Piece(11900, tax=1899)], tax_minor=1900)
    shop.refund("back", "one", noon(THIRD), [(0, 1, 11900, 1899)], tax=1)
    assert figures(shop, "gross", "returns", "shipping", "tax") == {
        FIRST: [100, 0, 0, 19], SECOND: [0, 0, 0, 0], THIRD: [0, 100, 0, -19],
    }  # fmt: skip


def test_new_customers_are_those_whose_first_order_counts_on_its_day(shop: MeasuredShop) -> None:
    # Placed at 23:50 in New York, processed at 00:10: new on the second day, as their order is.
    shop.sell("late", datetime(2026, 3, 11, 3, 50, tzinfo=UTC), [Piece(2000)], visitor="night",
              processed_at=datetime(2026, 3, 11, 4, 10, tzinfo=UTC))  # fmt: skip
    shop.sell("counter", noon(THIRD), [Piece(2000)], visitor="walk-in", source_name="pos")
    names = ("orders", "new_customer_orders", "new_customers", "returning_customers")
    assert list(figures(shop, *names).values()) == [[0, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]]
    shop.prefer(excluded_sources=("pos",))
    assert list(figures(shop, *names).values()) == [[0, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]]


def test_a_cohort_is_of_customers_whose_first_order_counts_in_its_month(shop: MeasuredShop) -> None:
    # Placed at 23:50 on 28 February in New York, processed on 1 March: a customer of March. Counter sales do not count.
    shop.prefer(excluded_sources=("pos",), ltv_basis="net_sales")
    shop.sell("late", datetime(2026, 3, 1, 4, 50, tzinfo=UTC), [Piece(2000)], visitor="night",
              processed_at=datetime(2026, 3, 1, 5, 10, tzinfo=UTC))  # fmt: skip
    shop.sell("again", noon(FIRST), [Piece(3000)], visitor="night")
    shop.sell("counter", noon(FIRST), [Piece(2000)], visitor="walk-in", source_name="pos")
    shop.now = datetime(2026, 5, 12, 12, tzinfo=UTC)
    shop.summarise()
    rows = shop.query(
        "select cohort, customers, value from analytics.metrics_cohorts"
        " where tenant_id = %(tenant_id)s and channel = '(all)' and horizon_days = 30"
    )
    assert [(row["cohort"], row["customers"], row["value"]) for row in rows] == [(date(2026, 3, 1), 1, 50)]


def test_an_average_order_is_of_the_orders_whose_money_is_known(shop: MeasuredShop) -> None:
    shop.sell("home", noon(FIRST), [Piece(10000)])
    shop.sell("foreign", noon(FIRST), [Piece(10000)], currency="EUR")
    row = figures(shop, "orders", "priced_orders", "after_discounts", "aov", "incomplete")[FIRST]
    reason = "EUR: no rate on 2026-03-10; run sync_fx_rates"
    assert row == [2, 1, 100, 100, {"sales": reason, "attribution": reason}]


def test_money_without_a_rate_is_named_and_never_zero(shop: MeasuredShop) -> None:
    shop.sell("foreign", noon(FIRST), [Piece(2000)], currency="EUR")
    row = figures(shop, "orders", "net_sales", "total_sales", "incomplete")[FIRST]
    assert row[:3] == [1, None, None]
    reason = "EUR: no rate on 2026-03-10; run sync_fx_rates"
    assert row[3] == {"sales": reason, "attribution": reason}
    shop.insert(
        "exchange_rates",
        {
            "tenant_id": shop.tenant.tenant_id, "currency": "EUR", "day": FIRST, "rate": "1.25", "rate_date": FIRST,
            "source": "ecb", "settled": True,
        },
    )  # fmt: skip
    assert figures(shop, "net_sales", "incomplete")[FIRST] == [25, {}]
