"""A rule that one event of a request breaks, and whether the vendor takes the event nevertheless."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

HASH_OF_NOTHING = sha256(b"").hexdigest()
_HASH = re.compile(r"[0-9a-f]{64}")
_EMAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+\.\w{2,}")


@dataclass(frozen=True)
class Finding:
    """A broken rule; detail names the field, never its value. fatal: the vendor refuses the event for it.

    code, subcode and word are what the vendor answers where it words an error.
    """

    rule: str
    detail: str
    fatal: bool = False
    code: int = 0
    subcode: int | None = None
    word: str = ""


def is_hash(value: Any) -> bool:
    """Say whether it is a SHA-256 in lower-case hex."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def is_number(value: Any) -> bool:
    """Say whether JSON had a number there: text is none, nor is true."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_list(value: Any) -> list[Any]:
    """Return the values of a field that takes one or several."""
    return value if isinstance(value, list) else [value]


def holds_email(value: Any) -> bool:
    """Say whether an e-mail address stands anywhere in the value, also in a URL."""
    return any(_EMAIL.search(text) for text in texts(value))


def texts(value: Any) -> Iterator[str]:
    """Yield every text within the value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def digest(event: Any) -> str:
    """Return what two events have in common only when they say the same, whatever the order of their fields."""
    return sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def words(text: str) -> frozenset[str]:
    """Return the names that the text lists, parted by blanks."""
    return frozenset(text.split())
