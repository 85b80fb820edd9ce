"""Value is split exactly: largest remainder, ties to the earlier touch, nothing lost, nothing made."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.attribution import MODELS, Journeys, allocate_minor_units, credit_weights
from include.attribution.credits import credit_all
from include.errors import InvalidInput
from include.money import MAX_MINOR_UNITS
from tests.unit.attribution.reference import largest_remainder


def split(weights: list[float], value: int) -> list[int]:
    return allocate_minor_units(np.array([0, len(weights)]), np.array(weights), np.array([value])).tolist()


@pytest.mark.parametrize(
    ("weights", "value", "parts"),
    [
        ([1.0], 999, [999]),
        ([1 / 3] * 3, 100, [34, 33, 33]),
        ([1 / 3] * 3, 101, [34, 34, 33]),
        ([0.4, 0.2, 0.4], 101, [41, 20, 40]),
        ([0.5, 0.5], 1, [1, 0]),
        ([0.0, 0.5, 0.0, 0.5], 1, [0, 1, 0, 0]),
        ([0.2, 0.8], 0, [0, 0]),
        ([0.0, 0.0], 100, [0, 0]),
        ([2.0, 6.0], 100, [25, 75]),
    ],
)
def test_shares_are_whole_units_that_sum_exactly(weights: list[float], value: int, parts: list[int]) -> None:
    assert split(weights, value) == parts


def test_remainders_that_are_equal_in_truth_are_ties_although_their_floats_differ() -> None:
    # 40 % of 9 and 6.67 % of 9 both leave 0.6; their floats differ in the last place.
    weights = [0.4, 0.2 / 3, 0.2 / 3, 0.2 / 3, 0.4]
    assert split(weights, 9) == [4, 1, 1, 0, 3]


@pytest.mark.parametrize("touches", [3, 5, 10, 17, 50, 65, 90])
def test_position_based_shares_equal_exact_arithmetic_for_every_small_value(touches: int) -> None:
    between = Fraction(1, 5) / (touches - 2)
    exact = [Fraction(2, 5), *[between] * (touches - 2), Fraction(2, 5)]
    journeys = Journeys(np.array([0, touches]), np.zeros(touches, dtype=np.int64), np.array([0]))
    weights = credit_weights(journeys, "position_based").tolist()
    for value in range(1, 1500):
        assert split(weights, value) == largest_remainder(exact, value), value


def test_a_refund_takes_back_what_the_sale_gave() -> None:
    weights = [0.4, 0.1, 0.1, 0.4]
    for value in range(1, 200):
        assert split(weights, -value) == [-part for part in split(weights, value)]


def test_a_journey_of_a_hundred_touches_hands_its_units_out_in_order() -> None:
    assert split([0.01] * 100, 250) == [3] * 50 + [2] * 50
    assert split([0.01] * 100, 299) == [3] * 99 + [2]


@pytest.mark.parametrize("value", [MAX_MINOR_UNITS, MAX_MINOR_UNITS - 1, 10**15 + 7])
@pytest.mark.parametrize(
    "weights", [[0.4, 0.2, 0.4], [1 / 7] * 7, [1e-9, 1.0], [0.1] * 10, [5e-324, 5e-324], [1e308] * 3]
)
def test_the_largest_values_and_the_oddest_weights_still_sum_exactly(weights: list[float], value: int) -> None:
    parts = split(weights, value)
    assert sum(parts) == value
    assert min(parts) >= 0


@pytest.mark.parametrize(
    ("offsets", "weights", "values", "message"),
    [
        ([0, 1], [-0.1], [1], "finite and not negative"),
        ([0, 1], [float("nan")], [1], "finite and not negative"),
        ([0, 1], [float("inf")], [1], "finite and not negative"),
        ([0, 1], [1.0], [MAX_MINOR_UNITS + 1], "minor units of zero"),
        ([0, 2], [1.0], [1], "offsets"),
        ([0, 1], [1.0], [1, 2], "values_minor has 2 entries for 1 journeys"),
    ],
)
def test_input_that_makes_no_sense_is_refused_in_one_line(
    offsets: list[int], weights: list[float], values: list[int], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        allocate_minor_units(np.array(offsets), np.array(weights), np.array(values))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.floats(0, 1) | st.just(0.0), min_size=1, max_size=80), st.integers(-MAX_MINOR_UNITS, MAX_MINOR_UNITS)
)
def test_parts_sum_exactly_mirror_their_sign_and_skip_weightless_touches(weights: list[float], value: int) -> None:
    parts = split(weights, value)
    assert sum(parts) == (value if any(weights) else 0)
    assert split(weights, -value) == [-part for part in parts]
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)
    assert all(part * value >= 0 for part in parts)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=80), st.integers(-(10**7), 10**7))
def test_parts_equal_hamiltons_method_in_exact_arithmetic(shares: list[int], value: int) -> None:
    total = sum(shares) or 1
    assert split([share / total for share in shares], value) == largest_remainder(
        [Fraction(share) for share in shares], value
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 10**12), max_size=8).map(sorted), st.integers(-(10**6), 10**6)), max_size=6
    )
)
def test_all_models_at_once_equal_each_model_alone(paths: list[tuple[list[int], int]]) -> None:
    offsets = np.cumsum([0, *(len(times) for times, _ in paths)])
    times = np.array([time for path, _ in paths for time in path], dtype=np.int64)
    values = np.array([value for _, value in paths], dtype=np.int64)
    journeys = Journeys(offsets, times, np.full(len(paths), 10**12))
    together = credit_all(journeys, values)
    for model in MODELS:
        alone = credit_weights(journeys, model)
        assert (together.weights[model] == alone).all()
        assert (together.amounts_minor[model] == allocate_minor_units(offsets, alone, values)).all()
