"""When an unattributed conversion is looked at again, and when nobody looks any more.

New touches, merges and edits re-open a conversion by themselves. A retry finds what has no event of its own: other
settings of the tenant, or whatever was put right behind the jobs' back. Pure; counting and storing is the jobs'.
"""

from datetime import datetime, timedelta

MOST_ATTEMPTS = 8
"""After this many retries a conversion rests until something re-opens it; the last wait before that is 64 hours."""

FINAL_REASONS = frozenset({"no_visitor", "excluded_source"})
"""Reasons that lie in the order itself: only a change of the order changes them, and that re-opens it."""

_FIRST_WAIT = timedelta(hours=1)


def next_attempt(reason: str, attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after a retry that found no credit, or None for never: only a re-opening helps.

    reason: why it is unattributed. attempts: retries so far, this one included, 1 and more. now: business time, UTC.
    """
    if reason in FINAL_REASONS or attempts >= MOST_ATTEMPTS:
        return None
    doublings: int = 2 ** (attempts - 1)
    return now + _FIRST_WAIT * doublings
