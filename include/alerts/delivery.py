"""Which alerts sending opens for a destination, and how they say what is at stake; pure.

Rules are a vendor's own, because each vendor has a job of its own, whose good run resolves only what it looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from include.alerts.alerts import Alert
from include.alerts.platforms import CREDENTIAL_DEAD, PLATFORM_WAITS
from include.money import to_major_units

DESTINATION_PAUSED = "destination_paused"
EVENTS_EXPIRED = "events_expired"
EVENTS_IN_DOUBT = "events_in_doubt"
EVENTS_REFUSED = "events_refused"

_KINDS = (CREDENTIAL_DEAD, PLATFORM_WAITS, DESTINATION_PAUSED, EVENTS_EXPIRED, EVENTS_IN_DOUBT, EVENTS_REFUSED)


@dataclass(frozen=True)
class Worth:
    """So many orders and their value in minor units of one currency."""

    currency: str
    orders: int
    value_minor: int


def rules_of(vendor: str) -> tuple[str, ...]:
    """Return the rules of a vendor's sender: what a run over all of a tenant's destinations settles."""
    return tuple(f"{vendor}_{kind}" for kind in _KINDS)


def alert_of_gate(
    vendor: str,
    destination_id: str,
    state: Literal["throttled", "paused"],
    reason: str,
    waiting: Iterable[Worth],
    until: datetime | None,
    now: datetime,
) -> Alert:
    """Return the alert of a closed gate: why, what waits behind it, and how long the first of it may still be sent.

    until: the first instant at which something that waits expires, UTC; None when nothing does.
    """
    kind = PLATFORM_WAITS if state == "throttled" else CREDENTIAL_DEAD if is_about_credential(reason) else None
    hours = max(int((until - now).total_seconds() // 3600), 0) if until else 0
    stake = f"{worth(waiting)}, expire in {hours} hours" if until else "nothing waits"
    return Alert(f"{vendor}_{kind or DESTINATION_PAUSED}", destination_id, f"{stake}: {reason}")


def is_about_credential(reason: str) -> bool:
    """Return whether a gate's reason is a dead credential: the client then keeps it from being used."""
    return "auth_dead" in reason


def alert_of_events(vendor: str, kind: str, destination_id: str, events: Iterable[Worth], what: str) -> Alert:
    """Return the alert of events that ended, or stay, where a person should look."""
    return Alert(f"{vendor}_{kind}", destination_id, f"{worth(events)} {what}")


def worth(of: Iterable[Worth]) -> str:
    """Return such as "3 orders, value 120.50 EUR and 900 JPY"."""
    parts = list(of)
    orders = sum(part.orders for part in parts)
    values = " and ".join(f"{to_major_units(part.value_minor, part.currency):f} {part.currency}" for part in parts)
    return f"{orders} order{'' if orders == 1 else 's'}, value {values or '0'}"
