"""What an entry of the catalogue says, and how a quotient is formed from figures under a tenant's preferences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from include.metrics.preferences import FormulaPreferences, RevenueBasis
from include.metrics.ratio import Figure, quotient

Unit = Literal["orders", "customers", "money", "minor", "ratio", "share", "count", "conversions", "hours", "days"]

UNITS: Mapping[Unit, str] = {
    "orders": "orders",
    "customers": "customers",
    "money": "major units of the tenant's currency",
    "minor": "minor units of currency",
    "ratio": "a multiple",
    "share": "0 to 1",
    "count": "a count",
    "conversions": "conversions, fractions where touches share one",
    "hours": "hours",
    "days": "days",
}

BASIS_COLUMN: Mapping[RevenueBasis, str] = {
    "gross": "gross",
    "after_discounts": "after_discounts",
    "order": "order_value",
    "net": "net_sales",
    "total": "total_sales",
}
"""Revenue basis -> the figure that it names."""

Source = Literal[
    "orders", "order_lines", "refunds", "order_edits", "conversions", "credits", "touches", "spend", "views"
]


@dataclass(frozen=True)
class Ratio:
    """numerator / denominator x scale; both are names of figures, or names of preferences that choose one.

    inverted_by: a preference and the value of it that turns the quotient over.
    """

    numerator: str
    denominator: str
    scale: int = 1
    inverted_by: tuple[str, str] | None = None

    def value(self, figures: Mapping[str, Figure], preferences: FormulaPreferences) -> Decimal | None:
        """Return the quotient, None where the denominator is 0 or a figure is not known."""
        above, below = (figures.get(chosen(name, preferences)) for name in (self.numerator, self.denominator))
        if self.inverted_by and getattr(preferences, self.inverted_by[0]) == self.inverted_by[1]:
            above, below = below, above
        return quotient(above, below, self.scale)


def chosen(name: str, preferences: FormulaPreferences) -> str:
    """Return the figure that a name stands for: itself, or what the preference of this name chooses."""
    if name.endswith("_basis"):
        return BASIS_COLUMN[getattr(preferences, name)]
    if name == "cac_denominator":
        return "new_customers" if preferences.cac_denominator == "customers" else "new_customer_orders"
    return name


@dataclass(frozen=True)
class Metric:
    """One metric. formula: in words and names of other metrics. preferences: switches of FormulaPreferences it reads.

    tables: where it is stored, under column where that differs from name. adds_up: sums of days are right for a period;
    otherwise it is what it is for its own day only. note: what is easily got wrong.
    """

    name: str
    formula: str
    unit: Unit
    sources: tuple[Source, ...]
    preferences: tuple[str, ...] = ()
    tables: tuple[str, ...] = ("metrics_daily",)
    grain: str = "tenant day"
    ratio: Ratio | None = None
    adds_up: bool = True
    note: str = ""
    column: str = field(default="")

    @property
    def zero_denominator(self) -> str:
        """What the metric is where its denominator is 0."""
        return "null" if self.ratio is not None else "no denominator"

    @property
    def comment(self) -> str:
        """The column's comment."""
        parts = [f"{self.formula}; {UNITS[self.unit]}"]
        if self.ratio is not None:
            parts.append("null where the denominator is 0 or not known")
        if self.preferences:
            parts.append(f"by {', '.join(self.preferences)}")
        if self.note:
            parts.append(self.note)
        return "; ".join(parts)
