"""Yesterday's profit and loss of a shop, from gross sales to net profit, as the tenant's own layers cut it.

What is not known shows a dash and its reason below the table, never a zero. Net sales and orders are held against the
finance report of the simulated shop itself.
"""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import namedtuple_row
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from include.clock import local_today
from include.money import minor_unit_exponent, to_major_units
from include.storage.sql import statement
from include.tenants.registry import TenantRow
from sandbox.world.finance import finance_totals
from sandbox.world.profiles import DEMO_END, DEMO_SHOPS, DEMO_START
from sandbox.world.world import generate

_SEED = 7
_EPOCH = date(1970, 1, 1)


def pnl_table(jobs_url: str, tenant: TenantRow, now: datetime) -> tuple[Group | None, list[str]]:
    """Return the stored lines of the tenant-local day before now, and how they differ from the shop's own report.

    now: business time, UTC. No table where nothing is stored.
    """
    day = local_today(tenant.timezone, now) - timedelta(days=1)
    with psycopg.connect(jobs_url, row_factory=namedtuple_row) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(tenant.tenant_id),))
        rows: list[Any] = connection.execute(
            statement("pnl/select_day"), {"tenant_id": tenant.tenant_id, "day": day}
        ).fetchall()
    if not rows:
        return None, [f"{tenant.slug}: no profit and loss of {day}"]
    status = "final" if rows[0].is_final else "provisional"
    title = f"{tenant.slug}  ·  profit and loss of {day}, {status}  ·  {tenant.currency}  ·  {rows[0].orders} orders"
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("line", no_wrap=True)
    table.add_column(tenant.currency, justify="right", no_wrap=True)
    table.add_column("margin", justify="right", no_wrap=True)
    table.add_column("known", justify="right", no_wrap=True)
    net_sales = next(row.amount_minor for row in rows if row.line == "net_sales")
    for row in rows:
        if not row.is_subtotal and row.amount_minor == 0:
            continue
        name = row.line.replace("_", " ")
        table.add_row(
            name if row.is_subtotal else f"  {name}",
            _amount(row.amount_minor, tenant.currency),
            f"{row.margin:.1%}" if row.margin is not None else "-" if row.is_subtotal else "",
            "" if row.coverage == 1 else f"{row.coverage:.1%}",
            style="bold" if row.is_subtotal else "",
            end_section=row.is_subtotal,
        )
    reasons = dict.fromkeys(row.incomplete for row in rows if row.incomplete and not row.is_subtotal)
    told = rows[0].orders, net_sales
    shown = Group(Text(title, style="bold"), table, *(Text(f"  {reason}") for reason in reasons))
    return shown, _differences(tenant, day, now, told)


def _differences(tenant: TenantRow, day: date, now: datetime, told: tuple[int | None, int | None]) -> list[str]:
    shop = next((shop for shop in DEMO_SHOPS if shop.slug == tenant.slug), None)
    if shop is None:
        return []
    report = finance_totals(generate(shop, _SEED, DEMO_START, DEMO_END).as_of(now))
    (place,) = np.flatnonzero(report.day == (day - _EPOCH).days)
    own = int(report.orders[place]), int(report.net_sales[place])
    if own == told:
        return []
    return [f"{tenant.slug} {day}: orders and net sales {told}, the shop's own finance report says {own}"]


def _amount(minor: int | None, currency: str) -> str:
    return "-" if minor is None else f"{to_major_units(minor, currency):,.{minor_unit_exponent(currency)}f}"
