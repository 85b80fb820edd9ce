"""Before which time no worker uses a credential: rows that a throttle, a spent quota or a dead credential writes."""

from dataclasses import dataclass
from datetime import UTC, datetime

from include.storage.platform_state import PlatformState


@dataclass(frozen=True)
class Throttle:
    """not_before: business time, UTC. strikes: answers of this kind since the last good one. paused: needs a person."""

    not_before: datetime
    reason: str
    strikes: int
    paused: bool


def throttle_of(state: PlatformState, scope: str, credential: int) -> Throttle | None:
    """Return the scope's throttle, passed or not; None without one, or when the paused credential was replaced."""
    row = state.row("platforms/select_throttle", scope=scope)
    if row is None or (row.state == "paused" and row.credential != credential):
        return None
    return Throttle(row.not_before.astimezone(UTC), row.reason, row.strikes, row.state == "paused")


def write_throttle(
    state: PlatformState, scope: str, credential: int, not_before: datetime, reason: str, *, paused: bool
) -> datetime:
    """Let no worker use the scope before not_before; return the time that stands, which is later if one was longer."""
    row = state.row(
        "platforms/upsert_throttle",
        scope=scope,
        credential=credential,
        state="paused" if paused else "throttled",
        not_before=not_before,
        reason=reason,
    )
    stands: datetime = row.not_before if row is not None else not_before
    return stands.astimezone(UTC)


def clear_throttle(state: PlatformState, scope: str, credential: int, now: datetime) -> None:
    """Remove a throttle whose time is over, after a good answer; one that was written meanwhile stands."""
    state.execute("platforms/delete_passed_throttle", scope=scope, credential=credential, now=now)


def end_pause(state: PlatformState, scope: str) -> bool:
    """Let a paused credential be used again, after a person saw that it works; return whether it was paused."""
    return state.execute("platforms/delete_pause", scope=scope) > 0
