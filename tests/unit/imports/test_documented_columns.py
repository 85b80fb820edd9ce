"""docs/import.md names exactly the columns, types and statuses that rows may have."""

import re
from pathlib import Path

import pytest

from include.imports import order_rows, touchpoint_rows
from include.imports.csv_rows import Columns

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "import.md").read_text(encoding="utf-8")


def documented(section: str) -> dict[str, str]:
    """Return each column that a section's table names, with what it says of an empty one."""
    table = DOCUMENT.split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| `")]
    return {name: cells[-1].strip() for cells in rows for name in re.findall(r"`(\w+)`", cells[0])}


@pytest.mark.parametrize(("section", "columns"), [("Touches", touchpoint_rows.COLUMNS), ("Orders", order_rows.COLUMNS)])
def test_the_document_names_every_column_and_which_are_required(section: str, columns: Columns) -> None:
    named = documented(section)

    assert set(named) == set(columns.known)
    assert {name for name, empty in named.items() if empty == "the row is put aside"} == set(columns.required)
