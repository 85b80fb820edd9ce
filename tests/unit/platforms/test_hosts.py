"""Where connections may point: names when they are read, addresses when a socket is opened."""

import pytest

from include.platforms.hosts import allowed_hosts, fault_of_address, fault_of_host, target

NOTHING = allowed_hosts("")


@pytest.mark.parametrize(
    ("conn_type", "host"),
    [
        ("meta_ads", "graph.facebook.com"),
        ("meta_ads", "GRAPH.facebook.com."),
        ("google_ads", "oauth2.googleapis.com"),
        ("ga4", "region1.google-analytics.com"),
        ("tiktok_ads", "business-api.tiktok.com"),
        ("fairing", "app.fairing.co"),
        ("shopify", "northwind-outdoor.myshopify.com"),
        ("fx_rates", "www.ecb.europa.eu"),
        ("slack", "hooks.slack.com"),
    ],
)
def test_a_vendors_own_host_is_asked_over_https(conn_type: str, host: str) -> None:
    assert fault_of_host(conn_type, target("https", host, None), NOTHING) is None
    assert "over http" not in (fault_of_host(conn_type, target("https", host, 443), NOTHING) or "")
    assert fault_of_host(conn_type, target("http", host, 443), NOTHING) is not None


@pytest.mark.parametrize(
    ("conn_type", "host"),
    [
        ("meta_ads", "graph.facebook.com.attacker.test"),
        ("meta_ads", "business-api.tiktok.com"),
        ("shopify", "myshopify.com"),
        ("shopify", "a.b.myshopify.com"),
        ("shopify", "shop.myshopify.com@169.254.169.254"),
        ("fairing", "127.0.0.1"),
        ("nothing", "example.test"),
    ],
)
def test_any_other_host_is_refused_with_the_remedy(conn_type: str, host: str) -> None:
    fault = fault_of_host(conn_type, target("https", host, None), NOTHING)
    assert fault is not None
    assert "ALLOWED_PLATFORM_HOSTS" in fault


def test_a_vendors_host_on_another_port_is_refused() -> None:
    assert fault_of_host("meta_ads", target("https", "graph.facebook.com", 8443), NOTHING) is not None


def test_a_named_host_is_allowed_on_its_port_only_also_over_http() -> None:
    allowed = allowed_hosts("127.0.0.1:8080, Sandbox.internal:9000,[::1]:7000")
    assert fault_of_host("meta_ads", target("http", "127.0.0.1", 8080), allowed) is None
    assert fault_of_host("ga4", target("http", "sandbox.internal", 9000), allowed) is None
    assert fault_of_host("ga4", target("http", "[::1]", 7000), allowed) is None
    assert fault_of_host("meta_ads", target("http", "127.0.0.1", 8081), allowed) is not None
    assert fault_of_host("meta_ads", target("ftp", "127.0.0.1", 8080), allowed) is not None


def test_a_host_named_without_a_port_is_allowed_on_its_schemes_own_port() -> None:
    allowed = allowed_hosts("stub.test")
    assert fault_of_host("ga4", target("https", "stub.test", None), allowed) is None
    assert fault_of_host("ga4", target("https", "stub.test", 8443), allowed) is not None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fd00::1",
        "fd00:ec2::254",
        "fe80::1%eth0",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_a_vendors_name_that_resolves_to_a_special_address_is_refused(address: str) -> None:
    assert fault_of_address(address, target("https", "graph.facebook.com", 443), NOTHING) is not None


@pytest.mark.parametrize("address", ["157.240.1.1", "2a03:2880::1", "::ffff:157.240.1.1"])
def test_public_addresses_are_fine(address: str) -> None:
    assert fault_of_address(address, target("https", "graph.facebook.com", 443), NOTHING) is None


def test_a_named_host_may_be_private_but_link_local_only_by_its_address() -> None:
    allowed = allowed_hosts("sandbox:9000,169.254.1.1:80")
    assert fault_of_address("10.0.0.7", target("http", "sandbox", 9000), allowed) is None
    assert fault_of_address("169.254.169.254", target("http", "sandbox", 9000), allowed) is not None
    assert fault_of_address("169.254.1.1", target("http", "169.254.1.1", 80), allowed) is None
