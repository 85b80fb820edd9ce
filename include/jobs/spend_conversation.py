"""Holds an adapter's conversation with its platform: sends, waits a little, and hands on the rows it reads.

What is asked and what an answer means is the adapter's; tries, gates and pace are the client's.
"""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from include.errors import AttributionError, PlatformRefused
from include.platforms.client import PlatformClient, Reply
from include.platforms.request import PlatformRequest
from include.spend.report import IfAllowed, Once, Pause, Wish

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

LONGEST_PAUSE_SECONDS = 20.0
"""Machine time that a conversation may sleep in all while it holds a pool slot; the rest is waited for outside."""


class ReportPending(AttributionError):
    """A report is still being computed: nobody asks again before so many seconds of machine time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the report is being computed; asked again in {seconds:.0f} s")
        self.seconds = seconds


@dataclass
class Conversation:
    """One account's talk with its platform; counts what it cost. notices: what it could not read, each once."""

    client: PlatformClient
    sleep: Callable[[float], None] = time.sleep
    requests: int = 0
    slept: float = field(default=0.0)
    notices: dict[str, None] = field(default_factory=dict)

    def hold(
        self,
        talk: "Generator[Wish | pa.RecordBatch, Reply | None, T]",
        take: "Callable[[pa.RecordBatch], None] | None" = None,
    ) -> T:
        """Answer what the talk wishes for until it ends, and return what it returns; take: gets its rows.

        Raises ReportPending where it would have to sleep too long, what the client raises, and what the talk raises.
        """
        answer: Reply | None = None
        try:
            while True:
                wish = talk.send(answer)
                answer = None
                if isinstance(wish, Pause):
                    self._pause(wish.seconds)
                elif isinstance(wish, IfAllowed):
                    answer = self._answer_if_allowed(wish)
                elif isinstance(wish, PlatformRequest | Once):
                    answer = self._answer(wish)
                elif take is not None:
                    take(wish)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            talk.close()

    def _answer(self, wish: PlatformRequest | Once) -> Reply:
        self.requests += 1
        return self.client.send(wish.request) if isinstance(wish, Once) else self.client.call(wish)

    def _answer_if_allowed(self, wish: IfAllowed) -> Reply | None:
        try:
            return self._answer(wish.request)
        except PlatformRefused as error:
            if error.again_later:
                raise
            self.notices[f"{wish.missing} ({error})"] = None
            return None

    def _pause(self, seconds: float) -> None:
        if self.slept + seconds > LONGEST_PAUSE_SECONDS:
            raise ReportPending(seconds)
        self.sleep(seconds)
        self.slept += seconds
