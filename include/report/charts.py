"""The report's charts as SVG, drawn on the server: a page that needs no script also opens in a mail's preview.

Drawn for a phone's width and scaled up elsewhere; texts stay text and take the page's font. The same figures give the
same bytes. What the figures mean is left to week.py.
"""

import io
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from include.money import minor_unit_exponent
from include.report.week import MODELS, UNATTRIBUTED, Channel, Week, label_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _MUTED, _LINE = "#1f2937", "#6b7280", "#e5e7eb"
_NOW, _BEFORE, _UP, _DOWN = "#2563eb", "#c7d2fe", "#15803d", "#b91c1c"
_OF_MODEL = dict(zip(MODELS, ("#0ea5e9", "#1d4ed8", "#16a34a", "#f59e0b", "#9333ea", "#db2777"), strict=True))
_WIDTH = 4.2
_DARK = 0.6
_MOST_CHANNELS = 8
_MOST_COHORTS = 13


def daily_sales(week: Week) -> str:
    """Return net sales by day of the week, beside the week before; an unknown day is left out."""

    def draw(axes: "Axes") -> None:
        for days, shift, colour, label in (
            (week.previous_days, -0.2, _BEFORE, "week before"),
            (week.days, 0.2, _NOW, "this week"),
        ):
            known = [(day.day.weekday() + shift, float(day.net_sales)) for day in days if day.net_sales is not None]
            axes.bar([at for at, _ in known], [value for _, value in known], 0.38, color=colour, label=label)
        axes.set_xticks(range(7), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
        axes.set_xlim(-0.6, 6.6)
        axes.yaxis.set_major_formatter(_thousands)
        axes.grid(axis="y", color=_LINE)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=9, borderaxespad=0.2)

    return _drawn("sales", "Net sales by day, this week and the week before", 2.5, draw)


def models_by_channel(week: Week) -> str:
    """Return credited revenue by channel, a dot per model: how far apart the models are."""
    channels = _largest(week)
    models = [model for model in MODELS if any(channel.revenue_minor.get(model) for channel in channels)]
    scale = 10 ** minor_unit_exponent(week.currency)

    def draw(axes: "Axes") -> None:
        for place, channel in enumerate(channels):
            values = [channel.revenue_minor.get(model, 0) / scale for model in models]
            axes.plot(
                [min(values, default=0), max(values, default=0)], [place, place], color=_LINE, linewidth=5, zorder=1
            )
            for model, value in zip(models, values, strict=True):
                axes.scatter(
                    value, place, s=38, color=_OF_MODEL[model], zorder=2, label=None if place else label_of(model)
                )
        axes.set_yticks(range(len(channels)), [_clipped(channel.channel) for channel in channels])
        axes.invert_yaxis()
        axes.xaxis.set_major_formatter(_thousands)
        axes.xaxis.set_major_locator(_ticks(4))
        axes.set_xlim(left=min(0, axes.get_xlim()[0]))
        axes.grid(axis="x", color=_LINE)
        if models:
            axes.legend(loc="lower left", bbox_to_anchor=(-0.3, 1), ncols=3, frameon=False, fontsize=9, handletextpad=0)

    return _drawn("models", "Credited sales by channel and model", 1.1 + 0.34 * len(channels), draw)


def profit_waterfall(week: Week) -> str:
    """Return the profit and loss from gross sales down; a line that is not known says so and ends the sums below it."""
    scale = 10 ** minor_unit_exponent(week.currency)
    lines = week.profit

    def draw(axes: "Axes") -> None:
        reached: float | None = 0.0
        for place, line in enumerate(lines):
            if line.amount_minor is None:
                axes.text(0, place, " not known", va="center", color=_MUTED, fontsize=9)
                reached = None
                continue
            value = line.amount_minor / scale
            start = 0.0 if line.is_subtotal or reached is None else reached
            colour = _INK if line.is_subtotal else _UP if value > 0 else _DOWN
            axes.barh(place, value, left=start, height=0.62, color=colour)
            reached = value if line.is_subtotal else None if reached is None else reached + value
        axes.set_yticks(range(len(lines)), [_clipped(label_of(line.line)) for line in lines])
        for tick, line in zip(axes.get_yticklabels(), lines, strict=True):
            tick.set_fontweight("bold" if line.is_subtotal else "normal")
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.axvline(0, color=_MUTED, linewidth=0.8)
        axes.xaxis.set_major_formatter(_thousands)
        axes.xaxis.set_major_locator(_ticks(4))
        axes.grid(axis="x", color=_LINE)

    return _drawn(
        "profit", "Profit and loss of the week, from gross sales to net profit", 0.6 + 0.27 * len(lines), draw
    )


def cohort_heat_map(week: Week) -> str:
    """Return what a customer is worth by month of the first order and by age; blank where not all are old enough."""
    cohorts = week.cohorts[-_MOST_COHORTS:]
    horizons = sorted({horizon for cohort in cohorts for horizon in cohort.ltv})
    table = [[cohort.ltv.get(horizon) for horizon in horizons] for cohort in cohorts]
    known = [float(value) for row in table for value in row if value is not None]
    top = max(known, default=0.0) or 1.0

    def draw(axes: "Axes") -> None:
        for row, values in enumerate(table):
            for column, value in enumerate(values):
                if value is not None:
                    share = max(float(value), 0.0) / top
                    axes.add_patch(_square(column, row, share))
                    ink = "white" if share > _DARK else _INK
                    axes.text(column, row, _rounded(value), ha="center", va="center", color=ink)
        axes.set_xlim(-0.5, len(horizons) - 0.5)
        axes.set_ylim(len(cohorts) - 0.5, -0.5)
        axes.set_xticks(range(len(horizons)), [f"{horizon} days" for horizon in horizons])
        axes.set_yticks(range(len(cohorts)), [f"{one.month:%b %Y} ({one.customers:,})" for one in cohorts])
        axes.xaxis.tick_top()

    return _drawn(
        "cohorts", "Value of a customer by month of the first order and by age", 0.5 + 0.34 * len(cohorts), draw
    )


def _largest(week: Week) -> Sequence[Channel]:
    """Return the channels with most revenue in any model, the rest added up as one; (unattributed) is last."""

    def most(channel: Channel) -> int:
        return max(channel.revenue_minor.values(), default=0)

    attributed = sorted((one for one in week.channels if one.channel != UNATTRIBUTED), key=most, reverse=True)
    shown = [channel for channel in attributed[:_MOST_CHANNELS] if most(channel)]
    rest = attributed[len(shown) :]
    if any(map(most, rest)):
        sums = {model: sum(one.revenue_minor.get(model, 0) for one in rest) for model in MODELS}
        shown.append(Channel("others", sums, {}, {}, None, False))
    return [*shown, *(channel for channel in week.channels if channel.channel == UNATTRIBUTED and most(channel))]


def _drawn(name: str, title: str, height: float, draw: "Callable[[Axes], None]") -> str:
    # Imported where it is drawn: jobs that draw nothing need not pay half a second for it.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.fonttype": "none",
        # Names of marks and clips are hashed with it: charts of one page must not share them.
        "svg.hashsalt": name,
        # A channel may be called $x$.
        "text.parse_math": False,
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.edgecolor": _LINE,
        "axes.axisbelow": True,
        "text.color": _INK,
        "xtick.color": _MUTED,
        "ytick.color": _INK,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
    }
    with rc_context(settings):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        draw(figure.add_subplot())
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    svg = text[text.index("<svg") :]
    svg = re.sub(r'\sid="(figure|axes|patch|matplotlib\.axis|xtick|ytick|text|line2d|legend)_?\d*"', "", svg)
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def _square(column: int, row: int, share: float) -> Any:
    # Vectors, as browsers blur an image of so few points.
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, color=_NOW, alpha=0.08 + 0.87 * share, linewidth=0)


def _ticks(most: int) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(most)


def _thousands(value: float, _place: float | None = None) -> str:
    size = abs(value)
    text = f"{value / 1e6:g}M" if size >= 1_000_000 else f"{value / 1e3:g}k" if size >= 1_000 else f"{value:g}"
    return text.replace("-", "−")


def _rounded(value: Decimal) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _clipped(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:19]}…"
