"""The body around frozen events, for vendors that take many in one request."""

from collections.abc import Sequence

MOST_EVENTS = 1_000
"""In one request, of Meta and of TikTok (conversion_apis B2, C1)."""


def enclosed(head: bytes, elements: Sequence[bytes], tail: bytes) -> bytes:
    """Return 1 to 1,000 elements with commas between head and tail; raises ValueError for another number.

    A body may have megabytes, so they are copied once.
    """
    if not 0 < len(elements) <= MOST_EVENTS:
        raise ValueError(f"a request holds 1 to {MOST_EVENTS} events, not {len(elements)}")
    parts = list(elements)
    parts[0] = head + parts[0]
    parts[-1] += tail
    return b",".join(parts)
