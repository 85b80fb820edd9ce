"""The table a person wants to read: one tenant's revenue and orders by channel under each model."""

from decimal import Decimal

import psycopg
from psycopg.rows import namedtuple_row
from rich import box
from rich.table import Table

from include.money import minor_unit_exponent
from include.storage.sql import statement
from include.tenants.registry import TenantRow

_MODELS = ("first", "last", "linear", "time_decay", "position")


def attribution_table(jobs_url: str, tenant: TenantRow) -> Table | None:
    """Return a table channel x model with revenue (major units, cancellations taken off) and orders; None if empty.

    Orders are fractional where several channels earned one; the last row adds up to the shop's own totals.
    """
    with psycopg.connect(jobs_url, row_factory=namedtuple_row) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(tenant.tenant_id),))
        rows = connection.execute(
            statement("attribution/sum_credit_by_channel"),
            {"tenant_id": tenant.tenant_id, "currency": tenant.currency},
        ).fetchall()
    if not rows:
        return None
    title = f"{tenant.slug}  ·  {tenant.currency}  ·  {tenant.timezone}"
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        row_styles=["", "dim"],
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("\nchannel", no_wrap=True)
    for model in _MODELS:
        table.add_column(f"{model.replace('_', ' ')}\nrevenue", justify="right", no_wrap=True)
        table.add_column("\norders", justify="right", no_wrap=True)
    for row in rows[:-1]:
        table.add_row(*_cells(row, tenant.currency))
    table.add_section()
    table.add_row(*_cells(rows[-1], tenant.currency), style="bold")
    return table


def _cells(row: object, currency: str) -> list[str]:
    cells = [str(getattr(row, "channel"))]  # noqa: B009 - rows are named tuples made at run time
    for model in _MODELS:
        revenue = Decimal(getattr(row, f"{model}_minor")).scaleb(-minor_unit_exponent(currency))
        cells += [f"{revenue:,.0f}", f"{getattr(row, f'{model}_orders'):,.1f}"]
    return cells
