"""Reads a page of JSON by column, without a Python object per value: a page of many costs a fifth of reading it by row.

What is read is believed only where every value is of the form asked for; else the caller reads the page row by row, or
fails it. Which fields, and what they mean, is each platform's.
"""

import io
from typing import TYPE_CHECKING, Any

from include.errors import UntrustedReport

if TYPE_CHECKING:
    import pyarrow as pa

Column = Any
"""An Arrow array. Its stubs ask for the type of every element, and know no arrays inside of structs."""

DAY = r"\d{4}-\d{2}-\d{2}"
IDENTITY = r"[0-9]{1,32}"
WHOLE = r"-?[0-9]{1,18}"
"""A whole number that bigint holds."""


def parsed(body: bytes, wanted: "pa.Schema") -> "pa.Table | None":
    """Return a JSON object as a table of one row, or None where a value is of another type than wanted.

    Fields that are not wanted are left out, those that are missing are null.
    """
    import pyarrow as pa
    from pyarrow import json as arrow_json

    try:
        table = arrow_json.read_json(
            io.BytesIO(body),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(body) + 1),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=wanted, newlines_in_values=True, unexpected_field_behavior="ignore"
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table if table.num_rows == 1 else None


def fields_of(structs: Column) -> dict[str, Column]:
    """Return the fields of structs by name; a struct that is null has null fields."""
    return dict(zip([one.name for one in structs.type], structs.flatten(), strict=True))


def required(texts: Column, pattern: str, what: str) -> Column:
    """Return the texts; raises UntrustedReport, naming the field, unless each is there and of the form (RE2)."""
    if texts.null_count:
        raise UntrustedReport(f"{what} is missing or malformed; nothing is written")
    return optional(texts, pattern, what)


def optional(texts: Column, pattern: str, what: str) -> Column:
    """Return the texts; raises UntrustedReport, naming the field, unless each is of the form or null."""
    import pyarrow.compute as pc

    if not pc.all(pc.match_substring_regex(texts, f"^(?:{pattern})$"), min_count=0).as_py():
        raise UntrustedReport(f"{what} is missing or malformed; nothing is written")
    return texts


def whole(texts: Column, what: str) -> Column:
    """Return int64 of texts; raises UntrustedReport, naming the field, unless each is there and a whole number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.cast(required(texts, WHOLE, what), pa.int64())


def named(texts: Column, nothing: str = "") -> Column:
    """Return names, with null for an empty one and for the vendor's word for "not available"."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pc.is_in(texts, pa.array(["", nothing])), pa.scalar(None, pa.string()), texts)


def batch(columns: "dict[str, Any]", rows: int) -> "pa.RecordBatch":
    """Return columns as a batch of spend; a column that is no array is one value, or nothing, for all rows."""
    import pyarrow as pa

    from include.spend.report import schema

    wanted = schema()
    arrays = [
        value if isinstance(value := columns.get(one.name), pa.Array) else pa.repeat(pa.scalar(value, one.type), rows)
        for one in wanted
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)
