"""What can be exported: a data set is one query of queries/exports, its columns by name and kind, and how it is parted.

No I/O. The kinds say how a column is typed in Parquet and written in CSV (encoding.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["day", "instant", "count", "money", "number", "flag", "text"]
"""day: a date; instant: UTC; count: 64-bit integer; money: decimal of six places; number: float; text: any words."""


@dataclass(frozen=True)
class DataSet:
    """parts: what one file holds, a tenant-local month or day of `day`, which is the first column of every set."""

    name: str
    parts: Literal["month", "day"]
    columns: Mapping[str, Kind]


def _of(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


_VERSIONS = _of("count", "preference_version catalogue_version")

_METRICS_DAILY = DataSet(
    "metrics_daily",
    "month",
    {
        **_of("day", "day"),
        **_of("flag", "is_final"),
        **_of("instant", "closed_at"),
        **_of("text", "incomplete currency"),
        **_of("count", "orders cancelled_orders"),
        **_of("money", "gross discounts returns net_sales shipping tax tips other_charges gift_cards total_sales"),
        **_of("money", "order_value aov return_rate discount_rate"),
        **_of("count", "new_customers returning_customers new_customer_orders returning_customer_orders"),
        **_of("count", "unknown_customer_orders"),
        **_of("money", "new_customer_net_sales returning_customer_net_sales ad_spend ad_spend_known"),
        **_of("count", "impressions clicks sessions"),
        **_of("money", "roas mer acos amer cpa cac cpm cpc ctr conversion_rate revenue_per_session"),
        **_of("count", "attributed_orders unattributed_orders pending_orders"),
        **_of("money", "attributed_revenue unattributed_revenue unattributed_share path_length time_lag_hours"),
        **_VERSIONS,
    },
)
_METRICS_WEEKLY = DataSet(
    "metrics_weekly",
    "month",
    {
        **_of("day", "day"),
        **_of("text", "metric"),
        **_of("money", "value previous change average_4_weeks"),
        **_of("text", "unit currency incomplete"),
        **_of("flag", "is_final"),
        **_VERSIONS,
    },
)
_METRICS_COHORTS = DataSet(
    "metrics_cohorts",
    "month",
    {
        **_of("day", "day"),
        **_of("text", "channel"),
        **_of("count", "horizon_days customers"),
        **_of("money", "spend value ltv cac ltv_cac"),
        **_of("count", "payback_days"),
        **_of("text", "currency incomplete"),
        **_VERSIONS,
    },
)
_ATTRIBUTION_METRICS_DAILY = DataSet(
    "attribution_metrics_daily",
    "month",
    {
        **_of("day", "day"),
        **_of("text", "clock model channel platform campaign_id campaign currency"),
        **_of("flag", "is_final"),
        **_of("money", "conversions new_customer_conversions"),
        **_of("count", "revenue_minor new_customer_revenue_minor view_revenue_minor adjustments_minor spend_minor"),
        **_of("count", "impressions clicks"),
        **_of("money", "view_through_conversions roas cpa_minor ncac_minor"),
        **_of("text", "incomplete"),
        **_VERSIONS,
    },
)
_PNL_DAILY = DataSet(
    "pnl_daily",
    "month",
    {
        **_of("day", "day"),
        **_of("count", "position"),
        **_of("text", "line layer"),
        **_of("flag", "is_subtotal"),
        **_of("count", "amount_minor"),
        **_of("text", "currency"),
        **_of("money", "margin coverage"),
        **_of("text", "incomplete parts"),
        **_of("flag", "is_final"),
        **_of("count", "preference_version cost_version catalogue_version"),
    },
)
_ORDERS = DataSet(
    "orders",
    "day",
    {
        **_of("day", "day"),
        **_of("count", "order_id"),
        **_of("text", "external_id name"),
        **_of("instant", "placed_at processed_at cancelled_at"),
        **_of("flag", "test"),
        **_of("text", "financial_status source_name gateway"),
        **_of("count", "customer_id"),
        **_of("text", "currency"),
        **_of("count", "gross_minor discounts_minor shipping_minor tax_minor tips_minor total_minor"),
        **_of("flag", "taxes_included"),
    },
)
_ATTRIBUTION_CREDITS = DataSet(
    "attribution_credits",
    "day",
    {
        **_of("day", "day"),
        **_of("count", "conversion_id order_id"),
        **_of("instant", "ordered_at"),
        **_of("flag", "is_new_customer"),
        **_of("count", "touchpoint_id position"),
        **_of("instant", "touched_at"),
        **_of("text", "channel source medium campaign platform campaign_id"),
        **_of("number", "attribution_first attribution_last attribution_linear attribution_time_decay"),
        **_of("number", "attribution_position attribution_data_driven"),
        **_of("count", "amount_first_minor amount_last_minor amount_linear_minor amount_time_decay_minor"),
        **_of("count", "amount_position_minor amount_data_driven_minor"),
        **_of("text", "currency"),
    },
)
_AD_SPEND_DAILY = DataSet(
    "ad_spend_daily",
    "month",
    {
        **_of("day", "day"),
        **_of("text", "platform account_id level entity_id campaign_id adgroup_id ad_id entity_name"),
        **_of("money", "spend"),
        **_of("count", "impressions clicks"),
        **_of("money", "platform_conversions platform_conversion_value"),
        **_of("text", "currency timezone"),
        **_of("flag", "is_final"),
    },
)

DATA_SETS: Mapping[str, DataSet] = {
    each.name: each
    for each in (
        _METRICS_DAILY,
        _METRICS_WEEKLY,
        _METRICS_COHORTS,
        _ATTRIBUTION_METRICS_DAILY,
        _PNL_DAILY,
        _ORDERS,
        _ATTRIBUTION_CREDITS,
        _AD_SPEND_DAILY,
    )
}
"""Data set by name: that of the table it is read from, whose comments say what the columns mean."""
