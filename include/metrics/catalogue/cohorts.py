"""What customers are worth by the month in which they first ordered, and by the channel that brought them."""

from include.metrics.catalogue.entry import Metric, Ratio, Source

_TABLE = ("metrics_cohorts",)
_GRAIN = "month of the first order x acquisition channel x horizon"
_SALES: tuple[Source, ...] = ("conversions", "orders", "refunds")
_BLANK = "null, never low, while a customer of the cohort is younger than the horizon"

COHORTS = (
    Metric("cohort_customers", "customers whose first countable order is in the month", "customers", ("conversions",),
           tables=_TABLE, grain=_GRAIN, column="customers"),
    Metric(
        "cohort_spend", "spend of the acquisition channel in the month", "money", ("spend",), tables=_TABLE,
        grain=_GRAIN, column="spend", note="(all): ad_spend of the month",
    ),
    Metric("cohort_value", "value by horizon days of age", "money", _SALES, ("ltv_basis", "ltv_horizons"), _TABLE,
           _GRAIN, column="value", note=_BLANK),
    Metric("ltv", "value / customers", "money", _SALES, ("ltv_basis", "ltv_horizons"), _TABLE, _GRAIN,
           ratio=Ratio("value", "customers"), note=_BLANK),
    Metric("cohort_cac", "spend / customers", "money", ("spend", "conversions"), tables=_TABLE, grain=_GRAIN,
           column="cac", ratio=Ratio("spend", "customers")),
    Metric("ltv_cac", "ltv / cac of the same cohort", "ratio", ("spend", "conversions", "orders", "refunds"),
           ("ltv_basis",), _TABLE, _GRAIN, ratio=Ratio("ltv", "cac")),
    Metric(
        "payback_days", "first day of age on which value per customer reaches cac", "days",
        ("spend", "conversions", "orders", "refunds"), ("ltv_basis",), _TABLE, _GRAIN,
        note="null where it is not reached, or only by customers old enough for it",
    ),
)  # fmt: skip
