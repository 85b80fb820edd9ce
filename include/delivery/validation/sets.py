"""All or none of a set of rows, by a vendor's count of what its servers received (validation_apis L3.4; L4 by UTC day).

A vendor that only counts cannot tell one event from another. Over whole buckets whose edges no post is near, a count
that equals what was accepted plus what is in doubt proves all of it received, one that equals what was accepted proves
none of the doubtful; anything else is for a person. Which buckets there are, and how old they must be, is the vendor's.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, TypeVar

from include.delivery.purchase import Vendor
from include.delivery.validation.facts import NOT_RECEIVED, REQUEUED, SET_LEVEL, Change, Posted
from include.delivery.windows import fate_of

EDGE = timedelta(minutes=5)
"""No post may lie so near an edge: the vendor's clock decides its bucket."""
A_PERSON_DECIDES_AFTER = timedelta(hours=48)
"""Since the first post: nothing may be sent again from then on."""

T = TypeVar("T")
Verdict = Literal["all_received", "none_received", "some_received", "surplus", "shortfall", "unknown"]


@dataclass(frozen=True)
class Interval:
    """Whole buckets, [start, end), UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Count:
    """What the vendor counts in one bucket. received: None where the answer does not say.

    settled: the bucket is old enough, and an earlier read at least an hour before gave the same figure.
    """

    bucket: Interval
    received: int | None
    settled: bool


@dataclass(frozen=True)
class Settled:
    """Posts of rows that are not asked about: at one instant (UTC), of so many rows.

    certain: the vendor received them, as of confirmed rows. Else it may have: an earlier try of a row that was sent
    again, or one that was given up.
    """

    sent_at: datetime
    rows: int
    certain: bool = True


@dataclass(frozen=True)
class SetCheck:
    """A set of rows against the count. guards: those that failed; with any, the verdict changes nothing.

    accepted, in_doubt: rows; the accepted with those that are confirmed already. perhaps: further posts that the vendor
    may have received.
    """

    interval: Interval
    rows: tuple[Posted, ...]
    accepted: int
    in_doubt: int
    received: int | None
    verdict: Verdict
    guards: frozenset[str] = frozenset()
    perhaps: int = 0

    @property
    def clean(self) -> bool:
        """Whether this set shows nothing that only another sender or another time basis would explain."""
        most = self.accepted + self.in_doubt + self.perhaps
        return self.received is not None and self.accepted <= self.received <= most


def intervals(buckets: Sequence[Interval], posts: Iterable[datetime]) -> list[Interval]:
    """Return the smallest runs of whole buckets at whose edges no post is near, ascending.

    buckets: ascending and without gaps. A run whose outer edge a post is near is left out.
    """
    moments = sorted(posts)
    edges = [bucket.start for bucket in buckets] + [bucket.end for bucket in buckets[-1:]]
    kept = [edge for edge in edges if bisect_right(moments, edge - EDGE) == bisect_left(moments, edge + EDGE)]
    return [Interval(start, end) for start, end in pairwise(kept)]


def verdict_of(received: int | None, accepted: int, in_doubt: int) -> Verdict:
    """Return what a count says of a set, guards aside."""
    if received is None:
        return "unknown"
    if received < accepted:
        return "shortfall"
    if received == accepted + in_doubt:
        return "all_received"
    if received == accepted:
        return "none_received"
    return "some_received" if received < accepted + in_doubt else "surplus"


def check_sets(
    counts: Sequence[Count],
    rows: Sequence[Posted],
    settled: Sequence[Settled],
    failed: Collection[str] = (),
) -> list[SetCheck]:
    """Compare each set of the span with the vendor's counts; sets with neither rows nor counts are left out.

    counts: ascending, without gaps. rows: accepted and in doubt. settled: of the same span, which the vendor counts
    too. failed: guards that failed for the whole answer.

    Guards: not_settled (too young, or not read twice alike), resent (something may have been received more than once),
    other_sender (some other set of the span shows more, or less, than the ledger explains), time_basis (a doubtful
    event is older than the span, so that a vendor that books by event time would hide it).
    """
    posts = [row.sent_at for row in rows] + [posts.sent_at for posts in settled]
    found = intervals([count.bucket for count in counts], posts)
    checks = [
        check for check in _compared(found, counts, rows, settled) if check.rows or check.accepted or check.received
    ]
    unclean = [check for check in checks if not check.clean]
    return [
        replace(
            check,
            guards=check.guards | frozenset(failed) | _span_guards(check, unclean, counts[0].bucket.start),
        )
        for check in checks
    ]


def changes(check: SetCheck, vendor: Vendor, now: datetime, *, requeue: bool) -> list[Change]:
    """Return what a check changes: nothing unless every guard held.

    requeue: whether what was not received may be sent again; where it may not, it stays in doubt until it is too late.
    """
    if check.guards:
        return []
    if check.verdict == "all_received":
        return [Change(row, "confirmed", SET_LEVEL) for row in check.rows]
    if check.verdict != "none_received":
        return []
    made = []
    for row in check.rows:
        if row.state != "in_doubt":
            continue
        fate = fate_of(vendor, row.event_time, now, first_sent_at=row.first_sent_at)
        if fate.state == "expired":
            made.append(Change(row, "expired", NOT_RECEIVED))
        elif requeue and not row.void and not row.requeued:
            made.append(Change(row, "queued", REQUEUED))
    return made


def for_a_person(rows: Iterable[Posted], changed: Iterable[Change], now: datetime) -> list[Posted]:
    """Return the rows in doubt since 48 hours that nothing decided."""
    decided = {change.row for change in changed}
    return [
        row
        for row in rows
        if row.state == "in_doubt" and row not in decided and now >= row.first_sent_at + A_PERSON_DECIDES_AFTER
    ]


def _compared(
    found: Sequence[Interval], counts: Sequence[Count], rows: Sequence[Posted], settled: Sequence[Settled]
) -> Iterator[SetCheck]:
    starts = [interval.start for interval in found]
    rows_of = _by_interval(starts, rows, lambda row: row.sent_at)
    counts_of = _by_interval(starts, counts, lambda count: count.bucket.start)
    settled_of = _by_interval(starts, settled, lambda posts: posts.sent_at)
    for number, interval in enumerate(found):
        held = [row for row in rows_of[number] if row.sent_at < interval.end]
        inside = [count for count in counts_of[number] if count.bucket.start < interval.end]
        others = [posts for posts in settled_of[number] if posts.sent_at < interval.end]
        in_doubt = sum(row.state == "in_doubt" for row in held)
        accepted = len(held) - in_doubt + sum(posts.rows for posts in others if posts.certain)
        perhaps = sum(posts.rows for posts in others if not posts.certain)
        figures = [count.received for count in inside]
        received = None if None in figures else sum(figure or 0 for figure in figures)
        guards = {"not_settled": not all(count.settled for count in inside), "resent": perhaps > 0}
        yield SetCheck(
            interval,
            tuple(held),
            accepted,
            in_doubt,
            received,
            verdict_of(received, accepted, in_doubt),
            frozenset(name for name, failed in guards.items() if failed),
            perhaps,
        )


def _by_interval(
    starts: Sequence[datetime], things: Iterable[T], moment_of: Callable[[T], datetime]
) -> dict[int, list[T]]:
    """Return things by the number of the last interval that starts no later; -1 before the first."""
    made: dict[int, list[T]] = defaultdict(list)
    for thing in things:
        made[bisect_right(starts, moment_of(thing)) - 1].append(thing)
    return made


def _span_guards(check: SetCheck, unclean: Sequence[SetCheck], start: datetime) -> set[str]:
    failed = set()
    if any(other.interval != check.interval for other in unclean):
        failed.add("other_sender")
    if any(row.event_time < start for row in check.rows if row.state == "in_doubt"):
        failed.add("time_basis")
    return failed
