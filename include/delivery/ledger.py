"""The delivery ledger as a state machine: which moves there are, and what a vendor's answer does to the events in it.

Pure. The question that decides is whether the vendor may have the events. Where it cannot, they wait for another try;
where it may, GA4 and TikTok get the identical bytes again, because they recognise a repeat, and Meta, which promises
nothing of the kind between servers, keeps them in doubt (conversion_apis A8, B8, C5, D2). Windows are windows.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from include.delivery.purchase import Vendor
from include.platforms.client import Reply
from include.platforms.http_status import NotJson, json_of
from include.platforms.outcome import Outcome, member


class State(StrEnum):
    """Of a row; each row is in exactly one."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    IN_DOUBT = "in_doubt"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    FAILED = "failed"


MOVES: Mapping[State, frozenset[State]] = {
    # In doubt: it may have arrived before and may not be sent again.
    State.QUEUED: frozenset({State.SENDING, State.SKIPPED, State.EXPIRED, State.IN_DOUBT, State.FAILED}),
    State.SENDING: frozenset({State.ACCEPTED, State.QUEUED, State.IN_DOUBT, State.FAILED}),
    # By validation only.
    State.ACCEPTED: frozenset({State.CONFIRMED, State.QUEUED, State.FAILED}),
    State.IN_DOUBT: frozenset({State.CONFIRMED, State.QUEUED, State.EXPIRED, State.FAILED}),
    State.CONFIRMED: frozenset(),
    State.SKIPPED: frozenset(),
    State.EXPIRED: frozenset(),
    State.FAILED: frozenset(),
}
"""State -> where a row may go from it. Nothing leaves a terminal one."""

TERMINAL = frozenset(state for state, moves in MOVES.items() if not moves)


class Why(StrEnum):
    """Reason of a row, beside those of purchase.Reason and windows.py."""

    BEFORE_CUTOVER = "before_cutover"
    SHADOW = "shadow"
    PURCHASE_NOT_SENT = "purchase_not_sent"
    NOT_BUILDABLE = "not_buildable"
    REFUSED = "refused_by_vendor"
    REPEATED = "repeated"
    """Queued again although it may have arrived: the vendor recognises the repeat."""
    NO_ANSWER = "no_answer"
    PARTLY_RECEIVED = "partly_received"
    TASK_DIED = "task_died"


class Answer(StrEnum):
    """What the answer to a request means for its events."""

    RECEIVED = "received"
    """All of them."""
    UNDONE = "undone"
    """None of them, and nothing is wrong with them: the vendor was not reached, or stumbled and said so."""
    WAIT = "wait"
    """None of them: the vendor says when."""
    BLOCKED = "blocked"
    """None of them, and none of any other: credential, permission or address is wrong."""
    REFUSED = "refused"
    """None of them, because of one of them."""
    STRANGE = "strange"
    """None of them, for a reason in no table."""
    DOUBTFUL = "doubtful"
    """Perhaps."""


STRANGE_TRIES = 3
"""Answers with an unknown code after which an event counts as refused."""

_BLOCKED_STATUSES = frozenset({401, 403, 404, 405, 407})
_REQUEST_TIMEOUT = 408


def answer_of(vendor: Vendor, reply: Reply, events: int) -> Answer:
    """Return what a reply means for a request of so many events."""
    outcome = reply.classified.outcome
    if reply.received != "yes":
        return Answer.UNDONE if reply.received == "no" else Answer.DOUBTFUL
    if outcome is Outcome.OK:
        return Answer.RECEIVED if vendor != "meta" or received_by_meta(reply.body) == events else Answer.DOUBTFUL
    if outcome in (Outcome.THROTTLE, Outcome.QUOTA_DAY):
        return Answer.WAIT
    if outcome in (Outcome.AUTH_DEAD, Outcome.ACCESS, Outcome.SUNSET):
        return Answer.BLOCKED
    if outcome is Outcome.SHRINK:
        # TikTok's header about the size of reports says nothing about events: its code was 0.
        return Answer.REFUSED if reply.classified.code else Answer.RECEIVED
    if outcome in (Outcome.CONFIG, Outcome.UNKNOWN) and _is_about_the_address(reply):
        return Answer.BLOCKED
    return Answer.REFUSED if outcome is Outcome.CONFIG else _stumble(vendor, reply)


def received_by_meta(body: bytes) -> int | None:
    """Return `events_received` of Meta's reply, None where it says none."""
    try:
        count = member(json_of(body), "events_received")
    except NotJson:
        return None
    return count if isinstance(count, int) else None


def _is_about_the_address(reply: Reply) -> bool:
    """A redirect, or a status that a proxy or a wrong path gives in place of the vendor's own code."""
    return 300 <= reply.status < 400 or (
        reply.status in _BLOCKED_STATUSES and reply.classified.code == str(reply.status)
    )


def _stumble(vendor: Vendor, reply: Reply) -> Answer:
    # A 5xx may come from a proxy behind which the vendor did its work, a cut 2xx surely does.
    said_no = 400 <= reply.status < 500 and reply.status != _REQUEST_TIMEOUT
    if reply.classified.outcome is Outcome.UNKNOWN:
        return Answer.STRANGE if said_no or vendor != "meta" else Answer.DOUBTFUL
    return Answer.UNDONE if said_no else Answer.DOUBTFUL


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where an event goes from `sending`. counted: as an attempt. received: the vendor has it, or may have."""

    state: State
    reason: Why | None = None
    counted: bool = True
    received: bool = False


_BACK = Settlement(State.QUEUED, counted=False)


def settle(answer: Answer, *, resend: bool, attempts: int, partly: bool = False) -> Settlement:
    """Return where an event of a request goes.

    resend: the vendor recognises a repeat, or the tenant takes the risk (resends). attempts: with this one. partly: the
    vendor says that it has some of them. A refused request of several events is split before anything is settled.
    """
    if answer is Answer.RECEIVED:
        return Settlement(State.ACCEPTED, received=True)
    if answer is Answer.DOUBTFUL:
        why = Why.PARTLY_RECEIVED if partly else Why.NO_ANSWER
        return (
            Settlement(State.QUEUED, Why.REPEATED, received=True)
            if resend
            else Settlement(State.IN_DOUBT, why, received=True)
        )
    if answer is Answer.REFUSED or (answer is Answer.STRANGE and attempts >= STRANGE_TRIES):
        return Settlement(State.FAILED, Why.REFUSED)
    return Settlement(State.QUEUED) if answer is Answer.STRANGE else _BACK


def orphaned(*, resend: bool) -> Settlement:
    """Return where an event goes whose claim ran out: its task died, before or after the vendor got it."""
    return (
        Settlement(State.QUEUED, Why.REPEATED, received=True)
        if resend
        else Settlement(State.IN_DOUBT, Why.TASK_DIED, received=True)
    )


def resends(vendor: Vendor, policy: str) -> bool:
    """Return whether what may have arrived is sent again; policy: the destination's in_doubt."""
    return vendor != "meta" or policy == "resend"


def pause_after(strikes: int, hint_seconds: float | None = None) -> timedelta:
    """Return how long a destination is left alone that was not reached, or did not say what it did.

    strikes: how often before without a good answer in between. 5 minutes doubled up to an hour, never less than the
    vendor's own hint.
    """
    return max(timedelta(minutes=min(5 * 2 ** min(strikes, 4), 60)), timedelta(seconds=hint_seconds or 0))


def retry_at(now: datetime, attempts: int) -> datetime:
    """Return when a single event is tried again that failed among others that did not; attempts: with this one."""
    return now + timedelta(minutes=min(2 ** min(attempts, 6), 60))
