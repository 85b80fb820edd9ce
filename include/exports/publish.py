"""An export's files in its folder: a reader of the manifest sees one state of them or the next, never a mixture.

New files get names of their own, made of what they say; the manifest is put in the old one's place once they are whole,
and what it no longer names goes last. Killed at any point, the old or the new manifest stands with all its files, and
the next run clears what nobody names. Where rows come from is left to the caller.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from include.exports.definition import ExportDefinition
from include.exports.encoding import Checksum, parts_of, schema_of, typed, write_csv, write_parquet
from include.exports.manifest import NAME, Manifest, PartFile, manifest_of
from include.exports.root import Folder, put

_OURS = re.compile(r"part-[0-9a-f]{24}\.(csv|parquet)")
_PLACE = re.compile(r"day=\d{4}-\d\d-\d\d|month=\d{4}-\d\d")
_WRITERS = {"csv": write_csv, "parquet": write_parquet}

Rows = Iterable[pa.RecordBatch]


@dataclass(frozen=True)
class Found:
    """The manifest that stands, None before the first; sha256 of its bytes, empty then."""

    manifest: Manifest | None
    sha256: str


def find(folder: Folder, tenant: str, definition: ExportDefinition) -> Found:
    """Read what stands in an export's folder; raises InvalidInput as manifest_of."""
    path = folder / NAME
    if not path.exists():
        return Found(None, "")
    with path.open("rb") as stream:
        data = stream.read()
    return Found(manifest_of(data, tenant, definition.name), hashlib.sha256(data).hexdigest())


def contents(rows: Rows, definition: ExportDefinition) -> dict[str, str]:
    """Return part -> hash of what it says, of rows ordered by day; nothing is written."""
    return {label: _content(batches, definition) for label, batches in _parts(rows, definition)}


def _content(batches: Rows, definition: ExportDefinition) -> str:
    checksum = Checksum()
    write_csv(batches, schema_of(definition.chosen), checksum)
    return checksum.hexdigest()


def write_parts(
    folder: Folder, rows: Rows, definition: ExportDefinition, said: Mapping[str, str]
) -> Iterator[tuple[str, PartFile]]:
    """Write each part of the rows to a file of its own and yield part and file as it is whole.

    said: part -> content, as `contents` gave it for the same rows.
    """
    schema = schema_of(definition.chosen)
    for label, batches in _parts(rows, definition):
        path = f"{label}/part-{said[label][:24]}.{definition.file_format}"
        place = folder / label
        place.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("wb") as stream:
            checksum = Checksum(stream)
            count = _WRITERS[definition.file_format](batches, schema, checksum)
        yield label, PartFile(path, count, checksum.size, checksum.hexdigest(), said[label])


def _parts(rows: Rows, definition: ExportDefinition) -> Iterator[tuple[str, Rows]]:
    columns = definition.chosen
    for label, batches in parts_of(rows, definition.source.parts):
        yield label, typed(batches, columns)


def publish(folder: Folder, old: Found, new: Manifest) -> str:
    """Put the manifest in place, then drop the files that only the old one named; return the new one's SHA-256."""
    data = new.encoded()
    put(folder, NAME, data)
    named = {part.path for part in new.parts.values()}
    for part in old.manifest.parts.values() if old.manifest is not None else ():
        if part.path not in named and (folder / part.path).exists():
            (folder / part.path).unlink()
    return hashlib.sha256(data).hexdigest()


def sweep(folder: Folder, named: Collection[str]) -> None:
    """Drop files of ours that are not among these paths, as a run leaves them that dies on its way."""
    if not folder.exists():
        return
    for place in [place for place in folder.iterdir() if _PLACE.fullmatch(place.name)]:
        for file in list(place.iterdir()):
            if _OURS.fullmatch(file.name) and f"{place.name}/{file.name}" not in named:
                file.unlink()
