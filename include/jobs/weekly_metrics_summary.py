"""Job 15, weekly_metrics_summary: the last closed local week in figures, with what it is compared with, and cohorts."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from include.clock import local_today
from include.jobs.cohort_metrics import write_cohorts
from include.jobs.daily_metrics import write_days
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.jobs.weekly_report import weekly_report
from include.metrics.catalogue import catalogue_version, metric
from include.metrics.days import Days, final_before
from include.metrics.preferences import FormulaPreferences
from include.metrics.weeks import COMPARED_WEEKS, WeekFigure, last_closed_week, week_figures
from include.storage.locks import lock_metrics
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def weekly_metrics_summary(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Write what differs of the week and of the cohorts up to its Sunday.

    Days of the week and of those before it that nobody has stored yet are stored first. Counts week_rows and
    cohort_rows: those written.
    """
    lock_metrics(session)
    monday = last_closed_week(tenant.timezone, request.now)
    days = Days(monday - timedelta(weeks=COMPARED_WEEKS), monday + timedelta(days=7))
    stored = _stored(session, tenant, request, days)
    preferences = tenant.formulas_on(monday)
    figures = week_figures({day: row._asdict() for day, row in stored.items()}, monday, preferences)
    rows = [_row(tenant, request, preferences, monday, figure, stored) for figure in figures]
    written = session.execute("metrics/replace_week", rows=json.dumps(rows), week_start=monday)
    cohorts = write_cohorts(session, tenant, request, days.last - timedelta(days=1))
    return JobResult(
        counts={"week_rows": written, "cohort_rows": cohorts},
        changed=bool(written or cohorts) and not request.dry_run,
        window_from=monday,
        window_to=days.last,
        then=weekly_report,
        sample=tuple(
            {"metric": figure.metric, "value": str(figure.value), "previous": str(figure.previous)}
            for figure in figures[:SAMPLE_ROWS]
        ),
    )


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
    week = [stored[monday + timedelta(days=number)] for number in range(7)]
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
        "is_final": monday + timedelta(days=6) < final_before(local_today(tenant.timezone, request.now)),
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
