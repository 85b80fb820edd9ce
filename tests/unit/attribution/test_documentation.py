"""docs/attribution.md names only tests, files and functions that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def document() -> str:
    return ROOT.joinpath("docs", "attribution.md").read_text("utf-8")


def test_every_test_that_the_document_names_exists(document: str) -> None:
    named = set(re.findall(r"`(test_\w+)`", document))
    texts = (path.read_text("utf-8") for path in ROOT.joinpath("tests").rglob("test_*.py"))
    existing = {name for text in texts for name in re.findall(r"^ *def (test_\w+)\(", text, re.MULTILINE)}
    assert named
    assert sorted(named - existing) == []


def test_every_file_that_the_document_names_exists(document: str) -> None:
    files = set(re.findall(r"`(include/[\w/]+\.\w+)`", document))
    queries = set(re.findall(r"`(\w+\.sql)`", document))
    existing = {path.name for path in ROOT.joinpath("include", "storage", "queries").rglob("*.sql")}
    assert files
    assert [name for name in sorted(files) if not ROOT.joinpath(name).is_file()] == []
    assert sorted(queries - existing) == []


def test_every_function_that_the_document_names_exists(document: str) -> None:
    named = set(
        re.findall(r"`(_\w+|build_journeys|credit_weights|allocate_minor_units|settle|parse_touchpoint)`", document)
    )
    texts = (path.read_text("utf-8") for path in ROOT.joinpath("include").rglob("*.py"))
    existing = {name for text in texts for name in re.findall(r"^def (\w+)\(", text, re.MULTILINE)}
    assert "_journeys" in named
    assert sorted(named - existing) == []
