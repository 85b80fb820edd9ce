"""The one clock of business time: today, windows, ages, back-off.

Machine time (leases, time-outs, started_at) is not business time; it is the database's `clock_timestamp()`.
"""

import os
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from include.errors import InvalidInput

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


def fixed_now() -> datetime | None:
    """Return the instant that ATTRIBUTION_NOW fixes (UTC), or None when it is unset.

    Raises InvalidInput when it is not ISO 8601, or when ALLOWED_PLATFORM_HOSTS is unset or names a host that is not
    loopback: a fixed clock beside a real vendor would send events with wrong times.
    """
    text = os.environ.get("ATTRIBUTION_NOW", "").strip()
    if not text:
        return None
    hosts = [host.strip() for host in os.environ.get("ALLOWED_PLATFORM_HOSTS", "").split(",") if host.strip()]
    if not hosts or not all(_is_loopback(host) for host in hosts):
        raise InvalidInput(
            "ATTRIBUTION_NOW is set but ALLOWED_PLATFORM_HOSTS does not name loopback hosts only; "
            "unset ATTRIBUTION_NOW outside the demo, or set ALLOWED_PLATFORM_HOSTS=127.0.0.1:<port>"
        )
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"ATTRIBUTION_NOW={text!r} is not ISO 8601; write 2026-03-31T12:00:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def now(run_after: datetime | None = None) -> datetime:
    """Return business time in UTC: ATTRIBUTION_NOW, else run_after (of the DAG run), else the system clock."""
    return fixed_now() or (run_after.astimezone(UTC) if run_after else datetime.now(UTC))


def local_today(timezone: str, instant: datetime) -> date:
    """Return the calendar day of instant in the tenant's zone (IANA name)."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def day_bounds(timezone: str, first: date, last_exclusive: date) -> tuple[datetime, datetime]:
    """Return the UTC instants [start, end) of the tenant's calendar days [first, last_exclusive).

    A day has 23 to 25 hours where the zone changes its offset; a midnight that does not exist starts at the first
    instant that does.
    """
    return _midnight(timezone, first), _midnight(timezone, last_exclusive)


def _midnight(timezone: str, day: date) -> datetime:
    # A wall time inside a gap is read with the offset before it (PEP 495), which is the first instant after the gap.
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def _is_loopback(host: str) -> bool:
    return host.rsplit(":", 1)[0] in _LOOPBACK_NAMES or host in _LOOPBACK_NAMES
