"""How a plan is shown to a person, and to a pipe."""

from io import StringIO

from rich.console import Console

from include.tenants.differences import Change
from include.tenants.plan import Plan, show

FOUND = Plan(
    {"acme": [Change("changed", "attribution", "2026-03-01", "position_weights", "[0.4, 0.2, 0.4]", "[red]", "why")]},
    ["gone"],
)


def shown(*, terminal: bool, applied: bool = False, found: Plan = FOUND) -> list[str]:
    out = StringIO()
    show(found, Console(file=out, force_terminal=terminal, color_system=None, width=200), applied=applied)
    return out.getvalue().splitlines()


def test_a_pipe_gets_one_line_per_change() -> None:
    assert shown(terminal=False) == [
        "acme",
        "  ~ attribution from 2026-03-01: position_weights: [0.4, 0.2, 0.4] -> [red]",
        "      why",
        "gone: not in files: left alone",
        "1 change to 1 tenant; make tenants-apply writes them",
    ]


def test_a_terminal_gets_a_table_whose_values_are_text_and_never_markup() -> None:
    (row,) = [line for line in shown(terminal=True) if "position_weights" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "~",
        "attribution from 2026-03-01: position_weights",
        "[0.4, 0.2, 0.4]",
        "[red]",
        "why",
    ]


def test_what_was_applied_is_counted() -> None:
    assert shown(terminal=False, applied=True)[-1] == "applied 1 change to 1 tenant"


def test_nothing_to_change_is_said() -> None:
    assert shown(terminal=False, found=Plan({}, [])) == ["no changes"]
