"""A request to a platform, as the pure modules build it and the hooks send it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, repr=False)
class PlatformRequest:
    """What to ask, without credential and host: those are the hook's.

    path: below the connection's base, starting with a slash, without a query. params: of the query. body: bytes sent as
    they are, with their content_type. headers: beside those of authentication. cost: permits of the rate limit,
    0 where it does not hold.
    Its repr shows method and path only: params and bodies may name people.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cost: float = 1.0

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"
