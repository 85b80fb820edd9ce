"""Costs of running the business by day."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.pnl.cost_settings import OperatingCost
from include.pnl.figures import Figure
from include.pnl.operating import in_force, operating_costs, spread

ALWAYS = date(1970, 1, 1)


def cost(amount: str, per: Literal["day", "month", "year"], **fields: date) -> OperatingCost:
    return OperatingCost("rent", "fixed", Decimal(amount), per, fields.get("since", ALWAYS), fields.get("until"))


@given(st.decimals(0, 10**9, places=6), st.integers(2000, 2099), st.integers(1, 12), st.sampled_from([0, 2, 3]))
def test_the_shares_of_a_months_days_are_the_months_amount_to_the_unit(
    amount: Decimal, year: int, month: int, exponent: int
) -> None:
    first = date(year, month, 1)
    days = [day for number in range(31) if (day := first + timedelta(days=number)).month == month]
    shares = [spread(OperatingCost("rent", "fixed", amount, "month", ALWAYS), day, exponent) for day in days]
    assert abs(sum(shares) - amount.scaleb(exponent)) <= Decimal("0.5")
    assert max(shares) - min(shares) <= 2


@pytest.mark.parametrize(("year", "days"), [(2026, 365), (2028, 366)])
def test_a_years_cost_is_spread_over_the_days_that_the_year_has(year: int, days: int) -> None:
    every = [date(year, 1, 1) + timedelta(days=number) for number in range(days)]
    assert sum(spread(cost("10000", "year"), day, 2) for day in every) == 1_000_000


def test_costs_follow_orders_net_sales_and_days() -> None:
    costs = [
        cost("3.5", "day"),
        OperatingCost("box", "custom", Decimal("0.25"), "order", ALWAYS),
        OperatingCost("agency", "custom", Decimal("2.5"), "net_sales_percent", ALWAYS),
    ]
    figure = operating_costs(costs, date(2026, 3, 1), 4, Figure(10000), 2)
    assert figure.parts == {"agency": 250, "box": 100, "rent": 350}
    assert figure.minor == 700
    refunds_only = operating_costs(costs, date(2026, 3, 1), 0, Figure(-10000), 2)
    # A day on which more came back than was sold gives back what the period's net sales do not bear.
    assert refunds_only.parts["agency"] == -250
    unknown = operating_costs(costs, date(2026, 3, 1), 4, Figure(None, Decimal(0), ("no rate",)), 2)
    assert (unknown.minor, unknown.reasons) == (None, ("agency: net sales are not known",))


def test_a_cost_holds_from_its_first_day_until_its_end_or_the_next_of_its_name() -> None:
    old = cost("1", "day", until=date(2026, 3, 5))
    new = cost("2", "day", since=date(2026, 3, 3), until=date(2026, 3, 6))
    held = {day: [each.amount for each in in_force([new, old], date(2026, 3, day))] for day in (2, 3, 5, 6)}
    assert held == {2: [Decimal(1)], 3: [Decimal(2)], 5: [Decimal(2)], 6: []}
