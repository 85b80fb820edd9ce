"""Which touches belong to which conversion."""

import random
from datetime import timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from include.attribution.journeys import DIRECT, VIEW, JourneyRules, build_journeys
from tests.unit.attribution.reference import (
    Conversion,
    Touch,
    conversion_columns,
    identity_columns,
    journey_of,
    touch_columns,
)

SECOND = 1_000_000
DAY = 86_400 * SECOND
NOON = 1_770_000_000 * SECOND
RULES = JourneyRules()


def journeys(
    conversions: list[Conversion],
    touches: list[Touch],
    identities: dict[int, int] | None = None,
    rules: JourneyRules = RULES,
) -> list[list[int]]:
    table = build_journeys(
        touch_columns(touches), conversion_columns(conversions), identity_columns(identities or {}), rules
    )
    ids = np.array([touch.id for touch in touches], dtype=np.int64)[table.touch_row]
    offsets = table.journeys.offsets
    return [ids[start:end].tolist() for start, end in pairwise(offsets)]


def journey(
    conversion: Conversion,
    touches: list[Touch],
    identities: dict[int, int] | None = None,
    rules: JourneyRules = RULES,
) -> list[int]:
    return journeys([conversion], touches, identities, rules)[0]


ORDER = Conversion(1, NOON, visitor=7)


def test_a_touch_exactly_thirty_days_before_the_order_counts_and_one_a_microsecond_older_does_not() -> None:
    assert journey(ORDER, [Touch(1, 7, NOON - 30 * DAY), Touch(2, 7, NOON - 30 * DAY - 1)]) == [1]


def test_a_touch_in_the_very_instant_of_the_order_counts_and_one_a_microsecond_later_does_not() -> None:
    assert journey(ORDER, [Touch(1, 7, NOON), Touch(2, 7, NOON + 1)]) == [1]


def test_the_look_back_is_a_setting() -> None:
    touches = [Touch(1, 7, NOON - 8 * DAY), Touch(2, 7, NOON - 7 * DAY)]
    assert journey(ORDER, touches, rules=JourneyRules(lookback=timedelta(days=7))) == [2]


def test_touches_are_ordered_by_time_then_priority_then_id() -> None:
    touches = [
        Touch(4, 7, NOON, 1, key=4),
        Touch(3, 7, NOON, 0, key=3),
        Touch(2, 7, NOON, 0, key=2),
        Touch(9, 7, NOON - 1, 5, key=9),
    ]
    assert journey(ORDER, touches) == [9, 2, 3, 4]


def test_the_same_channel_and_campaign_within_thirty_seconds_is_one_touch() -> None:
    at = NOON - DAY
    assert journey(ORDER, [Touch(1, 7, at), Touch(2, 7, at + 30 * SECOND)]) == [1]
    assert journey(ORDER, [Touch(1, 7, at), Touch(2, 7, at + 30 * SECOND + 1)]) == [1, 2]
    assert journey(ORDER, [Touch(1, 7, at, key=1), Touch(2, 7, at + SECOND, key=2)]) == [1, 2]


def test_thirty_seconds_are_counted_from_the_kept_touch_and_not_chained() -> None:
    at = NOON - DAY
    touches = [Touch(1, 7, at), Touch(2, 7, at + 20 * SECOND), Touch(3, 7, at + 40 * SECOND)]
    assert journey(ORDER, touches) == [1, 3]


def test_repeats_are_judged_inside_the_window_so_an_older_touch_cannot_swallow_the_first_one() -> None:
    start = NOON - 30 * DAY
    assert journey(ORDER, [Touch(1, 7, start - SECOND), Touch(2, 7, start)]) == [2]


def test_direct_steps_back_when_anything_else_is_known() -> None:
    touches = [
        Touch(1, 7, NOON - 3, key=1, flags=DIRECT),
        Touch(2, 7, NOON - 2, key=2),
        Touch(3, 7, NOON, 0, 1, DIRECT),
    ]
    assert journey(ORDER, touches) == [2]


def test_a_path_of_direct_alone_keeps_it() -> None:
    touches = [Touch(1, 7, NOON - DAY, flags=DIRECT), Touch(3, 7, NOON, flags=DIRECT)]
    assert journey(ORDER, touches) == [1, 3]


def test_a_tenant_may_keep_direct() -> None:
    touches = [Touch(1, 7, NOON - DAY, key=1, flags=DIRECT), Touch(2, 7, NOON, key=2)]
    assert journey(ORDER, touches, rules=JourneyRules(direct="keep")) == [1, 2]


def test_views_do_not_exist_unless_they_have_a_weight() -> None:
    touches = [Touch(1, 7, NOON - SECOND, key=1, flags=VIEW), Touch(2, 7, NOON, key=2, flags=DIRECT)]
    assert journey(ORDER, touches) == [2]
    assert journey(ORDER, touches, rules=JourneyRules(view_weight=0.5)) == [1]


def test_views_have_a_window_of_their_own() -> None:
    rules = JourneyRules(view_weight=0.5)
    touches = [
        Touch(1, 7, NOON - DAY - 1, key=1, flags=VIEW),
        Touch(2, 7, NOON - DAY, key=2, flags=VIEW),
        Touch(3, 7, NOON - 2 * DAY, key=3),
    ]
    assert journey(ORDER, touches, rules=rules) == [3, 2]
    table = build_journeys(touch_columns(touches), conversion_columns([ORDER]), identity_columns({}), rules)
    assert table.touch_weight is not None
    assert table.touch_weight.tolist() == [1.0, 0.5]


def test_two_orders_in_one_second_are_two_conversions_and_share_their_touches() -> None:
    conversions = [Conversion(1, NOON, visitor=7), Conversion(2, NOON, visitor=7)]
    assert journeys(conversions, [Touch(1, 7, NOON - DAY)]) == [[1], [1]]


def test_touches_of_every_visitor_of_the_customer_count() -> None:
    touches = [Touch(1, 7, NOON - 3 * DAY), Touch(2, 8, NOON - 2 * DAY), Touch(3, 9, NOON - DAY)]
    assert journey(Conversion(1, NOON, customer=70, visitor=7), touches, {7: 70, 8: 70, 9: 90}) == [1, 2]


def test_an_order_without_customer_follows_its_visitor_to_the_customer() -> None:
    touches = [Touch(1, 7, NOON - 3 * DAY), Touch(2, 8, NOON - 2 * DAY)]
    assert journey(Conversion(1, NOON, visitor=7), touches, {7: 70, 8: 70}) == [1, 2]


def test_the_visitor_that_placed_the_order_counts_even_when_stitched_to_somebody_else() -> None:
    touches = [Touch(1, 7, NOON - 3 * DAY), Touch(2, 8, NOON - 2 * DAY), Touch(3, 9, NOON - DAY)]
    assert journey(Conversion(1, NOON, customer=70, visitor=9), touches, {7: 70, 9: 90, 8: 90}) == [1, 3]


def test_a_customer_with_too_many_visitors_is_not_stitched_and_is_counted() -> None:
    touches = [Touch(index, index, NOON - index * DAY) for index in range(1, 4)]
    identities = {1: 70, 2: 70, 3: 70}
    rules = JourneyRules(max_visitors_per_customer=2)
    conversion = Conversion(1, NOON, customer=70, visitor=2)
    assert journey(conversion, touches, identities, rules) == [2]
    assert journey(conversion, touches, identities, JourneyRules(max_visitors_per_customer=3)) == [3, 2, 1]
    table = build_journeys(
        touch_columns(touches), conversion_columns([conversion]), identity_columns(identities), rules
    )
    assert table.capped_customers == 1


def test_an_order_of_nobody_has_no_touches() -> None:
    assert journey(Conversion(1, NOON), [Touch(1, 7, NOON)]) == []


def test_a_touch_that_was_read_twice_counts_once() -> None:
    assert journey(ORDER, [Touch(1, 7, NOON), Touch(1, 7, NOON)]) == [1]


def test_no_touches_at_all_give_empty_journeys() -> None:
    assert journeys([ORDER, Conversion(2, NOON)], []) == [[], []]


def test_a_bots_hundred_thousand_touches_are_ordered_and_thinned_in_no_time() -> None:
    at = NOON - DAY
    touches = [Touch(index, 7, at + (100_000 - index) * 1000, key=index % 3) for index in range(1, 100_001)]
    random.Random(1).shuffle(touches)
    kept = journey(ORDER, touches)
    assert 3 <= len(kept) <= 3 * 4
    assert kept == journey_of(
        ORDER, [touch for touch in touches if touch.id > 99_990 or touch.id in set(kept)], {}, RULES
    )


TIMES = st.sampled_from(
    [NOON - 30 * DAY, NOON - 30 * DAY - 1, NOON - DAY, NOON - SECOND, NOON, NOON + 1]
) | st.integers(NOON - 100 * SECOND, NOON + SECOND)
TOUCHES = st.lists(
    st.builds(
        Touch,
        id=st.integers(1, 10**6),
        visitor=st.integers(1, 5),
        at=TIMES,
        priority=st.integers(0, 1),
        key=st.integers(0, 2),
        flags=st.sampled_from([0, 0, DIRECT, VIEW, DIRECT | VIEW]),
    ),
    max_size=60,
    unique_by=lambda touch: touch.id,
)
CONVERSIONS = st.lists(
    st.builds(Conversion, id=st.integers(1, 100), at=TIMES, customer=st.integers(0, 3), visitor=st.integers(0, 5)),
    max_size=6,
    unique_by=lambda conversion: conversion.id,
)
IDENTITIES = st.dictionaries(st.integers(1, 5), st.integers(1, 3))
ALL_RULES = st.builds(
    JourneyRules,
    direct=st.sampled_from(["ignore_if_other", "keep"]),
    view_weight=st.sampled_from([0.0, 0.5, 1.0]),
    max_visitors_per_customer=st.integers(1, 4),
)


@settings(max_examples=400, deadline=None)
@given(CONVERSIONS, TOUCHES, IDENTITIES, ALL_RULES)
def test_journeys_equal_the_reference(
    conversions: list[Conversion], touches: list[Touch], identities: dict[int, int], rules: JourneyRules
) -> None:
    assert journeys(conversions, touches, identities, rules) == [
        journey_of(conversion, touches, identities, rules) for conversion in conversions
    ]


@settings(max_examples=100, deadline=None)
@given(CONVERSIONS, TOUCHES, IDENTITIES, ALL_RULES, st.randoms(use_true_random=False))
def test_the_order_of_input_is_irrelevant(
    conversions: list[Conversion],
    touches: list[Touch],
    identities: dict[int, int],
    rules: JourneyRules,
    shuffler: random.Random,
) -> None:
    before = dict(
        zip([each.id for each in conversions], journeys(conversions, touches, identities, rules), strict=True)
    )
    shuffler.shuffle(conversions)
    shuffler.shuffle(touches)
    pairs = list(identities.items())
    shuffler.shuffle(pairs)
    after = journeys(conversions, touches, dict(pairs), rules)
    assert dict(zip([each.id for each in conversions], after, strict=True)) == before
