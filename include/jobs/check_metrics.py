"""The last step of job 14: whether a tenant's stored days need a person; which ones do is include/alerts/metrics."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from include.alerts.metrics import CHECKED_DAYS, RULES, CheckedDay, CostDay, Inputs, alerts_of
from include.clock import local_today
from include.jobs.request import JobRequest, JobResult
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_DAY = timedelta(days=1)


def check_metrics(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Return the alerts of the newest stored days and every rule that was looked at; writes nothing."""
    today = local_today(tenant.timezone, request.now)
    window = {"first": today - CHECKED_DAYS * _DAY, "last": today + _DAY}
    rows = session.rows("metrics/select_days", **window)
    if not rows:
        return JobResult(alert_rules=RULES)
    # The month that is judged is yesterday's: on its first day a new budget judges nothing yet.
    budget = tenant.budget_on(today - _DAY)
    costs = []
    if tenant.formulas_on(today).missing_cost_policy == "exclude":
        costs = [CostDay(*row) for row in session.rows("metrics/select_cost_coverage", **window)]
    found = alerts_of([_day(row) for row in rows], _inputs(rows[-1], tenant), budget, request.now, today, costs)
    return JobResult(alerts=found, alert_rules=RULES)


def _day(row: Any) -> CheckedDay:
    return CheckedDay(row.day, row.orders, row.attributed_orders, row.ad_spend, row.incomplete, row.pending_orders)


def _inputs(newest: Any, tenant: Tenant) -> Inputs:
    sales, spend = newest.data_through["sales"], newest.data_through["spend"]
    return Inputs(
        datetime.fromisoformat(sales),
        None if spend is None else date.fromisoformat(spend),
        spend_expected=bool(tenant.ad_accounts),
    )
