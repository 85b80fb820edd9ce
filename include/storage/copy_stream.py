"""Arrow columns as the bytes of a binary COPY. Sending them is the session's business."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def copy_stream(batches: "Iterable[pa.RecordBatch]", schema: "pa.Schema") -> Iterator[bytes]:
    """Yield the stream of `copy ... (<names of schema>) from stdin (format binary)` batch by batch.

    int64 is bigint, int32 integer, float64 double precision, timestamp[us, UTC] timestamptz, string text, bool boolean.
    """
    import pgpq

    encoder = pgpq.ArrowToPostgresBinaryEncoder(schema)
    yield encoder.write_header()
    for batch in batches:
        yield encoder.write_batch(batch)
    yield encoder.finish()
