"""A week is the sum of its days, and not known where one of them is not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from include.metrics.catalogue import SUMMED
from include.metrics.preferences import FormulaPreferences
from include.metrics.ratio import Figure
from include.metrics.weeks import WeekFigure, last_closed_week, week_figures

MONDAY = date(2026, 3, 23)


@pytest.mark.parametrize(
    ("timezone", "now", "monday"),
    [
        # On Tuesday 05:00 UTC the week is over everywhere.
        ("Pacific/Niue", datetime(2026, 3, 31, 5, tzinfo=UTC), date(2026, 3, 23)),
        ("Pacific/Kiritimati", datetime(2026, 3, 31, 5, tzinfo=UTC), date(2026, 3, 23)),
        # On Sunday 12:00 UTC it is Monday in Kiritimati already.
        ("Pacific/Kiritimati", datetime(2026, 3, 29, 12, tzinfo=UTC), date(2026, 3, 23)),
        ("Pacific/Niue", datetime(2026, 3, 29, 12, tzinfo=UTC), date(2026, 3, 16)),
    ],
)
def test_the_last_closed_week_is_the_tenants(timezone: str, now: datetime, monday: date) -> None:
    assert last_closed_week(timezone, now) == monday


def figures(**changes: dict[int, Figure]) -> dict[str, WeekFigure]:
    """Return the week's figures; each day has 1 of everything but for changes: name -> days after MONDAY -> figure."""
    days: dict[date, dict[str, Figure]] = {
        MONDAY + timedelta(days=number): {name: Decimal(1) for name in SUMMED} for number in range(-28, 7)
    }
    for name, of_days in changes.items():
        for number, value in of_days.items():
            days[MONDAY + timedelta(days=number)][name] = value
    return {one.metric: one for one in week_figures(days, MONDAY, FormulaPreferences())}


def test_a_week_is_compared_with_the_one_before_and_with_the_mean_of_four() -> None:
    # This week 13, the one before 9, the three before that 7 each: mean (9 + 7 + 7 + 7) / 4 = 7.5.
    orders = figures(orders={0: 7, -1: 3})["orders"]
    assert orders == WeekFigure("orders", Decimal(13), Decimal(9), Decimal("0.444444"), Decimal("7.5"))


def test_a_quotient_of_a_week_is_that_of_its_sums_not_the_mean_of_its_days() -> None:
    # Net sales 7 on spend 1 + 6 x 1 = 7: but 13 on Monday: (13 + 6) / 7.
    assert figures(net_sales={0: 13})["roas"].value == Decimal("2.714286")


def test_a_day_that_is_not_known_leaves_the_week_unknown_and_not_lower() -> None:
    made = figures(ad_spend={3: None})
    assert (made["ad_spend"].value, made["roas"].value) == (None, None)
    assert made["ad_spend"].previous == 7
    assert made["ad_spend"].change is None
    assert figures(ad_spend={-20: None})["ad_spend"].average is None


def test_nothing_to_compare_with_is_no_change() -> None:
    assert figures(orders=dict.fromkeys(range(-7, 0), 0))["orders"].change is None
