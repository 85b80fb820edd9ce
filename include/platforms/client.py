"""What a job sees of a platform: it opens a client by connection id, asks, and gets a classified reply.

The clients are hooks of the plugins; jobs get them under `clients["platforms"]` and know no Airflow.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NoReturn, Protocol

from include.platforms.connections import PlatformConnection
from include.platforms.outcome import Classified
from include.platforms.request import PlatformRequest


@dataclass(frozen=True, repr=False)
class Reply:
    """A classified answer. received: whether the vendor got the request. Its repr shows the class only.

    status is 0, headers and body empty when there was no answer. refused: by the check of the host's address.
    """

    classified: Classified
    received: Literal["no", "maybe", "yes"]
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    refused: bool = False

    def __repr__(self) -> str:
        return f"Reply({self.classified})"


class PlatformClient(Protocol):
    """One credential of one platform."""

    @property
    def connection(self) -> PlatformConnection:
        """The connection's typed value."""
        ...

    def call(self, request: PlatformRequest) -> Reply:
        """Return an answer that is OK, after as many tries as its class allows.

        Raises PlatformWaits (its row is written), TooMuchAsked, PlatformRefused or HostRefused.
        """
        ...

    def send(self, request: PlatformRequest) -> Reply:
        """Send once and return the classified answer, whatever it is; raises PlatformWaits before sending."""
        ...

    def send_each(
        self, requests: Sequence[PlatformRequest], *, at_once: int, going: Callable[[Reply], bool]
    ) -> Iterator[tuple[int, Reply]]:
        """Send each request once, so many at a time, and yield its index and classified answer as they come.

        going: asked after each answer; once it says no, no further request is begun, and those under way are yielded.
        Raises PlatformWaits before anything is sent.
        """
        ...

    def give_up(self, reply: Reply) -> NoReturn:
        """Raise what an answer of `send` that is not OK comes to when it is not tried again now.

        PlatformWaits where all who use the credential have to wait (its row is written), else as `call`.
        """
        ...


class OpenClient(Protocol):
    """How a job gets a client."""

    def __call__(self, conn_id: str, *, reports: bool = False) -> PlatformClient:
        """Return the client of an Airflow connection; reports: GA4's Data API instead of its events.

        Raises InvalidInput or HostRefused for a connection that cannot be used.
        """
        ...
