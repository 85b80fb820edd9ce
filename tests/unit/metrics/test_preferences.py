"""Preferences are versioned by what they say, and their presets are complete."""

from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from pydantic import ValidationError

from include.metrics.preferences import COST_KINDS, PRESETS, FormulaPreferences, preset


def test_without_a_word_figures_are_those_of_shopifys_finance_reports() -> None:
    assert preset("shopify_finance") == FormulaPreferences()
    assert (FormulaPreferences().refund_recognition, FormulaPreferences().order_edit_recognition) == (
        "refund_date",
        "edit_date",
    )


def test_equal_switches_have_one_version_and_every_other_value_another() -> None:
    assert preset("shopify_finance").version() == FormulaPreferences().version()
    assert len({preset(name).version() for name in PRESETS}) == len(PRESETS)
    named = FormulaPreferences.model_validate({**PRESETS["accounting"], "preset": "shopify_finance"})
    assert named.version() == preset("accounting").version()


def test_a_waterfall_of_ones_own_has_every_cost_kind_once() -> None:
    whole = [{"layer": "all", "kinds": COST_KINDS}]
    assert FormulaPreferences.model_validate({"waterfall": "custom", "waterfall_layers": whole}).waterfall_layers
    for layers, fault in [
        ([{"layer": "all", "kinds": COST_KINDS[1:]}], "cogs is there 0 times"),
        ([{"layer": "all", "kinds": (*COST_KINDS, "cogs")}], "cogs is there 2 times"),
        ([*whole, {"layer": "all", "kinds": ()}], "all is there twice"),
        ([], "must be given with waterfall: custom"),
    ]:
        with pytest.raises(ValidationError, match=fault):
            FormulaPreferences.model_validate({"waterfall": "custom", "waterfall_layers": layers})
    with pytest.raises(ValidationError, match="and only with it"):
        FormulaPreferences.model_validate({"waterfall_layers": whole})


def test_the_document_names_every_switch_with_its_values_and_the_default_first() -> None:
    document = (Path(__file__).resolve().parents[3] / "docs" / "pnl.md").read_text("utf-8")
    table = [line for line in document.partition("## Every switch")[2].splitlines() if line.startswith("| `")]
    rows = dict(line.split(" | ", 2)[:2] for line in table)
    assert [name.strip("| `") for name in rows] == list(FormulaPreferences.model_fields)
    for name, field in FormulaPreferences.model_fields.items():
        if get_origin(field.annotation) is Literal:
            first, *others = rows[f"| `{name}`"].replace("`", "").split()
            assert first == field.default
            assert {first, *others} == set(get_args(field.annotation))
