"""What a touch weighs under each model."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.attribution import MODELS, Journeys, credit_weights
from include.errors import InvalidInput

DAY = 86_400_000_000


def one_journey(days_before: list[float]) -> Journeys:
    times = np.array([int(-days * DAY) for days in days_before], dtype=np.int64)
    return Journeys(np.array([0, len(times)]), times, np.array([0]))


def weights(days_before: list[float], model: str, **options: object) -> list[float]:
    return credit_weights(one_journey(days_before), model, **options).round(12).tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize("model", MODELS)
def test_a_single_touch_earns_everything(model: str) -> None:
    assert weights([400], model) == [1.0]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first_touch", [1, 0, 0, 0]),
        ("last_touch", [0, 0, 0, 1]),
        ("linear", [0.25, 0.25, 0.25, 0.25]),
        ("position_based", [0.4, 0.1, 0.1, 0.4]),
        ("time_decay", [1 / 15, 2 / 15, 4 / 15, 8 / 15]),
    ],
)
def test_four_touches_a_half_life_apart(model: str, expected: list[float]) -> None:
    assert weights([21, 14, 7, 0], model) == pytest.approx(expected, abs=1e-12)


def test_two_touches_share_first_and_last_normalised() -> None:
    assert weights([1, 0], "position_based") == [0.5, 0.5]
    assert weights([1, 0], "position_based", position_weights=(0.6, 0.3, 0.1)) == pytest.approx([6 / 7, 1 / 7])


def test_positions_without_weight_share_equally_rather_than_lose_the_order() -> None:
    assert weights([1, 0], "position_based", position_weights=(0.0, 1.0, 0.0)) == [0.5, 0.5]
    assert weights([2, 1, 0], "position_based", position_weights=(0.0, 1.0, 0.0)) == [0.0, 1.0, 0.0]


def test_the_half_life_is_a_setting() -> None:
    assert weights([1, 0], "time_decay", half_life=timedelta(days=1)) == pytest.approx([1 / 3, 2 / 3])


def test_a_journey_far_older_than_its_half_life_does_not_vanish() -> None:
    assert weights([90, 89], "time_decay", half_life=timedelta(seconds=1)) == [0.0, 1.0]
    assert weights([90, 90], "time_decay", half_life=timedelta(microseconds=1)) == [0.5, 0.5]


def test_touches_of_one_instant_decay_alike() -> None:
    assert weights([3, 3, 3], "time_decay") == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first_touch", [0, 1, 0, 0]),
        ("last_touch", [0, 0, 1, 0]),
        ("linear", [0, 1 / 3, 2 / 3, 0]),
        ("position_based", [0, 1 / 3, 2 / 3, 0]),
        ("time_decay", [0, 1 / 5, 4 / 5, 0]),
    ],
)
def test_a_touch_of_weight_zero_does_not_exist_and_others_are_multiplied(model: str, expected: list[float]) -> None:
    factors = np.array([0.0, 0.5, 1.0, 0.0])
    assert weights([21, 14, 7, 0], model, touch_weight=factors) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_empty_and_weightless_journeys_get_zeros(model: str) -> None:
    journeys = Journeys(np.array([0, 0, 2, 3]), np.array([1, 2, 3]), np.array([9, 9, 9]))
    got = credit_weights(journeys, model, touch_weight=np.array([0.0, 0.0, 2.0]))
    assert got.tolist() == [0.0, 0.0, 1.0]
    assert credit_weights(Journeys(np.array([0]), np.array([]), np.array([])), model).tolist() == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda j: credit_weights(j, "lastclick"), "unknown attribution model 'lastclick'; choose one of first_touch"),
        (lambda j: credit_weights(j, "time_decay", half_life=timedelta(0)), "half_life"),
        (lambda j: credit_weights(j, "position_based", position_weights=(0.5, -0.1, 0.6)), "position_weights"),
        (lambda j: credit_weights(j, "position_based", position_weights=(0.0, 0.0, 0.0)), "position_weights"),
        (lambda j: credit_weights(j, "linear", touch_weight=np.array([1.0])), "1 entries for 2 touches"),
        (lambda j: credit_weights(j, "linear", touch_weight=np.array([1.0, np.nan])), "finite"),
        (lambda j: credit_weights(j, "linear", touch_weight=np.array([1.0, -1.0])), "not negative"),
        (lambda _: Journeys(np.array([0, 3]), np.array([1, 2]), np.array([1])), "end at the number of touches, 2"),
        (lambda _: Journeys(np.array([0, 2, 1, 2]), np.array([1, 2]), np.array([1, 1, 1])), "must not fall"),
        (lambda _: Journeys(np.array([0, 2]), np.array([1, 2]), np.array([1, 1])), "conversion_time has 2 entries"),
    ],
)
def test_input_that_makes_no_sense_is_refused_in_one_line(call: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call(one_journey([1, 0]))  # type: ignore[operator]


JOURNEYS = st.lists(st.lists(st.integers(0, 60 * DAY), max_size=60).map(sorted), max_size=8)


@settings(max_examples=200, deadline=None)
@given(JOURNEYS, st.sampled_from(MODELS), st.booleans(), st.randoms(use_true_random=False))
def test_weights_of_a_journey_sum_to_one(paths: list[list[int]], model: str, weighted: bool, random: object) -> None:
    offsets = np.cumsum([0, *map(len, paths)])
    times = np.array([time for path in paths for time in path], dtype=np.int64)
    factors = np.array([random.choice([0.0, 0.3, 1.0]) for _ in times]) if weighted else None  # type: ignore[attr-defined]
    got = credit_weights(Journeys(offsets, times, np.full(len(paths), 60 * DAY)), model, touch_weight=factors)
    assert (got >= 0).all()
    for start, end in pairwise(offsets):
        exists = end > start and (factors is None or factors[start:end].any())
        assert abs(got[start:end].sum() - (1 if exists else 0)) <= 1e-12
        if factors is not None:
            assert not got[start:end][factors[start:end] == 0].any()
