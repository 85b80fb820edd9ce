"""Rows of a CSV file: what is a row, what is not and why, on which line."""

from pathlib import Path

import pytest

from include.errors import InvalidInput
from include.imports.csv_rows import LONGEST_FIELD, BadRow, Columns, CsvRow, read_header, read_rows, refused

COLUMNS = Columns(required=("id", "time"), optional=("note",))


def written(folder: Path, content: bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content)
    return path


def rows(folder: Path, content: bytes) -> list[CsvRow | BadRow]:
    return list(read_rows(written(folder, content), COLUMNS))


def test_a_row_is_its_known_columns_by_name_without_blanks_and_empty_ones(tmp_path: Path) -> None:
    assert rows(tmp_path, b"time, id ,mood,note\n 7 ,a,good,\n8,b,,x\n") == [
        CsvRow(2, {"time": "7", "id": "a"}),
        CsvRow(3, {"time": "8", "id": "b", "note": "x"}),
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_data(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfid,time\r\na,7\r\n"

    assert read_header(written(tmp_path, content), COLUMNS) == ()
    assert rows(tmp_path, content) == [CsvRow(2, {"id": "a", "time": "7"})]


def test_quoted_commas_and_line_ends_belong_to_the_field_and_lines_are_counted_in_the_file(tmp_path: Path) -> None:
    assert rows(tmp_path, b'id,time,note\na,7,"x, y\nz"\n\nb,8,\n') == [
        CsvRow(3, {"id": "a", "time": "7", "note": "x, y\nz"}),
        CsvRow(5, {"id": "b", "time": "8"}),
    ]


def test_names_of_unknown_columns_are_returned_to_be_shown(tmp_path: Path) -> None:
    assert read_header(written(tmp_path, b"mood,id,time,age\n"), COLUMNS) == ("mood", "age")


def test_a_column_name_that_is_not_utf8_can_be_shown_all_the_same(tmp_path: Path) -> None:
    assert read_header(written(tmp_path, b"id,time,gr\xf6\xdfe\n"), COLUMNS) == ("gr\ufffd\ufffde",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file.csv: required column id, time is missing; nothing was imported"),
        (b"id,Time\n", "file.csv: required column time is missing"),
        (b"id;time\n", "file.csv: required column id, time is missing"),
        (b"id,time,id\n", "file.csv: column id occurs twice"),
        (b"id,time,note,note\n", "file.csv: column note occurs twice"),
    ],
)
def test_a_header_without_its_columns_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_header(written(tmp_path, content), COLUMNS)

    assert str(refusal.value).startswith(reason)


def test_a_header_that_is_no_csv_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"file\.csv: the header is no CSV"):
        read_header(written(tmp_path, b"id," + b"x" * 200_000 + b"\n"), COLUMNS)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"absent\.csv: cannot be read: No such file"):
        read_header(tmp_path / "absent.csv", COLUMNS)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"a", "1 fields in a file of 3 columns; quote fields that contain commas"),
        (b"a,7,x,y", "4 fields in a file of 3 columns"),
        (b"a,7,x\0y", "a NUL byte; export the file as UTF-8 text"),
        (b"a,7,caf\xe9", "not UTF-8; export the file as UTF-8"),
        (b"a,7," + b"x" * (LONGEST_FIELD + 1), f"a field of {LONGEST_FIELD + 1} characters; the longest allowed has"),
        (b"a,7," + b"x" * 200_000, "no CSV: field larger than field limit (131072); quote the field or shorten it"),
    ],
)
def test_a_line_that_is_no_row_is_put_aside_with_its_reason_and_the_next_is_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    bad, good = rows(tmp_path, b"id,time,note\n" + line + b"\nb,8,x\n")

    assert isinstance(bad, BadRow)
    assert bad.line == 2
    assert bad.reason.startswith(reason)
    assert good == CsvRow(3, {"id": "b", "time": "8", "note": "x"})


def test_a_field_as_long_as_allowed_and_an_accented_one_are_data(tmp_path: Path) -> None:
    longest = "x" * LONGEST_FIELD

    assert rows(tmp_path, f"id,time,note\na,7,{longest}\nb,8,café\n".encode()) == [
        CsvRow(2, {"id": "a", "time": "7", "note": longest}),
        CsvRow(3, {"id": "b", "time": "8", "note": "café"}),
    ]


def test_a_bad_rows_bytes_are_kept_as_they_were_read(tmp_path: Path) -> None:
    (bad,) = rows(tmp_path, b"id,time,note\na,7,caf\xe9\n")

    assert isinstance(bad, BadRow)
    assert bad.payload == b"a,7,caf\xe9"


def test_a_row_that_was_read_but_cannot_be_used_is_put_aside_by_column() -> None:
    assert refused(CsvRow(9, {"id": "a", "time": "never"}), "time is never") == BadRow(
        9, "time is never", b"id=a,time=never"
    )
