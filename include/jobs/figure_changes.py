"""`python -m include.jobs.figure_changes [DIR]`: what changed formulas and costs do to the last full month.

Compares each tenant's stored settings with its file (default: TENANTS_DIR, else `tenants`) by computing the tenant's
last full month under both, from what is stored now: profit and loss, margins, metrics, what customers are worth, and
what channels are credited with by the headline's model and clock; writes nothing. Part of `make tenants-plan`
and `make tenants-apply`. Exits 0, and 1 on an error. What settings a file holds is shown by include.tenants.plan.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import psycopg
from rich import box
from rich.console import Console
from rich.table import Table

from include import clock
from include.errors import AttributionError, InvalidInput
from include.jobs.channel_metrics import headline_credit
from include.jobs.cohort_metrics import contribution_margins, days_of_cohorts, figures_of_cohorts
from include.jobs.daily_metrics import figures_of_days
from include.jobs.pnl_days import DayOfProfit, profit_of_days
from include.jobs.request import JobRequest
from include.metrics.catalogue import SUMMED, derived
from include.metrics.cohorts import ALL_CHANNELS, reached_age
from include.metrics.days import Days
from include.metrics.preferences import FormulaPreferences
from include.metrics.ratio import quotient, total
from include.money import minor_unit_exponent, to_major_units
from include.pnl.cost_settings import OperatingCost
from include.pnl.waterfall import NET_SALES
from include.storage.session import TenantSession, tenant_transaction
from include.tenants.named import tenant_named
from include.tenants.proposal import as_proposed, with_newest_figures
from include.tenants.reading import read_tenant_files
from include.tenants.registry import list_tenants
from include.tenants.tenant import Tenant

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class MonthLine:
    """A sum over a month: that of its known days in minor units, and how many days are not known."""

    minor: int
    unknown_days: int


@dataclass(frozen=True)
class MonthMetric:
    """A figure of a month that is no such sum; money in major units, None where it is not known."""

    value: Decimal | None
    unit: Literal["count", "money", "multiple", "share"]


MonthFigures = Mapping[str, MonthLine | MonthMetric]
"""A month's profit and loss by line, its metrics, margins, customers' value by horizon and headline credit by channel;
metrics that share a name with a line stand under the line's."""

_METRICS: Mapping[str, Literal["count", "money", "multiple", "share"]] = {
    "orders": "count",
    "new_customers": "count",
    "aov": "money",
    "return_rate": "share",
    "roas": "multiple",
    "mer": "multiple",
    "cac": "money",
}


@dataclass(frozen=True)
class FigureChange:
    """A tenant's last full month under its stored settings and under its file's.

    whole_month: the newest settings of both were taken for the whole month, whatever days they begin on. switches: what
    of the settings that were taken differs, `name: old -> new` for a switch, the name alone for a section of costs.
    """

    tenant: Tenant
    first: date
    old: MonthFigures
    new: MonthFigures
    whole_month: bool
    switches: tuple[str, ...]

    @property
    def moves(self) -> bool:
        """Whether any figure of the month comes out otherwise."""
        return self.old != self.new


def figure_change(url: str, stored: Tenant, proposed: Tenant, now: datetime) -> FigureChange | None:
    """Return what a change does to the last full month before now (business time, UTC), None when settings are equal.

    url: the jobs' role on the tenant's database. When the newest settings differ they are compared over the whole
    month: the question is what such a month becomes. Else, when older ones differ, each day takes its own.
    """
    if _settings(stored) == _settings(proposed):
        return None
    today = clock.local_today(stored.timezone, now)
    newest = with_newest_figures(stored, today), with_newest_figures(proposed, today)
    whole_month = _settings(newest[0]) != _settings(newest[1])
    old, new = newest if whole_month else (stored, proposed)
    end = today.replace(day=1)
    days = Days((end - timedelta(days=1)).replace(day=1), end)
    return FigureChange(
        stored, days.first, _month(url, old, days, now), _month(url, new, days, now), whole_month,
        tuple(_switches(old, new, days)),
    )  # fmt: skip


def _settings(tenant: Tenant) -> tuple[object, ...]:
    return tenant.formula_history, tenant.cost_history, tenant.cogs_history, _running(tenant)


def _running(tenant: Tenant) -> Sequence[OperatingCost]:
    return sorted(tenant.operating_costs, key=lambda cost: (cost.name, cost.valid_from))


def _switches(old: Tenant, new: Tenant, days: Days) -> Iterator[str]:
    """Yield what differs on any day of the month; where nothing does, the sections of which older days differ."""
    switches: dict[str, None] = {}
    for day in days:
        before, after = (tenant.formulas_on(day).model_dump(mode="json") for tenant in (old, new))
        differing = (name for name in before if before[name] != after[name])
        switches |= dict.fromkeys(f"{name}: {_words(before[name])} -> {_words(after[name])}" for name in differing)
    yield from switches
    if not switches and old.formula_history != new.formula_history:
        yield "formulas of other days"
    for section, differs in (
        ("costs", old.cost_history != new.cost_history),
        ("cogs", old.cogs_history != new.cogs_history),
        ("operating_costs", _running(old) != _running(new)),
    ):
        if differs:
            yield section


def _words(value: object) -> str:
    return json.dumps(value) if isinstance(value, list | bool) else str(value)


def _month(url: str, tenant: Tenant, days: Days, now: datetime) -> MonthFigures:
    preferences = tenant.formulas_on(days.last - _DAY)
    request = JobRequest("figure_changes", "figure_changes", now, dry_run=True)
    with tenant_transaction(url, tenant.tenant_id) as session:
        profits = list(profit_of_days(session, tenant, days, now))
        metrics = list(figures_of_days(session, tenant, request, days))
        credited = headline_credit(session, tenant, request, days)
        values = _values(session, tenant, preferences, now)
    lines = _lines(profits)
    sums = {name: total([day.get(name) for day in metrics]) for name in SUMMED}
    known = {**sums, **derived(sums, preferences)}
    return {
        **lines,
        **{name: MonthMetric(known[name], unit) for name, unit in _METRICS.items() if name not in lines},
        **_margins(profits),
        **values,
        **{f"credited to {channel}": MonthLine(minor, 0) for channel, minor in credited.items()},
    }


def _lines(profits: Sequence[DayOfProfit]) -> dict[str, MonthLine]:
    lines: dict[str, MonthLine] = {}
    for profit in profits:
        for line in profit.lines:
            known = lines.get(line.line, MonthLine(0, 0))
            minor = line.figure.minor
            lines[line.line] = MonthLine(known.minor + (minor or 0), known.unknown_days + (minor is None))
    return lines


def _margins(profits: Sequence[DayOfProfit]) -> dict[str, MonthMetric]:
    """Return each subtotal of the month as a share of what margins are measured by, net sales left out."""
    base = total([profit.margin_base.minor for profit in profits])
    subtotals: dict[str, list[int | None]] = {}
    for profit in profits:
        for line in profit.lines:
            if line.is_subtotal and line.line != NET_SALES:
                subtotals.setdefault(line.line, []).append(line.figure.minor)
    return {
        f"margin of {line}": MonthMetric(quotient(total(parts), base), "share") for line, parts in subtotals.items()
    }


def _values(
    session: TenantSession, tenant: Tenant, preferences: FormulaPreferences, now: datetime
) -> dict[str, MonthMetric]:
    """Return what a customer is worth at each horizon: of the newest month that is old enough, all channels."""
    through = clock.local_today(tenant.timezone, now) - _DAY
    margins = None
    if preferences.ltv_basis == "contribution":
        # A month's contribution changes with the settings, so what is stored of it does not answer.
        profits = profit_of_days(session, tenant, days_of_cohorts(preferences, through), now)
        margins = contribution_margins((profit.day, profit.lines) for profit in profits)
    newest = {
        figure.horizon_days: figure
        for figure in figures_of_cohorts(session, tenant, preferences, through, margins)
        if figure.channel == ALL_CHANNELS and reached_age(figure.first_day, through) >= figure.horizon_days
    }
    return {
        f"ltv {horizon} days ({newest[horizon].first_day:%Y-%m})": MonthMetric(newest[horizon].ltv, "money")
        for horizon in preferences.ltv_horizons
        if horizon in newest
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m include.jobs.figure_changes", description=__doc__)
    parser.add_argument("folder", metavar="DIR", nargs="?", default=os.environ.get("TENANTS_DIR") or "tenants")
    folder = Path(parser.parse_args(arguments).folder)
    console = Console(highlight=False)
    try:
        for change in _changes(folder, os.environ):
            show(change, console)
    except AttributionError as error:
        print(error, file=sys.stderr)
        return 1
    except psycopg.Error as error:
        print(f"database: {(str(error).strip() or type(error).__name__).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


def _changes(folder: Path, environment: Mapping[str, str]) -> Sequence[FigureChange]:
    control_url = environment.get("ANALYTICS_CONTROL_URL")
    if not control_url:
        raise InvalidInput("ANALYTICS_CONTROL_URL is not set; run this through make, or set the database URLs")
    known = {tenant.slug for tenant in list_tenants(control_url)}
    found = []
    for file in read_tenant_files(folder):
        if file.slug in known:
            tenant, url = tenant_named(file.slug, environment)
            found.append(figure_change(url, tenant, as_proposed(tenant, file), clock.now()))
    return [change for change in found if change is not None]


def show(change: FigureChange, console: Console) -> None:
    """Print what of the settings differs, and the figures of the month old against new where any does."""
    slug, month, currency = change.tenant.slug, f"{change.first:%Y-%m}", change.tenant.currency
    if not change.moves:
        console.print(f"{slug}: {', '.join(change.switches)} moves no figure of {month}", markup=False)
        return
    for switch in change.switches:
        console.print(f"{slug}: {switch}", markup=False)
    taken = "by the newest settings of both" if change.whole_month else "by the settings of each day"
    table = Table(
        title=f"{slug}  ·  {month} {taken}  ·  {currency}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("figure", no_wrap=True)
    for heading in ("database", "file", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in dict.fromkeys([*change.new, *change.old]):
        old, new = change.old.get(name), change.new.get(name)
        table.add_row(
            name.replace("_", " "),
            _text(old, currency),
            _text(new, currency),
            _difference(old, new, currency),
            style="bold" if old != new else "",
        )
    console.print(table)


def _text(figure: MonthLine | MonthMetric | None, currency: str) -> str:
    if figure is None:
        return ""
    if isinstance(figure, MonthMetric):
        return "not known" if figure.value is None else _shown(figure.value, figure.unit, currency)
    if not figure.unknown_days:
        return _amount(figure.minor, currency)
    days = "day" if figure.unknown_days == 1 else "days"
    return f"{_amount(figure.minor, currency)} ({figure.unknown_days} {days} not known)"


def _difference(old: MonthLine | MonthMetric | None, new: MonthLine | MonthMetric | None, currency: str) -> str:
    if isinstance(old, MonthMetric) and isinstance(new, MonthMetric):
        moved = None if old.value is None or new.value is None else new.value - old.value
        return _shown(moved, new.unit, currency, sign="+") if moved else ""
    minor = (new.minor if isinstance(new, MonthLine) else 0) - (old.minor if isinstance(old, MonthLine) else 0)
    return _amount(minor, currency, sign="+") if minor else ""


def _shown(value: Decimal, unit: str, currency: str, sign: str = "") -> str:
    if unit == "share":
        return f"{value * 100:{sign},.2f} %"
    places = {"count": 0, "money": minor_unit_exponent(currency)}.get(unit, 4)
    return f"{value:{sign},.{places}f}"


def _amount(minor: int, currency: str, sign: str = "") -> str:
    return f"{to_major_units(minor, currency):{sign},.{minor_unit_exponent(currency)}f}"


if __name__ == "__main__":
    sys.exit(main())
