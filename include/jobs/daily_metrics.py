"""The snapshots of tenant days, computed and stored: the one engine of every job that writes metrics_daily.

Facts are added up by day in SQL, the quotients of the catalogue are computed from the sums, and what differs from the
stored row is written. Which days are worked is said by the jobs that call this; channels are channel_metrics.py.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from include.clock import local_today
from include.jobs.hourly_metrics import store_hours
from include.jobs.request import JobRequest
from include.jobs.sales_facts import money_of, stage_sales
from include.metrics.catalogue import catalogue_version, derived
from include.metrics.days import Days, final_before, runs_of
from include.metrics.preferences import FormulaPreferences
from include.metrics.ratio import Figure
from include.metrics.sales import sales_switches
from include.money import minor_unit_exponent, to_major_units
from include.pnl.figures import Figure as CostFigure
from include.pnl.figures import whole_minor
from include.pnl.operating import operating_costs
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


@dataclass(frozen=True)
class DaysWritten:
    """days: looked at. changed: those that were written, ascending; changed_hours: those of which an hour was. sample:
    figures of the last ones, for a dry run."""

    days: int
    changed: tuple[date, ...]
    changed_hours: tuple[date, ...]
    sample: tuple[Mapping[str, Any], ...] = ()


def write_days(
    session: TenantSession, tenant: Tenant, request: JobRequest, days: Days, *, with_hours: bool = False
) -> DaysWritten:
    """Bring metrics_daily up to its facts for tenant-local days; rows that come out the same are not written.

    with_hours: metrics_hourly too, of the days that changed. Each day is computed under the preferences in force on it,
    orders under those of their own day. The caller holds the metrics' lock and commits.
    """
    changed: list[date] = []
    sample: list[Mapping[str, Any]] = []
    hours: set[date] = set()
    for part in _staged(session, tenant, request, days):
        session.execute("metrics/delete_differing_days")
        written = [row.day for row in session.rows("metrics/insert_missing_days")]
        sample += [_shown(row) for row in session.rows("metrics/select_stage_of_days")[-3:]]
        for run in runs_of(written) if with_hours else ():
            hours |= store_hours(session, tenant, request, run, tenant.formulas_on(part.first))
        changed += written
    return DaysWritten(sum(1 for _ in days), tuple(sorted(changed)), tuple(sorted(hours)), tuple(sample))


def figures_of_days(
    session: TenantSession, tenant: Tenant, request: JobRequest, days: Days
) -> Iterator[Mapping[str, Any]]:
    """Yield the snapshot of each day, ascending, as it would be stored now; writes temporary tables only."""
    for _ in _staged(session, tenant, request, days):
        yield from (row._asdict() for row in session.rows("metrics/select_stage_of_days"))


def _staged(session: TenantSession, tenant: Tenant, request: JobRequest, days: Days) -> Iterator[Days]:
    """Yield the days under equal preferences, ascending, each time with their snapshots in stage_days."""
    for first, last, preferences in tenant.formulas_between(days.first, days.last):
        part = Days(first, last)
        _stage(session, tenant, request, part, preferences)
        _add_quotients(session, tenant, preferences)
        yield part


def _stage(
    session: TenantSession, tenant: Tenant, request: JobRequest, days: Days, preferences: FormulaPreferences
) -> None:
    start, end = days.bounds(tenant.timezone)
    window = {"start": start, "end": end, "timezone": tenant.timezone, **asdict(days)}
    money = money_of(tenant)
    session.execute("metrics/prefer_hashes")
    session.execute("metrics/drop_day_facts")
    stage_sales(session, tenant, days.first, days.last)
    session.execute("metrics/create_day_sales", **sales_switches(preferences), **money)
    session.execute("metrics/create_day_spend", **window, **money, **spend_accounts_of(tenant))
    session.execute("metrics/create_day_conversions", **window)
    session.execute("metrics/create_day_credit", exponent=minor_unit_exponent(tenant.currency), **money)
    session.execute("metrics/create_day_paths", **window)
    session.execute("metrics/create_day_sessions", **window)
    session.execute("metrics/create_stage_of_days")
    today = local_today(tenant.timezone, request.now)
    session.execute(
        "metrics/insert_stage_of_days",
        days=list(days),
        ends=days.ends(tenant.timezone),
        today=today,
        final_before=final_before(today),
        sales_through=_sales_through(session, request.now),
        now=request.now,
        run_id=request.run_id,
        preference_version=preferences.version(),
        catalogue_version=catalogue_version(),
        exponent=minor_unit_exponent(tenant.currency),
        **sales_switches(preferences),
        **money,
    )


def oldest_provisional(session: TenantSession) -> Any:
    """Return the first stored day that is not final: `days`, `channels` and `profit`, each None where all are."""
    return session.row("metrics/select_oldest_provisional")


def spend_accounts_of(tenant: Tenant) -> dict[str, object]:
    """Return the tenant's configured ad accounts as parameters of the statements that look for their days."""
    return {
        "platforms": [account.platform for account in tenant.ad_accounts],
        "accounts": [account.account_id for account in tenant.ad_accounts],
    }


def _sales_through(session: TenantSession, now: datetime) -> datetime:
    row = session.row("metrics/select_oldest_waiting")
    return min(now, row.oldest) if row and row.oldest else now


def _add_quotients(session: TenantSession, tenant: Tenant, preferences: FormulaPreferences) -> None:
    """Fill the quotients of the staged days, and cac_spend, which may hold more than ads."""
    rows = []
    for row in session.rows("metrics/select_stage_of_days"):
        figures: dict[str, Figure] = row._asdict()
        figures["cac_spend"] = _acquisition_spend(tenant, row, preferences)
        made = {"cac_spend": figures["cac_spend"], **derived(figures, preferences)}
        rows.append({"day": row.day.isoformat(), **{name: _text(value) for name, value in made.items()}})
    session.execute("metrics/update_quotients", rows=json.dumps(rows))


def _acquisition_spend(tenant: Tenant, row: Any, preferences: FormulaPreferences) -> Decimal | None:
    """Return what a new customer costs: spend on ads, and what else is marketing where the preferences say so."""
    spend: Decimal | None = row.ad_spend
    if spend is None or preferences.cac_spend_scope == "ads":
        return spend
    exponent = minor_unit_exponent(tenant.currency)
    net_sales = CostFigure(None if row.net_sales is None else whole_minor(row.net_sales.scaleb(exponent)))
    marketing = [cost for cost in tenant.operating_costs if cost.kind == "marketing"]
    further = operating_costs(marketing, row.day, row.orders, net_sales, exponent)
    return None if further.minor is None else spend + to_major_units(further.minor, tenant.currency)


def _text(value: Figure) -> str | None:
    return None if value is None else str(value)


_SHOWN: Sequence[str] = ("day", "orders", "net_sales", "ad_spend", "new_customers", "unattributed_orders")


def _shown(row: Any) -> Mapping[str, Any]:
    return {name: str(getattr(row, name)) for name in _SHOWN}
