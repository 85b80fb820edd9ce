"""Rows of a CSV file, one at a time: line numbers, checked header, and a reason for every row that is no row.

What a field means is said by touchpoint_rows and order_rows.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from include.errors import InvalidInput

LONGEST_FIELD = 8192
"""Characters of one field; a URL of a browser is shorter."""


@dataclass(frozen=True)
class Columns:
    """The columns that a file may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def known(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


@dataclass(frozen=True)
class CsvRow:
    """A row by column name, fields stripped; columns that are absent or empty are missing. line: its last line."""

    line: int
    fields: Mapping[str, str]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used, why, and its fields as read."""

    line: int
    reason: str
    payload: bytes


def read_header(path: Path, columns: Columns) -> tuple[str, ...]:
    """Return the names of a file's columns that are unknown and will be ignored.

    Raises InvalidInput when the file cannot be read, or lacks or repeats a required column.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            header = [name.strip() for name in next(csv.reader(stream), [])]
    except OSError as error:
        raise InvalidInput(f"{path.name}: cannot be read: {error.strerror}") from error
    except csv.Error as error:
        raise InvalidInput(f"{path.name}: the header is no CSV: {error}; nothing was imported") from error
    missing = [name for name in columns.required if name not in header]
    if missing:
        raise InvalidInput(f"{path.name}: required column {', '.join(missing)} is missing; nothing was imported")
    repeated = {name for name in header if name in columns.known and header.count(name) > 1}
    if repeated:
        raise InvalidInput(f"{path.name}: column {', '.join(sorted(repeated))} occurs twice; nothing was imported")
    return tuple(_printable(name) for name in header if name not in columns.known)


def read_rows(path: Path, columns: Columns) -> Iterator[CsvRow | BadRow]:
    """Yield the rows of a file whose header was checked, in order; empty lines are skipped."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        reader = csv.reader(stream)
        header = [name.strip() for name in next(reader)]
        places = [(place, name) for place, name in enumerate(header) if name in columns.known]
        while True:
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadRow(reader.line_num, f"no CSV: {error}; quote the field or shorten it", b"")
                continue
            if not values:
                continue
            fault = _fault(values, len(header))
            if fault:
                yield BadRow(reader.line_num, fault, _payload(values))
            else:
                fields = {name: value for place, name in places if (value := values[place].strip())}
                yield CsvRow(reader.line_num, fields)


def refused(row: CsvRow, reason: str) -> BadRow:
    """Return a row that was read but cannot be used."""
    return BadRow(row.line, reason, _payload([f"{name}={value}" for name, value in row.fields.items()]))


def _fault(values: list[str], columns: int) -> str | None:
    if len(values) != columns:
        return f"{len(values)} fields in a file of {columns} columns; quote fields that contain commas"
    text = "".join(values)
    if "\0" in text:
        return "a NUL byte; export the file as UTF-8 text"
    if not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text):
        return "not UTF-8; export the file as UTF-8"
    longest = max(map(len, values))
    if longest > LONGEST_FIELD:
        return f"a field of {longest} characters; the longest allowed has {LONGEST_FIELD}"
    return None


def _printable(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _payload(values: list[str]) -> bytes:
    return ",".join(value[:LONGEST_FIELD] for value in values).encode("utf-8", "surrogateescape")
