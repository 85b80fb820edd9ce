"""How a backfill's days are put together to steps."""

from datetime import date, timedelta

import pytest

from include.jobs.backfill_attribution import BackfillDay, days_of_step


@pytest.mark.parametrize(
    ("held", "number"),
    [
        ([5, 5, 5], 2),
        ([5, 6], 1),
        ([10, 1], 1),
        ([11, 1], 1),
        ([25], 1),
        ([1, 2, 3], 3),
    ],
)
def test_a_step_is_as_many_whole_days_as_hold_its_conversions_and_at_least_one(held: list[int], number: int) -> None:
    days = [BackfillDay(date(2026, 3, 1) + timedelta(days=place), size) for place, size in enumerate(held)]
    assert days_of_step(days, 10) == number
