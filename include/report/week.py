"""What the report of a closed week is made of, and what of it is worth saying in words; no I/O.

Money is in minor units of the tenant's currency where a name ends so, else in major units; None is not known, never 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from include.money import minor_unit_exponent
from include.report.words import amount, change_of, percent

MODELS = ("first_touch", "last_touch", "linear", "time_decay", "position_based", "data_driven")
UNATTRIBUTED = "(unattributed)"

HEADLINES: Mapping[str, str] = {
    "net_sales": "Net sales",
    "orders": "Orders",
    "aov": "Average order",
    "ad_spend": "Ad spend",
    "mer": "MER",
    "new_customers": "New customers",
    "cac": "New-customer cost",
    "conversion_rate": "Conversion rate",
    "return_rate": "Returns",
    "net_profit": "Net profit",
}
"""Metric of the catalogue, or net_profit -> what the page calls it, in its order."""

DEARER = frozenset({"ad_spend", "cac", "return_rate"})
"""Figures that are no better for rising."""

_WORTH_SAYING = Decimal("0.1")
_MOST_SAID = 5


@dataclass(frozen=True)
class Figure:
    """A week's figure of the catalogue; change: value / previous - 1; unit: the catalogue's."""

    value: Decimal | None
    previous: Decimal | None
    change: Decimal | None
    average: Decimal | None
    unit: str
    incomplete: str | None = None


@dataclass(frozen=True)
class Day:
    """A day of the week; incomplete: per figure or input, why it is not whole."""

    day: date
    net_sales: Decimal | None
    incomplete: Mapping[str, str]


@dataclass(frozen=True)
class Channel:
    """A channel's credited revenue by model, refunds ignored; spend_minor None: none, or not all known."""

    channel: str
    revenue_minor: Mapping[str, int]
    previous_minor: Mapping[str, int]
    orders: Mapping[str, Decimal]
    spend_minor: int | None
    spend_incomplete: bool


@dataclass(frozen=True)
class ProfitLine:
    """A line of the week's profit and loss, signed as it enters the sum; coverage: of its least covered day.

    previous_minor: of the week before.
    """

    line: str
    is_subtotal: bool
    amount_minor: int | None
    previous_minor: int | None
    coverage: Decimal
    incomplete: str | None


@dataclass(frozen=True)
class Cohort:
    """Customers of a month by what each is worth, in major units, at horizons in days; None: not old enough.

    reason: why some of it is not known at any age, None where that is not so.
    """

    month: date
    customers: int
    ltv: Mapping[int, Decimal | None]
    cac: Decimal | None
    reason: str | None = None


@dataclass(frozen=True)
class Delivery:
    """What became of the week's purchases and refunds at a destination; wanted: all that were not skipped."""

    destination_id: str
    wanted: int
    delivered: int
    waiting: int
    in_doubt: int
    lost: int
    skipped: int


@dataclass(frozen=True)
class Week:
    """Everything the page shows. days, previous_days: Monday to Sunday, those that are stored."""

    name: str
    currency: str
    monday: date
    model: str
    clock: Literal["conversion", "touch"]
    is_final: bool
    figures: Mapping[str, Figure]
    days: Sequence[Day]
    previous_days: Sequence[Day]
    channels: Sequence[Channel]
    profit: Sequence[ProfitLine]
    cohorts: Sequence[Cohort]
    deliveries: Sequence[Delivery]
    unattributed_reasons: Mapping[str, int]
    restated_days: int
    formulas_changed: bool

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def money(self, minor: int | None) -> str:
        """Return minor units for people, such as 1,234 EUR."""
        return amount(
            None if minor is None else Decimal(minor).scaleb(-minor_unit_exponent(self.currency)), self.currency
        )


def what_changed(week: Week) -> list[str]:
    """Return sentences on what moved by a tenth or more since the week before, the largest first, and on what is not
    comparable."""
    moved = [
        (abs(figure.change), _figure_moved(week, name, figure))
        for name, figure in week.figures.items()
        if name in HEADLINES and figure.change is not None and abs(figure.change) >= _WORTH_SAYING
    ]
    moved.sort(key=lambda pair: -pair[0])
    said = [sentence for _, sentence in moved[:_MOST_SAID]]
    said += _channel_moved(week)
    if week.formulas_changed:
        said.append("The formulas changed between the two weeks: the changes above compare different rules.")
    if week.restated_days:
        days = f"{week.restated_days} earlier day{'s' * (week.restated_days != 1)}"
        said.append(f"{days} got new figures or became final since the week ended: late refunds, spend or costs.")
    return said or ["Nothing moved by a tenth or more."]


def _figure_moved(week: Week, name: str, figure: Figure) -> str:
    direction = "up" if figure.change is not None and figure.change > 0 else "down"
    now, before = (shown(value, figure.unit, week.currency) for value in (figure.value, figure.previous))
    return f"{HEADLINES[name]} {direction} {change_of(figure.change).lstrip('+−')}: {now} after {before}."


def _channel_moved(week: Week) -> list[str]:
    moves = [
        (channel.revenue_minor.get(week.model, 0) - channel.previous_minor.get(week.model, 0), channel.channel)
        for channel in week.channels
        if channel.channel != UNATTRIBUTED
    ]
    said = []
    for minor, channel in {max(moves, default=(0, "")), min(moves, default=(0, ""))}:
        if minor:
            verb = "gained" if minor > 0 else "lost"
            said.append(f"{channel} {verb} {week.money(abs(minor))} of credited sales.")
    return sorted(said)


def what_is_missing(week: Week) -> list[str]:
    """Return sentences on what the figures of the week do not hold yet, and on how much is known of what they hold."""
    missing = [f"{_short(day.day)}: {reason}" for day in week.days for reason in dict.fromkeys(day.incomplete.values())]
    stored = {day.day for day in week.days}
    lost = [day for day in (week.monday + timedelta(days=number) for number in range(7)) if day not in stored]
    missing += [f"{_short(day)}: no figures are stored" for day in lost]
    lines: dict[str, list[str]] = {}
    for line in week.profit:
        if line.incomplete and not line.is_subtotal:
            lines.setdefault(line.incomplete, []).append(label_of(line.line).lower())
    return missing + [f"Profit and loss, {' and '.join(names)}: {_shortened(why)}" for why, names in lines.items()]


def _shortened(reasons: str) -> str:
    """Return the first of a week's reasons, which differ by day in their numbers, and how many more there are."""
    shown, *more = reasons.split("; ")
    return f"{shown}, and {len(more)} more like it" if more else shown


def label_of(line: str) -> str:
    """Return a name of the profit and loss, or a reason, for people: tax_collected is Tax collected."""
    spaced = line.replace("_", " ")
    if spaced.upper() == spaced or spaced.startswith("cm"):
        return spaced.upper()
    return {"Cogs": "Cost of goods"}.get(spaced.capitalize(), spaced.capitalize())


def shown(value: Decimal | None, unit: str, currency: str) -> str:
    """Return a figure of the catalogue for people, by its unit."""
    if value is None:
        return "–"
    if unit == "money":
        return amount(value, currency)
    if unit == "share":
        return percent(value)
    if unit == "ratio":
        return f"{value:.2f}×"
    return f"{value:,.0f}"


def _short(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
