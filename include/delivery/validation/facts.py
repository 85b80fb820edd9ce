"""What a validation works on and comes to, as values: posted ledger rows, facts that are kept, changes they justify.

Levels of proof are those of validation_apis L: only EVENT, or SET with every guard true, may change a row's state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

DUPLICATED = "duplicated"
VALUE_DIFFERS = "value_differs"
ID_MISMATCH = "id_mismatch"
SET_LEVEL = "set_level"
UNVERIFIABLE = "unverifiable_by_api"
MISSING_AT_DESTINATION = "missing_at_destination"
NOT_RECEIVED = "not_received"
NOT_SEEN = "not_seen_at_destination"
REQUEUED = "requeued_by_validation"
CHECK_FAILED = "check_failed"


class Proof(IntEnum):
    """How much a vendor's answer proves: nothing, plausibility, all or none of a set, this very event."""

    NONE = 0
    PLAUSIBLE = 1
    SET = 2
    EVENT = 3


@dataclass(frozen=True)
class Posted:
    """A ledger row that was posted: accepted or in_doubt, or confirmed before, which may turn out to be there twice.

    Times are business time, UTC: first_sent_at of the first post that the vendor may have received, sent_at of the one
    that it accepted, else the first. value_minor: as the payload stated it. fence: of the row as it was read; a change
    is refused if it moved since. requeued: a validation has put the row back once. void: it cannot be sent again, its
    order is cancelled or a test since, or its bytes are gone.
    """

    order_id: int
    event_name: str
    event_seq: int
    event_id: str
    event_time: datetime
    first_sent_at: datetime
    sent_at: datetime
    state: str
    fence: int
    value_minor: int
    currency: str
    reason: str | None = None
    requeued: bool = False
    void: bool = False


@dataclass(frozen=True)
class Change:
    """A row's next state, or the same with a reason; applied only if the row is still what was read."""

    row: Posted
    state: str
    reason: str | None

    @property
    def is_news(self) -> bool:
        """Whether the row is not so already."""
        return (self.state, self.reason) != (self.row.state, self.row.reason)


@dataclass(frozen=True)
class Fact:
    """One check, kept for ever; never a payload or a vendor's text.

    method: what was asked, such as ga4_report. window: [from, to) of the events or posts it is about, UTC. expected,
    observed: counts. guards: those that failed. row: of a fact about one event. observed_minor: the vendor's value in
    minor units of the row's currency. digest: SHA-256 of the answers read. detail: figures only.
    """

    method: str
    verdict: str
    proof: Proof
    window_from: datetime
    window_to: datetime
    expected: int | None = None
    observed: int | None = None
    guards: tuple[str, ...] = ()
    row: Posted | None = None
    observed_minor: int | None = None
    digest: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
