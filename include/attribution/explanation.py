"""Why each touch counts for one order or does not: the rules of journeys once more, one touch at a time, in words.

It decides as `build_journeys` does and shares no code with it: a property test holds the two to one answer. Where the
touches come from and how a verdict is shown is left to include/explain.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from include.attribution.journeys import JourneyRules

Consent = Literal["exclude_denied", "require_granted", "ignore"]
Reason = Literal[
    "kept",
    "survey",
    "after_order",
    "older_than_lookback",
    "view_not_counted",
    "view_outside_window",
    "no_consent",
    "same_touch",
    "direct_stepped_back",
]


@dataclass(frozen=True)
class Evidence:
    """That a visitor is a customer; valid_from is its earliest proof, UTC, version counts changes of it."""

    visitor_id: int
    customer_id: int
    valid_from: datetime
    version: int = 1


@dataclass(frozen=True)
class Stitching:
    """Whose touches an order has.

    customer_id: the order's own, else its visitor's, None when nobody is known. visitors: those whose touches count,
    the one that placed the order first. left_out: visitors of the customer whose touches do not count, because there
    are more than allowed. of_others: visitors that named this customer too and belong to another one by earlier
    evidence, by the customer they belong to. visitors_of_customer: how many the customer has, counted or left out.
    """

    customer_id: int | None
    visitors: tuple[int, ...]
    left_out: tuple[int, ...]
    visitors_of_customer: int
    of_others: Mapping[int, int]


@dataclass(frozen=True)
class Touch:
    """One touch of one of the order's visitors; occurred_at UTC, consent granted, denied or None when unknown.

    exposure_key: equal for equal channel and campaign.
    """

    touchpoint_id: int
    visitor_id: int
    occurred_at: datetime
    priority: int
    type: str
    is_direct: bool
    exposure_key: int
    consent: str | None


@dataclass(frozen=True)
class Verdict:
    """Whether a touch counts, and why in one sentence; same_as: the kept touch that it repeats."""

    touchpoint_id: int
    reason: Reason
    sentence: str
    same_as: int | None = None

    @property
    def kept(self) -> bool:
        """Whether the touch is part of the journey."""
        return self.reason == "kept"


def stitch(customer_id: int | None, visitor_id: int | None, evidence: Sequence[Evidence], limit: int) -> Stitching:
    """Return whose touches count for the order of a customer and a visitor, None where it names none.

    evidence: everything known of the visitor, of the customer, and of every visitor of the customer. A visitor's
    customer is the one with the earliest evidence, then the smaller id. limit: visitors that a customer may have.
    """
    owner: dict[int, int] = {}
    for each in sorted(evidence, key=lambda one: (one.valid_from, one.customer_id)):
        owner.setdefault(each.visitor_id, each.customer_id)
    if customer_id is None and visitor_id is not None:
        customer_id = owner.get(visitor_id)
    own = () if visitor_id is None else (visitor_id,)
    if customer_id is None:
        return Stitching(None, own, (), 0, {})
    theirs = sorted(visitor for visitor, customer in owner.items() if customer == customer_id)
    others = tuple(visitor for visitor in theirs if visitor not in own)
    named = {each.visitor_id for each in evidence if each.customer_id == customer_id}
    of_others = {
        visitor: owner[visitor] for visitor in sorted(named) if owner[visitor] != customer_id and visitor not in own
    }
    if len(theirs) > limit:
        return Stitching(customer_id, own, others, len(theirs), of_others)
    return Stitching(customer_id, (*own, *others), (), len(theirs), of_others)


def judge_touches(
    touches: Iterable[Touch], order_at: datetime, rules: JourneyRules, consent: Consent
) -> tuple[Verdict, ...]:
    """Return a verdict per touch of the order's visitors, ordered by (time, priority, id).

    touches: each once, of visitors that count (`stitch`), any window, consent and type. order_at: UTC. The first reason
    that applies is given: window, type and consent are asked of each touch alone, then repeats are found among those
    left, then direct steps back.
    """
    ordered = sorted(touches, key=lambda one: (one.occurred_at, one.priority, one.touchpoint_id))
    verdicts: dict[int, Verdict] = {}
    counted: list[Touch] = []
    for touch in ordered:
        alone = _judge_alone(touch, order_at, rules, consent)
        if alone is None:
            counted.append(touch)
        else:
            verdicts[touch.touchpoint_id] = Verdict(touch.touchpoint_id, *alone)
    remaining = []
    for touch, first in _with_first_of_its_kind(counted, rules.same_touch):
        if first is touch:
            remaining.append(touch)
        else:
            verdicts[touch.touchpoint_id] = _repeat(touch, first)
    direct_steps_back = rules.direct == "ignore_if_other" and not all(touch.is_direct for touch in remaining)
    for touch in remaining:
        verdicts[touch.touchpoint_id] = _judge_remaining(touch, direct_steps_back, rules)
    return tuple(verdicts[touch.touchpoint_id] for touch in ordered)


def _judge_alone(touch: Touch, order_at: datetime, rules: JourneyRules, consent: Consent) -> tuple[Reason, str] | None:
    """Return why the touch cannot count whatever else there is, or None."""
    if touch.type == "survey":
        return "survey", "an answer to a survey; surveys stay outside the models"
    age = order_at - touch.occurred_at
    if age < timedelta(0):
        return "after_order", "came after the order"
    if age > rules.lookback:
        return "older_than_lookback", f"older than the look-back of {_span(rules.lookback)}"
    if touch.type == "view" and rules.view_weight == 0:
        return "view_not_counted", "an ad view; views earn nothing (view_weight: 0)"
    if touch.type == "view" and age > rules.view_lookback:
        return "view_outside_window", f"an ad view older than {_span(rules.view_lookback)}"
    if consent != "ignore" and touch.consent == "denied":
        return "no_consent", f"consent was denied (consent: {consent})"
    if consent == "require_granted" and touch.consent != "granted":
        return "no_consent", "consent is unknown, and must be granted (consent: require_granted)"
    return None


def _with_first_of_its_kind(touches: Sequence[Touch], same_touch: timedelta) -> Iterable[tuple[Touch, Touch]]:
    """Pair each touch, in order, with the kept touch that it repeats, or with itself when it is kept."""
    kept_last: dict[int, Touch] = {}
    for touch in touches:
        first = kept_last.get(touch.exposure_key)
        # Counted from the kept touch, not from the last repeat: a chain of repeats does not go on for ever.
        if first is None or touch.occurred_at - first.occurred_at > same_touch:
            kept_last[touch.exposure_key] = first = touch
        yield touch, first


def _repeat(touch: Touch, first: Touch) -> Verdict:
    seconds = (touch.occurred_at - first.occurred_at).total_seconds()
    sentence = f"repeats the channel and campaign of {seconds:.3g} s before"
    return Verdict(touch.touchpoint_id, "same_touch", sentence, same_as=first.touchpoint_id)


def _judge_remaining(touch: Touch, direct_steps_back: bool, rules: JourneyRules) -> Verdict:
    if touch.is_direct and direct_steps_back:
        return Verdict(touch.touchpoint_id, "direct_stepped_back", "direct steps back where anything else is known")
    if touch.type == "view":
        return Verdict(touch.touchpoint_id, "kept", f"an ad view, weighs {rules.view_weight:g} of a click")
    if touch.is_direct and rules.direct == "ignore_if_other":
        return Verdict(touch.touchpoint_id, "kept", "direct counts: nothing else is known")
    return Verdict(touch.touchpoint_id, "kept", "counts")


def _span(span: timedelta) -> str:
    if span % timedelta(days=1) == timedelta(0):
        days = span // timedelta(days=1)
        return f"{days} day{'s' * (days != 1)}"
    return f"{span / timedelta(hours=1):g} hours"
