"""Why a touch counts: each reason by itself, and the same kept touches as the kernels whatever the input."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.attribution.explanation import Consent, Evidence, Touch, Verdict, judge_touches, stitch
from include.attribution.journeys import DIRECT, VIEW, JourneyRules, build_journeys
from tests.unit.attribution import reference
from tests.unit.attribution.reference import conversion_columns, identity_columns, touch_columns

ORDER_AT = datetime(2026, 3, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
RULES = JourneyRules()
VIEWS_COUNT = JourneyRules(view_weight=0.5)


def touch(
    number: int,
    before: timedelta,
    *,
    kind: str = "click",
    direct: bool = False,
    key: int | None = None,
    consent: str | None = None,
) -> Touch:
    return Touch(number, 7, ORDER_AT - before, 0, kind, direct, number if key is None else key, consent)


def judged(*touches: Touch, rules: JourneyRules = RULES, consent: Consent = "exclude_denied") -> dict[int, Verdict]:
    return {verdict.touchpoint_id: verdict for verdict in judge_touches(touches, ORDER_AT, rules, consent)}


@pytest.mark.parametrize(
    ("one", "rules", "consent", "reason", "sentence"),
    [
        (touch(1, 30 * DAY), RULES, "ignore", "kept", "counts"),
        (touch(1, 0 * DAY), RULES, "ignore", "kept", "counts"),
        (touch(1, 30 * DAY + MOMENT), RULES, "ignore", "older_than_lookback", "look-back of 30 days"),
        (touch(1, -MOMENT), RULES, "ignore", "after_order", "after the order"),
        (touch(1, DAY, kind="survey"), RULES, "ignore", "survey", "outside the models"),
        (touch(1, DAY, consent="denied"), RULES, "exclude_denied", "no_consent", "consent was denied"),
        (touch(1, DAY, consent="denied"), RULES, "require_granted", "no_consent", "consent was denied"),
        (touch(1, DAY, consent="denied"), RULES, "ignore", "kept", "counts"),
        (touch(1, DAY), RULES, "exclude_denied", "kept", "counts"),
        (touch(1, DAY), RULES, "require_granted", "no_consent", "consent is unknown"),
        (touch(1, DAY, consent="granted"), RULES, "require_granted", "kept", "counts"),
        (touch(1, SECOND, kind="view"), RULES, "ignore", "view_not_counted", "view_weight: 0"),
        (touch(1, DAY, kind="view"), VIEWS_COUNT, "ignore", "kept", "weighs 0.5 of a click"),
        (touch(1, DAY + MOMENT, kind="view"), VIEWS_COUNT, "ignore", "view_outside_window", "older than 1 day"),
        (touch(1, DAY, direct=True), RULES, "ignore", "kept", "nothing else is known"),
        (touch(1, DAY, direct=True), JourneyRules(direct="keep"), "ignore", "kept", "counts"),
    ],
)
def test_a_single_touch_is_judged_by_time_consent_and_type(
    one: Touch, rules: JourneyRules, consent: Consent, reason: str, sentence: str
) -> None:
    verdict = judged(one, rules=rules, consent=consent)[1]
    assert verdict.reason == reason
    assert sentence in verdict.sentence
    assert verdict.kept == (reason == "kept")


def test_a_repeat_names_the_kept_touch_it_repeats_and_not_the_last_repeat() -> None:
    first, second, third = touch(1, 60 * SECOND, key=5), touch(2, 40 * SECOND, key=5), touch(3, 20 * SECOND, key=5)
    verdicts = judged(first, second, third)
    assert [verdicts[number].reason for number in (1, 2, 3)] == ["kept", "same_touch", "kept"]
    assert verdicts[2].same_as == 1
    assert "20 s before" in verdicts[2].sentence


def test_a_repeat_is_one_up_to_thirty_seconds_and_of_the_same_channel_and_campaign() -> None:
    first = touch(1, DAY, key=5)
    assert judged(first, touch(2, DAY - 30 * SECOND, key=5))[2].reason == "same_touch"
    assert judged(first, touch(2, DAY - 30 * SECOND - MOMENT, key=5))[2].reason == "kept"
    assert judged(first, touch(2, DAY - SECOND, key=6))[2].reason == "kept"


def test_a_repeat_of_a_touch_without_consent_counts() -> None:
    verdicts = judged(touch(1, 60 * SECOND, key=5, consent="denied"), touch(2, 40 * SECOND, key=5))
    assert [verdicts[number].reason for number in (1, 2)] == ["no_consent", "kept"]


def test_direct_steps_back_only_before_touches_that_count() -> None:
    direct, old, fresh = touch(1, DAY, direct=True), touch(2, 40 * DAY), touch(3, DAY / 2)
    assert judged(direct, old)[1].reason == "kept"
    assert judged(direct, old, fresh)[1].reason == "direct_stepped_back"
    assert judged(direct, old, fresh, rules=JourneyRules(direct="keep"))[1].reason == "kept"


def test_a_repeated_direct_visit_is_a_repeat_before_it_steps_back() -> None:
    verdicts = judged(touch(1, DAY, direct=True, key=5), touch(2, DAY - SECOND, direct=True, key=5), touch(3, SECOND))
    assert [verdicts[number].reason for number in (1, 2, 3)] == ["direct_stepped_back", "same_touch", "kept"]


def test_a_visitor_belongs_to_the_customer_with_the_earliest_evidence() -> None:
    evidence = [Evidence(7, 70, ORDER_AT), Evidence(7, 80, ORDER_AT - DAY), Evidence(8, 80, ORDER_AT)]
    stitched = stitch(None, 7, evidence, limit=20)
    assert (stitched.customer_id, stitched.visitors) == (80, (7, 8))


def test_a_visitor_that_named_the_customer_but_belongs_to_another_one_is_said_to() -> None:
    evidence = [Evidence(7, 70, ORDER_AT), Evidence(8, 70, ORDER_AT), Evidence(8, 90, ORDER_AT - DAY)]
    stitched = stitch(70, 7, evidence, limit=20)
    assert stitched.visitors == (7,)
    assert stitched.of_others == {8: 90}


def test_a_customer_with_too_many_visitors_keeps_only_the_one_that_ordered() -> None:
    evidence = [Evidence(visitor, 70, ORDER_AT) for visitor in (7, 8, 9)]
    assert stitch(70, 7, evidence, limit=3).visitors == (7, 8, 9)
    stitched = stitch(70, 7, evidence, limit=2)
    assert (stitched.visitors, stitched.left_out) == ((7,), (8, 9))


def test_an_order_that_names_nobody_has_no_visitors() -> None:
    stitched = stitch(None, None, [], limit=20)
    assert (stitched.customer_id, stitched.visitors, stitched.left_out) == (None, (), ())


# Few visitors, kinds and instants, at the ends of windows and of the half minute, so that ties and edges are common.
TOUCHES = st.lists(
    st.builds(
        Touch,
        touchpoint_id=st.integers(1, 10_000),
        visitor_id=st.sampled_from([1, 1, 1, 2, 2, 3]),
        occurred_at=st.builds(
            lambda days, seconds, moments: ORDER_AT - days * DAY - seconds * SECOND - moments * MOMENT,
            st.sampled_from([0, 1, 1, 30]),
            st.sampled_from([-20, 0, 10, 20, 30, 40, 50, 60]),
            st.sampled_from([-1, 0, 0, 0, 0, 1]),
        ),
        priority=st.integers(0, 1),
        type=st.sampled_from(["click", "click", "click", "click", "view", "view", "survey"]),
        is_direct=st.sampled_from([False, False, True]),
        exposure_key=st.integers(1, 2),
        consent=st.sampled_from(["granted", "granted", "granted", "denied", None]),
    ),
    max_size=70,
    unique_by=lambda one: one.touchpoint_id,
)
EVIDENCE = st.lists(
    st.builds(
        Evidence,
        visitor_id=st.integers(1, 4),
        customer_id=st.integers(50, 52),
        valid_from=st.sampled_from([ORDER_AT, ORDER_AT - DAY]),
    ),
    max_size=10,
    unique_by=lambda one: (one.visitor_id, one.customer_id),
)
ANY_RULES = st.builds(
    JourneyRules,
    lookback=st.sampled_from([DAY, 30 * DAY]),
    view_lookback=st.sampled_from([timedelta(hours=1), DAY, 40 * DAY]),
    direct=st.sampled_from(["ignore_if_other", "keep"]),
    view_weight=st.sampled_from([0.0, 0.5, 1.0]),
    max_visitors_per_customer=st.integers(1, 3),
)


@given(
    touches=TOUCHES,
    evidence=EVIDENCE,
    rules=ANY_RULES,
    consent=st.sampled_from(["exclude_denied", "require_granted", "ignore"]),
    customer=st.sampled_from([0, 50, 51]),
    visitor=st.sampled_from([0, 1, 1, 1, 2, 4]),
)
@settings(max_examples=600, deadline=None)
def test_the_touches_explained_as_kept_are_those_that_build_journeys_keeps(
    touches: list[Touch], evidence: list[Evidence], rules: JourneyRules, consent: Consent, customer: int, visitor: int
) -> None:
    stitched = stitch(customer or None, visitor or None, evidence, rules.max_visitors_per_customer)
    theirs = [one for one in touches if one.visitor_id in stitched.visitors]
    verdicts = judge_touches(theirs, ORDER_AT, rules, consent)
    assert [verdict.touchpoint_id for verdict in verdicts if verdict.kept] == kept_by_kernels(
        touches, evidence, rules, consent, customer, visitor
    )
    assert {verdict.touchpoint_id for verdict in verdicts} == {one.touchpoint_id for one in theirs}


def kept_by_kernels(
    touches: list[Touch], evidence: list[Evidence], rules: JourneyRules, consent: str, customer: int, visitor: int
) -> list[int]:
    owners: dict[int, int] = {}
    for each in sorted(evidence, key=lambda one: (one.valid_from, one.customer_id)):
        owners.setdefault(each.visitor_id, each.customer_id)
    allowed = {
        "ignore": ("granted", None, "denied"),
        "exclude_denied": ("granted", None),
        "require_granted": ("granted",),
    }
    # What the statements that read touches leave out before the kernels see them.
    read = [one for one in touches if one.type != "survey" and one.consent in allowed[consent]]
    columns = touch_columns(
        [
            reference.Touch(
                one.touchpoint_id,
                one.visitor_id,
                _microseconds(one.occurred_at),
                one.priority,
                one.exposure_key,
                DIRECT * one.is_direct + VIEW * (one.type == "view"),
            )
            for one in read
        ]
    )
    order = conversion_columns([reference.Conversion(1, _microseconds(ORDER_AT), customer, visitor)])
    table = build_journeys(columns, order, identity_columns(owners), rules)
    ids: list[int] = np.asarray(columns.touchpoint_id)[table.touch_row].tolist()
    return ids


def _microseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // MOMENT
