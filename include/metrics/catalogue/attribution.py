"""What our own credit says: how much of sales it explains, how long journeys are, and who gets it."""

from include.metrics.catalogue.entry import Metric, Ratio, Source

_CREDIT: tuple[Source, ...] = ("conversions", "credits")
_TABLE = ("attribution_metrics_daily",)
_RATED = (
    "a day's value in another currency is converted by the day's rate, rounded once; named in incomplete without one"
)
_GRAIN = "day x clock x model x channel x platform x campaign"

ATTRIBUTION = (
    Metric("attributed_orders", "conversions that touches share", "orders", ("conversions",),
           note="by placed_at; test and unpaid orders are no conversions"),
    Metric("unattributed_orders", "conversions without a qualifying touch", "orders", ("conversions",),
           note="why, per reason, is in unattributed_reasons"),
    Metric("pending_orders", "conversions that wait for credit", "orders", ("conversions",)),
    Metric("attributed_revenue", "value of attributed_orders, refunds ignored", "money", ("conversions",), note=_RATED),
    Metric("unattributed_revenue", "value of unattributed_orders, refunds ignored", "money", ("conversions",),
           note=_RATED),
    Metric(
        "eligible_orders", "attributed_orders + unattributed_orders", "orders", ("conversions",),
        note="excluded and pending conversions are not in it",
    ),
    Metric("unattributed_share", "unattributed_orders / eligible_orders", "share", ("conversions",),
           ratio=Ratio("unattributed_orders", "eligible_orders")),
    Metric("path_touches", "touches that have credit", "count", _CREDIT),
    Metric("path_hours", "hours from the first touch with credit to the order, over all attributed_orders",
           "hours", ("conversions", "credits", "touches")),
    Metric("path_length", "path_touches / attributed_orders", "ratio", _CREDIT,
           ratio=Ratio("path_touches", "attributed_orders")),
    Metric("time_lag_hours", "path_hours / attributed_orders", "hours", ("conversions", "credits", "touches"),
           ratio=Ratio("path_hours", "attributed_orders")),
    Metric(
        "channel_conversions", "sum of credit weights", "conversions", _CREDIT, tables=_TABLE, grain=_GRAIN,
        column="conversions",
    ),
    Metric(
        "channel_new_customer_conversions", "sum of credit weights of first orders", "conversions", _CREDIT,
        tables=_TABLE, grain=_GRAIN, column="new_customer_conversions",
    ),
    Metric(
        "channel_revenue", "credited value of orders, refunds ignored", "minor", _CREDIT, ("attribution_clock",),
        _TABLE, _GRAIN, column="revenue_minor",
        note="sums over channels, (unattributed) included, to the value of the day's conversions in every model;"
        " converted by the rate of the order's day",
    ),
    Metric(
        "channel_new_customer_revenue", "credited value of first orders", "minor", _CREDIT, tables=_TABLE, grain=_GRAIN,
        column="new_customer_revenue_minor",
    ),
    Metric(
        "channel_view_revenue", "the part of revenue_minor that view touches have", "minor", _CREDIT, tables=_TABLE,
        grain=_GRAIN, column="view_revenue_minor",
    ),
    Metric(
        "channel_adjustments", "what refunds and cancellations take back of credit, negative", "minor", ("credits",),
        ("refund_recognition",), _TABLE, _GRAIN, column="adjustments_minor",
        note="converted by the rate of the order's day, as the credit was",
    ),
    Metric(
        "channel_spend", "spend of the campaign on the account's day, converted by the day's rate", "minor", ("spend",),
        tables=_TABLE, grain=_GRAIN, column="spend_minor",
        note="the same in every model and clock: never add models; rounded half even per row; null where incomplete",
    ),
    Metric("channel_impressions", "impressions", "count", ("spend",), tables=_TABLE, grain=_GRAIN,
           column="impressions"),
    Metric("channel_clicks", "clicks", "count", ("spend",), tables=_TABLE, grain=_GRAIN, column="clicks"),
    Metric(
        "channel_view_through", "view-through conversions as the platform claims them", "conversions", ("views",),
        tables=_TABLE, grain=_GRAIN, column="view_through_conversions",
        note="engaged views are not in it; never added to conversions",
    ),
    Metric(
        "channel_roas", "revenue_minor / spend_minor", "ratio", ("credits", "spend"), tables=_TABLE, grain=_GRAIN,
        column="roas", ratio=Ratio("revenue_minor", "spend_minor"),
    ),
    Metric(
        "channel_cpa", "spend_minor / conversions", "minor", ("credits", "spend"), tables=_TABLE, grain=_GRAIN,
        column="cpa_minor", ratio=Ratio("spend_minor", "conversions"),
    ),
    Metric(
        "channel_ncac", "spend_minor / new_customer_conversions", "minor", ("credits", "spend"), tables=_TABLE,
        grain=_GRAIN, column="ncac_minor", ratio=Ratio("spend_minor", "new_customer_conversions"),
    ),
)  # fmt: skip
