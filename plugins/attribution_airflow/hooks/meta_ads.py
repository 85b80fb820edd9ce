"""Meta's Graph API: insights, conversions, reads of accounts and pixels. Requests are built elsewhere."""

from collections.abc import Mapping

from attribution_airflow.hooks.http import Authorization, PlatformHook
from include.platforms import meta
from include.platforms.connections import MetaAdsConnection
from include.platforms.outcome import Classified
from include.storage.rate_limit import Rate


class MetaAdsHook(PlatformHook[MetaAdsConnection]):
    """No fixed rate is documented: the usage headers are the limit, the rate only keeps workers from bunching."""

    conn_type = "meta_ads"
    connection_type = MetaAdsConnection
    rate = Rate(20)

    def authorize(self, *, refused_version: int | None = None) -> Authorization:
        """Return the bearer header: a token in the address would be logged by every proxy."""
        return Authorization(headers={"Authorization": f"Bearer {self.connection.access_token.reveal()}"})

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Classified:
        """Return the class of an answer."""
        return meta.classify(status, headers, body)

    def pause_after(self, headers: Mapping[str, str], body: bytes) -> float:
        """Return what the usage headers ask."""
        return meta.pause_after(headers, body)

    def versions(self, headers: Mapping[str, str]) -> tuple[str, str | None]:
        """Return asked and served version."""
        return self.connection.api_version, meta.served_version(headers)
