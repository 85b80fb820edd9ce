"""The rules once more, in plain Python and exact fractions, slow and obvious: what the kernels must equal."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from include.attribution.journeys import (
    DIRECT,
    VIEW,
    ConversionColumns,
    IdentityColumns,
    JourneyRules,
    TouchColumns,
)


@dataclass(frozen=True)
class Touch:
    """One touch; at is in microseconds."""

    id: int
    visitor: int
    at: int
    priority: int = 0
    key: int = 0
    flags: int = 0


@dataclass(frozen=True)
class Conversion:
    """One conversion; 0 means unknown."""

    id: int
    at: int
    customer: int = 0
    visitor: int = 0


def journey_of(
    conversion: Conversion, touches: list[Touch], identities: dict[int, int], rules: JourneyRules
) -> list[int]:
    """Return the touch ids of a conversion's journey, oldest first."""
    visitors_of = Counter(identities.values())
    customer = conversion.customer or identities.get(conversion.visitor, 0)
    visitors = {conversion.visitor} - {0}
    if customer and visitors_of[customer] <= rules.max_visitors_per_customer:
        visitors |= {visitor for visitor, owner in identities.items() if owner == customer}
    microsecond = rules.lookback.resolution
    found: dict[int, Touch] = {}
    for touch in touches:
        is_view = bool(touch.flags & VIEW)
        if is_view and rules.view_weight == 0:
            continue
        span = min(rules.lookback, rules.view_lookback) if is_view else rules.lookback
        if touch.visitor in visitors and 0 <= conversion.at - touch.at <= span // microsecond:
            found[touch.id] = touch
    kept: list[Touch] = []
    for touch in sorted(found.values(), key=lambda each: (each.at, each.priority, each.id)):
        same = rules.same_touch // microsecond
        if not any(other.key == touch.key and touch.at - other.at <= same for other in kept):
            kept.append(touch)
    if rules.direct == "ignore_if_other" and any(not touch.flags & DIRECT for touch in kept):
        kept = [touch for touch in kept if not touch.flags & DIRECT]
    return [touch.id for touch in kept]


def largest_remainder(weights: list[Fraction], value: int) -> list[int]:
    """Return the parts of value by Hamilton's method, ties to the earlier, in exact arithmetic."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    if value < 0:
        return [-part for part in largest_remainder(weights, -value)]
    quotas = [value * weight / total for weight in weights]
    parts = [int(quota) for quota in quotas]
    counted = [index for index, weight in enumerate(weights) if weight > 0]
    by_remainder = sorted(counted, key=lambda index: (parts[index] - quotas[index], index))
    for index in by_remainder[: value - sum(parts)]:
        parts[index] += 1
    return parts


def touch_columns(touches: list[Touch]) -> TouchColumns:
    """Return touches as columns, in the order given."""
    return TouchColumns(
        touchpoint_id=np.array([touch.id for touch in touches], dtype=np.int64),
        visitor_id=np.array([touch.visitor for touch in touches], dtype=np.int64),
        occurred_at=np.array([touch.at for touch in touches], dtype=np.int64),
        priority=np.array([touch.priority for touch in touches], dtype=np.int16),
        exposure_key=np.array([touch.key for touch in touches], dtype=np.int64),
        flags=np.array([touch.flags for touch in touches], dtype=np.int8),
    )


def conversion_columns(conversions: list[Conversion]) -> ConversionColumns:
    """Return conversions as columns, in the order given."""
    return ConversionColumns(
        conversion_id=np.array([each.id for each in conversions], dtype=np.int64),
        occurred_at=np.array([each.at for each in conversions], dtype=np.int64),
        customer_id=np.array([each.customer for each in conversions], dtype=np.int64),
        visitor_id=np.array([each.visitor for each in conversions], dtype=np.int64),
    )


def identity_columns(identities: dict[int, int]) -> IdentityColumns:
    """Return visitor -> customer as columns."""
    return IdentityColumns(
        visitor_id=np.array(list(identities), dtype=np.int64),
        customer_id=np.array(list(identities.values()), dtype=np.int64),
    )
