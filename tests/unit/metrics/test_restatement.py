"""A queued day asks for what depends on what changed, and for no more."""

from datetime import date, timedelta

import pytest

from include.metrics.days import Days
from include.metrics.restatement import DEPENDENTS, Restatement, restatement_of

DAY, TODAY = date(2026, 3, 10), date(2026, 3, 31)
ONE = (Days(DAY, date(2026, 3, 11)),)
LOOKBACK = timedelta(days=30)


@pytest.mark.parametrize(
    ("cause", "asked"),
    [
        ("spend", Restatement(days=ONE, channels=ONE, profit=ONE, weeks=ONE)),
        ("view_through", Restatement(channels=ONE)),
        ("cost", Restatement(profit=ONE, weeks=ONE)),
    ],
)
def test_a_cause_asks_for_its_dependents(cause: str, asked: Restatement) -> None:
    assert restatement_of([(DAY, cause)], TODAY, LOOKBACK) == asked


@pytest.mark.parametrize("cause", ["sale", "refund", "credit", "fx"])
def test_what_moves_credit_reaches_the_days_of_its_touches(cause: str) -> None:
    asked = restatement_of([(DAY, cause)], TODAY, LOOKBACK)
    assert asked.channels == (Days(date(2026, 2, 7), date(2026, 3, 11)),)
    assert asked.days == ONE
    assert asked.profit == (() if cause == "credit" else ONE)


def test_a_touch_that_is_met_with_its_campaign_reaches_the_days_of_its_orders() -> None:
    asked = restatement_of([(DAY, "campaign")], date(2026, 5, 31), LOOKBACK)
    assert asked == Restatement(channels=(Days(DAY, date(2026, 4, 11)),), weeks=ONE)
    assert restatement_of([(DAY, "campaign")], TODAY, LOOKBACK).channels == (Days(DAY, date(2026, 4, 1)),)


def test_days_to_come_are_left_out_and_an_unknown_cause_asks_for_all() -> None:
    assert restatement_of([(date(2026, 4, 2), "spend")], TODAY, LOOKBACK) == Restatement()
    assert "weather" not in DEPENDENTS
    assert restatement_of([(DAY, "weather")], TODAY, LOOKBACK) == Restatement(ONE, ONE, ONE, ONE, ONE)
