"""Requests with claimed events, and what their answers do to the ledger and to the destination's gate.

A request's outcome is settled in the transaction that sent it, before the next one: of Meta and TikTok one request with
all events of a group, of GA4 one per event over many connections. What an answer means is said by
include/delivery/ledger.py; which events are claimed, by event_claims.py.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from include import clock
from include.delivery import ga4_payload, meta_payload, tiktok_payload
from include.delivery.ledger import (
    STRANGE_TRIES,
    Answer,
    Settlement,
    State,
    answer_of,
    pause_after,
    received_by_meta,
    retry_at,
    settle,
)
from include.delivery.purchase import Destination
from include.errors import HostRefused, PlatformWaits
from include.jobs.event_claims import Claimed
from include.platforms.client import PlatformClient, Reply
from include.platforms.connections import MetaAdsConnection
from include.platforms.outcome import Classified
from include.platforms.request import PlatformRequest
from include.platforms.retry import DEAD_CREDENTIAL_SECONDS
from include.storage.gates import Gate, close_gate, open_gate
from include.storage.session import TenantSession

AT_ONCE = 16
"""Connections to GA4, which takes one event per request."""

PAUSE = timedelta(seconds=DEAD_CREDENTIAL_SECONDS)
"""After which a destination that blocks everything is tried again."""

_LONGEST_SECONDS = 60.0
"""After this GA4 is sent no more in one step: well within the lease of a claim."""
_MISSES = 2 * AT_ONCE
"""Requests in a row without a good answer after which GA4 is left alone."""


@dataclass(frozen=True)
class Sender:
    """A destination with its client. resend: what may have arrived is sent again. strikes: of its gate."""

    destination: Destination
    client: PlatformClient
    resend: bool
    strikes: int = 0


@dataclass(frozen=True)
class Posted:
    """What one step of sending came to.

    counts: events by what became of them. left: groups of claimed events that are still to be sent. unsent: claimed
    events that were given back because the step ran out of time. stopped: the destination is left alone until its gate
    opens.
    """

    counts: Mapping[str, int]
    left: tuple[tuple[Claimed, ...], ...] = ()
    unsent: tuple[Claimed, ...] = ()
    stopped: bool = False


@dataclass
class _Outcomes:
    """Settlements of a step, gathered so that each kind is one statement."""

    groups: dict[tuple[Settlement, datetime | None, Classified | None], list[Claimed]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(
        self,
        events: Iterable[Claimed],
        settlement: Settlement,
        one: Classified | None,
        not_before: datetime | None = None,
    ) -> None:
        self.groups[settlement, not_before, one].extend(events)

    def write(self, session: TenantSession, destination: Destination, posted_at: datetime) -> Counter[str]:
        """Settle the ledger and return events by state; overtaken: claimed by somebody else since."""
        counts: Counter[str] = Counter()
        for (settlement, not_before, one), events in self.groups.items():
            settled = session.execute(
                "delivery/settle_events",
                destination_id=destination.destination_id,
                **_keys(events),
                state=settlement.state,
                reason=settlement.reason,
                counted=settlement.counted,
                received=settlement.received,
                not_before=not_before,
                posted_at=posted_at,
                code="/".join(part for part in (one.code, one.subcode) if part) or None if one else None,
                error=str(one)[:200] if one and not one.ok else None,
                request_id=one.request_id if one else None,
            )
            counts[str(settlement.state) if settlement.received or settlement.counted else "given_back"] += settled
            counts["overtaken"] += len(events) - settled
        return counts


def post_group(session: TenantSession, sender: Sender, groups: Sequence[tuple[Claimed, ...]]) -> Posted:
    """Send the first group of claimed events in one request and settle what became of it.

    A refused group of several is split in two, which come next: nothing of it was processed. The bad event is refused
    alone in the end.
    """
    (group, *others) = groups
    posted_at = clock.now()
    outcomes = _Outcomes()
    try:
        reply = sender.client.send(_request(sender, [event.body for event in group]))
    except (PlatformWaits, HostRefused) as error:
        return _stopped(session, sender, groups, _gate_of(error, posted_at), posted_at)
    answer = answer_of(sender.destination.destination, reply, len(group))
    if answer is Answer.STRANGE and all(event.attempts >= STRANGE_TRIES for event in group):
        answer = Answer.REFUSED
    if answer is Answer.REFUSED and len(group) > 1:
        half = len(group) // 2
        return Posted({"requests": 1, "split": 1}, (group[:half], group[half:], *others))
    partly = answer is Answer.DOUBTFUL and bool(received_by_meta(reply.body))
    # Only alone is it known whose the strange answer is.
    attempts = group[0].attempts if len(group) == 1 else 0
    outcomes.add(group, settle(answer, resend=sender.resend, attempts=attempts, partly=partly), reply.classified)
    if answer in (Answer.RECEIVED, Answer.REFUSED):
        counts = outcomes.write(session, sender.destination, posted_at)
        if answer is Answer.RECEIVED:
            open_gate(session, sender.destination.destination_id)
        return Posted({**counts, "requests": 1}, tuple(others))
    gate = _gate_after(sender, answer, reply, posted_at)
    counts = outcomes.write(session, sender.destination, posted_at)
    stopped = _stopped(session, sender, others, gate, posted_at)
    return replace(stopped, counts={**(counts + Counter(stopped.counts)), "requests": 1})


def post_each(session: TenantSession, sender: Sender, events: Sequence[Claimed]) -> Posted:
    """Send claimed events one by one, many at a time, and settle what became of each.

    Single failures among good answers are retried by themselves; without a good answer the destination is left alone.
    """
    posted_at = clock.now()
    end = time.monotonic() + min(_LONGEST_SECONDS, session.deadline.remaining() / 2)
    misses = 0

    def going(reply: Reply) -> bool:
        nonlocal misses
        misses = 0 if reply.classified.ok else misses + 1
        return misses < _MISSES and time.monotonic() < end

    requests = [ga4_payload.request_of(event.body) for event in events]
    replies: dict[int, Reply] = {}
    try:
        replies.update(sender.client.send_each(requests, at_once=AT_ONCE, going=going))
    except (PlatformWaits, HostRefused) as error:
        return _stopped(session, sender, [tuple(events)], _gate_of(error, posted_at), posted_at)
    answers = {index: answer_of("ga4", reply, 1) for index, reply in replies.items()}
    reached = Answer.RECEIVED in answers.values()
    outcomes = _Outcomes()
    for index, answer in answers.items():
        _settle_one(outcomes, sender, events[index], answer, replies[index], posted_at, reached=reached)
    counts = outcomes.write(session, sender.destination, posted_at) + Counter(requests=len(replies))
    unsent = tuple(event for index, event in enumerate(events) if index not in replies)
    if reached and misses < _MISSES:
        open_gate(session, sender.destination.destination_id)
        counts += give_back(session, sender.destination, [unsent], posted_at)
        return Posted(counts, unsent=unsent)
    # Of the misses at the end, in the order in which they came: what was before them was another time.
    answer, index = _worst({answers[index]: index for index in list(answers)[-misses:]})
    stopped = _stopped(session, sender, [unsent], _gate_after(sender, answer, replies[index], posted_at), posted_at)
    return replace(stopped, counts=counts + Counter(stopped.counts))


def _settle_one(
    outcomes: _Outcomes,
    sender: Sender,
    event: Claimed,
    answer: Answer,
    reply: Reply,
    now: datetime,
    *,
    reached: bool,
) -> None:
    # Nobody accepted anything: the address is wrong, not this event.
    if answer is Answer.REFUSED and not reached:
        answer = Answer.BLOCKED
    settlement = settle(answer, resend=sender.resend, attempts=event.attempts)
    waits = settlement.state is State.QUEUED and reached
    outcomes.add([event], settlement, reply.classified, retry_at(now, event.attempts) if waits else None)


def _worst(misses: Mapping[Answer, int]) -> tuple[Answer, int]:
    """Return, of answers none of which was good, what keeps the destination from being sent to, and its index."""
    order = (Answer.WAIT, Answer.BLOCKED, Answer.REFUSED, Answer.DOUBTFUL, Answer.STRANGE, Answer.UNDONE)
    worst = next(answer for answer in order if answer in misses)
    return Answer.BLOCKED if worst is Answer.REFUSED else worst, misses[worst]


def _request(sender: Sender, bodies: Sequence[bytes]) -> PlatformRequest:
    connection = sender.client.connection
    if isinstance(connection, MetaAdsConnection):
        return meta_payload.request_of(bodies, sender.destination, connection.api_version)
    return tiktok_payload.request_of(bodies, sender.destination)


def _gate_after(sender: Sender, answer: Answer, reply: Reply, now: datetime) -> Gate:
    """Return the gate that an answer closes; a wait for all who use the credential is written by the client first."""
    one = reply.classified
    if answer is Answer.WAIT or (answer is Answer.BLOCKED and one.outcome.value == "auth_dead"):
        try:
            sender.client.give_up(reply)
        except PlatformWaits as waits:
            return _gate_of(waits, now)
    if answer is Answer.BLOCKED:
        return Gate("paused", now + PAUSE, str(one))
    return Gate("throttled", now + pause_after(sender.strikes, one.wait_seconds), str(one))


def _gate_of(error: PlatformWaits | HostRefused, now: datetime) -> Gate:
    """Return the gate of an error before which nothing was sent."""
    if isinstance(error, HostRefused):
        return Gate("paused", now + PAUSE, str(error))
    return Gate("paused" if error.paused else "throttled", error.not_before, str(error))


def _stopped(
    session: TenantSession,
    sender: Sender,
    groups: Iterable[Sequence[Claimed]],
    gate: Gate,
    posted_at: datetime,
) -> Posted:
    """Close the gate and give back what was claimed and not sent."""
    close_gate(session, sender.destination.destination_id, gate)
    return Posted(give_back(session, sender.destination, groups, posted_at), stopped=True)


def give_back(
    session: TenantSession, destination: Destination, groups: Iterable[Sequence[Claimed]], posted_at: datetime
) -> Counter[str]:
    """Put claimed events that were not sent back into the queue, as if they had not been claimed."""
    outcomes = _Outcomes()
    for group in groups:
        if group:
            outcomes.add(group, Settlement(State.QUEUED, counted=False), None)
    return outcomes.write(session, destination, posted_at)


def _keys(events: Sequence[Claimed]) -> dict[str, list[object]]:
    return {
        "order_ids": [event.place.order_id for event in events],
        "names": [event.place.event_name for event in events],
        "seqs": [event.place.event_seq for event in events],
        "fences": [event.fence for event in events],
        "sent_before": [event.sent_before for event in events],
    }
