"""The declared value: goods after discounts, without tax, shipping and tips; the items make it exactly."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.delivery.purchase import Refund
from include.delivery.value import MOST_ITEMS, Item, Valued, number, refund_of, shipping_of, value_of
from include.orders.state import Line, RefundedLine
from tests.unit.delivery.purchases import line, purchase

LINES = st.builds(
    Line,
    line_id=st.integers(1, 2**62),
    product_id=st.none() | st.text("0123456789", min_size=1, max_size=14),
    variant_id=st.none() | st.text("0123456789", min_size=1, max_size=14),
    sku=st.none() | st.text(max_size=120),
    quantity=st.integers(0, 50),
    unit_price_minor=st.integers(0, 10**9),
    discount_minor=st.integers(0, 10**10),
    tax_minor=st.integers(0, 10**8),
    gift_card=st.booleans(),
)


def test_tax_and_shipping_stand_outside_the_value() -> None:
    assert value_of(purchase()) == Valued(3_980, (Item("MUG-1", 2, 1_990),))


def test_a_lines_discount_lowers_the_price_of_its_units() -> None:
    assert value_of(purchase(lines=(line(discount_minor=380),))).items == (Item("MUG-1", 2, 1_800),)


def test_where_prices_contain_tax_each_lines_own_tax_is_taken_out() -> None:
    included = purchase(taxes_included=True, lines=(line(quantity=1, unit_price_minor=11_900, tax_minor=1_900),))
    assert value_of(included).value_minor == 10_000


def test_shipping_loses_the_tax_that_is_no_lines_so_that_value_tax_and_shipping_are_the_total() -> None:
    included = purchase(
        taxes_included=True,
        lines=(line(quantity=1, unit_price_minor=11_900, tax_minor=1_900),),
        shipping_minor=595,
        tax_minor=1_995,
        total_minor=12_495,
    )
    assert shipping_of(included) == 500
    assert value_of(included).value_minor + 500 + 1_995 == included.total_minor


def test_an_orders_discount_that_is_on_no_line_is_spread_over_the_lines_by_their_amounts() -> None:
    lines = (line(quantity=1, unit_price_minor=3_000), line(line_id=2, sku="B", quantity=1, unit_price_minor=1_000))
    noted = {"lines": lines, "discounts_minor": 401, "shipping_minor": 490, "tax_minor": 756}
    valued = value_of(purchase(**noted, total_minor=4_000 - 401 + 490 + 756))
    assert valued == Valued(3_599, (Item("MUG-1", 1, 2_700), Item("B", 1, 899)))
    assert value_of(purchase(**noted, total_minor=4_000 + 490 + 756)).value_minor == 4_000, "it was on shipping"


def test_an_orders_tax_that_is_on_no_line_is_spread_over_lines_and_shipping() -> None:
    lines = (line(quantity=1, unit_price_minor=11_900, tax_minor=0),)
    included = purchase(taxes_included=True, lines=lines, shipping_minor=595, tax_minor=1_995, total_minor=12_495)
    assert value_of(included).value_minor == 10_000
    assert shipping_of(included) == 500


def test_an_amount_that_does_not_divide_is_two_items_whose_prices_differ_by_one_minor_unit() -> None:
    third = value_of(purchase(lines=(line(quantity=3, unit_price_minor=334, discount_minor=2),)))
    assert third == Valued(1_000, (Item("MUG-1", 1, 334), Item("MUG-1", 2, 333)))


def test_a_line_that_was_taken_out_of_the_order_is_no_item() -> None:
    assert value_of(purchase(lines=(line(), line(line_id=2, sku="GONE", quantity=0)))).value_minor == 3_980


@pytest.mark.parametrize(
    ("changes", "item_id"),
    [
        ({}, "MUG-1"),
        ({"sku": None}, "901"),
        ({"sku": None, "variant_id": None}, "801"),
        ({"sku": "", "variant_id": None, "product_id": None}, "custom-item"),
        ({"sku": "x" * 140}, "x" * 100),
    ],
)
def test_an_item_is_named_by_sku_else_variant_else_product(changes: dict[str, object], item_id: str) -> None:
    assert value_of(purchase(lines=(line(**changes),))).items[0].item_id == item_id


def test_an_order_without_lines_is_one_item_of_what_is_left_of_its_total() -> None:
    assert value_of(purchase(lines=())) == Valued(3_980, (Item("order", 1, 3_980),))
    imported = purchase(lines=(), shipping_minor=None, tax_minor=None, tips_minor=None)
    assert value_of(imported).value_minor == 5_226


def test_what_is_beyond_two_hundred_items_is_one_item_and_the_value_is_whole() -> None:
    many = value_of(purchase(lines=tuple(line(line_id=number, sku=f"S{number}") for number in range(450))))
    assert len(many.items) == MOST_ITEMS
    assert many.value_minor == 450 * 3_980
    assert many.items[-1] == Item("further-items", 1, 251 * 3_980)


@given(st.lists(LINES, max_size=230), st.booleans())
def test_the_items_always_make_the_value_exactly_and_none_is_negative(lines: list[Line], included: bool) -> None:
    valued = value_of(purchase(lines=tuple(lines), taxes_included=included))
    assert sum(item.price_minor * item.quantity for item in valued.items) == valued.value_minor >= 0
    assert all(item.quantity > 0 and item.price_minor >= 0 and item.item_id for item in valued.items)
    assert 0 < len(valued.items) <= MOST_ITEMS


def test_items_that_do_not_make_the_value_are_refused() -> None:
    with pytest.raises(ValueError, match="do not make the value"):
        Valued(100, (Item("MUG-1", 3, 33),))


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(3_980, "EUR", "39.80"), (3_980, "JPY", "3980"), (3_980, "KWD", "3.980"), (0, "EUR", "0.00"), (5, "USD", "0.05")],
)
def test_money_is_written_digit_for_digit_in_the_currencys_own_decimals(minor: int, currency: str, text: str) -> None:
    assert orjson.dumps(number(minor, currency)) == text.encode()


def test_a_refund_takes_back_the_goods_given_back_without_tax_and_shipping() -> None:
    back = Refund(1_990, 490, 378, (RefundedLine(1, 1, 1_990, 378),))
    assert refund_of(purchase(), back) == Valued(1_990, (Item("MUG-1", 1, 1_990),))
    included = Refund(11_900, 0, 1_900, (RefundedLine(1, 1, 11_900, 1_900),))
    assert refund_of(purchase(taxes_included=True), included).value_minor == 10_000


def test_a_refund_of_another_sum_than_its_lines_is_one_item_of_that_sum() -> None:
    back = Refund(1_500, 0, 0, (RefundedLine(1, 1, 1_990, 0),))
    assert refund_of(purchase(), back) == Valued(1_500, (Item("order", 1, 1_500),))
    assert refund_of(purchase(), Refund(700, 0, 0)) == Valued(700, (Item("order", 1, 700),))
