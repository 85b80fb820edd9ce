"""Spend and what came of it, over all channels. Spend days are the ad account's own calendar days, never shifted."""

from include.metrics.catalogue.entry import Metric, Ratio, Source

_SPEND: tuple[Source, ...] = ("spend",)
_BOTH: tuple[Source, ...] = ("spend", "orders", "refunds")
_OWN = "platforms' own claims are never part of it"

MARKETING = (
    Metric(
        "ad_spend", "spend of all ad accounts, converted by the rates of their days", "money", _SPEND,
        note="null, with its reason in incomplete, while an account's day or a rate is missing",
    ),
    Metric("ad_spend_known", "the part of ad_spend that is stored and has a rate", "money", _SPEND),
    Metric("impressions", "impressions of all ad accounts", "count", _SPEND),
    Metric("clicks", "clicks of all ad accounts, of every kind the platforms count", "count", _SPEND),
    Metric("sessions", "sessions and clicks recorded on the shop's own pages", "count", ("touches",),
           tables=("metrics_daily", "metrics_hourly")),
    Metric(
        "roas", "revenue of roas_revenue_basis / ad_spend", "ratio", _BOTH, ("roas_revenue_basis",),
        ratio=Ratio("roas_revenue_basis", "ad_spend"), note=f"blended; {_OWN}",
    ),
    Metric(
        "mer", "revenue of roas_revenue_basis / ad_spend, or the inverse", "ratio", _BOTH,
        ("roas_revenue_basis", "mer_orientation"),
        ratio=Ratio("roas_revenue_basis", "ad_spend", inverted_by=("mer_orientation", "spend_over_revenue")),
    ),
    Metric("acos", "ad_spend / net_sales", "ratio", _BOTH, ratio=Ratio("ad_spend", "net_sales")),
    Metric(
        "amer", "new_customer_net_sales / ad_spend", "ratio", _BOTH, ratio=Ratio("new_customer_net_sales", "ad_spend"),
        note="also called NC-ROAS or nMER, over all channels",
    ),
    Metric("cpa", "ad_spend / attributed_orders", "money", ("spend", "conversions"),
           ratio=Ratio("ad_spend", "attributed_orders"), note=_OWN),
    Metric(
        "cac", "cac_spend / new customers or their first orders", "money", ("spend", "conversions"),
        ("cac_spend_scope", "cac_denominator"), ratio=Ratio("cac_spend", "cac_denominator"), note="also called nCAC",
    ),
    Metric(
        "cac_spend", "ad_spend, with the operating costs of kind marketing where cac_spend_scope is fully_loaded",
        "money", _SPEND, ("cac_spend_scope",),
    ),
    Metric("cpm", "ad_spend / impressions x 1000", "money", _SPEND, ratio=Ratio("ad_spend", "impressions", 1000)),
    Metric("cpc", "ad_spend / clicks", "money", _SPEND, ratio=Ratio("ad_spend", "clicks")),
    Metric("ctr", "clicks / impressions", "share", _SPEND, ratio=Ratio("clicks", "impressions")),
    Metric("conversion_rate", "orders / sessions", "share", ("orders", "touches"), ratio=Ratio("orders", "sessions")),
    Metric("revenue_per_session", "net_sales / sessions", "money", ("orders", "refunds", "touches"),
           ratio=Ratio("net_sales", "sessions")),
)  # fmt: skip
