"""`python -m include.jobs.figure_changes [DIR]`: what changed formulas and costs do to the last full month.

Compares each tenant's stored settings with its file (default: TENANTS_DIR, else `tenants`) by computing the profit and
loss of the tenant's last full month under both, from what is stored now; writes nothing. Part of `make tenants-plan`
and `make tenants-apply`. Exits 0, and 1 on an error. What settings a file holds is shown by include.tenants.plan.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
from rich import box
from rich.console import Console
from rich.table import Table

from include import clock
from include.errors import AttributionError, InvalidInput
from include.jobs.pnl_days import profit_of_days
from include.metrics.days import Days
from include.money import minor_unit_exponent, to_major_units
from include.storage.session import tenant_transaction
from include.tenants.named import tenant_named
from include.tenants.proposal import as_proposed, with_newest_figures
from include.tenants.reading import read_tenant_files
from include.tenants.registry import list_tenants
from include.tenants.tenant import Tenant


@dataclass(frozen=True)
class MonthLine:
    """A line of a month: the sum of its known days in minor units, and how many days are not known."""

    minor: int
    unknown_days: int


@dataclass(frozen=True)
class FigureChange:
    """A tenant's last full month under its stored settings and under its file's, by line; only where they differ.

    whole_month: the newest settings of both were taken for the whole month, whatever days they begin on.
    """

    tenant: Tenant
    first: date
    old: Mapping[str, MonthLine]
    new: Mapping[str, MonthLine]
    whole_month: bool


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
    return FigureChange(stored, days.first, _month(url, old, days, now), _month(url, new, days, now), whole_month)


def _settings(tenant: Tenant) -> tuple[object, ...]:
    running = sorted(tenant.operating_costs, key=lambda cost: (cost.name, cost.valid_from))
    return tenant.formula_history, tenant.cost_history, tenant.cogs_history, running


def _month(url: str, tenant: Tenant, days: Days, now: datetime) -> Mapping[str, MonthLine]:
    lines: dict[str, MonthLine] = {}
    with tenant_transaction(url, tenant.tenant_id) as session:
        for profit in profit_of_days(session, tenant, days, now):
            for line in profit.lines:
                known = lines.get(line.line, MonthLine(0, 0))
                minor = line.figure.minor
                lines[line.line] = MonthLine(known.minor + (minor or 0), known.unknown_days + (minor is None))
    return lines


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
    """Print the lines of the month, old against new, and by how much they differ."""
    currency = change.tenant.currency
    taken = "by the newest settings of both" if change.whole_month else "by the settings of each day"
    table = Table(
        title=f"{change.tenant.slug}  ·  {change.first:%Y-%m} {taken}  ·  {currency}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("line", no_wrap=True)
    for heading in ("database", "file", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in dict.fromkeys([*change.new, *change.old]):
        old, new = change.old.get(line, MonthLine(0, 0)), change.new.get(line, MonthLine(0, 0))
        moved = new.minor - old.minor
        table.add_row(
            line.replace("_", " "),
            _text(old, currency),
            _text(new, currency),
            _amount(moved, currency, sign="+") if moved else "",
            style="bold" if moved else "",
        )
    console.print(table)


def _text(line: MonthLine, currency: str) -> str:
    if not line.unknown_days:
        return _amount(line.minor, currency)
    days = "day" if line.unknown_days == 1 else "days"
    return f"{_amount(line.minor, currency)} ({line.unknown_days} {days} not known)"


def _amount(minor: int, currency: str, sign: str = "") -> str:
    return f"{to_major_units(minor, currency):{sign},.{minor_unit_exponent(currency)}f}"


if __name__ == "__main__":
    sys.exit(main())
