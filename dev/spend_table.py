"""What the shops' ads cost, by platform and day, and how much of it met touches; then what was restated or unexplained.

Days and amounts are the ad accounts'; the last column converts each day at its own rate. A day whose currency has no
rate shows a dash there, never a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from include.money import minor_unit_exponent
from include.storage.sql import statement
from include.tenants.registry import TenantRow

_SHOWN_DAYS = 7


@dataclass(frozen=True)
class _Read:
    days: list[Any]
    restatements: list[Any]
    residuals: list[Any]


def spend_table(jobs_url: str, tenant: TenantRow, now: datetime) -> Group | None:
    """Return the tenant's last seven days and their sum, all stored days, and what changed at now; None if empty.

    now: business time, UTC; restatements are those found at this instant.
    """
    read = _read(jobs_url, tenant, now)
    if not read.days:
        return None
    platforms = {row.platform: row.currency for row in read.days}
    table = Table(
        title=f"{tenant.slug}  ·  ad spend and the share that touches met",
        title_justify="left",
        title_style="bold",
        header_style="bold",
        row_styles=["", "dim"],
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("\nday", no_wrap=True)
    for platform, currency in platforms.items():
        table.add_column(f"{platform}\n{currency}", justify="right", no_wrap=True)
        table.add_column("\nmatched", justify="right", no_wrap=True)
    table.add_column(f"total\n{tenant.currency}", justify="right", no_wrap=True)
    table.add_column("\nmatched", justify="right", no_wrap=True)
    days = sorted({row.report_date for row in read.days})
    for day in days[-_SHOWN_DAYS:]:
        table.add_row(day.isoformat(), *_cells(read.days, {day}, platforms, tenant.currency))
    table.add_section()
    label = f"all {len(days)} days from {days[0]}"
    table.add_row(label, *_cells(read.days, set(days), platforms, tenant.currency), style="bold")
    return Group(table, *(Text(f"  {line}") for line in _notes(read)))


def _read(jobs_url: str, tenant: TenantRow, now: datetime) -> _Read:
    with psycopg.connect(jobs_url, row_factory=namedtuple_row) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(tenant.tenant_id),))
        parameters = {"tenant_id": tenant.tenant_id, "restated_at": now}
        return _Read(
            *(
                connection.execute(statement(f"matching/{name}"), parameters).fetchall()
                for name in ("select_spend_by_day", "select_latest_restatements", "select_residuals")
            )
        )


def _cells(rows: list[Any], days: set[date], platforms: dict[str, str], own: str) -> list[str]:
    shown = [row for row in rows if row.report_date in days]
    cells: list[str] = []
    for platform, currency in platforms.items():
        mine = [row for row in shown if row.platform == platform]
        cells += _pair([row.spend for row in mine], [row.spend_unmatched for row in mine], currency)
    return cells + _pair([row.converted for row in shown], [row.converted_unmatched for row in shown], own)


def _pair(spend: list[Decimal | None], unmatched: list[Decimal | None], currency: str) -> list[str]:
    if not spend or None in spend:
        return ["-", "-"]
    total, lost = _sum(spend), _sum(unmatched)
    return [_amount(total, currency), f"{1 - lost / total:.1%}" if total else "-"]


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((one for one in amounts if one is not None), Decimal(0))


def _amount(value: Decimal, currency: str) -> str:
    return f"{value:,.{minor_unit_exponent(currency)}f}"


def _notes(read: _Read) -> list[str]:
    restated = [
        f"{row.platform}: restated {row.campaigns} campaign days of {row.days} days from {row.first_day} to"
        f" {row.last_day}, together {_signed(row.difference, row.currency)} {row.currency}"
        for row in read.restatements
    ]
    residual = [
        f"{row.platform}: {_amount(row.spend, row.currency)} {row.currency} on {row.days} days from {row.first_day} to"
        f" {row.last_day} is in the account's total and in no campaign (residual)"
        for row in read.residuals
    ]
    return restated + residual


def _signed(value: Decimal, currency: str) -> str:
    return f"{value:+,.{minor_unit_exponent(currency)}f}"
