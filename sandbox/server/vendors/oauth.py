"""Google's token endpoint: a refresh token becomes an access token of an hour. Source: source_apis.md B.2.

Quirks: `expires_in` seconds of the next access tokens, `rotates` (a new refresh token comes with every access token),
`invalid_grant` (the refresh token is revoked or, made while the app was in testing, older than seven days).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.server.house import House
from sandbox.server.refusal import Refusal, refusing
from sandbox.server.surface import Call, Reply, Route, Surface
from sandbox.server.tokens import GOOGLE, GOOGLE_CLIENT_ID, GOOGLE_TOKEN_PATH, Token, Tokens

_PREFIX, _PATH = GOOGLE_TOKEN_PATH.rsplit("/", 1)
_LIFE_SECONDS = 3599


def surface(house: House) -> Surface:
    """Return the surface; which refresh tokens it knows is said by the APIs they are for."""

    def token(call: Call) -> Reply:
        refresh = _checked(call)
        seconds = int(call.quirk("expires_in", _LIFE_SECONDS))
        until = call.now + timedelta(seconds=seconds)
        access = house.tokens.issue(Token(GOOGLE, refresh.subject, "access", refresh.scopes, until))
        body: dict[str, Any] = {
            "access_token": access,
            "expires_in": seconds,
            "scope": " ".join(sorted(refresh.scopes)),
            "token_type": "Bearer",
        }
        if call.quirk("rotates", False):
            body["refresh_token"] = _rotated(house.tokens, call.form()["refresh_token"], refresh)
        call.did("accepted")
        return Reply(200, body)

    route = Route("POST", f"/{_PATH}", refusing(token))
    return Surface("oauth", _PREFIX, "https://oauth2.googleapis.com", (route,), error=_worded_error)


def _checked(call: Call) -> Token:
    if "client_secret" in call.query or "refresh_token" in call.query:
        call.broke("oauth.B2.secret-in-url", "secrets belong in the form body")
    form = call.form()
    if "form" not in call.headers.get("content-type", ""):
        raise _refused("oauth.B2.form", 400, "invalid_request", "The body must be a form.")
    if form.get("grant_type") != "refresh_token":
        raise _refused("oauth.B2.grant-type", 400, "unsupported_grant_type", "Invalid grant_type.")
    secret = call.tokens.find(GOOGLE, form.get("client_secret", ""))
    if form.get("client_id") != GOOGLE_CLIENT_ID or secret is None or secret.kind != "client_secret":
        raise _refused("oauth.B2.client", 401, "invalid_client", "The OAuth client was not found.")
    refresh = call.credential(form.get("refresh_token"), GOOGLE)
    if call.quirk("invalid_grant", False):
        raise Refusal("", "revoked by a fault", _error(400, "invalid_grant", "Token has been expired or revoked."))
    if refresh is None or refresh.kind != "refresh" or not refresh.alive(call.now):
        raise _refused("oauth.B2.invalid-grant", 400, "invalid_grant", "Token has been expired or revoked.")
    return refresh


def _rotated(tokens: Tokens, old: str, refresh: Token) -> str:
    tokens.revoke(GOOGLE, old)
    return tokens.issue(refresh)


def _worded_error(parameters: Mapping[str, Any]) -> Reply:
    """Return the error a fault asks for: status (429), error, description."""
    return _error(
        int(parameters.get("status", 429)),
        str(parameters.get("error", "rate_limit_exceeded")),
        str(parameters.get("description", "Rate limit exceeded")),
    )


def _refused(rule: str, status: int, error: str, description: str) -> Refusal:
    return Refusal(rule, description, _error(status, error, description))


def _error(status: int, error: str, description: str) -> Reply:
    return Reply(status, {"error": error, "error_description": description})
