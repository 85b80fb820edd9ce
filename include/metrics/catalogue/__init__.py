"""The catalogue of metrics: name, formula, unit, grain, sources of each; figures, columns and docs are made from it.

Entries are in sales.py, customers.py, marketing.py and attribution.py; entry.py says what an entry is. The figures that
follow from others are computed by `derived`, for a day as for a week; summing is left to SQL.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

from include.ids import stable_id
from include.metrics.catalogue.attribution import ATTRIBUTION
from include.metrics.catalogue.cohorts import COHORTS
from include.metrics.catalogue.customers import CUSTOMERS
from include.metrics.catalogue.entry import Metric
from include.metrics.catalogue.marketing import MARKETING
from include.metrics.catalogue.sales import SALES
from include.metrics.preferences import FormulaPreferences
from include.metrics.ratio import Figure

METRICS: tuple[Metric, ...] = (*SALES, *CUSTOMERS, *MARKETING, *ATTRIBUTION, *COHORTS)
"""All metrics, in the order of the docs."""

DAILY: tuple[Metric, ...] = tuple(metric for metric in METRICS if "metrics_daily" in metric.tables)
"""Those of one snapshot per tenant day."""

SUMMED: tuple[str, ...] = tuple(metric.name for metric in DAILY if metric.ratio is None and metric.adds_up)
"""Figures of a day that add up over days."""


def metric(name: str) -> Metric:
    """Return the entry of this name; KeyError where there is none."""
    return _BY_NAME[name]


def derived(figures: Mapping[str, Figure], preferences: FormulaPreferences) -> dict[str, Decimal | None]:
    """Return every quotient of the day's catalogue for sums over one day or several.

    figures: name -> sum, as SUMMED names them; one that is missing counts as not known.
    """
    return {one.name: one.ratio.value(figures, preferences) for one in DAILY if one.ratio is not None}


def catalogue_version() -> int:
    """Return the stable hash of all names and formulas: rows made by equal formulas carry equal versions."""
    return stable_id("metric_catalogue", json.dumps([[one.name, one.formula] for one in METRICS]))


def comments(table: str) -> Iterator[tuple[str, str]]:
    """Yield (column, comment) for the columns of a table that are metrics."""
    for one in METRICS:
        if table in one.tables:
            yield one.column or one.name, one.comment


_BY_NAME = {one.name: one for one in METRICS}
