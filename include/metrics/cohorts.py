"""What a cohort of new customers is worth by age, what it cost, and when it paid back. No I/O.

A cohort is the customers whose first countable order fell into one tenant-local month, of one acquisition channel. Ages
are exact days since the first order, not calendar months. A horizon that not all of them have reached is blank, not
low (Drivepoint, Triple Whale: research of cohort pages).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from include.metrics.ratio import quotient

ALL_CHANNELS = "(all)"


@dataclass(frozen=True)
class Cohort:
    """first_day: of the month. by_age: days since the first order -> value of that age, of all customers together.

    by_age is None where values are not known, reason then says why; money in major units of the tenant's currency.
    spend: what the channel cost in the month, None where not known.
    """

    first_day: date
    channel: str
    customers: int
    by_age: Mapping[int, Decimal] | None
    spend: Decimal | None
    reason: str | None = None


@dataclass(frozen=True)
class CohortFigure:
    """One cohort at one horizon; None: not known, or not old enough."""

    first_day: date
    channel: str
    horizon_days: int
    customers: int
    spend: Decimal | None
    value: Decimal | None
    ltv: Decimal | None
    cac: Decimal | None
    ltv_cac: Decimal | None
    payback_days: int | None
    reason: str | None


def cohort_figures(cohort: Cohort, horizons: Sequence[int], through: date) -> list[CohortFigure]:
    """Return the cohort at each horizon of days.

    through: the last tenant-local day of which sales are known. Value at horizon n is that of ages 0 to n - 1.
    """
    age = reached_age(cohort.first_day, through)
    cac = quotient(cohort.spend, cohort.customers)
    payback = payback_days(cohort.by_age or {}, cohort.customers, cac, age)
    figures = []
    for horizon in horizons:
        value = None
        if cohort.by_age is not None and age >= horizon:
            value = sum((worth for days, worth in cohort.by_age.items() if days < horizon), Decimal(0))
        ltv = quotient(value, cohort.customers)
        figures.append(
            CohortFigure(
                cohort.first_day,
                cohort.channel,
                horizon,
                cohort.customers,
                cohort.spend,
                value,
                ltv,
                cac,
                quotient(ltv, cac),
                payback,
                cohort.reason,
            )
        )
    return figures


def reached_age(first_day: date, through: date) -> int:
    """Return how many days of age every customer of the month has behind them, the day of the order counted; or 0."""
    last_day = (first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return max((through - last_day).days + 1, 0)


def payback_days(by_age: Mapping[int, Decimal], customers: int, cac: Decimal | None, reached: int) -> int | None:
    """Return the first day of age, 1 is the day of the order, on which value per customer reaches cac.

    None where it is not reached by an age that every customer has, or cac is not known.
    """
    if cac is None or customers <= 0:
        return None
    total = Decimal(0)
    for age in sorted(age for age in by_age if age < reached):
        total += by_age[age]
        if total >= cac * customers:
            return age + 1
    return None
