"""A shop's Admin GraphQL API. Queries are built elsewhere."""

from collections.abc import Mapping

from attribution_airflow.hooks.http import Authorization
from attribution_airflow.hooks.oauth import OAuthHook
from include.platforms import shopify
from include.platforms.connections import Endpoint, ShopifyConnection
from include.platforms.outcome import Classified
from include.platforms.secret import Secret
from include.storage.rate_limit import Rate


class ShopifyHook(OAuthHook[ShopifyConnection]):
    """The limit is cost per second, which the answers tell; the rate only keeps workers from bunching.

    With a client_id the token is asked for (client credentials, 24 hours; a rotating refresh token where the shop gives
    one), without one the password is the token.
    """

    conn_type = "shopify"
    connection_type = ShopifyConnection
    rate = Rate(4)

    def authorize(self, *, refused_version: int | None = None) -> Authorization:
        """Return the token's header."""
        if self.connection.client_id is None:
            return Authorization(headers=self.token_headers(self.connection.secret))
        return super().authorize(refused_version=refused_version)

    def token_request(self, refresh: Secret | None) -> tuple[Endpoint, Mapping[str, str]]:
        """Return the client-credentials grant, or the refresh of a rotating token."""
        base = self.connection.base
        form = {"client_id": self.connection.needs("client_id"), "client_secret": self.connection.secret.reveal()}
        if refresh is None:
            form["grant_type"] = "client_credentials"
        else:
            form |= {"grant_type": "refresh_token", "refresh_token": refresh.reveal()}
        return Endpoint(base.where, base.base_path + self.connection.token_path), form

    def token_headers(self, access: Secret) -> Mapping[str, str]:
        """Return the token's header."""
        return {"X-Shopify-Access-Token": access.reveal()}

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Classified:
        """Return the class of an answer."""
        return shopify.classify(status, headers, body)

    def pause_after(self, headers: Mapping[str, str], body: bytes) -> float:
        """Return the seconds until the same query is affordable again."""
        return shopify.pause_after(headers, body)

    def versions(self, headers: Mapping[str, str]) -> tuple[str, str | None]:
        """Return asked and served version."""
        return self.connection.api_version, shopify.served_version(headers)
