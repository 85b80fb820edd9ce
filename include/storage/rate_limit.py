"""The rate of a quota scope, kept by all workers together in one row per scope.

Permits are spaced evenly: taking one moves the row's next free instant on by the spacing, and the taker sleeps until
its own. Nothing is held, so a killed worker holds nobody up; its permit is lost. A permit is good for a moment only:
who wakes up later takes another, so that no window of the rate's length sees more than the rate, however late workers
run. Machine time, the database's.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from include.storage.platform_state import PlatformState

HEADROOM = 0.025
"""Of a rate, left unused; it pays for how long a permit is good."""

MOST_SECONDS = 5.0
"""A taker sleeps at most this long in a pool slot."""


@dataclass(frozen=True)
class Rate:
    """At most so many permits in any window of so many seconds."""

    permits: float
    per_seconds: float = 1.0

    @property
    def spacing_seconds(self) -> float:
        """Seconds between two permits."""
        return self.per_seconds / self.permits / (1.0 - HEADROOM)

    @property
    def good_for_seconds(self) -> float:
        """How late after its instant a permit may be used: slots of a window this much longer still fit the rate."""
        return self.per_seconds * HEADROOM


def take_permit(
    state: PlatformState,
    scope: str,
    rate: Rate,
    cost: float = 1.0,
    *,
    most_seconds: float = MOST_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> float | None:
    """Take permits of a scope, sleep until they are due and return None; return the seconds when that is too long.

    cost: how many permits the call takes. Nothing is taken when the wait would be longer than most_seconds.
    """
    begun = time.monotonic()
    while True:
        asked = time.monotonic()
        row = state.row(
            "platforms/take_permit",
            scope=scope,
            spacing_seconds=rate.spacing_seconds * cost,
            most_seconds=max(most_seconds - (asked - begun), 0.0),
        )
        if row is None:
            too_far = state.row("platforms/select_wait", scope=scope)
            return max(too_far.wait_seconds, 0.0) if too_far else 0.0
        # The database's clock was read after `asked`, so lateness is never underestimated.
        answered = time.monotonic()
        if row.wait_seconds > 0:
            sleep(answered + row.wait_seconds - time.monotonic())
        if time.monotonic() - asked - max(row.wait_seconds, 0.0) <= rate.good_for_seconds:
            return None


def delay_permits(state: PlatformState, scope: str, seconds: float) -> None:
    """Give no permit of a scope for so many seconds, as a vendor's usage headers ask."""
    state.execute("platforms/delay_permits", scope=scope, seconds=seconds)
