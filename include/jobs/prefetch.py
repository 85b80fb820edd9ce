"""Work on one part while the next one is being made."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


class Prefetch(Generic[T]):
    """The parts of an iterator in order, each made in a thread while the one before is worked on.

    The first is begun at once; at most two parts exist at a time. An error while making a part is raised where that
    part would have come. Leaving the block waits for what is being made, so that nothing it uses is closed under it,
    and closes the iterator.
    """

    def __init__(self, parts: Iterator[T]) -> None:
        self._parts = parts
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="prefetch")
        self._upcoming = self._following()

    def __enter__(self) -> "Prefetch[T]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()

    def __iter__(self) -> "Prefetch[T]":
        return self

    def __next__(self) -> T:
        part = self._upcoming.result()
        if part is None:
            raise StopIteration
        self._upcoming = self._following()
        return part

    def _following(self) -> "Future[T | None]":
        return self._pool.submit(next, self._parts, None)
