"""The figures of tenant weeks from stored days: the one engine of every job that writes metrics_weekly.

Weeks are the tenant's, Monday to Sunday; what differs is stored. Which weeks are worked is said by the jobs that call
this.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from include.clock import local_today
from include.jobs.cohort_metrics import write_cohorts
from include.jobs.daily_metrics import write_days
from include.jobs.request import JobRequest
from include.metrics.catalogue import catalogue_version, metric
from include.metrics.days import Days, final_before
from include.metrics.preferences import FormulaPreferences
from include.metrics.weeks import COMPARED_WEEKS, WeekFigure, week_figures, weeks_reached
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class WeekWritten:
    """rows: written or removed. figures: all of the week."""

    rows: int
    figures: Sequence[WeekFigure]


def write_week(session: TenantSession, tenant: Tenant, request: JobRequest, monday: date) -> WeekWritten:
    """Bring metrics_weekly up to the stored days of one week; rows that come out the same are not written.

    Days of the week, and of those it is compared with, that nobody has stored yet are stored first. The caller holds
    the metrics' lock and commits.
    """
    days = Days(monday - COMPARED_WEEKS * _WEEK, monday + _WEEK)
    stored = _stored(session, tenant, request, days)
    preferences = tenant.formulas_on(monday)
    figures = week_figures({day: row._asdict() for day, row in stored.items()}, monday, preferences)
    rows = [_row(tenant, request, preferences, monday, figure, stored) for figure in figures]
    return WeekWritten(session.execute("metrics/replace_week", rows=json.dumps(rows), week_start=monday), figures)


def restate_weeks(
    session: TenantSession, tenant: Tenant, request: JobRequest, days: Iterable[date]
) -> Mapping[str, int]:
    """Bring stored weeks that have one of the days in them, and cohorts through the newest, up to what is stored now.

    What weekly_metrics_summary has not written yet is left to it. Counts week_rows and cohort_rows: those written.
    """
    reached = weeks_reached(days)
    if not reached:
        return {}
    stored = [row.week_start for row in session.rows("metrics/select_weeks", first=min(reached))]
    if not stored:
        return {}
    rows = sum(write_week(session, tenant, request, monday).rows for monday in stored if monday in reached)
    return {"week_rows": rows, "cohort_rows": write_cohorts(session, tenant, request, stored[-1] + 6 * _DAY)}


def _stored(session: TenantSession, tenant: Tenant, request: JobRequest, days: Days) -> Mapping[date, Any]:
    window = {"first": days.first, "last": days.last}
    rows = {row.day: row for row in session.rows("metrics/select_days", **window)}
    if len(rows) < (days.last - days.first).days:
        write_days(session, tenant, request, days)
        rows = {row.day: row for row in session.rows("metrics/select_days", **window)}
    return rows


def _row(
    tenant: Tenant,
    request: JobRequest,
    preferences: FormulaPreferences,
    monday: date,
    figure: WeekFigure,
    stored: Mapping[date, Any],
) -> Mapping[str, object]:
    week = [stored[monday + number * _DAY] for number in range(7)]
    # A week holds the reasons of its days, and names those only beside a figure that they may have touched.
    reasons = [f"{row.day}: {reason}" for row in week for reason in dict.fromkeys(row.incomplete.values())]
    figures = ("value", "previous", "change", "average")
    value, previous, change, average = (_text(getattr(figure, name)) for name in figures)
    return {
        "tenant_id": tenant.tenant_id,
        "week_start": monday.isoformat(),
        "metric": figure.metric,
        "value": value,
        "previous": previous,
        "change": change,
        "average_4_weeks": average,
        "unit": metric(figure.metric).unit,
        "currency": tenant.currency,
        "incomplete": ("; ".join(reasons) or None) if figure.value is None or _is_short(figure, week) else None,
        "is_final": monday + 6 * _DAY < final_before(local_today(tenant.timezone, request.now)),
        "preference_version": preferences.version(),
        "catalogue_version": catalogue_version(),
        "run_id": request.run_id,
        "changed_at": request.now.isoformat(),
    }


def _is_short(figure: WeekFigure, week: list[Any]) -> bool:
    """Whether part of the figure's own input lacks though the rest is shown: sales or credit without a rate."""
    shown = {"sales", "attribution"}
    return metric(figure.metric).unit == "money" and any(shown & row.incomplete.keys() for row in week)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
