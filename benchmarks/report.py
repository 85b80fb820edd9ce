"""Rows of the bench table, medians, and peak memory of a child process."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One ratio: ours and the other's figure in the same unit, and the bound that the ratio has to keep, if any."""

    subject: str
    ours: str
    other: str
    ratio: float
    bound: float | None
    at_least: bool = False

    @property
    def met(self) -> bool:
        if self.bound is None:
            return True
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


def median_seconds(work: Callable[[], object], repetitions: int = 5) -> float:
    """Return the median wall time of repeated runs, after one run that is not counted."""
    work()
    times = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def print_rows(rows: list[Row]) -> bool:
    """Print the table and return whether every bound was kept."""
    table = Table(title="bench: ratios inside one run", title_justify="left")
    for name in ("subject", "ours", "against", "ratio", "bound", ""):
        table.add_column(name, justify="left" if name in ("subject", "") else "right")
    for row in rows:
        bound, verdict = "", ""
        if row.bound is not None:
            bound = f"{'>=' if row.at_least else '<='} {row.bound:g}x"
            verdict = "[green]met[/green]" if row.met else "[red]missed[/red]"
        table.add_row(row.subject, row.ours, row.other, f"{row.ratio:.2f}x", bound, verdict)
    Console(width=140).print(table)
    return all(row.met for row in rows)
