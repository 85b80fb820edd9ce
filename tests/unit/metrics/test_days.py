"""Which days a run restates, in every zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.metrics.days import RESTATED_DAYS, Days, final_before, restated_days, runs_of

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timezone", "today"),
    [
        ("Pacific/Kiritimati", date(2026, 4, 1)),
        ("Europe/Paris", date(2026, 3, 31)),
        ("Pacific/Niue", date(2026, 3, 31)),
    ],
)
def test_a_run_restates_thirty_five_days_and_today_by_the_tenants_calendar(timezone: str, today: date) -> None:
    days = restated_days(timezone, NOON, None, None)
    assert (days.first, days.last) == (today - timedelta(days=RESTATED_DAYS), today + timedelta(days=1))


def test_days_asked_for_are_half_open_and_end_today() -> None:
    asked = restated_days("UTC", NOON, date(2026, 3, 1), date(2026, 3, 3))
    assert list(asked) == [date(2026, 3, 1), date(2026, 3, 2)]
    assert restated_days("UTC", NOON, date(2026, 3, 30), date(2026, 5, 1)).last == date(2026, 4, 1)
    assert list(restated_days("UTC", NOON, date(2026, 5, 1), None)) == [date(2026, 3, 31)]


@pytest.mark.parametrize("back", [RESTATED_DAYS, 120])
def test_a_day_is_final_once_no_run_restates_it(back: int) -> None:
    first = restated_days("UTC", NOON, None, None, back).first
    assert final_before(date(2026, 3, 31), back) == first


@pytest.mark.parametrize("nights", [1, 2, 9])
def test_the_first_night_after_its_last_restatement_takes_a_day_up_once_more(nights: int) -> None:
    left_open = restated_days("UTC", NOON, None, None).first
    later = NOON + timedelta(days=nights)
    days = restated_days("UTC", later, None, None, oldest_provisional=left_open)
    assert days.first == left_open < final_before(later.date())
    still_open = restated_days("UTC", later, None, None, oldest_provisional=final_before(later.date()))
    assert still_open.first == final_before(later.date())


def test_days_asked_for_are_the_days_worked_whatever_else_is_open() -> None:
    asked = restated_days("UTC", NOON, date(2026, 3, 1), date(2026, 3, 3), oldest_provisional=date(2026, 1, 1))
    assert (asked.first, asked.last) == (date(2026, 3, 1), date(2026, 3, 3))


@pytest.mark.parametrize(
    ("timezone", "day", "hours"),
    [
        ("Europe/Paris", date(2026, 3, 29), 23),
        ("Europe/Paris", date(2026, 10, 25), 25),
        ("Pacific/Kiritimati", date(2026, 1, 1), 24),
        ("Pacific/Niue", date(2026, 1, 1), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),
    ],
)
def test_days_have_as_many_hours_as_the_zone_gives_them(timezone: str, day: date, hours: int) -> None:
    start, end = Days(day, day + timedelta(days=1)).bounds(timezone)
    assert end - start == timedelta(hours=hours)
    assert Days(day, day + timedelta(days=1)).ends(timezone) == [end]


@given(st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 1))))
def test_runs_of_days_cover_each_day_once_and_never_touch(days: set[date]) -> None:
    ranges = runs_of(days)
    assert [day for one in ranges for day in one] == sorted(days)
    assert all(earlier.last < later.first for earlier, later in pairwise(ranges))
