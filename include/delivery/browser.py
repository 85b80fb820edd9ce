"""What a vendor may be told of the buyer's browser: its address, the page, and the vendor's own cookies.

These go out raw, so each is left out when it is not what the vendor's page says it is: a strange cookie never costs the
event (conversion_apis B4), and a page's query may name the buyer (E).
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from include.orders.state import Context

_CLICK = re.compile(r"fb\.\d\.(\d{13})\.[^\s.]\S*")
_BROWSER = re.compile(r"fb\.\d\.\d{13}\.\d+(\.[A-Za-z0-9_-]{2,8})?")
_CLICK_LIVES = timedelta(days=90)
_CLOCK_DRIFT = timedelta(minutes=1)
_SESSION_NUMBER = re.compile(r"[1-9]\d{0,19}")
_SESSION_COOKIE = re.compile(r"GS[12]\.[A-Za-z0-9.$_-]{1,90}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")


@lru_cache(maxsize=8_192)
def usable_address(text: str | None) -> str | None:
    """Return an IP address, or None when it is none or was cut by an anonymiser, which makes Meta refuse the request.

    What anonymisers leave: a last byte of zero (IPv4), 80 last bits of zero (IPv6).
    """
    try:
        address = ip_address((text or "").strip())
    except ValueError:
        return None
    cut_bits = 8 if address.version == 4 else 80
    return str(address) if int(address) % (1 << cut_bits) else None


def page_of(context: Context, site: str | None) -> str | None:
    """Return the address of the buyer's page without query, fragment and user, or None when nobody knows it.

    site: where the shop's pages are, which completes a path and stands for a page that the shop did not note.
    """
    landing = context.landing_url or ""
    if landing.startswith("/") and not landing.startswith("//"):
        landing = f"{site}{landing}" if site else ""
    return _without_query(landing) or (f"{site}/" if site else None)


@lru_cache(maxsize=8_192)
def _without_query(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    where = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    # An @ in a path is an e-mail address more often than not.
    named = "@" in parts.path or "%40" in parts.path
    return f"{where}/" if named else f"{where}{parts.path or '/'}"


def click_of(fbc: str | None, event_time: datetime) -> str | None:
    """Return Meta's click cookie unchanged, or None when it is malformed, over 90 days old or later than the event."""
    found = _CLICK.fullmatch(fbc or "")
    if found is None:
        return None
    age = event_time.timestamp() - int(found[1]) / 1000
    return fbc if -_CLOCK_DRIFT.total_seconds() <= age <= _CLICK_LIVES.total_seconds() else None


def browser_of(fbp: str | None) -> str | None:
    """Return Meta's browser cookie unchanged, or None when it is malformed."""
    return fbp if _BROWSER.fullmatch(fbp or "") else None


def client_of(ga_client_id: str | None) -> str | None:
    """Return GA4's client id, or None without one that could be it; what has blanks or an @ is somebody's data."""
    return ga_client_id if _CLIENT_ID.fullmatch(ga_client_id or "") else None


def session_of(ga_session_id: str | None) -> str | None:
    """Return GA4's session: a positive number or the session cookie's value, or None."""
    text = ga_session_id or ""
    return text if _SESSION_NUMBER.fullmatch(text) or _SESSION_COOKIE.fullmatch(text) else None
