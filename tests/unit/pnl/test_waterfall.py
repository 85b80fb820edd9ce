"""The waterfall: layers move subtotals only, and what is not known is never zero."""

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.metrics.preferences import COST_KINDS, LINES, FormulaPreferences, WaterfallLayer
from include.pnl.figures import Figure, share, total
from include.pnl.layers import PRESETS, layers_of
from include.pnl.waterfall import Costs, Line, Sales, margin_base, net_profit, net_sales, waterfall

amounts = st.integers(-(10**12), 10**12)
known = st.builds(Figure, amounts)
figures = st.one_of(known, st.builds(Figure, st.none(), st.just(Decimal(0)), st.just(("no rate",))))
sales = st.builds(Sales, known, known, known, known, known, known)
costs = st.builds(Costs, *(known for _ in range(6)))


@st.composite
def own_layers(draw: st.DrawFn) -> tuple[WaterfallLayer, ...]:
    """Cut the cost kinds, in any order, into layers with names of their own."""
    kinds = draw(st.permutations(COST_KINDS))
    cuts = sorted(draw(st.sets(st.integers(1, len(kinds) - 1))))
    edges = [0, *cuts, len(kinds)]
    return tuple(
        WaterfallLayer(layer=f"layer {number}", kinds=tuple(kinds[first:last]))
        for number, (first, last) in enumerate(pairwise(edges))
    )


def of(lines: Sequence[Line]) -> dict[str, int | None]:
    return {line.line: line.figure.minor for line in lines}


@given(sales, costs, own_layers(), st.booleans(), st.booleans(), st.sampled_from(["liability", "income"]))
def test_net_profit_is_the_same_under_every_layer_mapping(
    sold: Sales, spent: Costs, layers: tuple[WaterfallLayer, ...], with_shipping: bool, with_tax: bool, tax: str
) -> None:
    switches = {"tax_treatment": tax}
    mappings = [{"waterfall": name} for name in PRESETS]
    mappings += [{"waterfall": "custom", "waterfall_layers": layers}]
    shown = [
        {},
        {"net_sales_includes_shipping": with_shipping, "net_sales_includes_tax": with_tax},
    ]
    profits = {
        net_profit(waterfall(sold, spent, FormulaPreferences.model_validate({**switches, **mapping, **also}))).minor
        for mapping in mappings
        for also in shown
    }
    assert len(profits) == 1


@given(st.builds(Sales, *(figures for _ in range(6))), st.builds(Costs, *(figures for _ in range(6))), own_layers())
def test_a_subtotal_is_what_stands_above_it_added_up_and_unknown_as_soon_as_a_line_is(
    sold: Sales, spent: Costs, layers: tuple[WaterfallLayer, ...]
) -> None:
    preferences = FormulaPreferences(waterfall="custom", waterfall_layers=layers)
    running: int | None = 0
    for line in waterfall(sold, spent, preferences):
        minor = line.figure.minor
        if line.is_subtotal:
            assert minor == running
            assert (minor is None) <= bool(line.figure.reasons)
        else:
            running = None if running is None or minor is None else running + minor


@given(st.lists(st.tuples(sales, costs), min_size=1, max_size=7))
def test_days_sum_to_the_period(days: list[tuple[Sales, Costs]]) -> None:
    preferences = FormulaPreferences()
    sold, spent = (
        kind(*(total(getattr(part, field.name) for part in parts) for field in fields(kind)))
        for kind, parts in zip((Sales, Costs), zip(*days, strict=True), strict=True)
    )
    period = of(waterfall(sold, spent, preferences))
    summed: dict[str, int] = {}
    for day in days:
        for line in waterfall(*day, preferences):
            summed[line.line] = summed.get(line.line, 0) + (line.figure.minor or 0)
    assert {line: amount for line, amount in summed.items() if amount} == {
        line: amount for line, amount in period.items() if amount
    }


@given(sales, costs, st.booleans(), st.booleans(), st.sampled_from(["liability", "income"]))
def test_no_layer_can_be_called_like_a_line_that_is_no_subtotal(
    sold: Sales, spent: Costs, with_shipping: bool, with_tax: bool, tax: str
) -> None:
    preferences = FormulaPreferences.model_validate(
        {
            "net_sales_includes_shipping": with_shipping,
            "net_sales_includes_tax": with_tax,
            "tax_treatment": tax,
        }
    )
    lines = {line.line for line in waterfall(sold, spent, preferences) if not line.is_subtotal}
    assert lines <= set(LINES)


def test_a_layer_is_shown_with_its_lines_in_the_tenants_order() -> None:
    layers = (
        WaterfallLayer(layer="after ads", kinds=("ad_spend", "cogs")),
        WaterfallLayer(
            layer="rest",
            kinds=(
                "shipping_charged",
                "other_charges",
                "fulfilment",
                "payment_fees",
                "operating_costs",
                "tax_collected",
            ),
        ),
    )
    preferences = FormulaPreferences(waterfall="custom", waterfall_layers=layers)
    lines = waterfall(a_day(), Costs(*(Figure(amount) for amount in (30, 0, 5, 3, 20, 10))), preferences)
    assert [(line.position, line.line, line.layer, line.figure.minor) for line in lines][3:7] == [
        (4, "net_sales", "net_sales", 100),
        (5, "ad_spend", "after ads", -20),
        (6, "cogs", "after ads", -30),
        (7, "after ads", "after ads", 50),
    ]
    assert lines[-1].line == "net_profit"
    assert lines[-1].figure.minor == lines[-2].figure.minor == 38


def test_shipping_is_counted_once_whether_net_sales_hold_it_or_a_layer_does() -> None:
    apart = waterfall(a_day(), no_costs(), FormulaPreferences())
    inside = waterfall(a_day(), no_costs(), FormulaPreferences(net_sales_includes_shipping=True))
    assert (of(apart)["net_sales"], of(inside)["net_sales"]) == (100, 106)
    assert [line.line for line in inside].count("shipping_charged") == 1
    assert net_sales(a_day(), FormulaPreferences(net_sales_includes_shipping=True)).minor == 106


@pytest.mark.parametrize(
    ("includes_tax", "treatment", "line", "profit"),
    [
        (False, "liability", None, 106),
        (True, "liability", "tax_owed", 106),
        (False, "income", "tax_collected", 125),
        (True, "income", "tax", 125),
    ],
)
def test_collected_tax_is_profit_only_where_the_tenant_says_it_is_income(
    includes_tax: bool, treatment: str, line: str | None, profit: int
) -> None:
    chosen = {"net_sales_includes_tax": includes_tax, "tax_treatment": treatment}
    lines = waterfall(a_day(), no_costs(), FormulaPreferences.model_validate(chosen))
    assert net_profit(lines).minor == profit
    assert line is None or line in of(lines)


@pytest.mark.parametrize(
    ("denominator", "base"), [("net_sales", 106), ("gross_sales", 120), ("total_sales", 100 + 6 + 19)]
)
def test_margins_are_shares_of_what_the_tenant_chose_not_of_whatever_is_largest(denominator: str, base: int) -> None:
    chosen = {"margin_denominator": denominator, "net_sales_includes_shipping": True}
    assert margin_base(a_day(), FormulaPreferences.model_validate(chosen)).minor == base


@pytest.mark.parametrize("name", PRESETS)
def test_a_named_waterfall_takes_every_cost_kind_once_and_ends_in_net_profit(name: str) -> None:
    layers = layers_of(FormulaPreferences.model_validate({"waterfall": name}))
    kinds = [kind for layer in layers for kind in layer.kinds]
    assert sorted(kinds) == sorted(COST_KINDS)
    assert layers[-1].layer == "net_profit"


@given(st.lists(figures))
def test_a_sum_has_an_amount_exactly_when_all_its_parts_do_and_keeps_every_reason_once(parts: list[Figure]) -> None:
    summed = total(parts)
    assert (summed.minor is None) == any(part.minor is None for part in parts)
    assert summed.coverage == min((part.coverage for part in parts), default=Decimal(1))
    assert summed.reasons == (("no rate",) if summed.minor is None else ())


@pytest.mark.parametrize(
    ("known_part", "whole", "expected"), [(1, 3, "0.333333"), (5, 0, "1"), (0, 7, "0"), (9, 7, "1"), (-1, 7, "0")]
)
def test_a_share_lies_between_nothing_and_all_and_nothing_to_know_is_known(
    known_part: int, whole: int, expected: str
) -> None:
    assert share(known_part, whole) == Decimal(expected)


def a_day() -> Sales:
    """120 gross, 15 off, 5 back, 6 shipping, 19 tax."""
    return Sales(*(Figure(amount) for amount in (120, 15, 5, 6, 19, 0)))


def no_costs() -> Costs:
    return Costs(*(Figure(0) for _ in range(6)))
