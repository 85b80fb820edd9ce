"""Answers to the question after checkout, "How did you hear about us?", from the seeded world.

Nearly half of the buyers with a browser answer. Most name what their first touch was, some name something the shop
cannot see (a podcast, a friend), a few write it in their own words. One answer in thirty is corrected days later, one
in two hundred is deleted without notice.
"""

from dataclasses import dataclass

import numpy as np

from sandbox.world.draws import stream
from sandbox.world.local_time import DAY, NEVER, SECOND, whole_seconds
from sandbox.world.world import World

CHOICES = (
    "Facebook or Instagram", "TikTok", "Google", "YouTube", "Email", "Friend or family", "Podcast", "Influencer",
    "Another website", "Other",
)  # fmt: skip
OTHER = CHOICES.index("Other")
OWN_WORDS = ("saw it on tiktok", "my sister", "The Daily Gear podcast", "insta reel", "magazine", "ユーチューブ")

_ANSWERED_SHARE = 0.45
_HONEST_SHARE = 0.72
_CORRECTED_SHARE = 1 / 30
_DELETED_SHARE = 1 / 200
_BY_TACTIC = {"meta": 0, "organic_social": 0, "tiktok": 1, "organic_video": 3, "email": 4, "sms": 4} | {
    "affiliate": 8,
    "referral": 8,
}
_GOOGLE = 2


@dataclass(frozen=True)
class Answer:
    """One answer. Instants are microseconds since 1970 UTC; NEVER is what does not happen."""

    number: int
    order: int
    """Index into World.orders."""
    choice: int
    corrected_choice: int
    own_words: str
    answered_at: int
    corrected_at: int
    deleted_at: int

    def choice_at(self, instant: int) -> int:
        return self.corrected_choice if self.corrected_at <= instant else self.choice


def answers(world: World) -> list[Answer]:
    """Return every answer that is ever given, in order of answered_at, numbered from 1."""
    random = stream(world.seed, world.shop.slug, "survey")
    orders = world.orders
    count = len(orders.placed_at)
    asked = np.flatnonzero((orders.visitor >= 0) & ~orders.test & (random.random(count) < _ANSWERED_SHARE))
    heard = _heard(world)[asked]
    honest = (random.random(len(asked)) < _HONEST_SHARE) & (heard >= 0)
    choice = np.where(honest, heard, random.integers(0, len(CHOICES), len(asked)))
    answered_at = orders.placed_at[asked] + whole_seconds(random, 8 * SECOND, 180 * SECOND, len(asked))
    corrected = random.random(len(asked)) < _CORRECTED_SHARE
    corrected_at = np.where(corrected, answered_at + random.integers(1, 3, len(asked)) * DAY, NEVER)
    deleted = random.random(len(asked)) < _DELETED_SHARE
    deleted_at = np.where(deleted, answered_at + random.integers(5, 30, len(asked)) * DAY, NEVER)
    corrected_choice = random.integers(0, OTHER, len(asked))
    words = random.integers(0, len(OWN_WORDS), len(asked))
    in_time = np.argsort(answered_at, kind="stable")
    columns = (asked, choice, corrected_choice, words, answered_at, corrected_at, deleted_at)
    rows = zip(*(column[in_time].tolist() for column in columns), strict=True)
    return [
        Answer(number, order, one, other, OWN_WORDS[word] if one == OTHER else "", at, corrected_at, deleted_at)
        for number, (order, one, other, word, at, corrected_at, deleted_at) in enumerate(rows, start=1)
    ]


def _heard(world: World) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return, per order, the choice that its visitor's first touch stands for, or -1."""
    choice = np.array(
        [_BY_TACTIC.get(one.tactic, _GOOGLE if "google" in one.tactic or "search" in one.tactic else -1)
         for one in world.placements]
    )  # fmt: skip
    touches = world.touches
    by_time = np.argsort(touches.occurred_at, kind="stable")[::-1]
    first = np.full(world.people.visitors, -1, dtype=np.int64)
    # The earliest is written last and stays.
    first[touches.visitor[by_time]] = choice[touches.placement[by_time]]
    return np.where(world.orders.visitor >= 0, first[world.orders.visitor], -1)
