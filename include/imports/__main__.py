"""`python -m include.imports --tenant SLUG [--touchpoints FILE] [--orders FILE] [--costs FILE]`: `make import`.

Prints what became of every row; exits 0 even when rows were quarantined, 1 when a file or a tenant was refused.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from rich.console import Console
from rich.status import Status
from rich.table import Table

from include import clock
from include.errors import AttributionError, InvalidInput
from include.imports import cost_rows, order_rows, touchpoint_rows
from include.imports.csv_rows import Columns, read_header
from include.imports.doorbell import ring
from include.imports.load import Imported, import_costs, import_orders, import_touchpoints
from include.tenants.named import tenant_named
from include.tenants.tenant import Tenant

Load = Callable[[str, Tenant, Path, datetime, Callable[[int], None]], Imported]

_KINDS = (
    (touchpoint_rows.COLUMNS, import_touchpoints),
    (order_rows.COLUMNS, import_orders),
    (cost_rows.COLUMNS, import_costs),
)


def main() -> int:
    """Import the files named on the command line."""
    parser = argparse.ArgumentParser(prog="make import", description="Load touches, orders and unit costs.")
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--touchpoints", type=Path)
    parser.add_argument("--orders", type=Path)
    parser.add_argument("--costs", type=Path)
    arguments = parser.parse_args()
    try:
        files = (arguments.touchpoints, arguments.orders, arguments.costs)
        imported = _import(arguments.tenant, [(path, kind) for path, kind in zip(files, _KINDS, strict=True) if path])
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        print(f"error: database: {first}; is the stack up, and does its URL name it?", file=sys.stderr)
        return 1
    _print(imported)
    if any(each.work_waits for each in imported):
        rung = ring(os.environ)
        print("process_attribution was called" if rung else "Airflow was not called; the next quarter hour finds it")
    return 0


def _import(slug: str, files: Sequence[tuple[Path, tuple[Columns, Load]]]) -> list[Imported]:
    if not files:
        raise InvalidInput("nothing to import; name TOUCHPOINTS=file.csv, ORDERS=file.csv or COSTS=file.csv")
    tenant, url = tenant_named(slug, os.environ)
    # All before any is loaded: a file that is refused says that nothing was imported.
    for path, (columns, _) in files:
        read_header(path, columns)
    now = clock.now()
    console = Console(stderr=True)
    imported = []
    for path, (_, load) in files:
        with console.status(path.name) as status:
            imported.append(load(url, tenant, path, now, _Shown(status, path.name)))
    return imported


@dataclass(frozen=True)
class _Shown:
    """Progress in the status line of a terminal."""

    status: Status
    name: str

    def __call__(self, rows: int) -> None:
        self.status.update(f"{self.name}: {rows:,} rows")


def _print(imported: list[Imported]) -> None:
    table = Table(box=None, header_style="bold")
    table.add_column("file")
    names = ("read", "new", "changed", "unchanged", "superseded", "quarantined")
    for name in names:
        table.add_column(name, justify="right")
    for each in imported:
        figures = (each.read, each.new, each.changed, each.unchanged, each.superseded, len(each.quarantined.rows))
        table.add_row(each.file, *(f"{figure:,}" for figure in figures))
    console = Console(width=120)
    console.print(table)
    for each in imported:
        if each.ignored_columns:
            console.print(f"{each.file}: ignored columns {', '.join(each.ignored_columns)}", markup=False)
        for reason, count in each.quarantined.counts.most_common():
            line = each.quarantined.first_lines[reason]
            console.print(f"{each.file}: {count:,} quarantined, first line {line}: {reason}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
