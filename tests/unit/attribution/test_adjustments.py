"""What refunds and cancellations take back: exactly, on the weights of the sale, however it is split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.attribution import allocate_minor_units
from include.attribution.adjustments import Events, adjust_credit, event_offsets, taken_back, touches_of_events

WEIGHTS = st.lists(st.sampled_from([0.1, 0.2, 0.25, 1 / 3, 0.4, 0.5, 1.0]), min_size=1, max_size=6)
SALES = st.lists(st.tuples(WEIGHTS, st.integers(0, 10_000)), min_size=1, max_size=4)


def events(*rows: tuple[int, int, bool]) -> Events:
    """Rows of (conversion, amount, cancels)."""
    return Events(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.bool_),
    )


def one_sale(weights: list[float], value: int, *happened: tuple[int, bool]) -> list[list[int]]:
    """Return the changes of one conversion's touches, event by event."""
    offsets = np.array([0, len(weights)], dtype=np.int64)
    rows = events(*((0, amount, cancels) for amount, cancels in happened))
    changes = adjust_credit(offsets, np.array(weights), np.array([value], dtype=np.int64), rows)
    return changes.reshape(len(happened), len(weights)).tolist()


def test_a_refund_takes_each_touchs_share_of_it() -> None:
    assert one_sale([0.4, 0.2, 0.4], 10_000, (1_000, False)) == [[-400, -200, -400]]


def test_refunds_take_what_all_of_them_together_would() -> None:
    # A third of one cent and a third of two: the first cent is the first touch's, the second the second's.
    assert one_sale([1 / 3] * 3, 100, (1, False), (1, False), (1, False)) == [[-1, 0, 0], [0, -1, 0], [0, 0, -1]]


def test_a_cancellation_takes_what_refunds_have_left_and_refunds_after_it_pay_out_what_it_took() -> None:
    assert one_sale([0.5, 0.5], 100, (30, False), (0, True), (70, False)) == [[-15, -15], [-35, -35], [0, 0]]


def test_money_given_back_beyond_the_sale_is_a_loss_of_the_touches() -> None:
    assert one_sale([1.0], 100, (130, False)) == [[-130]]


@pytest.mark.parametrize("value", [0, 1, 99, 10_001])
def test_a_full_refund_leaves_nothing_on_any_touch(value: int) -> None:
    weights = [0.4, 0.1, 0.1, 0.4]
    credit = allocate_minor_units(np.array([0, 4]), np.array(weights), np.array([value])).tolist()
    assert one_sale(weights, value, (value, False)) == [[-amount for amount in credit]]


@given(SALES, st.data())
def test_every_events_parts_sum_to_what_it_takes_back(
    sales: list[tuple[list[float], int]], data: st.DataObject
) -> None:
    offsets = np.cumsum([0, *(len(weights) for weights, _ in sales)]).astype(np.int64)
    weights = np.array([weight for weights, _ in sales for weight in weights])
    values = np.array([value for _, value in sales], dtype=np.int64)
    drawn = data.draw(
        st.lists(st.tuples(st.integers(0, len(sales) - 1), st.integers(0, 5_000), st.booleans()), max_size=8)
    )
    happened = events(*sorted(drawn, key=lambda row: row[0]))
    changes = adjust_credit(offsets, weights, values, happened)
    spread = event_offsets(offsets, happened)
    before, after = taken_back(happened, values)
    for index in range(len(drawn)):
        part = changes[spread[index] : spread[index + 1]]
        assert part.sum() == before[index] - after[index]
    credit = allocate_minor_units(offsets, weights, values)
    net = credit.copy()
    np.add.at(net, touches_of_events(offsets, happened), changes)
    for conversion in {row[0] for row in drawn if row[2]}:
        assert net[offsets[conversion] : offsets[conversion + 1]].tolist() == [0] * len(sales[conversion][0]) or (
            after[happened.conversion == conversion].max() > values[conversion]
        )
