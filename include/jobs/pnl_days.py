"""The profit and loss of tenant days, computed and stored: the one engine of every job that writes pnl_daily.

Facts are added up by day in SQL, rules of cost and the waterfall are include/pnl's, and days that came out otherwise
than stored are replaced. Which days are worked is said by the jobs that call this.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from include.clock import local_today
from include.ids import stable_id
from include.jobs.daily_metrics import spend_accounts_of
from include.jobs.request import JobRequest
from include.jobs.sales_facts import stage_sales
from include.metrics.catalogue import catalogue_version
from include.metrics.days import Days, final_before
from include.metrics.preferences import FormulaPreferences
from include.metrics.ratio import quotient
from include.metrics.sales import sales_switches
from include.money import minor_unit_exponent, minor_unit_exponents
from include.pnl.cost_settings import CogsSettings, CostSettings
from include.pnl.costs import (
    AccountSpend,
    Goods,
    Parcels,
    Payments,
    ad_spend,
    cost_of_goods,
    fulfilment_cost,
    payment_fees,
)
from include.pnl.figures import Figure, whole_minor
from include.pnl.operating import in_force, operating_costs
from include.pnl.waterfall import Costs, Line, Sales, margin_base, net_sales, waterfall
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_MOST_REASONS = 500
"""Characters of a line's reasons that are stored."""
_COVERAGE = Decimal("0.000001")


@dataclass(frozen=True)
class DayOfProfit:
    """The lines of one tenant-local day, minor units of the tenant's currency, and the settings that made them."""

    day: date
    orders: int
    lines: Sequence[Line]
    margin_base: Figure
    preferences: FormulaPreferences
    cost_version: int


def profit_of_days(session: TenantSession, tenant: Tenant, days: Days, now: datetime) -> Iterator[DayOfProfit]:
    """Yield the profit and loss of each day, ascending, under the settings of that day; writes temporary tables only.

    Restated days are computed from what is stored now: orders, refunds, edits, unit costs, spend and rates. now:
    business time, UTC; a unit cost that holds from a later instant is no day's newest yet.
    """
    for first, last, preferences, costs, cogs in tenant.figures_between(days.first, days.last):
        facts = _facts(session, tenant, Days(first, last), preferences, cogs, now)
        for day in Days(first, last):
            yield _day(tenant, day, facts, preferences, costs, cogs)


def store_profit(
    session: TenantSession, tenant: Tenant, request: JobRequest, profits: Sequence[DayOfProfit]
) -> Sequence[date]:
    """Bring pnl_daily up to these days and return those that were written, ascending.

    The caller holds the metrics' lock and commits.
    """
    rows = [row for profit in profits for row in _rows(tenant, request, profit)]
    session.execute("pnl/create_stage")
    session.execute("pnl/insert_stage", rows=json.dumps(rows))
    session.execute("pnl/delete_differing_days", days=[profit.day for profit in profits])
    written = [row.day for row in session.rows("pnl/insert_missing_days")]
    session.execute("pnl/drop_stage")
    return written


def queue_cost_changes(session: TenantSession, tenant: Tenant, today: date) -> int:
    """Put the days that changed unit costs and payments reach into the restate queue and return their number.

    today: tenant-local; its preferences say whether a cost reaches the sales of its own time only. A day that both
    reach counts twice.
    """
    all_sales = tenant.formulas_on(today).cost_change_policy == "recalculate_history"
    of_costs = session.execute("pnl/queue_cost_changes", timezone=tenant.timezone, all_sales=all_sales)
    return of_costs + session.execute("pnl/queue_payment_changes", timezone=tenant.timezone)


@dataclass(frozen=True)
class _Facts:
    sales: Mapping[date, Any]
    goods: Mapping[date, Sequence[Goods]]
    payments: Mapping[date, Sequence[Payments]]
    parcels: Mapping[date, Parcels]
    spend: Mapping[date, Sequence[AccountSpend]]


def _facts(
    session: TenantSession,
    tenant: Tenant,
    days: Days,
    preferences: FormulaPreferences,
    cogs: CogsSettings,
    now: datetime,
) -> _Facts:
    start, end = days.bounds(tenant.timezone)
    window = {"start": start, "end": end, "timezone": tenant.timezone, **asdict(days)}
    money = _money_of(tenant)
    session.execute("metrics/drop_day_facts")
    session.execute("pnl/drop_goods")
    stage_sales(session, tenant, days.first, days.last)
    session.execute("metrics/create_day_sales", **sales_switches(preferences), **money)
    session.execute("metrics/create_day_spend", **window, **money, **spend_accounts_of(tenant))
    session.execute(
        "pnl/create_goods_events",
        sources=["internal", "shopify"] if cogs.source == "internal" else ["shopify"],
        newest_cost=preferences.cost_change_policy == "recalculate_history",
        now=now,
        returned_cost_policy=preferences.returned_cost_policy,
        **window,
        **money,
    )
    actual_fees = preferences.payment_fee_source == "actual_then_estimate"
    return _Facts(
        {row.day: row for row in session.rows("pnl/select_sales", **money)},
        _by_day(session.rows("pnl/select_goods", **money), Goods),
        _by_day(session.rows("pnl/select_payments", actual_fees=actual_fees, **window, **money), Payments),
        {row.day: Parcels(*row[1:]) for row in session.rows("pnl/select_parcels", **money)},
        _by_day(session.rows("pnl/select_spend", **money), AccountSpend),
    )


def _by_day(rows: Sequence[Any], kind: type[Any]) -> Mapping[date, Sequence[Any]]:
    found: dict[date, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.day].append(kind(*row[1:]))
    return found


def _day(
    tenant: Tenant,
    day: date,
    facts: _Facts,
    preferences: FormulaPreferences,
    costs: CostSettings,
    cogs: CogsSettings,
) -> DayOfProfit:
    exponent = minor_unit_exponent(tenant.currency)
    row = facts.sales.get(day)
    sales = _sales(row)
    orders = row.orders if row is not None else 0
    goods, uncosted = cost_of_goods(facts.goods.get(day, ()), preferences, cogs)
    made = Costs(
        cogs=goods,
        uncosted=uncosted,
        fulfilment=fulfilment_cost(facts.parcels.get(day, Parcels(0, 0, 0, 0)), costs, exponent),
        payment_fees=payment_fees(facts.payments.get(day, ()), costs, preferences, exponent),
        ad_spend=ad_spend(facts.spend.get(day, ())),
        operating_costs=operating_costs(tenant.operating_costs, day, orders, net_sales(sales, preferences), exponent),
    )
    return DayOfProfit(
        day=day,
        orders=orders,
        lines=waterfall(sales, made, preferences),
        margin_base=margin_base(sales, preferences),
        preferences=preferences,
        cost_version=_version(tenant, day, costs, cogs),
    )


def _sales(row: Any | None) -> Sales:
    names = [field.name for field in fields(Sales)]
    if row is None:
        return Sales(**{name: Figure(0) for name in names})
    coverage, reasons = row.share.quantize(_COVERAGE), (row.reason,) if row.reason else ()
    amounts: Mapping[str, Decimal | None] = {name: getattr(row, name) for name in names}
    return Sales(
        **{
            name: Figure(None if amount is None else whole_minor(amount), coverage, reasons)
            for name, amount in amounts.items()
        }
    )


def _version(tenant: Tenant, day: date, costs: CostSettings, cogs: CogsSettings) -> int:
    running = [
        f"{cost.name} {cost.kind} {cost.amount.normalize():f} {cost.per}"
        for cost in in_force(tenant.operating_costs, day)
    ]
    return stable_id("pnl_costs", costs.version(), cogs.version(), *running)


def _money_of(tenant: Tenant) -> dict[str, object]:
    exponents = minor_unit_exponents()
    return {
        "currency": tenant.currency,
        "exponent": exponents[tenant.currency],
        "currencies": list(exponents),
        "exponents": list(exponents.values()),
    }


def _rows(tenant: Tenant, request: JobRequest, profit: DayOfProfit) -> Iterator[Mapping[str, Any]]:
    final = profit.day < final_before(local_today(tenant.timezone, request.now))
    preference_version, formulas_version = profit.preferences.version(), catalogue_version()
    for line in profit.lines:
        reasons = "; ".join(line.figure.reasons)[:_MOST_REASONS]
        yield {
            "tenant_id": tenant.tenant_id,
            "day": profit.day.isoformat(),
            "position": line.position,
            "line": line.line,
            "layer": line.layer,
            "is_subtotal": line.is_subtotal,
            "amount_minor": line.figure.minor,
            "margin": _margin(line, profit.margin_base),
            "currency": tenant.currency,
            "coverage": str(line.figure.coverage),
            "incomplete": reasons or None,
            # One part per product would be a table of its own.
            "parts": dict(line.figure.parts) if line.line != "cogs" else {},
            "preference_version": preference_version,
            "cost_version": profit.cost_version,
            "catalogue_version": formulas_version,
            "is_final": final,
            "run_id": request.run_id,
            "changed_at": request.now.isoformat(),
        }


def _margin(line: Line, base: Figure) -> str | None:
    found = quotient(line.figure.minor, base.minor) if line.is_subtotal else None
    return None if found is None else str(found)
