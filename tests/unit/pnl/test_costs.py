"""What a day's sales cost, and what is said where a cost is missing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.metrics.preferences import FormulaPreferences
from include.pnl.cost_settings import CogsSettings, CostSettings, Fulfilment, PaymentRate
from include.pnl.costs import (
    AccountSpend,
    Goods,
    Parcels,
    Payments,
    ad_spend,
    cost_of_goods,
    fulfilment_cost,
    payment_fees,
)

SHOPIFY = FormulaPreferences()
CARD = PaymentRate(gateway="card", percent=Decimal("2.9"), fixed=Decimal("0.30"))
BANK = PaymentRate(gateway="bank", percent=Decimal(0), fixed=Decimal(1))


def goods(name: str, *, cost: str = "0", uncosted: str = "0", sold: str = "0", pieces: int = 0) -> Goods:
    known = Decimal(sold) - Decimal(uncosted)
    return Goods(name, Decimal(cost), Decimal(uncosted), known, Decimal(sold), pieces)


@given(st.lists(st.decimals(-10_000, 10_000, places=4), min_size=1, max_size=30))
def test_the_cost_of_products_sums_to_the_cost_of_goods(costs: list[Decimal]) -> None:
    sold = [Goods(f"sku-{number}", cost, Decimal(0), Decimal(1), Decimal(1), 0) for number, cost in enumerate(costs)]
    figure, _ = cost_of_goods(sold, SHOPIFY, CogsSettings())
    assert figure.minor == sum(figure.parts.values())
    assert len(figure.parts) == len(costs)


@pytest.mark.parametrize(("cost", "minor"), [("2.5", 2), ("3.5", 4), ("-2.5", -2), ("2.5001", 3)])
def test_a_converted_cost_is_rounded_half_to_even(cost: str, minor: int) -> None:
    figure, _ = cost_of_goods([goods("mug", cost=cost, sold="10")], SHOPIFY, CogsSettings())
    assert figure.minor == minor


def test_sales_without_a_cost_are_left_out_of_the_margin_and_named() -> None:
    sold = [goods("mug", cost="300", sold="900"), goods("cup", uncosted="100", sold="100", pieces=2)]
    figure, left_out = cost_of_goods(sold, SHOPIFY, CogsSettings())
    assert (figure.minor, left_out.minor, figure.coverage) == (300, 100, Decimal("0.9"))
    assert figure.reasons == ("no unit cost for 2 pieces of cup",)


def test_a_day_of_which_no_cost_is_known_has_no_cost_of_goods() -> None:
    figure, left_out = cost_of_goods([goods("cup", uncosted="100", sold="100", pieces=1)], SHOPIFY, CogsSettings())
    assert (figure.minor, left_out.minor, figure.coverage) == (None, 0, 0)


def test_a_day_without_goods_costs_nothing_and_nothing_is_missing() -> None:
    figure, left_out = cost_of_goods([], SHOPIFY, CogsSettings())
    assert (figure.minor, left_out.minor, figure.coverage, figure.reasons) == (0, 0, 1, ())


def test_a_default_percentage_that_holds_from_a_later_day_leaves_the_cost_unknown_before_it() -> None:
    chosen = FormulaPreferences(missing_cost_policy="default_percent")
    sold = [goods("cup", uncosted="250", sold="250", pieces=1)]
    assert cost_of_goods(sold, chosen, CogsSettings(default_percent=Decimal(30)))[0].minor == 75
    unknown, _ = cost_of_goods(sold, chosen, CogsSettings())
    assert unknown.minor is None
    assert unknown.reasons[-1] == "cogs.default_percent is not set for the day"


def test_each_gateway_takes_its_own_rate_and_the_starred_one_serves_the_rest() -> None:
    settings = CostSettings(payment_rates=(CARD, BANK))
    paid = [Payments("card", 2, Decimal(20000), Decimal(0)), Payments("bank", 1, Decimal(5000), Decimal(0))]
    assert payment_fees(paid, settings, SHOPIFY, 2).parts == {"card": 640, "bank": 100}
    unknown = payment_fees([*paid, Payments(None, 1, Decimal(25000), Decimal(0))], settings, SHOPIFY, 2)
    assert (unknown.minor, unknown.coverage) == (None, Decimal("0.5"))
    assert unknown.reasons == ("no payment rate for gateway (none); add it to costs.payment_rates",)
    anyone = CostSettings(payment_rates=(CARD, PaymentRate(gateway="*", percent=Decimal(1))))
    assert payment_fees([Payments(None, 1, Decimal(25000), Decimal(0))], anyone, SHOPIFY, 2).minor == 250


def test_a_refund_needs_no_rate_where_gateways_keep_their_fees() -> None:
    refunded = [Payments("card", 0, Decimal(0), Decimal(10000))]
    assert payment_fees(refunded, CostSettings(), SHOPIFY, 2).minor == 0
    returned = FormulaPreferences(fee_refund_policy="returned")
    assert payment_fees(refunded, CostSettings(payment_rates=(CARD,)), returned, 2).minor == -290
    assert payment_fees(refunded, CostSettings(), returned, 2).minor is None


@pytest.mark.parametrize(("exponent", "fee"), [(0, 3), (2, 33), (3, 303)])
def test_fixed_fees_are_major_units_whatever_decimals_the_currency_has(exponent: int, fee: int) -> None:
    settings = CostSettings(payment_rates=(PaymentRate(gateway="*", percent=Decimal("2.9"), fixed=Decimal("0.3")),))
    paid = [Payments("card", 1, Decimal(100), Decimal(0))]
    assert payment_fees(paid, settings, SHOPIFY, exponent).minor == fee


def test_fulfilment_is_the_rate_card_and_unknown_where_pieces_are() -> None:
    card = CostSettings(fulfilment=Fulfilment(per_order=Decimal(4), per_item=Decimal("0.5"), per_return=Decimal(2)))
    assert fulfilment_cost(Parcels(3, 5, 0, 1), card, 2).parts == {"orders": 1200, "items": 250, "returns": 200}
    unknown = fulfilment_cost(Parcels(4, 5, 1, 0), card, 2)
    assert (unknown.minor, unknown.coverage) == (None, Decimal("0.75"))
    by_order = CostSettings(fulfilment=Fulfilment(per_order=Decimal(4)))
    assert fulfilment_cost(Parcels(4, 5, 1, 0), by_order, 2).minor == 1600
    assert fulfilment_cost(Parcels(0, 0, 0, 0), CostSettings(), 2).minor == 0
    assert fulfilment_cost(Parcels(1, 1, 0, 0), CostSettings(), 2).minor is None


def test_advertising_is_unknown_as_soon_as_one_account_is_and_shows_what_is_known() -> None:
    known = [AccountSpend("meta", "1", Decimal("10.4"), None), AccountSpend("meta", "2", Decimal(5), None)]
    assert ad_spend(known).parts == {"meta": 15}
    part = ad_spend([*known, AccountSpend("tiktok", "3", None, "tiktok 3: not stored yet")])
    assert (part.minor, part.parts, part.reasons) == (None, {"meta": 15}, ("tiktok 3: not stored yet",))
    assert part.coverage == Decimal("0.666667")
    assert ad_spend([]).minor == 0
