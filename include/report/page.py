"""A week as one HTML file that needs nothing else: no script, no network, charts inside. No I/O but its own template.

Every text of a tenant or a platform is escaped by the template; only the charts are markup, and their texts are escaped
as they are drawn.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from jinja2 import Environment, Template
from markupsafe import Markup

from include.report.charts import cohort_heat_map, daily_sales, models_by_channel, profit_waterfall
from include.report.week import (
    DEARER,
    HEADLINES,
    UNATTRIBUTED,
    Channel,
    Delivery,
    Figure,
    Week,
    label_of,
    shown,
    what_changed,
    what_is_missing,
)
from include.report.words import UNKNOWN, change_of, percent

_TEMPLATE = Path(__file__).with_name("page.html")
_HEALTHY = Decimal("0.95")
_MOST_SENTENCES = 12
_INCOMPLETE = "not complete"


def page(week: Week) -> str:
    """Return the page; equal weeks give equal pages."""
    missing = what_is_missing(week)
    more = len(missing) - _MOST_SENTENCES
    charts = {
        "sales": daily_sales(week),
        "models": models_by_channel(week),
        "profit": profit_waterfall(week) if week.profit else "",
        "cohorts": cohort_heat_map(week) if week.cohorts else "",
    }
    return _template().render(
        week=week,
        span=f"{_day(week.monday)} to {_day(week.sunday)} {week.sunday.year}",
        model=label_of(week.model).lower(),
        tiles=[_tile(week, name, week.figures[name]) for name in HEADLINES if name in week.figures],
        changed=what_changed(week),
        channels=_channels(week),
        profit=[
            {"label": label_of(line.line), "amount": week.money(line.amount_minor), "is_subtotal": line.is_subtotal}
            for line in week.profit
        ],
        cohort_reasons=_cohort_reasons(week),
        deliveries=[_delivery(delivery) for delivery in week.deliveries],
        missing=[*missing[:_MOST_SENTENCES], *([f"and {more} more, in analytics.metrics_daily"] if more > 0 else [])],
        coverage=_coverage(week, missing),
        # Drawn by this project from numbers and escaped texts.
        charts={name: Markup(svg) for name, svg in charts.items()},  # noqa: S704
    )


def _cohort_reasons(week: Week) -> list[str]:
    """Return why cohorts' values are not known, each reason once with the months that it is true of."""
    months: dict[str, list[str]] = {}
    for cohort in week.cohorts:
        if cohort.reason:
            months.setdefault(cohort.reason, []).append(f"{cohort.month:%b %Y}")
    return [f"{', '.join(names)}: {reason}" for reason, names in months.items()]


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


@cache
def _template() -> Template:
    return Environment(autoescape=True).from_string(_TEMPLATE.read_text(encoding="utf-8"))


def _tile(week: Week, name: str, figure: Figure) -> Mapping[str, str]:
    previous = shown(figure.previous, figure.unit, week.currency).removesuffix(f" {week.currency}")
    better = figure.change is not None and (figure.change > 0) != (name in DEARER)
    neutral = figure.change is None or figure.change == 0 or name == "ad_spend"
    return {
        "label": HEADLINES[name],
        "value": shown(figure.value, figure.unit, week.currency),
        "change": "" if figure.change is None else change_of(figure.change),
        "mood": "" if neutral else "good" if better else "bad",
        "before": "week before not known" if figure.previous is None else f"from {previous}",
        "note": f"{_INCOMPLETE}, see below" if figure.incomplete else "",
    }


def _channels(week: Week) -> Sequence[Mapping[str, str]]:
    def order(channel: Channel) -> tuple[bool, int, str]:
        return channel.channel == UNATTRIBUTED, -channel.revenue_minor.get(week.model, 0), channel.channel

    wanted = [
        one for one in week.channels if one.revenue_minor.get(week.model) or one.spend_minor or one.spend_incomplete
    ]
    return [_channel(week, channel) for channel in sorted(wanted, key=order)]


def _channel(week: Week, channel: Channel) -> Mapping[str, str]:
    revenue, spend = channel.revenue_minor.get(week.model, 0), channel.spend_minor
    known = week.money(spend or None).removesuffix(f" {week.currency}")
    return {
        "channel": channel.channel,
        "sales": week.money(revenue).removesuffix(f" {week.currency}"),
        "orders": f"{channel.orders.get(week.model, Decimal(0)):,.1f}",
        "spend": _INCOMPLETE if channel.spend_incomplete else known,
        "mood": "warn" if channel.spend_incomplete else "",
        "roas": f"{Decimal(revenue) / spend:.2f}" if spend and not channel.spend_incomplete else UNKNOWN,
    }


def _delivery(delivery: Delivery) -> Mapping[str, str]:
    rate = Decimal(delivery.delivered) / delivery.wanted if delivery.wanted else None
    return {
        "destination": delivery.destination_id,
        "delivered": f"{delivery.delivered:,} of {delivery.wanted:,}",
        "mood": "" if rate is None else "good" if rate >= _HEALTHY else "bad",
        "waiting": f"{delivery.waiting:,}",
        "in_doubt": f"{delivery.in_doubt:,}",
        "lost": f"{delivery.lost:,}",
    }


def _coverage(week: Week, missing: Sequence[str]) -> list[str]:
    said = [] if missing else ["Every day of the week is whole: sales, spend, rates and costs."]
    goods = next((line.coverage for line in week.profit if line.line == "cogs"), None)
    if goods is not None:
        said.append(f"Unit costs are known for at least {percent(goods)} of each day's net sales.")
    unattributed = week.figures.get("unattributed_share")
    if unattributed is not None and unattributed.value is not None:
        reasons = sorted(week.unattributed_reasons.items(), key=lambda item: (-item[1], item[0]))
        why = ", ".join(f"{label_of(reason).lower()} {count:,}" for reason, count in reasons[:3])
        said.append(f"{percent(unattributed.value)} of orders have no touch to credit{f': {why}' if why else ''}.")
    return said
