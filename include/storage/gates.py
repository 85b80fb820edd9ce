"""Whether a tenant's destination may be sent to: gates beside the rows that wait for them, seen by every worker."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from include.storage.session import TenantSession


@dataclass(frozen=True)
class Gate:
    """A closed gate. not_before: business time, UTC, from which one try is allowed; None: until it is opened.

    strikes: how often it was closed since it was last open; counted when it is closed, not given.
    """

    state: Literal["throttled", "paused"]
    not_before: datetime | None
    reason: str
    strikes: int = field(default=0, compare=False)


def standing_gate(session: TenantSession, destination_id: str) -> Gate | None:
    """Return the destination's gate unless it is open, whether or not a try is allowed by now."""
    row = session.row("gates/select_gate", destination_id=destination_id)
    if row is None or row.state == "open":
        return None
    return Gate(row.state, row.not_before.astimezone(UTC) if row.not_before else None, row.reason, row.strikes)


def closed_gate(session: TenantSession, destination_id: str, now: datetime) -> Gate | None:
    """Return the destination's gate while it is closed at now (business time, UTC), else None."""
    gate = standing_gate(session, destination_id)
    return None if gate is None or (gate.not_before is not None and gate.not_before <= now) else gate


def close_gate(session: TenantSession, destination_id: str, gate: Gate) -> None:
    """Close the destination's gate for every worker, once this session is committed."""
    session.execute(
        "gates/upsert_gate",
        destination_id=destination_id,
        state=gate.state,
        not_before=gate.not_before,
        reason=gate.reason,
    )


def open_gate(session: TenantSession, destination_id: str) -> bool:
    """Open the destination's gate after a good answer; return whether it was closed before."""
    return session.execute("gates/open_gate", destination_id=destination_id) > 0
