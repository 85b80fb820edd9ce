"""Fairing's survey API. Requests are built elsewhere."""

from collections.abc import Mapping

from attribution_airflow.hooks.http import Authorization, PlatformHook
from include.platforms import fairing
from include.platforms.connections import FairingConnection
from include.platforms.outcome import Classified
from include.storage.rate_limit import Rate


class FairingHook(PlatformHook[FairingConnection]):
    """100 requests a minute per store."""

    conn_type = "fairing"
    connection_type = FairingConnection
    rate = Rate(100, per_seconds=60.0)

    def authorize(self, *, refused_version: int | None = None) -> Authorization:
        """Return the token as it is, or behind the scheme that the connection names."""
        token = self.connection.token.reveal()
        scheme = self.connection.auth_scheme
        return Authorization(headers={"Authorization": f"{scheme} {token}" if scheme else token})

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Classified:
        """Return the class of an answer."""
        return fairing.classify(status, headers, body)
