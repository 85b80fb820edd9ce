"""TikTok's API for Business: reports and events. Requests are built elsewhere."""

from collections.abc import Mapping

from attribution_airflow.hooks.http import Authorization, PlatformHook
from include.platforms import tiktok
from include.platforms.connections import TikTokAdsConnection
from include.platforms.outcome import Classified
from include.storage.rate_limit import Rate


class TikTokAdsHook(PlatformHook[TikTokAdsConnection]):
    """The basic tier of an app: 10 queries per second, 600 per minute."""

    conn_type = "tiktok_ads"
    connection_type = TikTokAdsConnection
    rate = Rate(10)
    rate_of_app = True

    def authorize(self, *, refused_version: int | None = None) -> Authorization:
        """Return the token's header."""
        return Authorization(headers={"Access-Token": self.connection.access_token.reveal()})

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Classified:
        """Return the class of an answer."""
        return tiktok.classify(status, headers, body)
