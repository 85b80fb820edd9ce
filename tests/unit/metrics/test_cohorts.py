"""Cohorts: blank while young, and paid back on the first day that covers what they cost."""

from datetime import date
from decimal import Decimal

import pytest

from include.metrics.cohorts import Cohort, cohort_figures, payback_days, reached_age

MARCH = date(2026, 3, 1)


def cohort(**changes: object) -> Cohort:
    # Ten customers; 200 on the day of the first order, 100 at 29 days of age, 60 at 30, 40 at 59.
    by_age = {0: Decimal(200), 29: Decimal(100), 30: Decimal(60), 59: Decimal(40)}
    fields: dict[str, object] = {
        "first_day": MARCH, "channel": "Email", "customers": 10, "by_age": by_age, "spend": Decimal(250), **changes
    }  # fmt: skip
    return Cohort(**fields)  # type: ignore[arg-type]


def test_value_by_a_horizon_holds_the_ages_below_it() -> None:
    thirty, sixty = cohort_figures(cohort(), (30, 60), date(2026, 12, 31))
    assert (thirty.value, thirty.ltv, thirty.cac, thirty.ltv_cac) == (300, 30, 25, Decimal("1.2"))
    assert (sixty.value, sixty.ltv_cac) == (400, Decimal("1.6"))


@pytest.mark.parametrize(("through", "known"), [(date(2026, 4, 28), False), (date(2026, 4, 29), True)])
def test_a_horizon_is_blank_until_the_last_day_of_the_month_has_reached_it(through: date, known: bool) -> None:
    # Who first ordered on 31 March has 30 days of age behind them at the end of 29 April.
    assert (cohort_figures(cohort(), (30,), through)[0].value is not None) is known


def test_age_is_counted_from_the_months_last_day() -> None:
    assert reached_age(date(2026, 2, 1), date(2026, 2, 28)) == 1
    assert reached_age(date(2026, 2, 1), date(2026, 2, 27)) == 0
    assert reached_age(date(2025, 12, 1), date(2026, 1, 10)) == 11


def test_payback_is_the_first_day_that_covers_the_cost_per_customer() -> None:
    by_age = {0: Decimal(200), 29: Decimal(100)}
    assert payback_days(by_age, 10, Decimal(20), 40) == 1
    assert payback_days(by_age, 10, Decimal(25), 40) == 30
    assert payback_days(by_age, 10, Decimal(31), 40) is None
    # Only the older of the customers are 29 days old: too early to say.
    assert payback_days(by_age, 10, Decimal(25), 29) is None


def test_what_is_not_known_is_nothing() -> None:
    figure = cohort_figures(cohort(by_age=None, spend=None, reason="no cost"), (30,), date(2026, 12, 31))[0]
    assert (figure.value, figure.ltv, figure.cac, figure.ltv_cac, figure.payback_days) == (None,) * 5
    assert figure.reason == "no cost"
    free = cohort_figures(cohort(spend=Decimal(0)), (30,), date(2026, 12, 31))[0]
    assert (free.cac, free.ltv_cac, free.payback_days) == (0, None, 1)
