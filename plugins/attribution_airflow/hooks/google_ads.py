"""Google Ads through REST. Requests are built elsewhere."""

from collections.abc import Mapping

from attribution_airflow.hooks.oauth import OAuthHook, google_form
from include.platforms import google_ads
from include.platforms.connections import Endpoint, GoogleAdsConnection
from include.platforms.outcome import Classified
from include.platforms.secret import Secret
from include.storage.rate_limit import Rate


class GoogleAdsHook(OAuthHook[GoogleAdsConnection]):
    """The limit is operations per day, which its answers tell; the rate only keeps workers from bunching."""

    conn_type = "google_ads"
    connection_type = GoogleAdsConnection
    rate = Rate(10)

    def token_request(self, refresh: Secret | None) -> tuple[Endpoint, Mapping[str, str]]:
        """Return the refresh-token grant."""
        return google_form(self.connection.oauth, refresh)

    def token_headers(self, access: Secret) -> Mapping[str, str]:
        """Return bearer, manager and, where configured, the developer token, which is optional since 2026-09-09."""
        headers = {"Authorization": f"Bearer {access.reveal()}"}
        if self.connection.login_customer_id:
            headers["login-customer-id"] = self.connection.login_customer_id
        if self.connection.developer_token:
            headers["developer-token"] = self.connection.developer_token.reveal()
        return headers

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Classified:
        """Return the class of an answer."""
        return google_ads.classify(status, headers, body)
