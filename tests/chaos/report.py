"""The chaos table: what was done to the jobs, and what differed afterwards."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One line: where a job was hit, how often, and what that left.

    kills: processes ended by SIGKILL, or stops of the database. retries: further attempts until the job had succeeded.
    differences: rows that differ from an undisturbed run. notes: what differed; names and numbers only.
    """

    job: str
    point: str
    kills: int = 0
    retries: int = 0
    differences: int = 0
    deadlocks: int = 0
    notes: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.differences and not self.deadlocks

    def __add__(self, other: "Row") -> "Row":
        return Row(
            self.job,
            self.point,
            self.kills + other.kills,
            self.retries + other.retries,
            self.differences + other.differences,
            self.deadlocks + other.deadlocks,
            tuple(dict.fromkeys((*self.notes, *other.notes))),
        )


def summed(rows: Iterable[Row]) -> list[Row]:
    """Return one row per job and point, in the order in which they first appear."""
    sums: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row.job, row.point)
        sums[key] = sums[key] + row if key in sums else row
    return list(sums.values())


def print_table(rows: Sequence[Row]) -> None:
    """Print the rows, their sum, and below them what differed."""
    table = Table(title="chaos: tables against those of an undisturbed run", title_justify="left")
    for name in ("job", "point", "kills", "retries", "differences", "deadlocks"):
        table.add_column(name, justify="left" if name in ("job", "point") else "right")
    for row in rows:
        style = None if row.clean else "red"
        table.add_row(row.job, row.point, *_numbers(row), style=style)
    if rows:
        total = sum(rows[1:], rows[0])
        table.add_section()
        table.add_row("", "all", *_numbers(total), style="bold")
    console = Console(width=120, highlight=False)
    console.print(table)
    for row in rows:
        for note in row.notes:
            console.print(f"{row.job}, {row.point}: {note}", style="red", markup=False)


def append_json(rows: Sequence[Row], path: Path, **about: object) -> None:
    """Append the table as one line of JSON: when, about, rows."""
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **about, "rows": [asdict(row) for row in rows]}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _numbers(row: Row) -> tuple[str, ...]:
    return tuple(f"{number:,}" for number in (row.kills, row.retries, row.differences, row.deadlocks))
