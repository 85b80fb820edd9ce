"""The seven types of platform connections as values, read from the fields of an Airflow connection.

Base URL = schema, host, port and the extra `base_path`; the main secret is the password. An extra that is missing or
wrong is one line that names connection, extra and remedy. Reading Airflow is left to the plugins, asking the vendor to
the hooks.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from include.errors import InvalidInput
from include.ids import stable_id
from include.platforms.hosts import Target, target
from include.platforms.secret import Secret
from include.platforms.versions import DEFAULT_VERSIONS

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
GA4_DATA_API = "https://analyticsdata.googleapis.com"
SHOPIFY_TOKEN_PATH = "/admin/oauth/access_token"  # noqa: S105 - a path

_SAFE = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_VERSIONS = {
    "meta_ads": re.compile(r"v\d+\.\d+"),
    "google_ads": re.compile(r"v\d+"),
    "shopify": re.compile(r"\d{4}-\d{2}|unstable"),
}


@dataclass(frozen=True)
class ConnectionFields:
    """An Airflow connection's fields, whatever its type; its repr leaves out extra, which may hold secrets."""

    conn_id: str
    conn_type: str
    host: str | None
    schema: str | None
    port: int | None
    password: Secret
    extra: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Endpoint:
    """Where requests go: target and path prefix, without a slash at its end."""

    where: Target
    base_path: str = ""

    @property
    def url(self) -> str:
        """The base URL."""
        host = f"[{self.where.host}]" if ":" in self.where.host else self.where.host
        return f"{self.where.scheme}://{host}:{self.where.port}{self.base_path}"


@dataclass(frozen=True)
class OAuthClient:
    """What a refresh-token grant needs."""

    token_endpoint: Endpoint
    client_id: str
    client_secret: Secret
    refresh_token: Secret


@dataclass(frozen=True)
class PlatformConnection:
    """What every type has."""

    conn_id: str
    base: Endpoint

    @property
    def conn_type(self) -> str:
        """The connection's type in Airflow."""
        return _TYPE_OF[type(self)]

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every endpoint that may be asked, the base first."""
        return (self.base,)

    def needs(self, extra: str) -> str:
        """Return an extra that only some uses need; raises InvalidInput when the connection has none."""
        value: str | None = getattr(self, extra)
        if value is None:
            raise _missing(self.conn_id, self.conn_type, extra)
        return value


@dataclass(frozen=True)
class Ga4Connection(PlatformConnection):
    """GA4: base is the Measurement Protocol; the Data API has its own base and token."""

    api_secret: Secret
    data_api: Endpoint
    measurement_id: str | None = None
    region: str | None = None
    property_id: str | None = None
    oauth: OAuthClient | None = None

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        # Without an OAuth client nothing is ever asked of the Data API.
        return (self.base, self.data_api, self.oauth.token_endpoint) if self.oauth else (self.base,)


@dataclass(frozen=True)
class MetaAdsConnection(PlatformConnection):
    """Meta: base is the Graph API. pixel_id is needed to deliver, not to read spend."""

    access_token: Secret
    api_version: str
    pixel_id: str | None = None


@dataclass(frozen=True)
class GoogleAdsConnection(PlatformConnection):
    """Google Ads through REST; the password is the refresh token."""

    oauth: OAuthClient
    api_version: str
    login_customer_id: str | None = None
    developer_token: Secret | None = None

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return (self.base, self.oauth.token_endpoint)


@dataclass(frozen=True)
class TikTokAdsConnection(PlatformConnection):
    """TikTok: base is the Business API. pixel_code is needed to deliver, not to read spend."""

    access_token: Secret
    pixel_code: str | None = None


@dataclass(frozen=True)
class FairingConnection(PlatformConnection):
    """Fairing; auth_scheme is put before the token, by default nothing is."""

    token: Secret
    auth_scheme: str = ""


@dataclass(frozen=True)
class ShopifyConnection(PlatformConnection):
    """A shop's Admin API; with a client_id the password is the client's secret, without one a static token."""

    secret: Secret
    shop_domain: str
    api_version: str
    token_path: str
    client_id: str | None = None


@dataclass(frozen=True)
class FxRatesConnection(PlatformConnection):
    """Files of reference rates, without a credential."""


EXTRAS: Mapping[str, frozenset[str]] = {
    "ga4": frozenset(
        {
            "measurement_id",
            "region",
            "property_id",
            "data_api_base",
            "token_uri",
            "client_id",
            "client_secret",
            "refresh_token",
        }
    ),
    "meta_ads": frozenset({"api_version", "pixel_id"}),
    "google_ads": frozenset(
        {"api_version", "login_customer_id", "client_id", "client_secret", "token_uri", "developer_token"}
    ),
    "tiktok_ads": frozenset({"pixel_code"}),
    "fairing": frozenset({"auth_scheme"}),
    "shopify": frozenset({"shop_domain", "api_version", "client_id", "token_path"}),
    "fx_rates": frozenset(),
}
"""conn_type -> its extras, beside `base_path`, which each may have."""


def read_connection(fields: ConnectionFields) -> PlatformConnection:
    """Return the typed connection; raises InvalidInput, one line that names connection, field and remedy."""
    reader = _READERS.get(fields.conn_type)
    if reader is None:
        raise InvalidInput(
            f"connection {fields.conn_id} has type {fields.conn_type}; its type must be one of {', '.join(EXTRAS)}"
        )
    return reader(fields)


def credential_of(connection: PlatformConnection) -> int:
    """Return a stable hash of a connection's secrets, by which a replaced credential is told from the same one."""
    secrets = [value.reveal() for value in _secrets(connection)]
    return stable_id("credential", connection.conn_type, *secrets)


def _secrets(holder: object) -> Iterator[Secret]:
    for value in vars(holder).values():
        if isinstance(value, Secret):
            yield value
        elif isinstance(value, OAuthClient):
            yield from _secrets(value)


def unknown_extras(fields: ConnectionFields) -> list[str]:
    """Return the extras that nothing reads, such as misspelt ones."""
    return sorted(set(fields.extra) - EXTRAS.get(fields.conn_type, frozenset()) - {"base_path"})


def _ga4(fields: ConnectionFields) -> Ga4Connection:
    region = _text(fields, "region")
    host = "region1.google-analytics.com" if region else "www.google-analytics.com"
    return Ga4Connection(
        fields.conn_id,
        _base(fields, host),
        api_secret=_password(fields, "the stream's api_secret"),
        data_api=_endpoint(fields, "data_api_base", GA4_DATA_API),
        measurement_id=_text(fields, "measurement_id"),
        region=region,
        property_id=_text(fields, "property_id"),
        oauth=_ga4_oauth(fields),
    )


def _ga4_oauth(fields: ConnectionFields) -> OAuthClient | None:
    parts = [_secret(fields, name) for name in ("client_id", "client_secret", "refresh_token")]
    if not any(parts):
        return None
    return _oauth(fields, _secret(fields, "refresh_token") or _demand(fields, "refresh_token"))


def _meta_ads(fields: ConnectionFields) -> MetaAdsConnection:
    return MetaAdsConnection(
        fields.conn_id,
        _base(fields, "graph.facebook.com"),
        access_token=_password(fields, "the access token"),
        api_version=_version(fields),
        pixel_id=_text(fields, "pixel_id"),
    )


def _google_ads(fields: ConnectionFields) -> GoogleAdsConnection:
    login = _text(fields, "login_customer_id")
    return GoogleAdsConnection(
        fields.conn_id,
        _base(fields, "googleads.googleapis.com"),
        oauth=_oauth(fields, _password(fields, "the refresh token")),
        api_version=_version(fields),
        login_customer_id=login.replace("-", "") if login else None,
        developer_token=_secret(fields, "developer_token"),
    )


def _tiktok_ads(fields: ConnectionFields) -> TikTokAdsConnection:
    return TikTokAdsConnection(
        fields.conn_id,
        _base(fields, "business-api.tiktok.com"),
        access_token=_password(fields, "the access token"),
        pixel_code=_text(fields, "pixel_code"),
    )


def _fairing(fields: ConnectionFields) -> FairingConnection:
    return FairingConnection(
        fields.conn_id,
        _base(fields, "app.fairing.co"),
        token=_password(fields, "the token"),
        auth_scheme=_text(fields, "auth_scheme") or "",
    )


def _shopify(fields: ConnectionFields) -> ShopifyConnection:
    domain = _text(fields, "shop_domain")
    if domain is None:
        raise _missing(fields.conn_id, fields.conn_type, "shop_domain")
    token_path = fields.extra.get("token_path") or SHOPIFY_TOKEN_PATH
    if not isinstance(token_path, str) or not re.fullmatch(r"/[A-Za-z0-9_./-]*", token_path):
        raise _wrong(fields, "token_path", f"write {SHOPIFY_TOKEN_PATH}")
    return ShopifyConnection(
        fields.conn_id,
        _base(fields, domain),
        secret=_password(fields, "the client secret or a static token"),
        shop_domain=domain,
        api_version=_version(fields),
        token_path=token_path,
        client_id=_text(fields, "client_id"),
    )


def _fx_rates(fields: ConnectionFields) -> FxRatesConnection:
    return FxRatesConnection(fields.conn_id, _base(fields, "www.ecb.europa.eu"))


_READERS: Mapping[str, Callable[[ConnectionFields], PlatformConnection]] = {
    "ga4": _ga4,
    "meta_ads": _meta_ads,
    "google_ads": _google_ads,
    "tiktok_ads": _tiktok_ads,
    "fairing": _fairing,
    "shopify": _shopify,
    "fx_rates": _fx_rates,
}
_TYPE_OF: Mapping[type[PlatformConnection], str] = {
    Ga4Connection: "ga4",
    MetaAdsConnection: "meta_ads",
    GoogleAdsConnection: "google_ads",
    TikTokAdsConnection: "tiktok_ads",
    FairingConnection: "fairing",
    ShopifyConnection: "shopify",
    FxRatesConnection: "fx_rates",
}


def _base(fields: ConnectionFields, default_host: str) -> Endpoint:
    host, schema = fields.host or default_host, fields.schema or "https"
    if "://" in host:
        # Airflow's form for http connections lets the whole address stand in the host.
        schema, host = host.split("://", 1)
    base_path = fields.extra.get("base_path") or ""
    if not isinstance(base_path, str) or not re.fullmatch(r"(/(?!\.\.?(/|$))[A-Za-z0-9_.~-]+)*/?", base_path):
        raise _wrong(fields, "base_path", "write a path such as /stub")
    if not re.fullmatch(r"[A-Za-z0-9.:\[\]_-]+", host):
        raise InvalidInput(f"connection {fields.conn_id}: host is not a bare host name; move ports and paths out of it")
    return Endpoint(target(schema, host, fields.port), base_path.rstrip("/"))


def _endpoint(fields: ConnectionFields, name: str, default: str) -> Endpoint:
    value = fields.extra.get(name) or default
    try:
        parts = urlsplit(str(value))
        where = target(parts.scheme, parts.hostname or "", parts.port)
    except ValueError:
        raise _wrong(fields, name, f"write an address such as {default}") from None
    if not where.host or parts.query or parts.username or where.scheme not in ("https", "http"):
        raise _wrong(fields, name, f"write an address such as {default}")
    return Endpoint(where, parts.path.rstrip("/"))


def _oauth(fields: ConnectionFields, refresh_token: Secret) -> OAuthClient:
    client_id = _text(fields, "client_id")
    if client_id is None:
        raise _missing(fields.conn_id, fields.conn_type, "client_id")
    return OAuthClient(
        _endpoint(fields, "token_uri", GOOGLE_TOKEN_URI),
        client_id,
        _secret(fields, "client_secret") or _demand(fields, "client_secret"),
        refresh_token,
    )


def _demand(fields: ConnectionFields, name: str) -> Secret:
    raise _missing(fields.conn_id, fields.conn_type, name)


def _version(fields: ConnectionFields) -> str:
    default = DEFAULT_VERSIONS[fields.conn_type]
    version = _text(fields, "api_version") or default
    if not _VERSIONS[fields.conn_type].fullmatch(version):
        raise _wrong(fields, "api_version", f"write a version such as {default}")
    return version


def _text(fields: ConnectionFields, name: str) -> str | None:
    value = fields.extra.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int) or not _SAFE.fullmatch(str(value)):
        raise _wrong(fields, name, "letters, digits and . _ : - only")
    return str(value)


def _secret(fields: ConnectionFields, name: str) -> Secret | None:
    value = fields.extra.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _wrong(fields, name, "write it as text")
    return Secret(value)


def _password(fields: ConnectionFields, what: str) -> Secret:
    if not fields.password.reveal():
        raise InvalidInput(f"connection {fields.conn_id} ({fields.conn_type}) has no password; set it to {what}")
    return fields.password


def _missing(conn_id: str, conn_type: str, name: str) -> InvalidInput:
    return InvalidInput(f"connection {conn_id} ({conn_type}) has no extra {name}; add it to the connection's extra")


def _wrong(fields: ConnectionFields, name: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"connection {fields.conn_id} ({fields.conn_type}): extra {name} is wrong; {remedy}")
