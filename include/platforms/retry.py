"""The one decision about trying again: what follows from a classified answer. Pure; the caller waits or writes.

A task sleeps a few seconds at most while it holds a pool slot. What takes longer becomes a time before which nobody
asks again, in a table that all workers read; the task succeeds and says how many rows wait.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from include.clock import day_bounds, local_today
from include.platforms.outcome import Classified, Outcome, as_seen

MOST_TRIES = 5
"""Of a request that stumbles, the first included."""
UNKNOWN_TRIES = 3
"""An unknown code is a stumble twice, then loud."""
TRIES_BEFORE_THEN = 3
"""Of a stumble that is known to be something else when it stays."""
LONGEST_SLEEP_SECONDS = 5.0
"""In one go, while a pool slot is held."""
DEAD_CREDENTIAL_SECONDS = 3600.0
"""A dead credential is asked again after this time, or as soon as it is replaced."""

_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 60.0


@dataclass(frozen=True)
class Retry:
    """Send the same request again after so many seconds."""

    after_seconds: float


@dataclass(frozen=True)
class Wait:
    """Nobody sends with this credential before `not_before` (business time, UTC); paused: a person has to act."""

    not_before: datetime
    paused: bool = False


@dataclass(frozen=True)
class Shrink:
    """Ask for less: the chunk starts anew, one rung lower."""


@dataclass(frozen=True)
class Refresh:
    """Get a new access token, then send the same request once more."""


@dataclass(frozen=True)
class Fail:
    """Give up. again_later: Airflow's retry or the next run may find it cured; else somebody changes something."""

    again_later: bool


Step = Retry | Wait | Shrink | Refresh | Fail


def next_step(
    one: Classified, attempt: int, budget_seconds: float, now: datetime, jitter: float, *, refreshed: bool = False
) -> Step:
    """Return what follows from an answer that is not OK.

    attempt: answers of this class so far, 1 for the first; for a throttle those of earlier calls too. budget_seconds:
    that the task may still sleep. now: business time, UTC. jitter: in [0, 1), drawn by the caller. refreshed: a new
    token was tried.
    Raises ValueError for an answer that is OK.
    """
    outcome = one.outcome
    if outcome is Outcome.OK:
        raise ValueError("an answer that is OK has no next step")
    if outcome is Outcome.THROTTLE:
        return _throttled(one, attempt, budget_seconds, now)
    if outcome is Outcome.QUOTA_DAY:
        return Wait(
            now + timedelta(seconds=one.wait_seconds) if one.wait_seconds else _next_midnight(now, one.reset_zone)
        )
    if outcome is Outcome.SHRINK:
        return Shrink()
    if outcome is Outcome.AUTH_DEAD:
        if one.refresh and not refreshed:
            return Refresh()
        return Wait(now + timedelta(seconds=DEAD_CREDENTIAL_SECONDS), paused=True)
    if outcome in (Outcome.TRANSIENT, Outcome.UNKNOWN):
        return _stumbled(one, attempt, budget_seconds, now, jitter)
    return Fail(again_later=False)


def _throttled(one: Classified, attempt: int, budget_seconds: float, now: datetime) -> Step:
    seconds = one.wait_seconds
    if seconds is None:
        if attempt > len(one.waits) and one.then is not None:
            return next_step(as_seen(one, one.then), attempt, budget_seconds, now, 0.0)
        ladder = one.waits or (60.0,)
        seconds = ladder[min(attempt, len(ladder)) - 1]
    if seconds <= min(budget_seconds, LONGEST_SLEEP_SECONDS) and attempt < MOST_TRIES:
        return Retry(seconds)
    return Wait(now + timedelta(seconds=seconds))


def _stumbled(one: Classified, attempt: int, budget_seconds: float, now: datetime, jitter: float) -> Step:
    if one.then is not None and attempt >= TRIES_BEFORE_THEN:
        return next_step(as_seen(one, one.then), attempt, budget_seconds, now, jitter)
    most = UNKNOWN_TRIES if one.outcome is Outcome.UNKNOWN else MOST_TRIES
    if attempt >= most:
        return Fail(again_later=one.outcome is Outcome.TRANSIENT)
    delay = min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2 ** (attempt - 1)) * (1.0 + jitter) / 2.0
    delay = max(delay, one.wait_seconds or 0.0)
    if delay > min(budget_seconds, LONGEST_SLEEP_SECONDS):
        # The server itself said when it will be back: that is waiting, not failing.
        return Wait(now + timedelta(seconds=delay)) if one.wait_seconds else Fail(again_later=True)
    return Retry(delay)


def _next_midnight(now: datetime, zone: str) -> datetime:
    tomorrow = local_today(zone, now) + timedelta(days=1)
    return day_bounds(zone, tomorrow, tomorrow)[0]
