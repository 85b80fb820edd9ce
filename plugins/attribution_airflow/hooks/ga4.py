"""Google Analytics 4: events by the Measurement Protocol, reports by the Data API. Requests are built elsewhere."""

from collections.abc import Mapping
from typing import Any

from attribution_airflow.hooks.http import Authorization, PlatformHook
from attribution_airflow.hooks.oauth import OAuthHook, google_form
from include.errors import InvalidInput
from include.platforms import ga4
from include.platforms.client import Reply
from include.platforms.connections import Endpoint, Ga4Connection
from include.platforms.outcome import Classified
from include.platforms.retry import Fail, Step
from include.platforms.secret import Secret
from include.storage.rate_limit import Rate


class Ga4Hook(PlatformHook[Ga4Connection]):
    """Sends events; the secret goes into the query, which the Measurement Protocol forces."""

    conn_type = "ga4"
    connection_type = Ga4Connection

    def authorize(self, *, refused_version: int | None = None) -> Authorization:
        """Return measurement id and api_secret."""
        return Authorization(
            params={
                "measurement_id": self.connection.needs("measurement_id"),
                "api_secret": self.connection.api_secret.reveal(),
            }
        )

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Classified:
        """Return the class of an answer; OK means received, not used."""
        return ga4.classify(status, headers, body)


class Ga4DataHook(OAuthHook[Ga4Connection]):
    """Reads reports. Ten requests at a time are allowed; the pool keeps that, the rate the spacing.

    Ten server errors in an hour block the whole project, so that few of them are tried again.
    """

    conn_type = "ga4"
    connection_type = Ga4Connection
    rate = Rate(5)

    _MOST_SERVER_ERRORS = 3

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._server_errors = 0

    @property
    def base(self) -> Endpoint:
        """The Data API."""
        return self.connection.data_api

    def token_request(self, refresh: Secret | None) -> tuple[Endpoint, Mapping[str, str]]:
        """Return the refresh-token grant; raises InvalidInput when the connection has no OAuth client."""
        if self.connection.oauth is None:
            raise InvalidInput(
                f"connection {self.connection.conn_id} (ga4) has no extras client_id, client_secret and "
                "refresh_token; reports need them"
            )
        return google_form(self.connection.oauth, refresh)

    def token_headers(self, access: Secret) -> Mapping[str, str]:
        """Return the bearer header."""
        return {"Authorization": f"Bearer {access.reveal()}"}

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Classified:
        """Return the class of an answer."""
        return ga4.classify_report(status, headers, body)

    def step_after(self, reply: Reply, attempt: int, budget_seconds: float, *, refreshed: bool = False) -> Step:
        """Return what follows from an answer that is not OK; the third server error of a task is the last."""
        self._server_errors += reply.status >= 500
        if reply.status >= 500 and self._server_errors >= self._MOST_SERVER_ERRORS:
            return Fail(again_later=True)
        return super().step_after(reply, attempt, budget_seconds, refreshed=refreshed)
