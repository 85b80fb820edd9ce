"""What a delivery is made of, as values: the purchase, the event that reports it, its destination, and what came out.

Read from the ledger and the orders' tables by the jobs; made into bytes by ga4_payload.py, meta_payload.py and
tiktok_payload.py. Lines and context are those of include/orders/state.py.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from include.orders.state import Context, Line, RefundedLine

Vendor = Literal["ga4", "meta", "tiktok"]

PURCHASE = "purchase"
REFUND = "refund"

NO_CONTEXT = Context(None, None, None, None, None, None, None, None, None, {}, {}, None, None)
"""Of an order that no browser is known of, such as an imported one."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order as it is now: money in minor units of currency, after edits and before refunds; instants in UTC.

    customer_external_id: the shop's id of the buyer. source_name: the shop's sales channel, such as web or pos.
    is_new_customer: None when nobody decided it. A money field is None where the order's source does not know it.
    """

    order_id: int
    external_id: str
    name: str | None
    placed_at: datetime
    processed_at: datetime | None
    currency: str
    total_minor: int
    gross_minor: int | None = None
    discounts_minor: int | None = None
    shipping_minor: int | None = None
    tax_minor: int | None = None
    tips_minor: int | None = None
    taxes_included: bool = False
    source_name: str | None = None
    is_new_customer: bool | None = None
    customer_external_id: str | None = None
    visitor_external_id: str | None = None
    lines: tuple[Line, ...] = ()
    context: Context = field(default=NO_CONTEXT)


@dataclass(frozen=True, slots=True)
class Refund:
    """What one refund gives back, in minor units of the purchase's currency, never negative."""

    goods_minor: int
    shipping_minor: int
    tax_minor: int
    lines: tuple[RefundedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the ledger as far as a payload shows it; refund: of an event of that name only.

    event_seq: the refund's id, 0 for a purchase. event_id: rendered by event_ids.py. event_time: frozen when the row
    was enqueued, UTC.
    """

    event_name: str
    event_seq: int
    event_id: str
    event_time: datetime
    refund: Refund | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """A tenant's destination; source_id is its measurement id, pixel id or pixel code, as its connection has it.

    send_from: UTC. site: where the shop's pages are (https://shop.example, no slash at its end), to complete the paths
    that a shop notes of them; None when unknown.
    """

    destination_id: str
    destination: Vendor
    conn_id: str
    send_from: datetime
    event_id_template: str = "{order_id}"
    consent_policy: Literal["require", "ignore"] = "require"
    mode: Literal["live", "shadow"] = "live"
    source_id: str = ""
    site: str | None = None


class Reason(StrEnum):
    """Why an order is not sent to a destination: `reason` of a skipped row."""

    CONSENT_MISSING = "consent_missing"
    CONSENT_DENIED = "consent_denied"
    NO_CLIENT_ID = "no_client_id"
    NO_IDENTIFIERS = "no_identifiers"
    NO_PAGE = "no_page"
    CURRENCY_NOT_SUPPORTED = "currency_not_supported"
    EVENT_ID_TOO_LONG = "event_id_too_long"
    REFUND_NOT_SUPPORTED = "refund_not_supported"


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of one event, frozen from now on: a whole body for GA4, one element of `data` for Meta and TikTok.

    value_minor: the value they state, in minor units of the purchase's currency.
    """

    body: bytes = field(repr=False)
    value_minor: int


@dataclass(frozen=True, slots=True)
class Skip:
    """The event is not sent, for good."""

    reason: Reason


Built = Payload | Skip
