"""How due tenants are split over mapped tasks. Which tenants are due is left to tenants.py."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from include.ids import stable_id

SHORT_PERIOD = timedelta(minutes=15)
_MOST_OF_A_SHORT_PERIOD = 16
_MOST_OF_A_LONG_PERIOD = 200
_LABEL_LENGTH = 120


def batches_of(slugs: Sequence[str], period: timedelta) -> list[list[str]]:
    """Return the batches of a run, one per mapped task: one tenant each while they fit, else by a stable hash.

    At most 16 for periods up to 15 minutes, so that a run costs the scheduler little, and 200 for longer ones. The
    hash keeps a tenant with the same batch-mates from run to run.
    """
    most = _MOST_OF_A_SHORT_PERIOD if period <= SHORT_PERIOD else _MOST_OF_A_LONG_PERIOD
    ordered = sorted(set(slugs))
    if len(ordered) <= most:
        return [[slug] for slug in ordered]
    buckets: defaultdict[int, list[str]] = defaultdict(list)
    for slug in ordered:
        buckets[stable_id("batch", slug) % most].append(slug)
    return [buckets[index] for index in sorted(buckets)]


def label_of(slugs: Sequence[str]) -> str:
    """Return a batch's name for the UI, which keeps 250 characters: its slugs, the last ones as a number."""
    label = ", ".join(slugs)
    shown = len(slugs)
    while len(label) > _LABEL_LENGTH and shown > 1:
        shown -= 1
        label = f"{', '.join(slugs[:shown])} and {len(slugs) - shown} more"
    return label
