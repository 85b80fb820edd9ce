"""docs/explain.md against the code: every reason and state, every test it names, and stories that are told."""

import re
from pathlib import Path
from typing import get_args

import pytest

from include.attribution.explanation import Reason
from include.explain.order import REASONS, CreditState
from include.explain.terminal import WIDTH

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def document() -> str:
    return ROOT.joinpath("docs", "explain.md").read_text("utf-8")


def test_every_reason_and_every_state_of_credit_is_documented(document: str) -> None:
    named = set(re.findall(r"`(\w+)`", document))
    assert {*get_args(Reason), *get_args(CreditState)} <= named


def test_every_reason_for_which_a_touch_does_not_count_has_words_for_the_summary() -> None:
    assert {*REASONS, "kept"} == set(get_args(Reason))


def test_every_test_that_the_document_names_exists(document: str) -> None:
    texts = (path.read_text("utf-8") for path in ROOT.joinpath("tests").rglob("test_*.py"))
    existing = {name for text in texts for name in re.findall(r"^ *def (test_\w+)\(", text, re.MULTILINE)}
    assert set(re.findall(r"`(test_\w+)`", document)) <= existing


def test_six_stories_are_told_and_fit_a_terminal(document: str) -> None:
    stories = re.findall(r"make explain TENANT=\S+ ORDER=(\S+)\n```\n\n```text\n(.*?)```", document, re.DOTALL)
    assert len({order for order, _ in stories}) == 6
    for order, text in stories:
        assert re.search(rf"order {order}( \(#\d+\))?  ·  ", text)
        assert "The stored credit is what these touches earn." in text
        assert max(map(len, text.splitlines())) <= WIDTH
