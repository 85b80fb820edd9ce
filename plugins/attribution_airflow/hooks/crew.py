"""Several threads work off one list, and whoever reads their results says when to stop. What the work is, is not known.

A pool of futures costs a third of what a small request does; a crew that takes from one list and answers into one queue
costs next to nothing.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_Results = SimpleQueue[tuple[int, R] | Exception | None]


def results_of(
    work: Callable[[T], R], items: Sequence[T], at_once: int, going: Callable[[R], bool]
) -> Iterator[tuple[int, R]]:
    """Yield index and result of each item as they come, so many at work at a time.

    going: asked after each result; once it says no, nothing more is begun, and what is under way is still yielded.
    Raises what work raises, after the others have ended.
    """
    results: _Results[R] = SimpleQueue()
    stop = threading.Event()
    numbered, lock = iter(enumerate(items)), threading.Lock()
    crew = min(at_once, len(items))
    for _ in range(crew):
        threading.Thread(target=_take_turns, args=(work, numbered, lock, stop, results), daemon=True).start()
    failure: Exception | None = None
    try:
        while crew:
            result = results.get()
            if result is None:
                crew -= 1
            elif isinstance(result, Exception):
                failure = result
            else:
                yield result
                if not going(result[1]):
                    stop.set()
    finally:
        stop.set()
    if failure is not None:
        raise failure


def _take_turns(
    work: Callable[[T], R],
    numbered: Iterator[tuple[int, T]],
    lock: threading.Lock,
    stop: threading.Event,
    results: _Results[R],
) -> None:
    try:
        while not stop.is_set():
            with lock:
                following = next(numbered, None)
            if following is None:
                break
            results.put((following[0], work(following[1])))
    except Exception as error:  # noqa: BLE001 - it is raised where the results are read
        stop.set()
        results.put(error)
    results.put(None)
