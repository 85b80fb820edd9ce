"""The last step of job 15: the week's stored figures as one page per tenant, in the folder that reports go to.

`python -m include.jobs.weekly_report --tenant SLUG [--to DIR]` writes the same page for a person and prints its path;
that is `make report`. Which figures there are is left to the jobs before, the page to include/report.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import psycopg

from include import clock
from include.errors import AttributionError, InvalidInput
from include.exports.root import OpenReports, put
from include.jobs.request import JobRequest, JobResult
from include.metrics.ratio import quotient
from include.metrics.weeks import last_closed_week
from include.money import to_major_units
from include.report.page import page
from include.report.week import Channel, Cohort, Day, Delivery, Figure, ProfitLine, Week
from include.storage.session import TenantSession, tenant_transaction
from include.tenants.named import tenant_named
from include.tenants.tenant import Tenant

_WEEK = timedelta(days=7)


def weekly_report(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Write the page of the last closed week where it differs from the one that is there; counts reports written.

    Without a folder for reports, or of a week without figures, there is none. A dry run writes nothing.
    """
    open_reports = cast("OpenReports | None", clients.get("reports"))
    root = open_reports() if open_reports is not None else None
    monday = last_closed_week(tenant.timezone, request.now)
    week = read_week(session, tenant, monday)
    if root is None or week is None or request.dry_run:
        return JobResult(counts={"reports": 0})
    written = put(root / tenant.slug, file_name(monday), page(week).encode())
    return JobResult(counts={"reports": int(written)})


def file_name(monday: date) -> str:
    """Return the name of a week's page."""
    return f"week-{monday}.html"


def read_week(session: TenantSession, tenant: Tenant, monday: date) -> Week | None:
    """Return what is stored of the week of a Monday, None when no figure of it is."""
    figures = {row.metric: row for row in session.rows("report/select_week", monday=monday)}
    if not figures:
        return None
    formulas = tenant.formulas_on(monday)
    start, end = clock.day_bounds(tenant.timezone, monday, monday + _WEEK)
    days = session.rows("report/select_days", first=monday - _WEEK, last=monday + _WEEK)
    profit = [_profit_line(row) for row in session.rows("report/sum_profit", monday=monday)]
    restated = session.row("report/count_restated", monday=monday, end=end)
    return Week(
        name=tenant.name,
        currency=tenant.currency,
        monday=monday,
        model=formulas.attribution_model,
        clock=formulas.attribution_clock,
        is_final=all(row.is_final for row in figures.values()),
        figures={**{name: _figure(row) for name, row in figures.items()}, **_net_profit(profit, tenant.currency)},
        days=[_day(row) for row in days if row.day >= monday],
        previous_days=[_day(row) for row in days if row.day < monday],
        channels=_channels(session.rows("report/sum_channels", monday=monday, clock=formulas.attribution_clock)),
        profit=profit,
        cohorts=_cohorts(session.rows("report/select_cohorts", monday=monday)),
        deliveries=[Delivery(*row) for row in session.rows("report/sum_deliveries", start=start, end=end)],
        unattributed_reasons=_reasons([row.unattributed_reasons for row in days if row.day >= monday]),
        restated_days=restated.days if restated is not None else 0,
        formulas_changed=len({row.preference_version for row in days}) > 1,
    )


def _figure(row: Any) -> Figure:
    return Figure(row.value, row.previous, row.change, row.average_4_weeks, row.unit, row.incomplete)


def _net_profit(profit: Sequence[ProfitLine], currency: str) -> Mapping[str, Figure]:
    line = next((line for line in profit if line.line == "net_profit"), None)
    if line is None:
        return {}
    value, previous = (
        None if minor is None else to_major_units(minor, currency) for minor in (line.amount_minor, line.previous_minor)
    )
    # A change of a loss has no sign that anybody could read.
    share = quotient(value, previous) if value is not None and previous is not None and previous > 0 else None
    return {"net_profit": Figure(value, previous, share and share - 1, None, "money", line.incomplete)}


def _profit_line(row: Any) -> ProfitLine:
    return ProfitLine(row.line, row.is_subtotal, row.amount_minor, row.previous_minor, row.coverage, row.incomplete)


def _day(row: Any) -> Day:
    return Day(row.day, row.net_sales, row.incomplete)


def _channels(rows: Sequence[Any]) -> list[Channel]:
    """Return a channel per name; of its spend the same in every model."""
    names = dict.fromkeys(row.channel for row in rows)
    of = {name: [row for row in rows if row.channel == name] for name in names}
    return [
        Channel(
            name,
            {row.model: row.revenue_minor for row in models},
            {row.model: row.previous_minor for row in models},
            {row.model: Decimal(row.conversions) for row in models},
            None if any(row.spend_incomplete for row in models) else models[0].spend_minor,
            any(row.spend_incomplete for row in models),
        )
        for name, models in of.items()
    ]


def _cohorts(rows: Sequence[Any]) -> list[Cohort]:
    months = dict.fromkeys(row.cohort for row in rows)
    of = {month: [row for row in rows if row.cohort == month] for month in months}
    return [
        Cohort(
            month,
            ages[0].customers,
            {row.horizon_days: row.ltv for row in ages},
            ages[0].cac,
            next((row.incomplete for row in ages if row.incomplete), None),
        )
        for month, ages in of.items()
    ]


def _reasons(days: Sequence[Mapping[str, int]]) -> Mapping[str, int]:
    names = dict.fromkeys(reason for day in days for reason in day)
    return {name: sum(day.get(name, 0) for day in days) for name in names}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m include.jobs.weekly_report", description=__doc__)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--to", type=Path, default=Path(".run/reports"), metavar="DIR")
    chosen = parser.parse_args(arguments)
    try:
        print(_written(chosen.tenant, chosen.to, clock.now()))
    except AttributionError as error:
        print(error, file=sys.stderr)
        return 1
    except psycopg.Error as error:
        print(f"database: {type(error).__name__}; is the stack up and migrated?", file=sys.stderr)
        return 1
    return 0


def _written(slug: str, folder: Path, now: datetime) -> Path:
    tenant, url = tenant_named(slug, os.environ)
    monday = last_closed_week(tenant.timezone, now)
    with tenant_transaction(url, tenant.tenant_id) as session:
        week = read_week(session, tenant, monday)
    if week is None:
        raise InvalidInput(f"no figures of {slug}'s week of {monday} are stored; run the DAG weekly_metrics_summary")
    put(folder / slug, file_name(monday), page(week).encode())
    return (folder / slug / file_name(monday)).resolve()


if __name__ == "__main__":
    sys.exit(main())
