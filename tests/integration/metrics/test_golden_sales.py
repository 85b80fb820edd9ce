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
