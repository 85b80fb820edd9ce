"""Where a platform connection may point: each vendor's own hosts over https, plus what ALLOWED_PLATFORM_HOSTS names.

Names are checked when a connection is read, addresses when a socket is opened: a name of the list that resolves to a
private, loopback, link-local or otherwise special address is refused, unless it is named in ALLOWED_PLATFORM_HOSTS with
its port. Resolving is left to the caller.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

VENDOR_HOSTS: Mapping[str, re.Pattern[str]] = {
    "ga4": re.compile(r"(www|region1)\.google-analytics\.com|analyticsdata\.googleapis\.com|oauth2\.googleapis\.com"),
    "meta_ads": re.compile(r"graph\.facebook\.com"),
    "google_ads": re.compile(r"googleads\.googleapis\.com|oauth2\.googleapis\.com"),
    "tiktok_ads": re.compile(r"business-api\.tiktok\.com|sandbox-ads\.tiktok\.com"),
    "fairing": re.compile(r"app\.fairing\.co"),
    "shopify": re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com"),
    "fx_rates": re.compile(r"(www|data-api)\.ecb\.europa\.eu"),
    "slack": re.compile(r"hooks\.slack\.com"),
}
"""conn_type -> hosts that it may point at."""

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PORT_OF = {"https": 443, "http": 80}
_TRANSLATED = ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """Scheme, host (lower case, no brackets) and port that a request would go to."""

    scheme: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether the name itself is this machine's."""
        return self.host in _LOOPBACK_NAMES

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def target(scheme: str, host: str, port: int | None) -> Target:
    """Return a target with the scheme's own port where none is given."""
    return Target(scheme.lower(), host.strip("[]").lower().rstrip("."), port or _PORT_OF.get(scheme.lower(), 0))


def allowed_hosts(text: str) -> frozenset[tuple[str, int | None]]:
    """Return (host, port) of ALLOWED_PLATFORM_HOSTS; a port of None stands for the scheme's own."""
    return frozenset(_entry(part.strip().lower()) for part in text.split(",") if part.strip())


def _entry(text: str) -> tuple[str, int | None]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or (":" in host and not host.startswith("[")):
        return text.strip("[]"), None
    return host.strip("[]"), int(port)


def is_named(where: Target, allowed: frozenset[tuple[str, int | None]]) -> bool:
    """Return whether ALLOWED_PLATFORM_HOSTS names the target; without a port it names the scheme's own only."""
    own_port = where.port == _PORT_OF.get(where.scheme)
    return (where.host, where.port) in allowed or (own_port and (where.host, None) in allowed)


def fault_of_host(conn_type: str, where: Target, allowed: frozenset[tuple[str, int | None]]) -> str | None:
    """Return why a connection of this type may not point at the target, with the remedy; None when it may."""
    if where.scheme not in _PORT_OF:
        return f"schema {where.scheme or '(none)'} is neither https nor http"
    if is_named(where, allowed):
        return None
    pattern = VENDOR_HOSTS.get(conn_type)
    if pattern is None or not pattern.fullmatch(where.host) or where.port != _PORT_OF["https"]:
        return f"host {where} is not one of {conn_type}; correct it, or name it in ALLOWED_PLATFORM_HOSTS"
    return None if where.scheme == "https" else f"host {where.host} is asked over http; set schema https"


def fault_of_address(address: str, where: Target, allowed: frozenset[tuple[str, int | None]]) -> str | None:
    """Return why the target may not be reached at this address (textual IP); None when it may.

    A target that ALLOWED_PLATFORM_HOSTS names may be private or loopback; link-local, where clouds keep their
    credentials, only when it is named by its address.
    """
    ip = _plain(ip_address(address.split("%")[0]))
    if is_named(where, allowed) and (not ip.is_link_local or where.host == str(ip)):
        return None
    if ip.is_global and not ip.is_multicast:
        return None
    return f"host {where} resolves to {ip}, which is no public address; name it in ALLOWED_PLATFORM_HOSTS if meant"


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address wraps, or the address itself."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _TRANSLATED:
        return IPv4Address(ip.packed[-4:])
    return ip.ipv4_mapped or ip.sixtofour or ip
