"""From a day's sales and costs to the lines of its profit and loss, in the order in which a tenant reads them.

Every amount is signed as it enters the sum: a subtotal is what stands above it added up. Where the figures come from is
left to costs.py, operating.py and the job.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from include.metrics.preferences import NET_PROFIT, CostKind, FormulaPreferences
from include.pnl.figures import Figure, total
from include.pnl.layers import layers_of

NET_SALES = "net_sales"


@dataclass(frozen=True)
class Sales:
    """A day's sales without tax, and the tax apart: all positive figures, discounts and returns too."""

    gross: Figure
    discounts: Figure
    returns: Figure
    shipping: Figure
    tax: Figure
    other_charges: Figure
    """Tips, duties, fees and rounding."""


@dataclass(frozen=True)
class Costs:
    """A day's costs, positive. uncosted: net sales of goods whose cost nobody knows, which no margin may count."""

    cogs: Figure
    uncosted: Figure
    fulfilment: Figure
    payment_fees: Figure
    ad_spend: Figure
    operating_costs: Figure


@dataclass(frozen=True)
class Line:
    """One line of the waterfall. layer: the subtotal it belongs to; is_subtotal: the sum of all lines so far."""

    position: int
    line: str
    layer: str
    is_subtotal: bool
    figure: Figure


def net_sales(sales: Sales, preferences: FormulaPreferences) -> Figure:
    """Return gross - discounts - returns, with shipping and tax where the tenant's net sales hold them."""
    return total(figure for _, figure in _sales_lines(sales, preferences))


def waterfall(sales: Sales, costs: Costs, preferences: FormulaPreferences) -> Sequence[Line]:
    """Return the lines of one day, from gross sales to net profit."""
    written: list[Line] = []
    running: list[Figure] = []

    def write(line: str, layer: str, figure: Figure, *, is_subtotal: bool = False) -> None:
        written.append(Line(len(written) + 1, line, layer, is_subtotal, figure))
        if not is_subtotal:
            running.append(figure)

    for name, figure in _sales_lines(sales, preferences):
        write(name, NET_SALES, figure)
    write(NET_SALES, NET_SALES, total(running), is_subtotal=True)
    by_kind = _by_kind(sales, costs, preferences)
    for layer in layers_of(preferences):
        for kind in layer.kinds:
            for name, figure in by_kind[kind]:
                write(name, layer.layer, figure)
        write(layer.layer, layer.layer, total(running), is_subtotal=True)
    return written


def margin_base(sales: Sales, preferences: FormulaPreferences) -> Figure:
    """Return what margins are shares of: net sales as the tenant has them, total sales, or gross sales."""
    if preferences.margin_denominator == "gross_sales":
        return sales.gross
    if preferences.margin_denominator == "net_sales":
        return net_sales(sales, preferences)
    taken = (sales.discounts.negated(), sales.returns.negated())
    return total((sales.gross, *taken, sales.shipping, sales.tax, sales.other_charges))


def net_profit(lines: Sequence[Line]) -> Figure:
    """Return the last subtotal."""
    return next(line.figure for line in reversed(lines) if line.line == NET_PROFIT)


def _sales_lines(sales: Sales, preferences: FormulaPreferences) -> list[tuple[str, Figure]]:
    lines = [
        ("gross_sales", sales.gross),
        ("discounts", sales.discounts.negated()),
        ("returns", sales.returns.negated()),
    ]
    if preferences.net_sales_includes_shipping:
        lines.append(("shipping_charged", sales.shipping))
    if preferences.net_sales_includes_tax:
        lines.append(("tax", sales.tax))
    return lines


def _by_kind(
    sales: Sales, costs: Costs, preferences: FormulaPreferences
) -> Mapping[CostKind, Sequence[tuple[str, Figure]]]:
    goods = [("cogs", costs.cogs.negated())]
    if costs.uncosted.minor:
        goods.append(("sales_without_cost", costs.uncosted.negated()))
    return {
        "cogs": goods,
        "shipping_charged": [] if preferences.net_sales_includes_shipping else [("shipping_charged", sales.shipping)],
        "other_charges": [("other_charges", sales.other_charges)],
        "fulfilment": [("fulfilment", costs.fulfilment.negated())],
        "payment_fees": [("payment_fees", costs.payment_fees.negated())],
        "ad_spend": [("ad_spend", costs.ad_spend.negated())],
        "operating_costs": [("operating_costs", costs.operating_costs.negated())],
        "tax_collected": _tax_lines(sales, preferences),
    }


def _tax_lines(sales: Sales, preferences: FormulaPreferences) -> Sequence[tuple[str, Figure]]:
    # Net sales that show tax give it up again where it is owed; those that do not only gain it where it is income.
    is_income = preferences.tax_treatment == "income"
    if preferences.net_sales_includes_tax:
        return [] if is_income else [("tax_owed", sales.tax.negated())]
    return [("tax_collected", sales.tax)] if is_income else []
