"""All or none of a set: what a vendor's count decides about rows that nobody else can tell apart."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from include.delivery.validation.facts import Posted
from include.delivery.validation.sets import (
    Count,
    Interval,
    SetCheck,
    Settled,
    changes,
    check_sets,
    for_a_person,
    intervals,
    verdict_of,
)
from tests.unit.delivery.validation.rows import NOW, posted

HOUR = timedelta(hours=1)
MIDDAY = NOW - timedelta(hours=24)
WEEK = timedelta(days=7)


def hours(count: int = 4, start: datetime = MIDDAY - 2 * HOUR) -> list[Interval]:
    return [Interval(start + number * HOUR, start + (number + 1) * HOUR) for number in range(count)]


def counted(*received: int | None, settled: bool = True) -> list[Count]:
    return [Count(hour, number, settled) for hour, number in zip(hours(len(received)), received, strict=True)]


def at_half_past(hour: int, order_id: int = 1, **fields: Any) -> Posted:
    """A row sent in the middle of the span's nth hour, ten minutes after it happened."""
    sent = hours()[hour].start + HOUR / 2
    return posted(order_id, sent=sent, **{"event_time": sent - timedelta(minutes=10), **fields})


def check(counts: Sequence[Count], *rows: Posted, failed: Sequence[str] = ()) -> list[SetCheck]:
    return check_sets(counts, list(rows), [], failed)


@pytest.mark.parametrize(
    ("received", "accepted", "in_doubt", "verdict"),
    [
        (5, 4, 1, "all_received"),
        (4, 4, 1, "none_received"),
        (0, 0, 1, "none_received"),
        (4, 4, 0, "all_received"),
        (5, 4, 2, "some_received"),
        (6, 4, 1, "surplus"),
        (1, 0, 0, "surplus"),
        (3, 4, 1, "shortfall"),
        (None, 4, 1, "unknown"),
    ],
)
def test_a_count_says_all_none_or_nothing_of_a_set(
    received: int | None, accepted: int, in_doubt: int, verdict: str
) -> None:
    assert verdict_of(received, accepted, in_doubt) == verdict


def test_buckets_are_sets_of_their_own_while_no_post_is_near_their_edges() -> None:
    buckets = hours()
    assert intervals(buckets, [buckets[1].start + HOUR / 2]) == buckets
    assert intervals(buckets, [buckets[1].start + timedelta(minutes=5)]) == buckets


@pytest.mark.parametrize("minutes", [-4, 0, 4])
def test_a_post_near_an_edge_joins_the_buckets_on_both_sides(minutes: int) -> None:
    buckets = hours()
    found = intervals(buckets, [buckets[1].end + timedelta(minutes=minutes)])
    assert found == [buckets[0], Interval(buckets[1].start, buckets[2].end), buckets[3]]


def test_a_bucket_whose_outer_edge_a_post_is_near_is_in_no_set() -> None:
    buckets = hours()
    assert intervals(buckets, [buckets[-1].end]) == buckets[:-1]
    assert intervals(buckets, [buckets[0].start - timedelta(minutes=1)]) == buckets[1:]
    assert intervals([], []) == []


def test_rows_are_compared_within_their_set_and_sets_with_nothing_are_left_out() -> None:
    found = check(counted(0, 2, 0, 1), at_half_past(1, 1), at_half_past(1, 2), at_half_past(3, 3))
    assert [(one.interval, one.accepted, one.received, one.verdict) for one in found] == [
        (hours()[1], 2, 2, "all_received"),
        (hours()[3], 1, 1, "all_received"),
    ]
    assert all(one.guards == frozenset() for one in found)


def test_a_row_in_a_joined_set_is_compared_with_the_sum_of_its_buckets() -> None:
    late = posted(2, sent=hours()[1].end - timedelta(minutes=1))
    (found,) = check(counted(0, 1, 1, 0), at_half_past(1), late)
    assert (found.interval, found.received, found.verdict) == (
        Interval(hours()[1].start, hours()[2].end),
        2,
        "all_received",
    )


def test_rows_that_are_confirmed_already_are_counted_by_the_vendor_too() -> None:
    confirmed = Settled(hours()[1].start + HOUR / 2, 2)
    (found,) = check_sets(counted(0, 3, 0, 0), [at_half_past(1, state="in_doubt")], [confirmed])
    assert (found.accepted, found.in_doubt, found.verdict) == (2, 1, "all_received")
    assert found.rows == (at_half_past(1, state="in_doubt"),)


def decided(found: Sequence[SetCheck], requeue: bool = True) -> list[tuple[int, str, str | None]]:
    made = [change for one in found for change in changes(one, "meta", NOW, requeue=requeue)]
    return [(change.row.order_id, change.state, change.reason) for change in made]


def test_all_received_confirms_what_was_accepted_and_what_was_in_doubt() -> None:
    found = check(counted(0, 2, 0, 0), at_half_past(1, 1), at_half_past(1, 2, state="in_doubt"))
    assert decided(found) == [(1, "confirmed", "set_level"), (2, "confirmed", "set_level")]


def test_none_received_puts_the_doubtful_back_and_leaves_the_accepted() -> None:
    found = check(counted(0, 1, 0, 0), at_half_past(1, 1), at_half_past(1, 2, state="in_doubt"))
    assert decided(found) == [(2, "queued", "requeued_by_validation")]


def test_where_sending_again_is_not_enabled_the_doubtful_stay() -> None:
    found = check(counted(0, 0, 0, 0), at_half_past(1, 2, state="in_doubt"))
    assert decided(found, requeue=False) == []


@pytest.mark.parametrize("requeue", [True, False])
@pytest.mark.parametrize(
    "fields",
    [{"first_sent_at": NOW - timedelta(hours=48)}, {"event_time": NOW - WEEK}],
    ids=["48 hours since the first post", "the event is too old for the vendor"],
)
def test_what_was_not_received_and_cannot_be_sent_any_more_is_expired(fields: dict[str, Any], requeue: bool) -> None:
    row = at_half_past(1, state="in_doubt", **fields)
    (found,) = check_sets(counted(0, 0, 0, 0), [row], [])
    clean = SetCheck(found.interval, found.rows, 0, 1, 0, "none_received")
    assert decided([clean], requeue) == [(1, "expired", "not_received")]


@pytest.mark.parametrize("fields", [{"void": True}, {"requeued": True}])
def test_a_cancelled_order_and_one_that_was_put_back_before_are_not_put_back(fields: dict[str, Any]) -> None:
    found = check(counted(0, 0, 0, 0), at_half_past(1, state="in_doubt", **fields))
    assert found[0].verdict == "none_received"
    assert decided(found) == []


def test_two_in_doubt_and_one_more_than_accepted_is_never_guessed_at() -> None:
    rows = [at_half_past(1, 1), at_half_past(1, 2, state="in_doubt"), at_half_past(1, 3, state="in_doubt")]
    found = check(counted(0, 2, 0, 0), *rows)
    assert found[0].verdict == "some_received"
    assert decided(found) == []


@pytest.mark.parametrize("received", [[0, 3, 0, 0], [0, 0, 0, 0], [0, None, 0, 0]])
def test_more_fewer_or_no_figure_change_nothing(received: list[int | None]) -> None:
    found = check(counted(*received), at_half_past(1, 1), at_half_past(1, 2, state="in_doubt"))
    assert decided(found) == []


def test_a_count_that_was_not_read_twice_alike_or_is_too_young_decides_nothing() -> None:
    found = check(counted(0, 1, 0, 0, settled=False), at_half_past(1))
    assert (found[0].verdict, found[0].guards) == ("all_received", {"not_settled"})
    assert decided(found) == []


@pytest.mark.parametrize("elsewhere", [1, None])
def test_another_sender_anywhere_in_the_week_or_a_gap_in_it_decides_nothing(elsewhere: int | None) -> None:
    found = check(counted(elsewhere, 1, 0, 0), at_half_past(1), *([at_half_past(0, 9)] if elsewhere is None else []))
    ours = found[-1]
    assert ours.verdict == "all_received"
    assert "other_sender" in ours.guards
    assert decided([ours]) == []


def test_a_shortfall_elsewhere_in_the_week_shows_that_counts_trail_or_are_booked_otherwise() -> None:
    found = check(counted(0, 0, 0, 1), at_half_past(1, 1), at_half_past(3, 2))
    assert "other_sender" in found[-1].guards


def test_doubt_elsewhere_does_not_spoil_a_set_as_long_as_the_ledger_explains_the_count() -> None:
    found = check(counted(0, 1, 1, 0), at_half_past(1, 1), at_half_past(2, 2, state="in_doubt"))
    assert decided(found) == [(1, "confirmed", "set_level"), (2, "confirmed", "set_level")]


def test_an_earlier_try_that_may_have_arrived_spoils_its_own_set_and_no_other() -> None:
    earlier_try = Settled(hours()[0].start + HOUR / 2, 1, certain=False)
    for arrived in (0, 1):
        found = check_sets(counted(arrived, 1, 0, 0), [at_half_past(1)], [earlier_try])
        ours = found[-1]
        assert (ours.interval, ours.verdict, ours.guards) == (hours()[1], "all_received", frozenset())
    beside_it = check_sets(counted(1, 0, 0, 0), [at_half_past(0)], [earlier_try])
    assert beside_it[0].guards == {"resent"}
    (too_many,) = check_sets(counted(3, 0, 0, 0), [at_half_past(0)], [earlier_try])
    assert not too_many.clean


def test_a_doubtful_event_older_than_the_span_could_be_booked_where_nobody_looks() -> None:
    found = check(counted(0, 0, 0, 0), at_half_past(1, state="in_doubt", event_time=hours()[0].start - HOUR))
    assert found[0].guards == {"time_basis"}
    assert decided(found) == []


def test_a_guard_of_the_whole_answer_holds_for_every_set() -> None:
    found = check(counted(0, 1, 0, 0), at_half_past(1), failed=["version"])
    assert found[0].guards == {"version"}


def test_a_row_in_doubt_since_48_hours_is_for_a_person_unless_it_was_decided() -> None:
    old = posted(1, sent=NOW - timedelta(hours=48), state="in_doubt")
    young = posted(2, sent=NOW - timedelta(hours=47), state="in_doubt")
    accepted = posted(3, sent=NOW - timedelta(hours=60))
    assert for_a_person([old, young, accepted], [], NOW) == [old]
    (settled,) = check_sets([Count(Interval(old.event_time, old.sent_at + HOUR), 1, True)], [old], [])
    assert for_a_person([old], changes(settled, "meta", NOW, requeue=False), NOW) == []
