"""What an export consists of: the one file that a reader opens first. No I/O."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from include.errors import InvalidInput
from include.exports.definition import ExportDefinition

FORMAT = 1
NAME = "manifest.json"


@dataclass(frozen=True)
class PartFile:
    """One file: path below the export's folder, rows, size, SHA-256 of its bytes and of what it says (hex).

    content: the hash of its rows as CSV, the same for the same rows whatever wrote the file.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    content: str


@dataclass(frozen=True)
class Manifest:
    """The export as published: whose, of what, and its files by part, such as day=2026-03-28."""

    tenant: str
    export: str
    data_set: str
    file_format: str
    columns: tuple[str, ...]
    published_at: str
    parts: Mapping[str, PartFile]

    def is_of(self, definition: ExportDefinition) -> bool:
        """Return whether the files hold what the definition asks for, so that only their rows need comparing."""
        asked = (definition.data_set, definition.file_format, tuple(definition.chosen))
        return (self.data_set, self.file_format, self.columns) == asked

    def encoded(self) -> bytes:
        """Return the manifest as JSON, the same bytes for the same manifest."""
        return (json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True) + "\n").encode()


def manifest_of(data: bytes, tenant: str, export: str) -> Manifest:
    """Read a manifest; raises InvalidInput when it is not one, or that of another export or a later format."""
    try:
        fields: dict[str, Any] = json.loads(data)
        if fields.pop("format") != FORMAT:
            raise ValueError("format")
        parts = {label: PartFile(**part) for label, part in fields.pop("parts").items()}
        found = Manifest(**{**fields, "columns": tuple(fields["columns"]), "parts": parts})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput(f"export {export}: its {NAME} is not one that this version wrote; move it away") from error
    if (found.tenant, found.export) != (tenant, export):
        other = f"{found.tenant}/{found.export}"
        raise InvalidInput(f"export {export}: the {NAME} in its folder is that of {other}; choose another destination")
    return found
