"""SQL statements live in `queries/<room>/<verb_noun>.sql`, one per file, with named bound parameters.

A statement is written once for both drivers: psycopg reads `%(name)s`, ADBC reads `$1`. Lists of bytes are bound as
`%(name)b`, in binary: as text they cost thirty times as much. Values are always bound; nothing in this project puts a
value into SQL text.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_QUERIES = Path(__file__).parent / "queries"
_PARAMETER = re.compile(r"%\((\w+)\)s")


@cache
def statement(name: str) -> str:
    """Return the text of `queries/<name>.sql`; name is such as "attribution/select_touches_in_window"."""
    return (_QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def numbered(name: str, parameters: Mapping[str, object]) -> tuple[str, tuple[object, ...]]:
    """Return the statement with `$n` placeholders and its values in that order, for ADBC."""
    order: list[str] = []

    def place(match: re.Match[str]) -> str:
        if match[1] not in order:
            order.append(match[1])
        return f"${order.index(match[1]) + 1}"

    text = _PARAMETER.sub(place, statement(name))
    return text, tuple(parameters[key] for key in order)
