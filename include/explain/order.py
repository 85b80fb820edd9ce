"""Why an order has the credit it has: what is stored, held against what the rules say of its touches.

Pure: facts in, explanation out. Reading is left to reading.py, looks to terminal.py; `document` is the JSON form.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from include.attribution.explanation import Reason, Verdict, judge_touches
from include.explain.reading import (
    MODELS,
    Facts,
    StoredAdjustment,
    StoredAudit,
    StoredCredit,
    StoredRefund,
    StoredTouch,
)
from include.jobs.credit_changes import journey_rules
from include.money import to_major_units
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, Tenant

CreditState = Literal["none", "waiting", "current", "outdated"]
Role = Literal["placed_the_order", "stitched", "over_the_limit", "of_another_customer"]

REASONS: Mapping[Reason, str] = {
    "same_touch": "repeated",
    "direct_stepped_back": "direct",
    "no_consent": "without consent",
    "older_than_lookback": "older than the look-back",
    "after_order": "after the order",
    "view_not_counted": "seen but not clicked",
    "view_outside_window": "seen too long before",
    "survey": "of a survey",
}
"""Each reason for which a touch does not count, as it follows a number."""
_PAID = ("paid", "partially_refunded", "refunded")
_CLICK_IDS = ("gclid", "gbraid", "wbraid", "fbclid", "ttclid")
_CAUSES = {
    "late_touch": "a touch of its look-back came late or changed",
    "identity": "a visitor became this customer's, or ceased to be",
    "order_changed": "the order was edited",
    "reconciliation": "reconciliation found it wanting",
}


@dataclass(frozen=True)
class Visitor:
    """A visitor on the way from the order to its touches; valid_from and version are those of its evidence."""

    visitor_id: int
    visitor: str | None
    role: Role
    sentence: str
    valid_from: datetime | None
    version: int | None


@dataclass(frozen=True)
class Identity:
    """Whose touches the order has; touches_left_out: in the look-back, of visitors whose touches do not count."""

    customer_id: int | None
    customer: str | None
    sentence: str
    visitors: tuple[Visitor, ...]
    touches_left_out: int


@dataclass(frozen=True)
class TouchOf:
    """One touch of the order's visitors and its verdict.

    number: its place among those shown, from 1. position: its place in the journey, None when dropped.
    seconds_before_order is negative after it. URLs come without their query; click_ids are the names of those present.
    same_as: number of the kept touch that it repeats.
    """

    number: int
    touchpoint_id: int
    touch: str | None
    visitor_id: int
    occurred_at: datetime
    seconds_before_order: float
    type: str
    channel: str
    channel_rule: str
    source: str | None
    medium: str | None
    campaign: str | None
    landing_page: str | None
    referrer: str | None
    click_ids: tuple[str, ...]
    consent: str | None
    kept: bool
    position: int | None
    reason: Reason
    sentence: str
    same_as: int | None


@dataclass(frozen=True)
class Credit:
    """What is stored, and whether it is what the touches earn; net_minor is credit plus adjustments by model."""

    state: CreditState
    sentence: str
    rows: tuple[StoredCredit, ...]
    unattributed_minor: int | None
    adjustments: tuple[StoredAdjustment, ...]
    net_minor: Mapping[str, int | None]


@dataclass(frozen=True)
class Configuration:
    """Settings in force when the order was placed, valid_from <= placed_at < valid_to (UTC, None: open).

    config_version is theirs, credited_with the one of the stored credit.
    """

    valid_from: datetime | None
    valid_to: datetime | None
    config_version: int
    credited_with: int | None
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Explanation:
    """Everything there is to say about one order; amounts are minor units of currency, instants UTC."""

    tenant: str
    timezone: str
    order: str
    order_id: int
    name: str | None
    source: str
    sales_channel: str | None
    placed_at: datetime
    placed_at_local: datetime
    cancelled_at: datetime | None
    test: bool
    financial_status: str
    value_minor: int
    currency: str
    is_new_customer: bool | None
    status: str
    reason: str | None
    answer: tuple[str, ...]
    identity: Identity
    touches: tuple[TouchOf, ...]
    credit: Credit
    refunds: tuple[StoredRefund, ...]
    configuration: Configuration
    attempts: int
    next_attempt_at: datetime | None
    run_id: str | None
    model_version: str | None
    audit: tuple[StoredAudit, ...]


def explain_order(facts: Facts, tenant: Tenant) -> Explanation:
    """Return the explanation of an order of the tenant."""
    order, conversion = facts.order, facts.conversion
    settings = tenant.settings_at(order.placed_at)
    status, reason = _status(facts, settings)
    touches = _touches(facts, settings)
    kept = [touch.touchpoint_id for touch in touches if touch.kept]
    earns = _why_not(reason) is None and order.currency == tenant.currency
    credit = _credit(facts, tenant, status, kept if earns else [])
    return Explanation(
        tenant=tenant.slug,
        timezone=tenant.timezone,
        order=order.external_id,
        order_id=order.order_id,
        name=order.name,
        source=order.source,
        sales_channel=order.source_name,
        placed_at=order.placed_at,
        placed_at_local=order.placed_at.astimezone(ZoneInfo(tenant.timezone)),
        cancelled_at=order.cancelled_at,
        test=order.test,
        financial_status=order.financial_status,
        value_minor=order.total_minor,
        currency=order.currency,
        is_new_customer=conversion.is_new_customer if conversion else None,
        status=status,
        reason=reason,
        answer=(
            _headline(facts, tenant, status, reason, touches),
            *_changes_after_sale(facts, tenant),
            credit.sentence,
        ),
        identity=_identity(facts, settings),
        touches=touches,
        credit=credit,
        refunds=facts.refunds,
        configuration=_configuration(facts, tenant, settings),
        attempts=conversion.attempts if conversion else 0,
        next_attempt_at=conversion.next_attempt_at if conversion else None,
        run_id=conversion.run_id if conversion else None,
        model_version=conversion.model_version if conversion else None,
        audit=facts.audit,
    )


def document(value: Any) -> Any:
    """Return an explanation as JSON knows it: the names of its fields, instants in UTC with a Z, days as ISO dates."""
    if is_dataclass(value):
        return {field.name: document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: document(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [document(each) for each in value]
    if isinstance(value, datetime):
        # The shop's own clock keeps its offset: that is what it is shown for.
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _status(facts: Facts, settings: AttributionSettings) -> tuple[str, str | None]:
    if facts.conversion is not None:
        return facts.conversion.status, facts.conversion.reason
    order = facts.order
    if order.test:
        return "excluded", "test_order"
    if order.financial_status not in _PAID:
        return "excluded", "not_paid"
    if order.source_name in settings.excluded_sources:
        return "excluded", "excluded_source"
    return "excluded", "no_conversion"


def _why_not(reason: str | None) -> str | None:
    """Return why an order may not earn whatever its touches are, or None."""
    return {
        "test_order": "a test order is never a conversion",
        "not_paid": "it is not paid, and no conversion until it is",
        "excluded_source": "orders of its sales channel get no credit (excluded_sources)",
        "no_conversion": "its conversion is missing; attribution_order_reconciliation makes it",
    }.get(reason or "")


def _touches(facts: Facts, settings: AttributionSettings) -> tuple[TouchOf, ...]:
    stored = {each.touch.touchpoint_id: each for each in facts.touches}
    verdicts = judge_touches(
        (each.touch for each in facts.touches), facts.order.placed_at, journey_rules(settings), settings.consent
    )
    numbers = {verdict.touchpoint_id: number for number, verdict in enumerate(verdicts, start=1)}
    positions = {
        verdict.touchpoint_id: place for place, verdict in enumerate((one for one in verdicts if one.kept), start=1)
    }
    return tuple(
        _touch(
            stored[verdict.touchpoint_id],
            verdict,
            number=numbers[verdict.touchpoint_id],
            position=positions.get(verdict.touchpoint_id),
            same_as=None if verdict.same_as is None else numbers[verdict.same_as],
            order_at=facts.order.placed_at,
        )
        for verdict in verdicts
    )


def _touch(
    stored: StoredTouch,
    verdict: Verdict,
    *,
    number: int,
    position: int | None,
    same_as: int | None,
    order_at: datetime,
) -> TouchOf:
    touch = stored.touch
    # A query may hold what a shop's visitor typed; of the click ids the names are enough to explain a channel.
    in_query = [name for name in _CLICK_IDS if f"{name}=" in (stored.landing_page or "")]
    return TouchOf(
        number=number,
        touchpoint_id=touch.touchpoint_id,
        touch=stored.external_id,
        visitor_id=touch.visitor_id,
        occurred_at=touch.occurred_at,
        seconds_before_order=(order_at - touch.occurred_at).total_seconds(),
        type=touch.type,
        channel=stored.channel,
        channel_rule=stored.channel_rule,
        source=stored.source,
        medium=stored.medium,
        campaign=stored.campaign,
        landing_page=_without_query(stored.landing_page),
        referrer=_without_query(stored.referrer),
        click_ids=tuple(name for name in _CLICK_IDS if name in stored.click_ids or name in in_query),
        consent=touch.consent,
        kept=verdict.kept,
        position=position,
        reason=verdict.reason,
        sentence=verdict.sentence if same_as is None else f"{verdict.sentence}, touch {same_as}",
        same_as=same_as,
    )


def _without_query(url: str | None) -> str | None:
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if host else parts.path or None


def _identity(facts: Facts, settings: AttributionSettings) -> Identity:
    stitching = facts.stitching
    customer = None if stitching.customer_id is None else facts.names.get(("customer", stitching.customer_id))
    owns = [each for each in facts.evidence if each.customer_id == stitching.customer_id]
    evidence = {each.visitor_id: each for each in owns}
    roles: list[tuple[int, Role]] = []
    for visitor in stitching.visitors:
        roles.append((visitor, "placed_the_order" if visitor == _own_visitor(facts) else "stitched"))
    roles += [(visitor, "over_the_limit") for visitor in stitching.left_out]
    roles += [(visitor, "of_another_customer") for visitor in stitching.of_others]
    visitors = tuple(
        Visitor(
            visitor_id=visitor,
            visitor=facts.names.get(("visitor", visitor)),
            role=role,
            sentence=_of_visitor(facts, visitor, role),
            valid_from=evidence[visitor].valid_from if visitor in evidence else None,
            version=evidence[visitor].version if visitor in evidence else None,
        )
        for visitor, role in roles
    )
    sentence = _of_customer(facts, customer, settings.max_visitors_per_customer)
    return Identity(stitching.customer_id, customer, sentence, visitors, facts.touches_left_out)


def _own_visitor(facts: Facts) -> int | None:
    return facts.conversion.visitor_id if facts.conversion else facts.order.visitor_id


def _of_customer(facts: Facts, customer: str | None, limit: int) -> str:
    stitching = facts.stitching
    if stitching.customer_id is None:
        known = "nobody knows whose it is" if stitching.visitors else "nor a visitor"
        return f"the order names no customer, {known}"
    how = "the order names" if facts.order.customer_id is not None else "the visitor that placed the order is"
    if stitching.left_out:
        number = stitching.visitors_of_customer
        return f"{how} customer {customer}, who has {number:,} visitors, more than {limit}: not stitched"
    others = len([visitor for visitor in stitching.visitors if visitor != _own_visitor(facts)])
    return f"{how} customer {customer}" + (f", who has {others} other visitor{'s' * (others != 1)}" if others else "")


def _of_visitor(facts: Facts, visitor: int, role: Role) -> str:
    if role == "over_the_limit":
        return "not stitched: the customer has too many visitors"
    if role == "of_another_customer":
        other = facts.names.get(("customer", facts.stitching.of_others[visitor]))
        return f"not this customer's: customer {other} has the earlier evidence"
    proofs = sorted((proof for proof in facts.proofs if proof.visitor_id == visitor), key=lambda proof: proof.at)
    named = " and ".join(f"{proof.kind} {proof.external_id} ({proof.at:%Y-%m-%d %H:%M} UTC)" for proof in proofs)
    first = "placed the order" if role == "placed_the_order" else "stitched"
    return f"{first}; named with the customer first by {named}" if named else first


def _credit(facts: Facts, tenant: Tenant, status: str, earned: Sequence[int]) -> Credit:
    conversion = facts.conversion
    state, sentence = _credit_state(facts, tenant, status, earned)
    unattributed = conversion.value_minor if conversion and status == "unattributed" else None
    return Credit(
        state=state,
        sentence=sentence,
        rows=facts.credits,
        unattributed_minor=unattributed,
        adjustments=facts.adjustments,
        net_minor={model: _net(facts, model, unattributed) for model in MODELS},
    )


def _net(facts: Facts, model: str, unattributed: int | None) -> int | None:
    amounts = [row.amounts_minor[model] for row in facts.credits]
    amounts += [row.amounts_minor[model] for row in facts.adjustments]
    if unattributed is not None and model != "data_driven":
        amounts.append(unattributed)
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def _credit_state(facts: Facts, tenant: Tenant, status: str, earned: Sequence[int]) -> tuple[CreditState, str]:
    conversion = facts.conversion
    if conversion is None or status == "excluded":
        if facts.credits:
            return "outdated", "Credit is stored although the order may have none; computing it anew deletes it."
        return "none", "No credit is stored."
    if status == "pending":
        return "waiting", _what_it_waits_for(facts, tenant)
    differences = _differences(facts, tenant, earned)
    if not differences:
        return "current", "The stored credit is what these touches earn."
    return "outdated", (
        f"The stored credit is of an older state: {'; '.join(differences)}. Nothing waits: process_attribution"
        f" with conversion_ids [{conversion.conversion_id}] computes it anew."
    )


def _what_it_waits_for(facts: Facts, tenant: Tenant) -> str:
    conversion = facts.conversion
    if conversion is None:
        return ""
    if conversion.reason == "no_fx_rate":
        return f"Waits for a rate from {conversion.currency} to the shop's {tenant.currency}."
    causes = [each.cause for each in facts.audit if each.cause in _CAUSES]
    if conversion.run_id is None:
        why = "for its first credit"
    else:
        why = f"for credit anew: {_CAUSES[causes[-1]] if causes else 'something it depends on changed'}"
    until = f", not before {conversion.next_attempt_at:%Y-%m-%d %H:%M} UTC" if conversion.next_attempt_at else ""
    shown = " What is stored until then is the older credit." if facts.credits else ""
    return f"Waits {why}; the next process_attribution gives it{until}.{shown}"


def _differences(facts: Facts, tenant: Tenant, earned: Sequence[int]) -> list[str]:
    """Return in words what of the stored credit is not what the touches earn now."""
    conversion = facts.conversion
    if conversion is None:
        return []
    stored = [row.touchpoint_id for row in facts.credits]
    found = []
    missing, extra = len(set(earned) - set(stored)), len(set(stored) - set(earned))
    if missing:
        found.append(f"{_touches_in_words(missing)} that count{'s' * (missing == 1)} without credit")
    if extra:
        found.append(f"{_touches_in_words(extra)} with credit that would not count now")
    if not missing and not extra and stored != list(earned):
        found.append("the order of touches differs")
    sums = {sum(row.amounts_minor[model] or 0 for row in facts.credits) for model in MODELS if model != "data_driven"}
    if stored and sums != {conversion.value_minor}:
        found.append("its amounts do not sum to the order's value")
    if conversion.config_version != tenant.settings_at(conversion.occurred_at).config_version():
        found.append("the settings of that day were changed since")
    return found


def _touches_in_words(number: int) -> str:
    return f"{number} touch{'es' * (number != 1)}"


def _headline(facts: Facts, tenant: Tenant, status: str, reason: str | None, touches: Sequence[TouchOf]) -> str:
    why_not = _why_not(reason)
    if why_not is not None:
        return f"No credit: {why_not}."
    kept = [touch for touch in touches if touch.kept]
    dropped = Counter(touch.reason for touch in touches if not touch.kept)
    counted = ", ".join(f"{number} {REASONS[name]}" for name, number in dropped.most_common())
    but = f" Not counted: {counted}." if counted else ""
    if status == "unattributed":
        return f"Nobody earned it: {_nobody(reason, tenant.settings_at(facts.order.placed_at))}.{but}"
    if status == "attributed":
        visitors = len({touch.visitor_id for touch in kept})
        share = "earned" if len(kept) == 1 else "share"
        return f"{_touches_in_words(len(kept))} of {visitors} visitor{'s' * (visitors != 1)} {share} the order.{but}"
    if status == "pending":
        would = "would count" if reason == "no_fx_rate" else "will count"
        return f"No credit yet: {_touches_in_words(len(kept))} {would}.{but}"
    return f"No credit: {reason}."


def _nobody(reason: str | None, settings: AttributionSettings) -> str:
    days = f"{settings.lookback_days} days"
    return {
        "no_visitor": "the order names neither a visitor nor a customer",
        "no_touch_in_window": f"its visitors have no touch that counts in the {days} before it",
        "consent_denied": f"its visitors' touches in the {days} before it lack consent",
    }.get(reason or "", reason or "no reason is stored")


def _changes_after_sale(facts: Facts, tenant: Tenant) -> list[str]:
    order, zone = facts.order, ZoneInfo(tenant.timezone)
    adjusted = {each.refund_id for each in facts.adjustments}
    said = []
    if order.cancelled_at is not None:
        then = _after_cancellation(facts, was_adjusted=0 in adjusted)
        said.append(f"Cancelled on {order.cancelled_at.astimezone(zone):%Y-%m-%d}: {then}.")
    for refund in facts.refunds:
        amount = f"{to_major_units(refund.amount_minor, order.currency):,} {order.currency}"
        then = _after_refund(refund, order.cancelled_at, was_adjusted=refund.refund_id in adjusted)
        said.append(f"Refund of {amount} on {refund.refunded_at.astimezone(zone):%Y-%m-%d}: {then}.")
    return said


def _after_cancellation(facts: Facts, *, was_adjusted: bool) -> str:
    if was_adjusted:
        return "credit stays and is adjusted to zero"
    if facts.adjustments and not _net(facts, "linear", None if facts.credits else facts.order.total_minor):
        return "refunds had taken all of the credit back"
    return "nothing is adjusted yet"


def _after_refund(refund: StoredRefund, cancelled_at: datetime | None, *, was_adjusted: bool) -> str:
    if was_adjusted:
        return "taken off the credit"
    if refund.amount_minor == 0:
        return "no money, so nothing is taken off the credit"
    if cancelled_at is not None and refund.refunded_at >= cancelled_at:
        return "pays out what the cancellation took off"
    return "not taken off the credit"


def _configuration(facts: Facts, tenant: Tenant, settings: AttributionSettings) -> Configuration:
    starts = [entry.valid_from for entry in tenant.settings_history]
    begun = [start for start in starts if start <= facts.order.placed_at] or starts[:1]
    later = [start for start in starts if start > begun[-1]]
    return Configuration(
        valid_from=None if begun[-1] == FROM_THE_BEGINNING else begun[-1].astimezone(UTC),
        valid_to=later[0].astimezone(UTC) if later else None,
        config_version=settings.config_version(),
        credited_with=facts.conversion.config_version if facts.conversion else None,
        settings=settings.model_dump(mode="json"),
    )
