"""The hours of tenant days, computed and stored: sales by the clock hour of the tenant's zone."""

from dataclasses import asdict
from datetime import date

from include.jobs.request import JobRequest
from include.jobs.sales_facts import money_of, stage_sales
from include.metrics.catalogue import catalogue_version
from include.metrics.days import Days
from include.metrics.preferences import FormulaPreferences
from include.metrics.sales import sales_switches
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def write_hours(session: TenantSession, tenant: Tenant, request: JobRequest, days: Days) -> tuple[date, ...]:
    """Bring metrics_hourly up to its facts for tenant-local days and return the days of which an hour changed.

    Hours in which nothing happened have no row. The caller holds the metrics' lock and commits.
    """
    changed: set[date] = set()
    for first, last, preferences in tenant.formulas_between(days.first, days.last):
        stage_sales(session, tenant, first, last)
        changed |= store_hours(session, tenant, request, Days(first, last), preferences)
    return tuple(sorted(changed))


def store_hours(
    session: TenantSession, tenant: Tenant, request: JobRequest, days: Days, preferences: FormulaPreferences
) -> set[date]:
    """Do the same for days under equal preferences, whose sales are staged already, with those of others or not."""
    start, end = days.bounds(tenant.timezone)
    session.execute("metrics/drop_stage_of_hours")
    session.execute(
        "metrics/create_stage_of_hours",
        start=start,
        end=end,
        timezone=tenant.timezone,
        **asdict(days),
        preference_version=preferences.version(),
        catalogue_version=catalogue_version(),
        run_id=request.run_id,
        now=request.now,
        **sales_switches(preferences),
        **money_of(tenant),
    )
    changed = {row.day for row in session.rows("metrics/delete_differing_hours", **asdict(days))}
    return changed | {row.day for row in session.rows("metrics/insert_missing_hours")}
