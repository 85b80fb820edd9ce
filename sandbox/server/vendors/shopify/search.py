"""The search syntax of `orders(query:)`, as far as orders are swept. Source: source_apis.md E.2.

What Shopify does not know of a search it ignores, and says so in extensions only.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.world.local_time import instant_us

_TERM = re.compile(r"\s*(?:AND\s+)?(\w+):(>=|<=|>|<)?('[^']*'|\"[^\"]*\"|[^\s]+)", re.IGNORECASE)
_TIMES = frozenset({"updated_at", "created_at", "processed_at"})
_IGNORABLE = frozenset({"status", "test", "financial_status"})


@dataclass(frozen=True)
class Term:
    """field, an operator of >= > <= < =, and an instant in microseconds UTC."""

    field: str
    operator: str
    instant: int

    def holds(self, at: int) -> bool:
        return {
            ">=": at >= self.instant,
            ">": at > self.instant,
            "<=": at <= self.instant,
            "<": at < self.instant,
            "=": at == self.instant,
        }[self.operator]


@dataclass(frozen=True)
class Search:
    """Terms that all have to hold; ignored: the fields that Shopify did not understand."""

    terms: tuple[Term, ...]
    ignored: tuple[str, ...]


def parse_search(text: str | None) -> Search:
    """Return what is understood of a search."""
    terms, ignored, end = [], [], 0
    text = text or ""
    for found in _TERM.finditer(text):
        if text[end : found.start()].strip():
            ignored.append(text[end : found.start()].strip()[:40])
        end = found.end()
        name, operator, value = found[1].lower(), found[2] or "=", found[3].strip("'\"")
        at = _instant(value)
        if name in _TIMES and at is not None:
            terms.append(Term(name, operator, at))
        elif name not in _IGNORABLE:
            ignored.append(name)
    if text[end:].strip():
        ignored.append(text[end:].strip()[:40])
    return Search(tuple(terms), tuple(ignored))


def _instant(text: str) -> int | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant_us(at if at.tzinfo else at.replace(tzinfo=UTC))
