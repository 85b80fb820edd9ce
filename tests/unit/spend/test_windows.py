"""Days that are read: the account's calendar, what platforms restate, what was missed, what is final."""

from datetime import UTC, date, datetime

import pytest

from include.spend.report import Chunk, Lookback
from include.spend.windows import (
    Window,
    chunks,
    clamped,
    final_before,
    restated_window,
    same_calendar,
    whole_until,
)

META = Lookback(daily=28, sunday=35, final_after=28)
LONG_AGO = date(2020, 1, 1)
TUESDAY, SUNDAY = date(2026, 3, 31), date(2026, 3, 29)


@pytest.mark.parametrize(
    ("zone", "today"),
    [
        ("Pacific/Kiritimati", date(2026, 4, 1)),
        ("Asia/Tokyo", date(2026, 4, 1)),
        ("UTC", date(2026, 3, 31)),
        ("America/Los_Angeles", date(2026, 3, 31)),
        ("Etc/GMT+12", date(2026, 3, 31)),
    ],
)
def test_the_last_whole_day_is_the_accounts_yesterday(zone: str, today: date) -> None:
    assert whole_until(zone, datetime(2026, 3, 31, 16, tzinfo=UTC)) == today


def test_a_day_ends_where_the_account_is_fourteen_hours_ahead_and_twelve_behind() -> None:
    noon = datetime(2026, 3, 31, 11, tzinfo=UTC)
    assert whole_until("Pacific/Kiritimati", noon) == date(2026, 4, 1)
    assert whole_until("Etc/GMT+12", noon) == date(2026, 3, 30)


@pytest.mark.parametrize(("hour", "until"), [(11, date(2026, 3, 30)), (12, date(2026, 3, 31))])
def test_a_late_platforms_yesterday_is_whole_from_its_hour_on_the_accounts_clock(hour: int, until: date) -> None:
    assert whole_until("UTC", datetime(2026, 3, 31, hour, tzinfo=UTC), whole_after_hour=12) == until


def test_each_day_the_lookback_before_yesterday_is_read_and_on_sundays_more() -> None:
    assert restated_window(TUESDAY, META, None, LONG_AGO) == Window(date(2026, 3, 2), TUESDAY)
    assert restated_window(SUNDAY, META, None, LONG_AGO) == Window(date(2026, 2, 21), SUNDAY)


def test_the_bookmark_of_a_good_night_changes_nothing() -> None:
    usual = Window(date(2026, 3, 2), TUESDAY)
    for through in (date(2026, 3, 29), date(2026, 3, 30)):
        assert restated_window(TUESDAY, META, through, LONG_AGO) == usual


def test_days_that_failed_runs_missed_are_read_with_the_lookback_they_would_have_had() -> None:
    assert restated_window(TUESDAY, META, date(2026, 3, 20), LONG_AGO).date_from == date(2026, 2, 21)


def test_a_start_that_the_platform_no_longer_reports_is_moved_and_told() -> None:
    window = Window(date(2023, 1, 1), date(2026, 1, 1))
    assert clamped(window, date(2023, 3, 1)) == Window(date(2023, 3, 1), date(2026, 1, 1), clamped=True)
    assert clamped(window, date(2027, 1, 1)).empty
    assert clamped(window, LONG_AGO) is window


def test_a_day_is_final_once_it_is_over_for_longer_than_is_restated() -> None:
    last_read = restated_window(TUESDAY, META, None, LONG_AGO).date_from
    assert last_read < final_before(TUESDAY, META)
    assert final_before(TUESDAY, META) == date(2026, 3, 3)


def test_chunks_join_up_and_none_is_longer_than_asked() -> None:
    assert list(chunks("ad", date(2026, 1, 1), date(2026, 1, 6), 2)) == [
        Chunk("ad", date(2026, 1, 1), date(2026, 1, 3)),
        Chunk("ad", date(2026, 1, 3), date(2026, 1, 5)),
        Chunk("ad", date(2026, 1, 5), date(2026, 1, 6)),
    ]
    assert list(chunks("ad", date(2026, 1, 1), date(2026, 1, 1), 2)) == []


def test_two_names_of_one_calendar_are_the_same_and_neighbours_are_not() -> None:
    now = datetime(2026, 3, 31, tzinfo=UTC)
    assert same_calendar("US/Pacific", "America/Los_Angeles", now)
    assert not same_calendar("Etc/GMT+8", "America/Los_Angeles", now)
    with pytest.raises(KeyError):
        same_calendar("UTC", "Mars/Olympus", now)
