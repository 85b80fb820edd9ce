"""Whether a month's ad spend keeps pace with the budget: expected so far is the share of the days that are over."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from include.ids import settings_version
from include.tenants.fields import Count, Exact, between

_DAY = timedelta(days=1)


class AdBudget(BaseModel):
    """What a tenant means to spend on ads; amounts in major units of its currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    monthly: Annotated[Exact, between(0, 10**12)] | None = None
    """Of all ad accounts together, per month of the tenant's calendar; None: no budget, nothing is judged."""
    tolerance_percent: Annotated[Count, between(1, 100)] = 20
    """Spend that differs from what was expected by more is told."""
    judged_from_day: Annotated[Count, between(1, 28)] = 5
    """Day of the month from which pace is judged; before, a day more or less is everything."""

    def version(self) -> int:
        """Return the stable hash of all settings."""
        return settings_version("ad_budget", self.model_dump(mode="json"))


@dataclass(frozen=True)
class Pace:
    """Spend of a month through a day, and what the budget expected by then; major units of the tenant's currency."""

    through: date
    spent: Decimal
    expected: Decimal
    budget: Decimal

    @property
    def off_percent(self) -> Decimal:
        """Return by how much spend is off, in per cent of what was expected; positive is too much."""
        return (self.spent - self.expected) * 100 / self.expected


def pace_of(budget: AdBudget, spend: Iterable[tuple[date, Decimal | None]], today: date) -> Pace | None:
    """Return the pace of the month of yesterday, tenant-local; None without a budget or before its day.

    spend: day -> all ad accounts' spend, None where it is not known. It is judged through the last day before today up
    to which every day of the month is known.
    """
    if not budget.monthly:
        return None
    first = (today - _DAY).replace(day=1)
    known = {day: amount for day, amount in spend if amount is not None and first <= day < today}
    through, spent = first - _DAY, Decimal(0)
    while through + _DAY in known:
        through += _DAY
        spent += known[through]
    if through < first or through.day < budget.judged_from_day:
        return None
    share = Decimal(through.day) / monthrange(first.year, first.month)[1]
    return Pace(through, spent, budget.monthly * share, budget.monthly)
