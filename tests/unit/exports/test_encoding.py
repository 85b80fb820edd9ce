"""Rows as files: what a spreadsheet must not run, what a reader gets back, and where one part ends."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.exports.data_sets import Kind
from include.exports.encoding import Checksum, parts_of, schema_of, typed, write_csv, write_parquet

COLUMNS: dict[str, Kind] = {"day": "day", "word": "text", "amount": "money", "at": "instant"}
DAY = date(2026, 3, 28)


def batch(*words: str | None, day: date = DAY, amount: str | None = "-1.5") -> pa.RecordBatch:
    rows = [
        {"day": day, "word": word, "amount": amount and Decimal(amount), "at": datetime(2026, 3, 28, tzinfo=UTC)}
        for word in words
    ]
    return pa.RecordBatch.from_pylist(rows, schema=schema_of(COLUMNS))


def as_csv(*batches: pa.RecordBatch) -> str:
    stream = io.BytesIO()
    write_csv(batches, schema_of(COLUMNS), Checksum(stream))
    return stream.getvalue().decode()


def words_of(text: str) -> list[str]:
    return [row["word"] for row in csv.DictReader(io.StringIO(text, newline=""))]


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", " =1", "\t=1", "\u00a0=1", "\u3000=1", "＝1", "＋1", "－1",
     "＠x", '=HYPERLINK("http://x";"y")', "=1\nb"],
)  # fmt: skip
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe_in_front(formula: str) -> None:
    assert words_of(as_csv(batch(formula))) == [f"'{formula}"]


@pytest.mark.parametrize("text", ["a=b", "summer-sale", "1+1", "'quoted", "a,b", 'say "x"', "two\nlines", "é", "x@y.z"])
def test_any_other_text_comes_back_as_it_is(text: str) -> None:
    assert words_of(as_csv(batch(text))) == [text]


def test_negative_numbers_are_numbers_and_null_is_told_from_an_empty_text() -> None:
    lines = as_csv(batch("", None), batch("x", amount=None)).split("\n")
    assert lines[:4] == [
        '"day","word","amount","at"',
        '2026-03-28,"",-1.500000,2026-03-28 00:00:00.000000Z',
        "2026-03-28,,-1.500000,2026-03-28 00:00:00.000000Z",
        '2026-03-28,"x",,2026-03-28 00:00:00.000000Z',
    ]


def test_parquet_keeps_texts_types_and_decimals_and_its_checksum_is_the_files() -> None:
    stream = io.BytesIO()
    checksum = Checksum(stream)
    assert write_parquet([batch("=1"), batch("b")], schema_of(COLUMNS), checksum) == 2
    table = pq.read_table(io.BytesIO(stream.getvalue()))
    assert table.schema.equals(schema_of(COLUMNS))
    assert table["word"].to_pylist() == ["=1", "b"]
    assert table["amount"].to_pylist() == [Decimal("-1.5")] * 2
    assert checksum.size == len(stream.getvalue())


def test_batches_are_parted_where_the_month_or_the_day_changes_also_within_one() -> None:
    first, second, april = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)
    across = pa.concat_batches([batch("a", day=first), batch("b", "c", day=second), batch("d", day=april)])
    batches = [across, batch("e", day=april)]

    def found(parts: Any) -> list[tuple[str, list[str]]]:
        return [(label, [word for one in ones for word in one["word"].to_pylist()]) for label, ones in parts]

    assert found(parts_of(batches, "month")) == [("month=2026-03", ["a", "b", "c"]), ("month=2026-04", ["d", "e"])]
    assert [label for label, _ in found(parts_of(batches, "day"))] == [
        "day=2026-03-30",
        "day=2026-03-31",
        "day=2026-04-01",
    ]


def test_one_batch_is_held_at_a_time() -> None:
    """Flat memory: the next batch is asked for once the one before is written."""
    written = Checksum()
    sizes: list[int] = []

    def source() -> Iterator[pa.RecordBatch]:
        for number in range(5):
            sizes.append(written.size)
            yield batch(*[f"{number}-{row}" for row in range(20_000)])

    write_csv(typed(source(), COLUMNS), schema_of(COLUMNS), written)
    assert sizes == sorted(set(sizes))
    assert len(sizes) == 5


def test_chosen_columns_come_in_the_order_asked_for_and_numeric_text_as_decimals() -> None:
    raw = pa.RecordBatch.from_pydict(
        {
            "day": pa.array([DAY]),
            "amount": pa.array(["12.340000"]),
            "word": pa.array(["x"]),
            "at": pa.array([1], "int64"),
        }
    )
    (found,) = typed([raw], {"amount": "money", "day": "day"})
    assert found.to_pylist() == [{"amount": Decimal("12.34"), "day": DAY}]
