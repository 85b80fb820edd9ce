"""Hooks whose access token is asked for, kept for all workers and renewed before it ends.

The Airflow connection is the seed: a changed one starts anew. One worker refreshes, the others wait and reuse. Without
shared state a token lives as long as the hook.
"""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from airflow.sdk.log import mask_secret

from attribution_airflow.hooks.http import Authorization, C, PlatformHook
from attribution_airflow.token_cipher import token_cipher
from include.platforms.client import Reply
from include.platforms.connections import Endpoint, OAuthClient
from include.platforms.google_errors import classify_token
from include.platforms.http_status import json_of
from include.platforms.outcome import Outcome
from include.platforms.retry import MOST_TRIES, Retry
from include.platforms.secret import Secret
from include.storage.oauth_tokens import Grant, Token, access_token

TOKEN_BUDGET_SECONDS = 10.0


class OAuthHook(PlatformHook[C]):
    """A platform that takes access tokens with an end."""

    _own_token: Token | None = None
    _masked_version: int | None = None

    @abstractmethod
    def token_request(self, refresh: Secret | None) -> tuple[Endpoint, Mapping[str, str]]:
        """Return where to ask and the form to send; refresh: the token that replaced the seed's, or None."""

    @abstractmethod
    def token_headers(self, access: Secret) -> Mapping[str, str]:
        """Return the headers that an access token goes into."""

    def authorize(self, *, refused_version: int | None = None) -> Authorization:
        """Return headers with a token that is good now; raises as `call` when there is none to be had."""
        token = self._token(refused_version)
        # Masking is a message to the task's supervisor: once per token, not per call.
        if token.version != self._masked_version:
            mask_secret(token.access.reveal())
            self._masked_version = token.version
        return Authorization(headers=self.token_headers(token.access), version=token.version)

    def _token(self, refused_version: int | None) -> Token:
        now = self.clock()
        if self.state is not None:
            return access_token(
                self.state,
                self.connection.conn_id,
                self._credential,
                token_cipher(),
                now,
                self._obtain,
                refused_version=refused_version,
            )
        if self._own_token is None or self._own_token.version == refused_version or now >= self._own_token.expires_at:
            grant = self._obtain(None)
            version = self._own_token.version + 1 if self._own_token else 1
            self._own_token = Token(grant.access, version, now + timedelta(seconds=grant.life_seconds or 3600.0))
        return self._own_token

    def _obtain(self, refresh: Secret | None) -> Grant:
        self._pass_gate()
        attempt = 1
        while True:
            reply = self._ask_for_token(refresh)
            self.refuse_host(reply)
            if reply.classified.ok:
                return _grant(reply.body)
            if refresh is not None and reply.classified.outcome is Outcome.AUTH_DEAD:
                # The rotated token is gone, perhaps taken by a worker that was killed; the seed may still be good.
                refresh = None
                continue
            step = self.step_after(reply, attempt, TOKEN_BUDGET_SECONDS)
            if not isinstance(step, Retry) or attempt >= MOST_TRIES:
                self.end(reply, step)
            else:
                self._sleep(step.after_seconds)
            attempt += 1

    def _ask_for_token(self, refresh: Secret | None) -> Reply:
        # Apart from what raises: a traceback that shows locals must not find the form.
        endpoint, form = self.token_request(refresh)
        return self._exchange(
            "POST",
            endpoint.url,
            classify_token,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode(form).encode(),
        )


def _grant(body: bytes) -> Grant:
    value = json_of(body)
    for name in ("access_token", "refresh_token"):
        if isinstance(value.get(name), str):
            mask_secret(value[name])
    refresh = value.get("refresh_token")
    return Grant(
        Secret(value["access_token"]),
        _seconds(value.get("expires_in")),
        Secret(refresh) if isinstance(refresh, str) and refresh else None,
    )


def _seconds(value: object) -> float | None:
    """Return a life in seconds, which may come as a numeric string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None


def google_form(oauth: OAuthClient, refresh: Secret | None) -> tuple[Endpoint, Mapping[str, str]]:
    """Return the refresh-token grant of a Google client."""
    return oauth.token_endpoint, {
        "grant_type": "refresh_token",
        "client_id": oauth.client_id,
        "client_secret": oauth.client_secret.reveal(),
        "refresh_token": (refresh or oauth.refresh_token).reveal(),
    }
