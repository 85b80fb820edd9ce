"""`python -m include.tenants.plan [--apply] [DIR]`: show what the tenant files would change, or make it so.

DIR holds `<slug>.yaml` files (default: TENANTS_DIR, else `tenants`). Nothing is written unless every file is without
fault; then each tenant is one transaction. A tenant that no file names is left alone: offboarding is a status. Exits 0,
also when there is nothing to change, and 1 on an error. Needs ANALYTICS_ADMIN_URL (the owner, whose rows these are)
and ANALYTICS_CONTROL_URL (who may list tenants).
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table
from rich.text import Text

from include import clock
from include.errors import AttributionError, InvalidInput
from include.tenants.configuration import Connection, connect, locked_tenant, write
from include.tenants.differences import Change, differences
from include.tenants.reading import read_tenant_files
from include.tenants.record import record_of_file
from include.tenants.registry import list_tenants
from include.tenants.tenant_file import TenantFile

_SIGNS = {"added": "+", "changed": "~", "removed": "-"}
_COLOURS = {"added": "green", "changed": "yellow", "removed": "red"}


@dataclass(frozen=True)
class Plan:
    """Changes by slug, only of tenants that have any; left_alone: slugs in the database that no file names.

    error: what ended the plan before its last tenant.
    """

    changes: Mapping[str, Sequence[Change]]
    left_alone: Sequence[str]
    error: AttributionError | psycopg.Error | None = None


def plan(folder: Path, admin_url: str, control_url: str, *, apply: bool) -> Plan:
    """Compare the files of a folder with the database, and write the differences when apply is set.

    admin_url: analytics_owner, control_url: analytics_control, both in the first database. Raises InvalidTenantFiles
    before anything is written. A database that fails part way ends the plan with `error` set: the tenants in `changes`
    are committed, the rest are as they were.
    """
    now = clock.now()
    files = read_tenant_files(folder)
    known = {tenant.slug for tenant in list_tenants(control_url)}
    changes: dict[str, Sequence[Change]] = {}
    error: AttributionError | psycopg.Error | None = None
    with connect(admin_url) as connection:
        try:
            for file in files:
                found = _tenant_changes(connection, file, now, apply=apply)
                if found:
                    changes[file.slug] = found
        except (AttributionError, psycopg.Error) as raised:
            if not changes:
                raise
            error = raised
    return Plan(changes, sorted(known - {file.slug for file in files}), error)


def _tenant_changes(connection: Connection, file: TenantFile, now: datetime, *, apply: bool) -> Sequence[Change]:
    new = record_of_file(file)
    with locked_tenant(connection, file.slug) as old:
        found = differences(old, new, now)
        if found and apply:
            write(connection, file.slug, old, new)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m include.tenants.plan", description=__doc__)
    parser.add_argument("--apply", action="store_true", help="write the changes")
    parser.add_argument("folder", metavar="DIR", nargs="?", default=os.environ.get("TENANTS_DIR") or "tenants")
    chosen = parser.parse_args(arguments)
    try:
        found = plan(
            Path(chosen.folder), _url("ANALYTICS_ADMIN_URL"), _url("ANALYTICS_CONTROL_URL"), apply=chosen.apply
        )
    except (AttributionError, psycopg.Error) as error:
        print(_line(error), file=sys.stderr)
        return 1
    show(found, Console(highlight=False), applied=chosen.apply)
    if found.error is not None:
        print(_line(found.error), file=sys.stderr)
        print("stopped here: tenants not shown are as they were; the same command goes on", file=sys.stderr)
        return 1
    return 0


def _line(error: AttributionError | psycopg.Error) -> str:
    if isinstance(error, AttributionError):
        return str(error)
    if isinstance(error, psycopg.errors.UndefinedTable):
        return "the database has no control.tenants; run python -m include.storage.migrate"
    return f"database: {(str(error).strip() or type(error).__name__).splitlines()[0]}"


def show(found: Plan, console: Console, *, applied: bool) -> None:
    """Print a plan: a table in a terminal, else one line per change."""
    for slug, changes in found.changes.items():
        if console.is_terminal:
            console.print(_table(slug, changes))
        else:
            _print_lines(slug, changes, console)
    for slug in found.left_alone:
        console.print(f"{slug}: not in files: left alone", markup=False, soft_wrap=True)
    if not found.changes:
        console.print("no changes")
        return
    count = sum(map(len, found.changes.values()))
    total = f"{count} change{'s' * (count != 1)} to {len(found.changes)} tenant{'s' * (len(found.changes) != 1)}"
    console.print(f"applied {total}" if applied else f"{total}; make tenants-apply writes them", soft_wrap=True)


def _print_lines(slug: str, changes: Sequence[Change], console: Console) -> None:
    console.print(slug, markup=False, soft_wrap=True)
    for change in changes:
        line = f"  {_SIGNS[change.action]} {change.what}: {_values(change)}"
        console.print(line.rstrip(": "), markup=False, soft_wrap=True)
        if change.note:
            console.print(f"      {change.note}", markup=False, soft_wrap=True)


def _values(change: Change) -> str:
    return f"{change.old} -> {change.new}" if change.action == "changed" else change.old or change.new


def _table(slug: str, changes: Sequence[Change]) -> Table:
    table = Table(title=slug, title_justify="left", title_style="bold")
    for heading in ("", "what", "database", "file", "note"):
        table.add_column(heading, overflow="fold")
    for change in changes:
        cells = [_SIGNS[change.action], change.what, change.old, change.new, change.note]
        table.add_row(*map(Text, cells), style=_COLOURS[change.action])
    return table


def _url(variable: str) -> str:
    url = os.environ.get(variable, "")
    if not url:
        raise InvalidInput(f"{variable} is not set; run this through make, or set it to the first database's URL")
    return url


if __name__ == "__main__":
    sys.exit(main())
