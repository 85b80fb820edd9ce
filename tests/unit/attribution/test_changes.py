"""Changed credit is found row by row, to the last bit, in any order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from include.attribution.changes import digest_conversions, digest_rows

IDS = np.array([3, 5, 8], dtype=np.int64)
ROWS = st.lists(
    st.tuples(st.sampled_from([3, 5, 8]), st.integers(1, 9), st.sampled_from([0.1, 0.2])),
    max_size=12,
    unique_by=lambda row: row[:2],
)
"""Rows of (conversion, touch, weight); a conversion has a touch once, as the table's key has it."""


def digests(rows: list[tuple[int, int, float]]) -> list[int]:
    conversion = np.array([row[0] for row in rows], dtype=np.int64)
    columns = [np.array([row[1] for row in rows], dtype=np.int64), np.array([row[2] for row in rows], dtype=np.float64)]
    return digest_conversions(IDS, conversion, digest_rows(columns)).tolist()


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(rows: list[tuple[int, int, float]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert digests(shuffled) == digests(rows)


@given(ROWS, ROWS)
def test_digests_are_equal_only_for_equal_rows(
    one: list[tuple[int, int, float]], other: list[tuple[int, int, float]]
) -> None:
    for index, conversion in enumerate(IDS):
        mine = sorted(row for row in one if row[0] == conversion)
        theirs = sorted(row for row in other if row[0] == conversion)
        assert (digests(one)[index] == digests(other)[index]) == (mine == theirs)


def test_the_last_bit_of_a_weight_counts() -> None:
    assert digests([(3, 1, 0.1)]) != digests([(3, 1, float(np.nextafter(0.1, 1)))])


def test_rows_of_other_conversions_are_ignored() -> None:
    assert digests([(4, 1, 0.1), (9, 1, 0.1)]) == [0, 0, 0]
