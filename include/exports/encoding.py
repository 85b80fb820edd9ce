"""Arrow batches of a data set as CSV or Parquet, a batch at a time; no I/O beyond the given stream.

CSV is RFC 4180 in UTF-8 with a header; null is an empty field and an empty text "". A text that a spreadsheet would run
as a formula gets an apostrophe in front (OWASP, CSV Injection); numbers, dates and flags are typed and never do.
Parquet keeps texts as they are: no spreadsheet runs it.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Literal, Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from include.exports.data_sets import Kind

_TYPES: Mapping[Kind, pa.DataType] = {
    "day": pa.date32(),
    "instant": pa.timestamp("us", "UTC"),
    "count": pa.int64(),
    "money": pa.decimal128(26, 6),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "text": pa.string(),
}
_LABELS = {"day": "day=%Y-%m-%d", "month": "month=%Y-%m"}
# Spreadsheets trim what is before a formula, and take the full-width forms of East Asian keyboards for the signs.
_FORMULA = r"^[\s\x{00A0}\x{3000}\x{FEFF}]*[=+\-@＝＋－＠]|^[\t\r\n]"


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object: ...


class Checksum(io.RawIOBase):
    """A stream that counts and hashes what passes on to another one, which it leaves open; None: nowhere."""

    def __init__(self, onward: Sink | None = None) -> None:
        self._onward = onward
        self._hash = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes, or a buffer of them."""
        block = bytes(data)
        self._hash.update(block)
        self.size += len(block)
        if self._onward is not None:
            self._onward.write(block)
        return len(block)

    def tell(self) -> int:
        """Return how many bytes have passed."""
        return self.size

    def hexdigest(self) -> str:
        """Return the SHA-256 so far, hex."""
        return self._hash.hexdigest()


def parts_of(
    batches: Iterable[pa.RecordBatch], parts: Literal["month", "day"]
) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    """Split batches ordered by their column `day` into parts: label, such as month=2026-03, and the part's batches.

    A part's batches are taken before the next part.
    """
    for label, pieces in groupby(_labelled(batches, _LABELS[parts]), key=lambda piece: piece[0]):
        yield label, (batch for _, batch in pieces)


def _labelled(batches: Iterable[pa.RecordBatch], pattern: str) -> Iterator[tuple[str, pa.RecordBatch]]:
    for batch in batches:
        # The stubs do not know this function yet.
        runs = cast(Any, pc).run_end_encode(pc.strftime(batch.column("day"), format=pattern))
        start = 0
        for label, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield label, batch.slice(start, end - start)
            start = end


def typed(batches: Iterable[pa.RecordBatch], columns: Mapping[str, Kind]) -> Iterator[pa.RecordBatch]:
    """Return batches of these columns, in this order, in the types of their kinds."""
    schema = schema_of(columns)
    for batch in batches:
        arrays = [_cast(batch.column(field.name), field.type) for field in schema]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def schema_of(columns: Mapping[str, Kind]) -> pa.Schema:
    """Return the Arrow schema of columns by name and kind."""
    return pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])


def _cast(column: Any, kind: pa.DataType) -> Any:
    # The database's driver hands numeric out as text under a type of its own.
    plain = column.storage if isinstance(column, pa.ExtensionArray) else column
    return plain if plain.type == kind else plain.cast(kind)


def write_csv(batches: Iterable[pa.RecordBatch], schema: pa.Schema, sink: Checksum) -> int:
    """Write batches of a schema as CSV and return the number of rows."""
    options = pa_csv.WriteOptions(include_header=True, quoting_style="needed")
    rows = 0
    stream: Any = pa.PythonFile(sink, mode="w")
    with pa_csv.CSVWriter(stream, schema, write_options=options) as writer:
        for batch in batches:
            rows += batch.num_rows
            arrays = [_harmless(column) if pa.types.is_string(column.type) else column for column in batch.columns]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return rows


def write_parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema, sink: Checksum) -> int:
    """Write batches of a schema as Parquet, a row group per batch, and return the number of rows."""
    rows = 0
    with pa_parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for batch in batches:
            rows += batch.num_rows
            writer.write_batch(batch)
    return rows


def _harmless(texts: Any) -> Any:
    runs = pc.match_substring_regex(texts, _FORMULA)
    return pc.if_else(runs, cast(Any, pc).binary_join_element_wise("'", texts, ""), texts)
