"""Fields of a CSV row: what is read, and the one line for what is not."""

from datetime import UTC, datetime

import pytest

from include.errors import InvalidInput
from include.imports.fields import parse_boolean, parse_time, parse_word

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-10T09:30:00Z", datetime(2026, 3, 10, 9, 30, tzinfo=UTC)),
        ("2026-03-10T09:30:00+01:00", datetime(2026, 3, 10, 8, 30, tzinfo=UTC)),
        ("2026-03-10 09:30:00", datetime(2026, 3, 10, 9, 30, tzinfo=UTC)),
        ("2026-03-10 09:30:00.123456", datetime(2026, 3, 10, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2026-03-10", datetime(2026, 3, 10, tzinfo=UTC)),
        ("1990-01-01T00:00:00Z", datetime(1990, 1, 1, tzinfo=UTC)),
        ("2026-04-01T12:00:00Z", datetime(2026, 4, 1, 12, tzinfo=UTC)),
    ],
)
def test_an_iso_time_is_an_instant_in_utc(text: str, instant: datetime) -> None:
    parsed = parse_time("placed_at", text, NOW)

    assert (parsed, parsed.tzinfo) == (instant, UTC)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not ISO 8601; write 2026-03-31T12:00:00Z"),
        ("31/03/2026", "is not ISO 8601"),
        ("2026-02-30", "is not ISO 8601"),
        ("1774958400", "is not ISO 8601"),
        ("2026-03-10T09:30:00+25:00", "is not ISO 8601"),
        ("0001-01-01T00:00:00+05:00", "lies before 1990"),
        ("9999-12-31T23:00:00-05:00", "lies in the future"),
        ("1989-12-31T23:59:59Z", "lies before 1990; check the format of the date"),
        ("1990-01-01T00:00:00+01:00", "lies before 1990"),
        ("2026-04-01T12:00:01Z", "lies in the future; check the time zone"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_with_its_name_and_value(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_time("placed_at", text, NOW)

    assert str(refusal.value).startswith(f"placed_at {text!r} ")
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("TRUE", True),
        ("1", True),
        ("Yes", True),
        ("false", False),
        ("0", False),
        ("no", False),
        ("", False),
    ],
)
def test_a_boolean_is_read_in_any_case_and_empty_is_false(text: str, value: bool) -> None:
    assert parse_boolean("test", text) is value


@pytest.mark.parametrize("text", ["t", "2", "on", "wahr"])
def test_any_other_word_is_no_boolean(text: str) -> None:
    with pytest.raises(InvalidInput, match=f"test '{text}' is neither true nor false"):
        parse_boolean("test", text)


def test_a_word_of_the_list_is_read_in_lower_case() -> None:
    assert parse_word("type", "View", frozenset({"click", "view"})) == "view"


def test_an_unknown_word_is_refused_with_the_words_there_are() -> None:
    with pytest.raises(InvalidInput, match="type 'tap' is unknown; use one of click, view"):
        parse_word("type", "tap", frozenset({"view", "click"}))


def test_a_refusal_quotes_no_more_than_forty_characters() -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_time("placed_at", "x" * 5000, NOW)

    assert len(str(refusal.value)) < 120
