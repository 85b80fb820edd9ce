"""Job 15, weekly_metrics_summary: the last closed local week in figures, with what it is compared with, and cohorts."""

from collections.abc import Mapping
from datetime import date, timedelta

from include.jobs.cohort_metrics import write_cohorts
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.jobs.weekly_figures import write_week
from include.jobs.weekly_report import weekly_report
from include.metrics.weeks import last_closed_week
from include.storage.locks import lock_metrics
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def weekly_metrics_summary(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Write what differs of the week, of earlier ones that are not final yet, and of the cohorts up to its Sunday.

    Counts week_rows and cohort_rows: those written.
    """
    lock_metrics(session)
    monday = last_closed_week(tenant.timezone, request.now)
    provisional = [
        row.week_start
        for row in session.rows("metrics/select_weeks", first=date.min)
        if row.week_start < monday and not row.is_final
    ]
    earlier = sum(write_week(session, tenant, request, week).rows for week in provisional)
    newest = write_week(session, tenant, request, monday)
    cohorts = write_cohorts(session, tenant, request, monday + timedelta(days=6))
    return JobResult(
        counts={"week_rows": earlier + newest.rows, "cohort_rows": cohorts},
        changed=bool(earlier or newest.rows or cohorts) and not request.dry_run,
        window_from=min([*provisional, monday]),
        window_to=monday + timedelta(weeks=1),
        then=weekly_report,
        sample=tuple(
            {"metric": figure.metric, "value": str(figure.value), "previous": str(figure.previous)}
            for figure in newest.figures[:SAMPLE_ROWS]
        ),
    )
