"""`make metrics-doc`: docs/metrics.md, written from the catalogue of metrics; a test compares the two."""

from collections.abc import Iterable

from dev.state import CHECKOUT
from include.metrics.catalogue import ATTRIBUTION, COHORTS, CUSTOMERS, MARKETING, SALES
from include.metrics.catalogue.entry import UNITS, Metric
from include.metrics.days import RESTATED_DAYS
from include.metrics.preferences import PRESETS
from include.metrics.restatement import DEPENDENTS
from include.metrics.usual_channels import USUAL_CHANNELS

PAGE = CHECKOUT / "docs" / "metrics.md"

_HEAD = """\
# Metrics

Written by `make metrics-doc` from `include/metrics/catalogue`; a test compares the two, and the comments of the
tables' columns with it. A row says by `preference_version` and `catalogue_version` which switches and formulas made
it.
"""

_DAYS = f"""\
Profit and loss is [docs/pnl.md](pnl.md).

## Days

Days are the tenant's calendar days: 23 or 25 hours long where clocks change. Every night the last {RESTATED_DAYS}
days and today, which is provisional, are computed again; a day that comes out the same is not written. `closed_at`
is when the first run after the day's local midnight closed it; `is_final` says that no nightly run will look at it
again: the first night after its last restatement writes it so, whatever nights were missed. The hours of a day follow
it whenever it changes, and weeks are written again until all their days are final. Late refunds, edits, restated
spend, touches met late with their campaign, new rates and corrected costs enter `analytics.restate_queue` and reach
what depends on them, and only that, within one run of `hourly_metrics_rollup`, however old the day:
"""

_TABLES = (
    ("metrics_daily", "tenant-local day", "`aggregate_daily_metrics`, `hourly_metrics_rollup`"),
    ("metrics_hourly", "hour of the tenant's clock", "`hourly_metrics_rollup`, `aggregate_daily_metrics`"),
    (
        "attribution_metrics_daily",
        "day, clock, model, channel and campaign",
        "`attribution_daily_metrics`, `hourly_metrics_rollup`",
    ),
    ("metrics_weekly", "closed local week and metric", "`weekly_metrics_summary`, `hourly_metrics_rollup`"),
    (
        "metrics_cohorts",
        "month of first orders, acquisition channel, horizon",
        "`weekly_metrics_summary`, `hourly_metrics_rollup`",
    ),
)

_FIGURES = {
    "days": "`metrics_daily`",
    "hours": "`metrics_hourly`",
    "channels": "`attribution_metrics_daily`",
    "profit": "`pnl_daily`",
    "weeks": "`metrics_weekly` and `metrics_cohorts`",
}

_UNKNOWN = """\
## What is not known

A figure that is not known is null, never 0, and the row's `incomplete` says why: an ad account's day that is not
stored, a currency without a rate on that day. `data_through` says up to when each input is known: sales up to
the oldest webhook that still waits, spend up to the least of the accounts' stored days. Spend of which one
account's day is missing is null, for half of it would only mislead; `ad_spend_known` is the part that is there.
Of sales in several currencies, and of their credit, the part with a rate is shown and the rest named, under `sales`
and `attribution`; an order without a rate is pending. A quotient whose denominator is 0 is null.

An account was charged its own total of the day, where that is not stored the sum of its campaigns and residual. A
spend sync stores every day that it has read, 0 included, so a day of a configured account without a row is not
known: after the last stored day, between two, and before the first (*spend not read before* it). What lies before
becomes known, 0 where the platform names none, when the account's sync is run with `date_from`.

## Sales

An order's day is that of `order_clock`. What it was on that day is what it is now less its edits; an edit counts on
its own day, a refund on the day of the refund, and a cancellation takes back, on its day, what refunds leave of the
order: all its events add up to what is left of it. By `order_date` recognition they count on the order's day
instead. An order keeps the clock, the recognition, the exclusions and the treatment of gift cards that were in force
when it was placed, whichever day its events count on: a dated change loses no order and doubles none. What net sales
hold is said by the preferences of the day. Edits are known from `orders/edited`; of a shop that does not send it, an
edit counts on the order's day.

Where prices include tax, it is taken out of goods, discounts, shipping and returns. A gift card is no sale when it is
bought, and its refund no return. An order that was imported as a total has no parts: its total is `gross`. Tax and
discounts that no line carries are the order's own; such tax is shared between goods and shipping as their amounts are.
New customers count on the day on which their first order counts, and nowhere where it is excluded; which of a
customer's orders is the first is said by `placed_at`. An average order is of the orders whose money is known.

## Channels

`clock` `conversion` books credit on the order's day, `touch` on each touch's; what no touch has is on the order's
day in both. For every model and day of the conversion clock `revenue_minor` adds up, `(unattributed)` included, to
the value of the day's orders, `attributed_revenue` and `unattributed_revenue`. Orders in another currency are
converted by the rate of their own day, refunds of them too: a currency's day is rounded once and its channels share
it exactly. Refunds are apart, in `adjustments_minor`. Spend, impressions, clicks and
view-through claims are the platforms' and the same in every model and clock: read one model and one clock.
`(residual)` is spend that no campaign explains, `(not stored)` a day that an account of the platform lacks: the
platform's other rows without spend have its reason too, for the spend may be theirs. A touch is its campaign's if
a sync has met it or if it bears platform and id of one that the platform has named. A campaign's spend belongs to
the channel that most of the day's touches of it name; on a day without any, to the usual one:
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(CHECKOUT)}")


def page() -> str:
    """Return docs/metrics.md."""
    causes = [
        f"| {cause} | {', '.join(_FIGURES[one] for one in sorted(kinds))} |" for cause, kinds in DEPENDENTS.items()
    ]
    usual = [
        f"| {platform} | {family or 'any other'} | {name} |" for (platform, family), name in USUAL_CHANNELS.items()
    ]
    switches = [
        f"| `{name}` | {', '.join(f'{switch}: {value}' for switch, value in chosen.items()) or 'the defaults'} |"
        for name, chosen in PRESETS.items()
    ]
    tables = [f"| `analytics.{name}` | {grain} | {jobs} |" for name, grain, jobs in _TABLES]
    parts = [
        _HEAD,
        _table(("table", "one row per", "written by"), tables),
        _DAYS,
        _table(("cause", "what is worked again"), causes),
        _UNKNOWN,
        _table(("platform", "kind of campaign", "channel"), usual),
        "## Presets of preferences\n",
        "Every switch, its values and default: `include/metrics/preferences.py`.\n",
        _table(("preset", "differs from the defaults in"), switches),
        *(_section(title, entries) for title, entries in _SECTIONS),
    ]
    return "\n".join(parts)


_SECTIONS: tuple[tuple[str, Iterable[Metric]], ...] = (
    ("Sales, per day", SALES),
    ("Customers, per day", CUSTOMERS),
    ("Spend and marketing, per day", MARKETING),
    ("Attribution, per day and per channel", ATTRIBUTION),
    ("Cohorts", COHORTS),
)


def _section(title: str, entries: Iterable[Metric]) -> str:
    head = ("metric", "formula", "unit", "denominator 0", "preferences", "sources", "note")
    return f"## {title}\n\n" + _table(head, [_row(one) for one in entries])


def _row(one: Metric) -> str:
    name = f"`{one.column}` ({one.name})" if one.column and one.column != one.name else f"`{one.name}`"
    zero = one.zero_denominator if one.ratio is not None else ""
    cells = (
        name, one.formula, UNITS[one.unit], zero, ", ".join(one.preferences), ", ".join(one.sources), one.note
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _table(head: tuple[str, ...], rows: Iterable[str]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *rows]) + "\n"


if __name__ == "__main__":
    main()
