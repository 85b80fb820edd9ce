"""Exact shares of a conversion's value: the only rounding of credit in this project.

Largest remainder (Hamilton): every touch gets the whole part of its quota, the units left over go to the largest
remainders, ties to the earlier touch. Reports add up stored parts and never round again.
"""

import numpy as np

from include.attribution.compiled import kernel
from include.attribution.journey import Float64, Int64, check_offsets, kernel_array
from include.errors import InvalidInput
from include.money import MAX_MINOR_UNITS

_COUNTING_ROUNDS = 6


def allocate_minor_units(offsets: Int64, weights: Float64, values_minor: Int64) -> Int64:
    """Split each journey's value over its touches in integer minor units, int64[m].

    offsets int64[n+1] as in Journeys, weights float64[m] >= 0 (normalised here), values_minor int64[n], either sign.
    Per journey with any weight the parts sum to the value exactly, allocate(-v) = -allocate(v), and a touch of weight
    zero never receives a unit; a journey without weight gets zeros. Remainders that differ by less than the rounding
    error of their quotas are ties. Raises InvalidInput for weights that are negative or not finite, and for values
    beyond 2**53, where float64 quotas stop being exact integers.
    """
    offsets = kernel_array(offsets, np.int64)
    weights = kernel_array(weights, np.float64)
    values = kernel_array(values_minor, np.int64)
    check_offsets(offsets, len(weights))
    if len(values) != len(offsets) - 1:
        raise InvalidInput(f"values_minor has {len(values)} entries for {len(offsets) - 1} journeys")
    if len(values) and max(values.max(), -values.min()) > MAX_MINOR_UNITS:
        raise InvalidInput(f"values_minor must lie within {MAX_MINOR_UNITS} minor units of zero")
    amounts = np.empty(len(weights), dtype=np.int64)
    if not _allocate(offsets, weights, values, amounts):
        raise InvalidInput("weights must be finite and not negative")
    return amounts


@kernel
def _allocate(offsets: Int64, weights: Float64, values: Int64, amounts: Int64) -> bool:
    """Fill amounts; return False as soon as a weight is negative or not finite."""
    scratch = np.empty(np.max(np.diff(offsets)) if len(offsets) > 1 else 0)
    for journey in range(len(offsets) - 1):
        start, end = offsets[journey], offsets[journey + 1]
        value = abs(values[journey])
        total, largest, smallest = 0.0, 0.0, np.inf
        for touch in range(start, end):
            weight = weights[touch]
            if not 0.0 <= weight < np.inf:
                return False
            total += weight
            largest, smallest = max(largest, weight), min(smallest, weight)
        if value == 0 or total == 0.0:
            amounts[start:end] = 0
        elif largest == smallest:
            _split_evenly(value, amounts[start:end])
        elif largest == total:
            _give_to_the_only_one(value, weights[start:end], largest, amounts[start:end])
        elif 0.0 < value / total < np.inf:
            _split(weights[start:end], value / total, value, amounts[start:end], scratch)
        else:
            # Weights near the ends of float64: their sum or quotient leaves it.
            shares = weights[start:end] / largest
            _split(shares, value / np.sum(shares), value, amounts[start:end], scratch)
        if values[journey] < 0:
            amounts[start:end] = -amounts[start:end]
    return True


@kernel
def _split_evenly(value: int, amounts: Int64) -> None:
    """Equal weights have equal remainders: the units left over go to the earlier touches."""
    whole, left = divmod(value, len(amounts))
    for touch in range(len(amounts)):
        amounts[touch] = whole + 1 if touch < left else whole


@kernel
def _give_to_the_only_one(value: int, weights: Float64, largest: float, amounts: Int64) -> None:
    """First and last touch: nobody else has any weight."""
    for touch in range(len(amounts)):
        amounts[touch] = value if weights[touch] == largest else 0


@kernel
def _split(weights: Float64, scale: float, value: int, amounts: Int64, scratch: Float64) -> None:
    # About sixteen units in the last place of the value: what separates two remainders that are equal in truth.
    grain = min(16.0 * 2.0**-52 * value, 0.25)
    remainders = scratch[: len(weights)]
    left = value
    counted = 0
    for touch in range(len(weights)):
        quota = weights[touch] * scale
        whole = int(quota + grain)
        amounts[touch] = whole
        left -= whole
        remainders[touch] = quota - whole
        if weights[touch] > 0.0:
            counted += 1
        else:
            remainders[touch] = -np.inf
    if left == 0 or (0 < left < counted and _give_above_a_bar(amounts, remainders, left, grain)):
        return
    # Whole rounds and debts happen only where quotas near 2**53 are coarser than a unit.
    while left >= counted:
        left -= _give_everybody_one(amounts, weights)
    if left < 0:
        _take_from_smallest_holder(amounts, remainders, -left)
        return
    _give_to_largest(amounts, remainders, left, grain)


@kernel
def _give_above_a_bar(amounts: Int64, remainders: Float64, units: int, grain: float) -> bool:
    """Give one unit each to the largest remainders, the earlier touch first among equal ones, by halving.

    The units-th largest remainder is enclosed between two remainders until no others lie between. Return False, with
    nothing given, where remainders about a grain apart make a chain: which of them are ties needs a closer look.
    """
    low, high = 0.0, 1.0
    for touch in range(len(remainders)):
        low = min(low, max(remainders[touch], -1.0))
    # Counting alone is a vector operation and mostly enough; ties end only by narrowing to the remainders themselves.
    rounds = 0
    while high - low > grain:
        bar = 0.5 * (low + high)
        above = 0
        for touch in range(len(remainders)):
            above += remainders[touch] > bar
        if above != units and rounds < _COUNTING_ROUNDS:
            rounds += 1
            low, high = (bar, high) if above > units else (low, bar)
            continue
        least, most = np.inf, -np.inf
        for touch in range(len(remainders)):
            if remainders[touch] > bar:
                least = min(least, remainders[touch])
            else:
                most = max(most, remainders[touch])
        if above == units:
            if least - most <= grain:
                return False
            for touch in range(len(remainders)):
                amounts[touch] += remainders[touch] > bar
            return True
        low, high = (least, high) if above > units else (low, most)
    return _give_with_ties(amounts, remainders, units, low, high, grain)


@kernel
def _give_with_ties(amounts: Int64, remainders: Float64, units: int, low: float, high: float, grain: float) -> bool:
    """Give to all remainders above high, then to those from low to high by their places; False where a tie goes on."""
    above = 0
    for touch in range(len(remainders)):
        remainder = remainders[touch]
        if remainder > high:
            above += 1
            if remainder - high <= grain:
                return False
        elif remainder < low and low - remainder <= grain:
            return False
    tied = units - above
    for touch in range(len(remainders)):
        if remainders[touch] > high:
            amounts[touch] += 1
        elif remainders[touch] >= low and tied > 0:
            amounts[touch] += 1
            tied -= 1
    return True


@kernel
def _give_everybody_one(amounts: Int64, weights: Float64) -> int:
    given = 0
    for touch in range(len(amounts)):
        if weights[touch] > 0.0:
            amounts[touch] += 1
            given += 1
    return given


@kernel
def _take_from_smallest_holder(amounts: Int64, remainders: Float64, units: int) -> None:
    """Take units back from the smallest remainders among touches that have one, the later touch first."""
    for _ in range(units):
        smallest = -1
        for touch in range(len(amounts)):
            if amounts[touch] > 0 and (smallest < 0 or remainders[touch] <= remainders[smallest]):
                smallest = touch
        amounts[smallest] -= 1
        remainders[smallest] += 1.0


@kernel
def _give_to_largest(amounts: Int64, remainders: Float64, units: int, grain: float) -> None:
    """Give one unit each to the largest remainders, the earlier touch first among those within a grain."""
    if len(remainders) > 64:
        for touch in _largest(remainders, units, grain):
            amounts[touch] += 1
        return
    for _ in range(units):
        largest, bar = 0, -np.inf
        for touch in range(len(remainders)):
            if remainders[touch] > bar:
                largest, bar = touch, remainders[touch] + grain
        amounts[largest] += 1
        remainders[largest] = -np.inf


@kernel
def _largest(remainders: Float64, units: int, grain: float) -> Int64:
    """Return the places of the largest remainders of a long journey, the earlier first among those within a grain."""
    order = np.argsort(-remainders, kind="mergesort")
    if units >= len(order):
        return order
    start, end = units, units
    while start > 0 and remainders[order[start - 1]] - remainders[order[start]] <= grain:
        start -= 1
    while end < len(order) and remainders[order[end - 1]] - remainders[order[end]] <= grain and end > start:
        end += 1
    if end > start:
        order[start:end] = np.sort(order[start:end])
    return order[:units]
