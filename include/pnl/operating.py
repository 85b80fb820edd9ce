"""Costs of running the business, spread over the days on which they hold, so that days add up to the period exactly."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from include.pnl.cost_settings import OperatingCost
from include.pnl.figures import Figure, whole_minor


def operating_costs(costs: Sequence[OperatingCost], day: date, orders: int, net_sales: Figure, exponent: int) -> Figure:
    """Return what running the business costs on a tenant-local day, in minor units of exponent decimals, positive.

    A month's or year's cost is spread evenly over its days: the shares of all its days are the amount to the unit.
    orders: placed on the day. A per cent of net sales is not known where they are not, and negative where they are, so
    that days add up to the per cent of the period's.
    """
    parts: dict[str, int] = {}
    unknown: list[str] = []
    for cost in in_force(costs, day):
        minor = _minor(cost, day, orders, net_sales, exponent)
        if minor is None:
            unknown.append(f"{cost.name}: net sales are not known")
        else:
            parts[cost.name] = minor
    if unknown:
        return Figure(None, Decimal(0), tuple(unknown), parts)
    return Figure(sum(parts.values()), parts=parts)


def in_force(costs: Iterable[OperatingCost], day: date) -> Sequence[OperatingCost]:
    """Return the costs that hold on a day, by name: of each name the entry that began last, if it has not ended."""
    latest: dict[str, OperatingCost] = {}
    for cost in sorted(costs, key=lambda each: each.valid_from):
        if cost.valid_from <= day:
            latest[cost.name] = cost
    held = [cost for cost in latest.values() if cost.valid_to is None or day < cost.valid_to]
    return sorted(held, key=lambda cost: cost.name)


def _minor(cost: OperatingCost, day: date, orders: int, net_sales: Figure, exponent: int) -> int | None:
    if cost.per == "net_sales_percent":
        return None if net_sales.minor is None else whole_minor(net_sales.minor * cost.amount / 100)
    if cost.per == "order":
        return whole_minor(cost.amount.scaleb(exponent) * orders)
    return spread(cost, day, exponent)


def spread(cost: OperatingCost, day: date, exponent: int) -> int:
    """Return a day's share of a cost per day, month or year, in minor units."""
    number, days = _place(cost.per, day)
    amount = cost.amount.scaleb(exponent)
    # What is booked up to a day less what was booked up to the day before: no rounding is left over at the end.
    return whole_minor(amount * number / days) - whole_minor(amount * (number - 1) / days)


def _place(per: str, day: date) -> tuple[int, int]:
    """Return the day's number within its period and the days that the period has."""
    if per == "month":
        return day.day, monthrange(day.year, day.month)[1]
    if per == "year":
        first = date(day.year, 1, 1)
        return (day - first).days + 1, (date(day.year + 1, 1, 1) - first).days
    return 1, 1
