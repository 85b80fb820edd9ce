"""Statements: one per file, every placeholder bound, the same text for both drivers."""

import re
from pathlib import Path

import pytest

from include.storage import sql

QUERIES = sorted(Path(sql.__file__).parent.joinpath("queries").rglob("*.sql"))


def test_a_parameter_used_twice_is_numbered_once() -> None:
    text, values = sql.numbered(
        "attribution/select_touchpoints_in_window",
        {"tenant_id": 1, "touch_start": "a", "end": "b", "consent": "ignore", "unused": 0},
    )
    assert "%(" not in text
    assert values == ("ignore", 1, "a", "b")
    assert text.count("$1") == 2


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_holds_one_statement_and_no_stray_percent_sign(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.strip().startswith("--")]
    text = "\n".join(lines)
    assert ";" not in re.sub(r"'[^']*'", "''", text).rstrip().removesuffix(";")
    assert not re.search(r"%(?!\(\w+\)[sbt])", text.replace("%%", "")), "psycopg reads % as a placeholder"
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", path.stem)
