"""API versions as data: the one each vendor is asked with, and when which is switched off.

A connection may pin another. A version beyond its day is answered by an error or, by Meta and Shopify, silently by
another version, so the days are watched here and `served_version` is compared with what was asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT_VERSIONS: Mapping[str, str] = {
    "meta_ads": "v26.0",
    "google_ads": "v26",
    "tiktok_ads": "v1.3",
    "shopify": "2026-10",
}
"""conn_type -> version asked for when the connection names none."""


@dataclass(frozen=True)
class Version:
    """A vendor's version and the first day on which it does not answer any more; None: not announced."""

    conn_type: str
    name: str
    off: date | None
    expected: bool = False


VERSIONS: tuple[Version, ...] = (
    # Marketing API, whose table is shorter than that of the Graph API.
    Version("meta_ads", "v23.0", date(2026, 6, 9)),
    Version("meta_ads", "v24.0", date(2026, 10, 6)),
    Version("meta_ads", "v25.0", None),
    Version("meta_ads", "v26.0", None),
    Version("google_ads", "v20", date(2026, 6, 10)),
    Version("google_ads", "v21", date(2026, 8, 5)),
    Version("google_ads", "v22", date(2026, 10, 7)),
    Version("google_ads", "v23", date(2027, 2, 1), expected=True),
    Version("google_ads", "v24", date(2027, 5, 1), expected=True),
    Version("google_ads", "v25", date(2027, 8, 1), expected=True),
    Version("google_ads", "v26", date(2027, 11, 1), expected=True),
    Version("tiktok_ads", "v1.3", None),
    Version("shopify", "2026-10", date(2027, 10, 1), expected=True),
)
"""Read at the vendors in November 2026. `expected`: by the vendor's rule, without an announced day."""


def days_left(conn_type: str, name: str, today: date) -> int | None:
    """Return the days until a version is switched off, negative when it is; None when that is not known."""
    off = next((one.off for one in VERSIONS if (one.conn_type, one.name) == (conn_type, name)), None)
    return None if off is None else (off - today).days


def defaults_ending(today: date, within: timedelta) -> list[str]:
    """Return a line for each default version that ends within a time from today, or has ended."""
    lines = []
    for conn_type, name in DEFAULT_VERSIONS.items():
        left = days_left(conn_type, name, today)
        if left is not None and left <= within.days:
            lines.append(f"{conn_type} {name} is switched off in {left} days; move the default and its tests on")
    return lines
