"""The one decision: what follows from each class, within a budget of sleep."""

from datetime import timedelta

import pytest

from include.platforms.outcome import Classified, Outcome
from include.platforms.retry import Fail, Refresh, Retry, Shrink, Wait, next_step
from tests.unit.platforms.instants import NOON


def one(outcome: Outcome, **fields: object) -> Classified:
    return Classified(outcome, "because", **fields)  # type: ignore[arg-type]


def test_a_stumble_is_tried_five_times_with_doubling_jittered_delays_then_left_to_a_later_run() -> None:
    steps = [next_step(one(Outcome.TRANSIENT), attempt, 60.0, NOON, 1.0) for attempt in range(1, 6)]
    assert steps == [Retry(0.5), Retry(1.0), Retry(2.0), Retry(4.0), Fail(again_later=True)]
    assert next_step(one(Outcome.TRANSIENT), 1, 60.0, NOON, 0.0) == Retry(0.25)


def test_an_unknown_code_is_a_stumble_twice_then_fails_for_good() -> None:
    steps = [next_step(one(Outcome.UNKNOWN), attempt, 60.0, NOON, 0.0) for attempt in range(1, 4)]
    assert [type(step) for step in steps] == [Retry, Retry, Fail]
    assert steps[-1] == Fail(again_later=False)


def test_nothing_sleeps_beyond_the_budget() -> None:
    assert next_step(one(Outcome.TRANSIENT), 1, 0.1, NOON, 1.0) == Fail(again_later=True)
    assert next_step(one(Outcome.THROTTLE, wait_seconds=2.0), 1, 1.0, NOON, 0.0) == Wait(NOON + timedelta(seconds=2))


@pytest.mark.parametrize(("seconds", "sleeps"), [(0.0, True), (5.0, True), (5.1, False), (3600.0, False)])
def test_a_throttle_sleeps_a_few_seconds_or_becomes_a_time(seconds: float, sleeps: bool) -> None:
    step = next_step(one(Outcome.THROTTLE, wait_seconds=seconds), 1, 60.0, NOON, 0.5)
    assert step == (Retry(seconds) if sleeps else Wait(NOON + timedelta(seconds=seconds)))


def test_a_vendor_that_always_says_one_second_is_not_asked_for_ever() -> None:
    assert isinstance(next_step(one(Outcome.THROTTLE, wait_seconds=1.0), 5, 60.0, NOON, 0.0), Wait)


def test_throttles_without_a_hint_wait_longer_each_time_and_stay_at_the_longest() -> None:
    ladder = one(Outcome.THROTTLE, waits=(60.0, 300.0))
    found = [next_step(ladder, attempt, 20.0, NOON, 0.0) for attempt in (1, 2, 3)]
    assert found == [Wait(NOON + timedelta(seconds=seconds)) for seconds in (60, 300, 300)]


def test_a_spent_day_waits_for_the_vendors_hint_or_the_next_midnight_of_its_zone() -> None:
    assert next_step(one(Outcome.QUOTA_DAY, wait_seconds=3600.0), 1, 20.0, NOON, 0.0) == Wait(NOON.replace(hour=13))
    assert next_step(one(Outcome.QUOTA_DAY), 1, 20.0, NOON, 0.0) == Wait(NOON.replace(day=25, hour=0))


def test_a_dead_credential_is_refreshed_once_where_that_can_help_then_paused_for_an_hour() -> None:
    dead = one(Outcome.AUTH_DEAD, refresh=True)
    assert next_step(dead, 1, 20.0, NOON, 0.0) == Refresh()
    assert next_step(dead, 1, 20.0, NOON, 0.0, refreshed=True) == Wait(NOON.replace(hour=13), paused=True)
    assert next_step(one(Outcome.AUTH_DEAD), 1, 20.0, NOON, 0.0) == Wait(NOON.replace(hour=13), paused=True)


@pytest.mark.parametrize("outcome", [Outcome.ACCESS, Outcome.CONFIG, Outcome.SUNSET])
def test_what_no_retry_cures_fails_at_once(outcome: Outcome) -> None:
    assert next_step(one(outcome), 1, 60.0, NOON, 0.0) == Fail(again_later=False)


def test_too_much_asked_is_asked_for_in_parts() -> None:
    assert next_step(one(Outcome.SHRINK), 1, 60.0, NOON, 0.0) == Shrink()


def test_a_stumble_that_stays_becomes_what_it_is_known_to_be() -> None:
    heavy = one(Outcome.TRANSIENT, then=Outcome.SHRINK)
    assert [type(next_step(heavy, attempt, 60.0, NOON, 0.0)) for attempt in (1, 2, 3)] == [Retry, Retry, Shrink]


def test_success_has_no_next_step() -> None:
    with pytest.raises(ValueError, match="has no next step"):
        next_step(one(Outcome.OK), 1, 60.0, NOON, 0.0)
