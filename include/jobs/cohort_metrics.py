"""Cohorts of new customers, read and stored: what include/metrics/cohorts.py computes, for months that still move.

Value by contribution is net sales times what the month's profit and loss leaves of them after goods, fulfilment and
payment; where a month's is not known, value is not known either.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from include.jobs.request import JobRequest
from include.jobs.sales_facts import money_of, stage_sales
from include.metrics.catalogue import catalogue_version
from include.metrics.cohorts import ALL_CHANNELS, Cohort, CohortFigure, cohort_figures
from include.metrics.days import RESTATED_DAYS, Days
from include.metrics.preferences import FormulaPreferences
from include.metrics.sales import sales_switches
from include.money import to_major_units
from include.pnl.waterfall import NET_SALES, Line
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_DAY = timedelta(days=1)
_SIX_PLACES = Decimal("0.000001")
_CONTRIBUTION = (NET_SALES, "cogs", "fulfilment", "payment_fees")
Margins = Mapping[date, Decimal | None]
"""Month -> which share of its net sales is contribution, None where that is not known."""


def write_cohorts(session: TenantSession, tenant: Tenant, request: JobRequest, through: date) -> int:
    """Write what differs of the cohorts that are within the longest horizon of through, and return the rows written.

    through: the last closed tenant-local day. All are measured under the preferences in force on it, orders counted
    under those of their own day. The caller holds the metrics' lock and commits.
    """
    preferences = tenant.formulas_on(through)
    days = days_of_cohorts(preferences, through)
    margins = _margins(session, days) if preferences.ltv_basis == "contribution" else None
    rows = [
        _row(tenant, request, preferences, figure)
        for figure in figures_of_cohorts(session, tenant, preferences, through, margins)
    ]
    return session.execute("metrics/replace_cohorts", rows=json.dumps(rows), first=days.first, last=days.last)


def days_of_cohorts(preferences: FormulaPreferences, through: date) -> Days:
    """Return the days of whole months up to through, inclusive, that cohorts within the longest horizon need."""
    oldest = through - timedelta(days=preferences.ltv_horizons[-1] + RESTATED_DAYS + 31)
    return Days(oldest.replace(day=1), through + _DAY)


def figures_of_cohorts(
    session: TenantSession, tenant: Tenant, preferences: FormulaPreferences, through: date, margins: Margins | None
) -> Iterator[CohortFigure]:
    """Yield each cohort at each horizon, ascending by month, under preferences; writes temporary tables only.

    margins: None where value is net sales.
    """
    for cohort in _cohorts(session, tenant, days_of_cohorts(preferences, through), preferences, margins):
        yield from cohort_figures(cohort, preferences.ltv_horizons, through)


def contribution_margins(profits: Iterable[tuple[date, Sequence[Line]]]) -> Margins:
    """Return the margins of months from the profit and loss of their days: all that the months shall hold."""
    net_sales: dict[date, int] = defaultdict(int)
    contribution: dict[date, int] = defaultdict(int)
    unknown: set[date] = set()
    for day, lines in profits:
        month = day.replace(day=1)
        for line in lines:
            if line.line not in _CONTRIBUTION:
                continue
            if line.figure.minor is None:
                unknown.add(month)
            contribution[month] += line.figure.minor or 0
            net_sales[month] += (line.figure.minor or 0) if line.line == NET_SALES else 0
    return {
        month: None if month in unknown or not net_sales[month] else Decimal(contribution[month]) / net_sales[month]
        for month in contribution
    }


def _cohorts(
    session: TenantSession, tenant: Tenant, days: Days, preferences: FormulaPreferences, margins: Margins | None
) -> Iterator[Cohort]:
    stage_sales(session, tenant, days.first, days.last)
    session.execute("metrics/drop_cohort_members")
    session.execute("metrics/create_cohort_members")
    session.execute("metrics/analyze_cohort_members")
    sales = session.rows("metrics/sum_cohort_sales", **sales_switches(preferences), **money_of(tenant))
    spend = _spend(session, tenant, days)
    values, unknown = _values(sales, margins)
    customers: dict[tuple[date, str], int] = defaultdict(int)
    for row in session.rows("metrics/count_cohort_members"):
        customers[row.cohort, row.channel] += row.customers
        customers[row.cohort, ALL_CHANNELS] += row.customers
    for key, number in sorted(customers.items()):
        reasons = [unknown[key]] if key in unknown else []
        if key not in spend.known:
            reasons.append(spend.reason(*key))
        by_age = None if key in unknown else values.get(key, {})
        yield Cohort(*key, number, by_age, spend.known.get(key), "; ".join(reasons) or None)


def _values(
    sales: Iterable[Any], margins: Margins | None
) -> tuple[Mapping[tuple[date, str], Mapping[int, Decimal]], Mapping[tuple[date, str], str]]:
    """Return value by cohort and age, and why that of a cohort is not known."""
    values: dict[tuple[date, str], dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    unknown: dict[tuple[date, str], str] = {}
    for row in sales:
        margin = Decimal(1) if margins is None else margins.get(row.month)
        for key in ((row.cohort, row.channel), (row.cohort, ALL_CHANNELS)):
            if margin is None:
                unknown[key] = (
                    f"profit and loss of {row.month:%Y-%m} is not known: configure costs, run generate_daily_pnl"
                    " from the first of the month, or set ltv_basis: net_sales"
                )
            elif row.net_sales is not None:
                values[key][row.age] += row.net_sales * margin
    return values, unknown


def _margins(session: TenantSession, days: Days) -> Margins:
    """Return which share of net sales is contribution, by month; None where a day's is not known or not stored."""
    rows = session.rows("metrics/sum_contribution_by_month", first=days.first, last=days.last)
    return {
        row.month: row.contribution / row.net_sales
        if row.days == _days_in(row.month, days) and row.contribution is not None and row.net_sales
        else None
        for row in rows
    }


@dataclass(frozen=True)
class _Spend:
    """What acquisition cost, by month and channel, and why that of a month, or of its channels, is not known."""

    known: Mapping[tuple[date, str], Decimal]
    of_months: Mapping[date, str]
    of_channels: Mapping[date, str]

    def reason(self, month: date, channel: str) -> str:
        """Return why the spend of a channel that is not known is not."""
        by_channel = self.of_channels.get(month) if channel != ALL_CHANNELS else None
        return self.of_months.get(month) or by_channel or "spend of the month is not known"


def _spend(session: TenantSession, tenant: Tenant, days: Days) -> _Spend:
    """Return spend by month and channel: a month counts when all of its days up to the last one are stored."""
    window = {"first": days.first, "last": days.last}
    known: dict[tuple[date, str], Decimal] = {}
    of_months: dict[date, str] = {}
    of_channels: dict[date, str] = {}
    for row in session.rows("metrics/sum_spend_by_month", **window):
        missing = _days_in(row.month, days) - row.days
        if missing:
            of_months[row.month] = (
                f"spend of {missing} of the month's days is not stored; run aggregate_daily_metrics and"
                " attribution_daily_metrics from the first of the month"
            )
        elif row.spend is not None:
            known[row.month, ALL_CHANNELS] = row.spend
            if not row.in_channels:
                of_channels[row.month] = (
                    "spend by channel is not stored for all of the month's days; run attribution_daily_metrics from the"
                    " first of the month"
                )
    for row in session.rows("metrics/sum_spend_by_channel_and_month", **window):
        whole = (row.month, ALL_CHANNELS) in known and row.month not in of_channels
        if whole and row.spend_minor is not None:
            known[row.month, row.channel] = to_major_units(int(row.spend_minor), tenant.currency)
    return _Spend(known, of_months, of_channels)


def _days_in(month: date, days: Days) -> int:
    """Return how many of the days lie in the month that begins with this one."""
    following = (month + timedelta(days=31)).replace(day=1)
    return (min(following, days.last) - max(month, days.first)).days


def _row(
    tenant: Tenant, request: JobRequest, preferences: FormulaPreferences, figure: CohortFigure
) -> Mapping[str, object]:
    money = ("spend", "value", "ltv", "cac", "ltv_cac")
    return {
        "tenant_id": tenant.tenant_id,
        "cohort": figure.first_day.isoformat(),
        "channel": figure.channel,
        "horizon_days": figure.horizon_days,
        "customers": figure.customers,
        **{name: _text(getattr(figure, name)) for name in money},
        "payback_days": figure.payback_days,
        "currency": tenant.currency,
        "incomplete": figure.reason,
        "preference_version": preferences.version(),
        "catalogue_version": catalogue_version(),
        "run_id": request.run_id,
        "changed_at": request.now.isoformat(),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value.quantize(_SIX_PLACES))
