"""Cohorts of new customers, read and stored: what include/metrics/cohorts.py computes, for months that still move.

Value by contribution is net sales times what the month's profit and loss leaves of them after goods, fulfilment and
payment; where a month's is not known, value is not known either.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from include.jobs.daily_metrics import money_of
from include.jobs.request import JobRequest
from include.jobs.sales_facts import stage_sales
from include.metrics.catalogue import catalogue_version
from include.metrics.cohorts import ALL_CHANNELS, Cohort, CohortFigure, cohort_figures
from include.metrics.days import RESTATED_DAYS, Days
from include.metrics.preferences import FormulaPreferences
from include.metrics.sales import sales_switches
from include.money import to_major_units
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_DAY = timedelta(days=1)
_SIX_PLACES = Decimal("0.000001")
_Margins = Mapping[date, Decimal | None]


def write_cohorts(session: TenantSession, tenant: Tenant, request: JobRequest, through: date) -> int:
    """Write what differs of the cohorts that are within the longest horizon of through, and return the rows written.

    through: the last closed tenant-local day. All are measured under the preferences in force on it, orders counted
    under those of their own day. The caller holds the metrics' lock and commits.
    """
    preferences = tenant.formulas_on(through)
    oldest = through - timedelta(days=preferences.ltv_horizons[-1] + RESTATED_DAYS + 31)
    days = Days(oldest.replace(day=1), through + _DAY)
    figures = [
        figure
        for cohort in _cohorts(session, tenant, days, preferences)
        for figure in cohort_figures(cohort, preferences.ltv_horizons, through)
    ]
    rows = [_row(tenant, request, preferences, figure) for figure in figures]
    return session.execute("metrics/replace_cohorts", rows=json.dumps(rows), first=days.first, last=days.last)


def _cohorts(session: TenantSession, tenant: Tenant, days: Days, preferences: FormulaPreferences) -> Iterator[Cohort]:
    stage_sales(session, tenant, days.first, days.last)
    session.execute("metrics/drop_cohort_members")
    session.execute("metrics/create_cohort_members")
    session.execute("metrics/analyze_cohort_members")
    sales = session.rows("metrics/sum_cohort_sales", **sales_switches(preferences), **money_of(tenant))
    margins = _margins(session, days) if preferences.ltv_basis == "contribution" else None
    spend = _spend(session, tenant, days)
    values, unknown = _values(sales, margins)
    customers: dict[tuple[date, str], int] = defaultdict(int)
    for row in session.rows("metrics/count_cohort_members"):
        customers[row.cohort, row.channel] += row.customers
        customers[row.cohort, ALL_CHANNELS] += row.customers
    for key, number in sorted(customers.items()):
        reasons = [unknown[key]] if key in unknown else []
        if spend.get(key) is None:
            reasons.append("spend of the month is not known")
        by_age = None if key in unknown else values.get(key, {})
        yield Cohort(*key, number, by_age, spend.get(key), "; ".join(reasons) or None)


def _values(
    sales: Iterable[Any], margins: _Margins | None
) -> tuple[Mapping[tuple[date, str], Mapping[int, Decimal]], Mapping[tuple[date, str], str]]:
    """Return value by cohort and age, and why that of a cohort is not known."""
    values: dict[tuple[date, str], dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    unknown: dict[tuple[date, str], str] = {}
    for row in sales:
        margin = Decimal(1) if margins is None else margins.get(row.month)
        for key in ((row.cohort, row.channel), (row.cohort, ALL_CHANNELS)):
            if margin is None:
                unknown[key] = f"costs of {row.month:%Y-%m} are not known; configure costs or set ltv_basis: net_sales"
            elif row.net_sales is not None:
                values[key][row.age] += row.net_sales * margin
    return values, unknown


def _margins(session: TenantSession, days: Days) -> _Margins:
    """Return which share of net sales is contribution, by month."""
    rows = session.rows("metrics/sum_contribution_by_month", first=days.first, last=days.last)
    return {
        row.month: None if row.contribution is None or not row.net_sales else row.contribution / row.net_sales
        for row in rows
    }


def _spend(session: TenantSession, tenant: Tenant, days: Days) -> Mapping[tuple[date, str], Decimal | None]:
    """Return spend by month and channel: 0 for a channel without any, nothing where a month's is not known."""
    window = {"first": days.first, "last": days.last}
    months = {row.month: row.spend for row in session.rows("metrics/sum_spend_by_month", **window)}
    spend: dict[tuple[date, str], Decimal | None] = defaultdict(lambda: None)
    spend |= {(month, ALL_CHANNELS): total for month, total in months.items()}
    for row in session.rows("metrics/sum_spend_by_channel_and_month", **window):
        if months.get(row.month) is not None and row.spend_minor is not None:
            spend[row.month, row.channel] = to_major_units(int(row.spend_minor), tenant.currency)
    return spend


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
