"""Work on one part while the next one is being read."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def prefetch(parts: Iterator[T]) -> Iterator[T]:
    """Yield the parts in order while a thread makes the next one; at most two parts exist at a time.

    An error while making a part is raised where that part would have been yielded.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as pool:

        def following() -> "Future[T | None]":
            return pool.submit(next, parts, None)

        upcoming = following()
        while (part := upcoming.result()) is not None:
            upcoming = following()
            yield part
