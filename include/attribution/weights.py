"""Weights of touches under the five rule models.

Sources: GA4's and Adobe's definitions of first, last, linear, position-based (40/20/40) and time decay (half-life 7
days), gathered in docs/attribution.md. What a weight is worth in money is the business of minor_units.
"""

from datetime import timedelta

import numpy as np

from include.attribution.compiled import kernel
from include.attribution.journey import Float64, Int64, Journeys, kernel_array
from include.errors import InvalidInput

MODELS = ("first_touch", "last_touch", "linear", "time_decay", "position_based")
"""Names of the rule models, in the order in which they are stored and shown."""

DEFAULT_HALF_LIFE = timedelta(days=7)
DEFAULT_POSITION_WEIGHTS = (0.4, 0.2, 0.4)


def credit_weights(
    journeys: Journeys,
    model: str,
    *,
    half_life: timedelta = DEFAULT_HALF_LIFE,
    position_weights: tuple[float, float, float] = DEFAULT_POSITION_WEIGHTS,
    touch_weight: Float64 | None = None,
) -> Float64:
    """Return the weight of every touch, float64[m]; weights of a journey sum to 1 within 1e-12.

    model: one of MODELS. half_life: age at which time decay halves a touch. position_weights: first, all between
    together, last; two touches share first and last normalised, a single one has everything. touch_weight float64[m]
    >= 0 multiplies before normalising; a zero-weight touch does not exist for first, last and position. Empty
    journeys and those whose touches all have weight zero get zeros.
    Raises InvalidInput for an unknown model or parameters out of range.
    """
    offsets, touches = journeys.offsets, len(journeys.touch_time)
    factors = _checked_touch_weight(touch_weight, touches)
    if model in ("first_touch", "last_touch"):
        weights = np.zeros(touches)
        _end_weights(offsets, factors, model == "first_touch", weights)
        return weights
    # numpy asks the system for huge pages, numba's own allocation would not: a third of the time at a million touches.
    weights = np.empty(touches)
    if model == "linear":
        _linear_weights(offsets, factors, weights)
    elif model == "time_decay":
        _time_decay_weights(offsets, journeys.touch_time, factors, _half_life_us(half_life), weights)
    elif model == "position_based":
        _position_weights(offsets, factors, *_checked_position_weights(position_weights), weights)
    else:
        raise InvalidInput(f"unknown attribution model {model!r}; choose one of {', '.join(MODELS)}")
    return weights


def _half_life_us(half_life: timedelta) -> float:
    if half_life <= timedelta(0):
        raise InvalidInput(f"half_life must be longer than zero, got {half_life}")
    return half_life / timedelta(microseconds=1)


def _checked_position_weights(weights: tuple[float, float, float]) -> tuple[float, float, float]:
    values = tuple(float(weight) for weight in weights)
    if len(values) != 3 or not all(np.isfinite(value) and value >= 0 for value in values) or sum(values) <= 0:
        raise InvalidInput(f"position_weights must be three numbers >= 0 that are not all zero, got {weights}")
    return values[0], values[1], values[2]


_NO_FACTORS = np.empty(0, dtype=np.float64)


def _checked_touch_weight(touch_weight: Float64 | None, touches: int) -> Float64:
    # An empty array means "none": one type for the compiler, and no pass over a column of ones.
    if touch_weight is None or touches == 0:
        return _NO_FACTORS
    factors = kernel_array(touch_weight, np.float64)
    if len(factors) != touches:
        raise InvalidInput(f"touch_weight has {len(factors)} entries for {touches} touches")
    if not np.all(np.isfinite(factors) & (factors >= 0)):
        raise InvalidInput("touch_weight must be finite and not negative")
    return factors


@kernel
def _end_weights(offsets: Int64, factors: Float64, first: bool, weights: Float64) -> None:
    for journey in range(len(offsets) - 1):
        start, end = offsets[journey], offsets[journey + 1]
        if len(factors) == 0:
            if end > start:
                weights[start if first else end - 1] = 1.0
            continue
        if first:
            touch = start
            while touch < end and factors[touch] == 0.0:
                touch += 1
            if touch < end:
                weights[touch] = 1.0
        else:
            touch = end - 1
            while touch >= start and factors[touch] == 0.0:
                touch -= 1
            if touch >= start:
                weights[touch] = 1.0


@kernel
def _linear_weights(offsets: Int64, factors: Float64, weights: Float64) -> None:
    for journey in range(len(offsets) - 1):
        start, end = offsets[journey], offsets[journey + 1]
        if len(factors) == 0:
            if end > start:
                weights[start:end] = 1.0 / (end - start)
            continue
        total = 0.0
        for touch in range(start, end):
            total += factors[touch]
        for touch in range(start, end):
            weights[touch] = factors[touch] / total if total > 0.0 else 0.0


@kernel
def _time_decay_weights(
    offsets: Int64, touch_time: Int64, factors: Float64, half_life_us: float, weights: Float64
) -> None:
    # 2 ** (-age / half_life), normalised: ages are taken from the newest touch that counts, which changes nothing and
    # keeps very old journeys from vanishing into zero.
    rate = -0.6931471805599453 / half_life_us
    for journey in range(len(offsets) - 1):
        start, end = offsets[journey], offsets[journey + 1]
        newest = end - 1
        if len(factors) != 0:
            while newest >= start and factors[newest] == 0.0:
                newest -= 1
                weights[newest + 1] = 0.0
        if newest < start:
            continue
        total = 0.0
        for touch in range(start, newest + 1):
            weight = np.exp((touch_time[newest] - touch_time[touch]) * rate)
            if len(factors) != 0:
                weight *= factors[touch]
            weights[touch] = weight
            total += weight
        for touch in range(start, newest + 1):
            weights[touch] /= total


@kernel
def _position_weights(
    offsets: Int64, factors: Float64, first: float, middle: float, last: float, weights: Float64
) -> None:
    for journey in range(len(offsets) - 1):
        start, end = offsets[journey], offsets[journey + 1]
        head, tail, counted = start, end - 1, end - start
        if len(factors) != 0:
            weights[start:end] = 0.0
            head, tail, counted = _existing_touches(factors, start, end)
        if counted == 1:
            weights[head] = 1.0
        elif counted > 1:
            between = middle / (counted - 2) if counted > 2 else 0.0
            _fill_positions(weights, factors, head, tail, counted, first, between, last)


@kernel
def _existing_touches(factors: Float64, start: int, end: int) -> tuple[int, int, int]:
    """Return the first and the last touch with a weight above zero, and how many there are."""
    head, tail, counted = end, start, 0
    for touch in range(start, end):
        if factors[touch] > 0.0:
            head = min(head, touch)
            tail = touch
            counted += 1
    return head, tail, counted


@kernel
def _fill_positions(
    weights: Float64,
    factors: Float64,
    head: int,
    tail: int,
    counted: int,
    first: float,
    between: float,
    last: float,
) -> None:
    total = 0.0
    for touch in range(head, tail + 1):
        weight = first if touch == head else last if touch == tail else between
        if len(factors) != 0:
            weight *= factors[touch]
        weights[touch] = weight
        total += weight
    for touch in range(head, tail + 1):
        if total > 0.0:
            weights[touch] /= total
        elif len(factors) == 0 or factors[touch] > 0.0:
            # The settings give nothing to the places that this journey has: its touches share equally.
            weights[touch] = 1.0 / counted
