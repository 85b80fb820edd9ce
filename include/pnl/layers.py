"""Which costs a layer of the waterfall takes, top down; what the layers are called is not standardised.

A tier's name without its recipe means nothing, so a layer is always shown with its lines. Whatever the layers, net
profit is the same: only the subtotals move. Sources: docs/pnl.md.
"""

from collections.abc import Mapping

from include.metrics.preferences import NET_PROFIT, FormulaPreferences, WaterfallLayer

PRESETS: Mapping[str, tuple[WaterfallLayer, ...]] = {
    "dach": (
        WaterfallLayer(layer="cm1", kinds=("cogs",)),
        WaterfallLayer(layer="cm2", kinds=("shipping_charged", "other_charges", "fulfilment", "payment_fees")),
        WaterfallLayer(layer="cm3", kinds=("ad_spend",)),
        WaterfallLayer(layer=NET_PROFIT, kinds=("operating_costs", "tax_collected")),
    ),
    # Polar's CM2 takes its expenses from CM1 and its CM3 puts them back; both ends of that are cm4 here.
    "polar": (
        WaterfallLayer(layer="cm1", kinds=("cogs", "shipping_charged", "other_charges", "fulfilment", "payment_fees")),
        WaterfallLayer(layer="cm3", kinds=("ad_spend",)),
        WaterfallLayer(layer="cm4", kinds=("operating_costs", "tax_collected")),
    ),
    "ads_before_logistics": (
        WaterfallLayer(layer="cm1", kinds=("cogs", "payment_fees")),
        WaterfallLayer(layer="cm2", kinds=("ad_spend",)),
        WaterfallLayer(layer="cm3", kinds=("shipping_charged", "other_charges", "fulfilment")),
        WaterfallLayer(layer=NET_PROFIT, kinds=("operating_costs", "tax_collected")),
    ),
    "triple_whale": (
        WaterfallLayer(
            layer=NET_PROFIT,
            kinds=(
                "shipping_charged",
                "other_charges",
                "cogs",
                "fulfilment",
                "payment_fees",
                "tax_collected",
                "operating_costs",
                "ad_spend",
            ),
        ),
    ),
}
"""Named waterfalls, each cost kind in exactly one layer."""


def layers_of(preferences: FormulaPreferences) -> tuple[WaterfallLayer, ...]:
    """Return the tenant's layers, top down; the last one is always net profit."""
    layers = preferences.waterfall_layers or PRESETS[preferences.waterfall]
    if layers[-1].layer == NET_PROFIT:
        return layers
    return (*layers, WaterfallLayer(layer=NET_PROFIT, kinds=()))
