"""How a tenant wants its figures computed: every switch on which shops and vendors disagree, with three presets.

A preference alters one pure rule or one statement's parameter, never a tenant by name. Sales rules that read them are
in sales.py, cost rules in include/pnl; how a file and a table hold them, from which day on, is left to include/tenants.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from include.ids import settings_version
from include.tenants.fields import Count, Flag, Name, between

RevenueBasis = Literal["gross", "after_discounts", "order", "net", "total"]
"""gross: goods at list price. after_discounts: gross less discounts. order: the order as placed, with shipping and tax,
refunds ignored. net: net sales. total: total sales."""

OrderGroup = Literal["test", "unpaid", "cancelled", "zero_value"]
"""unpaid: neither paid nor (partially) refunded. cancelled: as if never placed. zero_value: a total of 0."""

CostKind = Literal[
    "cogs",
    "shipping_charged",
    "other_charges",
    "fulfilment",
    "payment_fees",
    "ad_spend",
    "operating_costs",
    "tax_collected",
]
"""What a waterfall takes from net sales, or adds to it: see include/pnl/layers.py."""

NET_PROFIT = "net_profit"

LINES = (
    "gross_sales",
    "discounts",
    "returns",
    "shipping_charged",
    "tax",
    "net_sales",
    "cogs",
    "sales_without_cost",
    "other_charges",
    "fulfilment",
    "payment_fees",
    "ad_spend",
    "operating_costs",
    "tax_owed",
    "tax_collected",
)
"""Lines of a waterfall that are no layer, under any preferences: a day's lines are told apart by their names."""

COST_KINDS: tuple[CostKind, ...] = (
    "cogs",
    "shipping_charged",
    "other_charges",
    "fulfilment",
    "payment_fees",
    "ad_spend",
    "operating_costs",
    "tax_collected",
)


class WaterfallLayer(BaseModel):
    """One layer of a tenant's own waterfall: what it is called and what it takes from the layer above."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layer: Name
    kinds: tuple[CostKind, ...]


def _ascending(days: tuple[int, ...]) -> tuple[int, ...]:
    if not days or list(days) != sorted(set(days)):
        raise ValueError("must be ascending days, each once")
    return days


class FormulaPreferences(BaseModel):
    """Every switch of the formulas; the defaults are the preset shopify_finance: what Shopify's finance reports say.

    Sources of each switch and who disagrees: docs/metrics.md and docs/pnl.md.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: Literal["shopify_finance", "triple_whale_like", "accounting"] = "shopify_finance"
    """What the switches that a file leaves out are set to; it computes nothing itself."""

    refund_recognition: Literal["refund_date", "order_date"] = "refund_date"
    """The local day on which a refund or cancellation takes back sales."""
    order_clock: Literal["processed_at", "created_at"] = "processed_at"
    """The instant that decides an order's local day; where a shop gives no processed_at it is created_at."""
    order_edit_recognition: Literal["edit_date", "order_date"] = "edit_date"
    """The local day of what a later edit added or removed."""
    excluded_orders: tuple[OrderGroup, ...] = ("test", "unpaid")
    excluded_sources: tuple[Name, ...] = ()
    """Sales channels (orders.source_name) that count nowhere, such as pos."""
    gift_card_treatment: Literal["excluded_at_sale", "counted_at_sale"] = "excluded_at_sale"
    """excluded_at_sale: a gift card is sales when it is redeemed, not when it is bought."""
    net_sales_includes_shipping: Flag = False
    net_sales_includes_tax: Flag = False
    tax_treatment: Literal["liability", "income"] = "liability"
    """liability: collected tax is owed and in no profit, whether or not net sales show it."""

    roas_revenue_basis: RevenueBasis = "net"
    aov_basis: RevenueBasis = "after_discounts"
    mer_orientation: Literal["revenue_over_spend", "spend_over_revenue"] = "revenue_over_spend"
    cac_spend_scope: Literal["ads", "fully_loaded"] = "ads"
    """fully_loaded: ad spend and the operating costs of kind marketing."""
    cac_denominator: Literal["customers", "orders"] = "customers"
    ltv_basis: Literal["net_sales", "contribution"] = "contribution"
    ltv_horizons: Annotated[tuple[Annotated[Count, between(1, 1095)], ...], AfterValidator(_ascending)] = (30, 60, 90)
    """Days of age at which a cohort is measured."""
    attribution_model: Literal["first_touch", "last_touch", "linear", "time_decay", "position_based", "data_driven"] = (
        "last_touch"
    )
    """The model of headline figures; every model is stored."""
    attribution_clock: Literal["conversion", "touch"] = "conversion"
    """The day of headline credit; both are stored."""

    cost_change_policy: Literal["from_effective_date", "recalculate_history"] = "from_effective_date"
    """from_effective_date: the unit cost valid when the goods were sold. recalculate_history: the newest in force."""
    missing_cost_policy: Literal["exclude", "default_percent", "zero"] = "exclude"
    """Goods without a unit cost. exclude: out of the margin, shown by coverage. default_percent: the cogs section's."""
    returned_cost_policy: Literal["if_restocked", "always", "never"] = "if_restocked"
    """Whether the cost of returned goods is given back; always on the day of the refund."""
    payment_fee_source: Literal["actual_then_estimate", "estimate"] = "actual_then_estimate"
    fee_refund_policy: Literal["kept_by_gateway", "returned"] = "kept_by_gateway"
    waterfall: Literal["dach", "polar", "ads_before_logistics", "triple_whale", "custom"] = "dach"
    waterfall_layers: Annotated[tuple[WaterfallLayer, ...], Field(validate_default=True)] = ()
    """The layers of waterfall custom, top down; each cost kind once, none called like a line."""
    margin_denominator: Literal["net_sales", "total_sales", "gross_sales"] = "net_sales"

    @field_validator("waterfall_layers")
    @classmethod
    def _each_kind_once(cls, layers: tuple[WaterfallLayer, ...], info: ValidationInfo) -> tuple[WaterfallLayer, ...]:
        if (info.data.get("waterfall") == "custom") != bool(layers):
            raise ValueError("must be given with waterfall: custom, and only with it")
        names = [layer.layer for layer in layers]
        kinds = [kind for layer in layers for kind in layer.kinds]
        for repeated in [name for name in names if names.count(name) > 1]:
            raise ValueError(f"must name each layer once, {repeated} is there twice")
        for line in [name for name in names if name in LINES]:
            raise ValueError(f"must not name a layer {line}: that is a line of its own")
        if NET_PROFIT in names[:-1]:
            raise ValueError(f"must have {NET_PROFIT} last or not at all")
        for kind in COST_KINDS:
            if layers and kinds.count(kind) != 1:
                raise ValueError(f"must name each cost kind once, {kind} is there {kinds.count(kind)} times")
        return layers

    def version(self) -> int:
        """Return the stable hash of all switches: equal preferences have equal versions in every database."""
        return settings_version("formula_preferences", self.model_dump(mode="json", exclude={"preset"}))


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "shopify_finance": {},
    "triple_whale_like": {
        "refund_recognition": "order_date",
        "order_clock": "created_at",
        "order_edit_recognition": "order_date",
        "net_sales_includes_shipping": True,
        "net_sales_includes_tax": True,
        "roas_revenue_basis": "order",
        "aov_basis": "order",
        "mer_orientation": "spend_over_revenue",
        "returned_cost_policy": "always",
        "waterfall": "triple_whale",
        "margin_denominator": "total_sales",
    },
    "accounting": {
        "net_sales_includes_shipping": True,
        "aov_basis": "net",
        "cac_spend_scope": "fully_loaded",
    },
}
"""Preset -> the switches in which it differs from the defaults."""


def preset(name: str) -> FormulaPreferences:
    """Return the preferences of a preset; KeyError for an unknown one."""
    return FormulaPreferences.model_validate({**PRESETS[name], "preset": name})
