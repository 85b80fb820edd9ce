"""The seven types of connections: extras of the table, defaults, and one line for what is missing or wrong."""

from typing import Any

import pytest

from include.errors import InvalidInput
from include.platforms.connections import (
    ConnectionFields,
    Ga4Connection,
    GoogleAdsConnection,
    MetaAdsConnection,
    ShopifyConnection,
    credential_of,
    read_connection,
    unknown_extras,
)
from include.platforms.secret import Secret

COMPLETE: dict[str, dict[str, Any]] = {
    "ga4": {
        "measurement_id": "G-ABC123",
        "region": "eu",
        "property_id": 4711,
        "data_api_base": "https://analyticsdata.googleapis.com",
        "token_uri": "https://oauth2.googleapis.com/token",
        "client_id": "42.apps.googleusercontent.com",
        "client_secret": "CANARY-client",
        "refresh_token": "CANARY-refresh",
    },
    "meta_ads": {"api_version": "v26.0", "pixel_id": "88123"},
    "google_ads": {
        "api_version": "v26",
        "login_customer_id": "123-456-7890",
        "client_id": "42.apps.googleusercontent.com",
        "client_secret": "CANARY-client",
        "token_uri": "http://127.0.0.1:8080/google/token",
        "developer_token": "CANARY-developer",
    },
    "tiktok_ads": {"pixel_code": "C4N4RYPIXEL"},
    "fairing": {"auth_scheme": "Bearer"},
    "shopify": {
        "shop_domain": "northwind.myshopify.com",
        "api_version": "2026-10",
        "client_id": "abc",
        "token_path": "/admin/oauth/access_token",
    },
    "fx_rates": {},
}


def fields(conn_type: str, extra: dict[str, Any], **more: Any) -> ConnectionFields:
    given = {"host": "127.0.0.1", "schema": "http", "port": 8080, "password": Secret("CANARY-password"), **more}
    return ConnectionFields(conn_id="shop_x", conn_type=conn_type, extra=extra, **given)


@pytest.mark.parametrize("conn_type", COMPLETE)
def test_every_extra_of_the_table_is_read_and_no_secret_is_shown(conn_type: str) -> None:
    given = fields(conn_type, COMPLETE[conn_type])
    connection = read_connection(given)
    assert connection.conn_type == conn_type
    assert connection.base.url == "http://127.0.0.1:8080"
    assert unknown_extras(given) == []
    assert "CANARY" not in repr(connection) + str(connection) + repr(given)


@pytest.mark.parametrize("conn_type", COMPLETE)
def test_a_prefix_of_the_path_belongs_to_the_base(conn_type: str) -> None:
    connection = read_connection(fields(conn_type, {**COMPLETE[conn_type], "base_path": "/stub/a/"}))
    assert connection.base.url == "http://127.0.0.1:8080/stub/a"


@pytest.mark.parametrize(
    ("conn_type", "missing"),
    [
        ("google_ads", "client_id"),
        ("google_ads", "client_secret"),
        ("shopify", "shop_domain"),
        ("ga4", "refresh_token"),
        ("ga4", "client_secret"),
    ],
)
def test_a_missing_extra_is_one_line_that_names_connection_and_remedy(conn_type: str, missing: str) -> None:
    extra = {name: value for name, value in COMPLETE[conn_type].items() if name != missing}
    with pytest.raises(InvalidInput, match=rf"^connection shop_x \({conn_type}\) has no extra {missing}; add it"):
        read_connection(fields(conn_type, extra))


@pytest.mark.parametrize(
    ("conn_type", "extra"),
    [("meta_ads", "pixel_id"), ("tiktok_ads", "pixel_code"), ("ga4", "measurement_id"), ("ga4", "property_id")],
)
def test_what_only_some_uses_need_is_asked_for_when_used(conn_type: str, extra: str) -> None:
    given = {name: value for name, value in COMPLETE[conn_type].items() if name != extra}
    connection = read_connection(fields(conn_type, given))
    with pytest.raises(InvalidInput, match=f"has no extra {extra}"):
        connection.needs(extra)
    assert read_connection(fields(conn_type, COMPLETE[conn_type])).needs(extra) == str(COMPLETE[conn_type][extra])


@pytest.mark.parametrize("conn_type", [name for name in COMPLETE if name != "fx_rates"])
def test_a_connection_without_its_secret_says_what_the_password_is(conn_type: str) -> None:
    with pytest.raises(InvalidInput, match=r"shop_x .* has no password; set it to the"):
        read_connection(fields(conn_type, COMPLETE[conn_type], password=Secret("")))


@pytest.mark.parametrize(
    ("conn_type", "extra", "value"),
    [
        ("meta_ads", "api_version", "26"),
        ("google_ads", "api_version", "v26.0"),
        ("shopify", "api_version", "latest"),
        ("meta_ads", "pixel_id", "88/../me"),
        ("meta_ads", "pixel_id", True),
        ("meta_ads", "base_path", "stub"),
        ("meta_ads", "base_path", "/../admin"),
        ("shopify", "token_path", "https://attacker.test/"),
        ("google_ads", "token_uri", "oauth2.googleapis.com"),
        ("google_ads", "token_uri", "https://user@oauth2.googleapis.com/token"),
        ("ga4", "data_api_base", "ftp://analyticsdata.googleapis.com"),
    ],
)
def test_a_wrong_extra_is_named(conn_type: str, extra: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=rf"^connection shop_x \({conn_type}\): extra {extra} is wrong; "):
        read_connection(fields(conn_type, {**COMPLETE[conn_type], extra: value}))


@pytest.mark.parametrize("extra", ["pixel_id", "api_version", "base_path"])
def test_a_wrong_extra_is_not_quoted(extra: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_connection(fields("meta_ads", {extra: "CANARY token in the wrong place"}))
    assert "CANARY" not in str(caught.value)


def test_without_host_and_schema_a_connection_points_at_its_vendor() -> None:
    bare = {"host": None, "schema": None, "port": None}
    assert read_connection(fields("meta_ads", {}, **bare)).base.url == "https://graph.facebook.com:443"
    shop = read_connection(fields("shopify", {"shop_domain": "x.myshopify.com"}, **bare))
    assert shop.base.url == "https://x.myshopify.com:443"
    europe = read_connection(fields("ga4", {"region": "eu"}, **bare))
    assert europe.base.url == "https://region1.google-analytics.com:443"


def test_defaults_of_version_and_token_endpoint() -> None:
    meta = read_connection(fields("meta_ads", {}))
    assert isinstance(meta, MetaAdsConnection)
    assert meta.api_version == "v26.0"
    google = read_connection(fields("google_ads", {"client_id": "a", "client_secret": "b"}))
    assert isinstance(google, GoogleAdsConnection)
    assert google.oauth.token_endpoint.url == "https://oauth2.googleapis.com:443/token"
    shop = read_connection(fields("shopify", {"shop_domain": "x.myshopify.com"}))
    assert isinstance(shop, ShopifyConnection)
    assert (shop.client_id, shop.token_path) == (None, "/admin/oauth/access_token")


def test_the_managers_id_loses_its_dashes() -> None:
    google = read_connection(fields("google_ads", COMPLETE["google_ads"]))
    assert isinstance(google, GoogleAdsConnection)
    assert google.login_customer_id == "1234567890"


def test_every_endpoint_of_a_connection_is_known_so_that_its_host_is_checked() -> None:
    ga4 = read_connection(fields("ga4", COMPLETE["ga4"]))
    assert isinstance(ga4, Ga4Connection)
    assert [endpoint.where.host for endpoint in ga4.endpoints] == [
        "127.0.0.1",
        "analyticsdata.googleapis.com",
        "oauth2.googleapis.com",
    ]


def test_a_replaced_secret_is_another_credential_and_a_replaced_id_is_not() -> None:
    same = credential_of(read_connection(fields("google_ads", COMPLETE["google_ads"])))
    longer = {**COMPLETE["google_ads"], "login_customer_id": "1"}
    assert credential_of(read_connection(fields("google_ads", longer))) == same
    changed = {**COMPLETE["google_ads"], "client_secret": "other"}
    assert credential_of(read_connection(fields("google_ads", changed))) != same


def test_a_misspelt_extra_is_found() -> None:
    assert unknown_extras(fields("meta_ads", {"pixelid": "1", "base_path": "/x"})) == ["pixelid"]


def test_a_connection_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has type http; its type must be one of ga4, meta_ads"):
        read_connection(fields("http", {}))
