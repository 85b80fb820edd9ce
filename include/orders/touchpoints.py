"""The one function through which every load of touches goes: what differs is stored, and what it concerns re-opened."""

from dataclasses import dataclass

import pyarrow as pa

from include.orders.people import Collision, store_people
from include.orders.settle import Consequences, settle
from include.storage.locks import lock_shop
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_INT64 = ("touchpoint_id", "visitor_id", "customer_id", "exposure_key")
_OPTIONAL = (
    "external_id",
    "customer_id",
    "customer_external_id",
    "source",
    "medium",
    "campaign",
    "content",
    "term",
    "utm_id",
    "platform",
    "campaign_id",
    "gclid",
    "gbraid",
    "wbraid",
    "fbclid",
    "ttclid",
    "landing_page",
    "referrer",
    "consent",
)
_COLUMNS = (
    "touchpoint_id",
    "source_system",
    "external_id",
    "visitor_id",
    "visitor_external_id",
    "customer_id",
    "customer_external_id",
    "occurred_at",
    "type",
    "channel",
    "channel_rule",
    *_OPTIONAL[3:],
    "exposure_key",
)


def _type_of(column: str) -> pa.DataType:
    if column == "occurred_at":
        return pa.timestamp("us", "UTC")
    return pa.int64() if column in _INT64 else pa.string()


TOUCHPOINT_SCHEMA = pa.schema(
    [pa.field("line", pa.int64(), nullable=False)]
    + [pa.field(column, _type_of(column), nullable=column in _OPTIONAL) for column in _COLUMNS]
)
"""One row per touch, columns as in analytics.touchpoints, and the external ids of visitor and customer. line: the
writer's own number, ascending; of several rows of one external_id the last one counts, while equal rows without an
external_id are as many touches."""


@dataclass(frozen=True)
class TouchCounts:
    """What became of the staged rows: staged = new + changed + unchanged + superseded + collisions."""

    staged: int
    new: int
    changed: int
    unchanged: int
    superseded: int
    collisions: tuple[Collision, ...]
    consequences: Consequences


def merge_staged_touchpoints(session: TenantSession, tenant: Tenant, staged: int) -> TouchCounts:
    """Store the touches copied into stage_touchpoints (after settle.begin) and re-open the conversions they concern.

    staged: rows copied, of TOUCHPOINT_SCHEMA. Nothing is committed here. Other writers of the tenant's orders and
    touches wait from now until the caller commits.
    """
    session.execute("orders/number_identical_touchpoints")
    superseded = session.execute("orders/delete_superseded_touchpoints")
    session.execute("orders/analyze_stage_of_touchpoints")
    lock_shop(session)
    collisions = [Collision(*row) for row in session.rows("orders/delete_colliding_touchpoints")]
    collisions += store_people(session, "touchpoints")
    matched = session.execute("orders/create_touch_matches")
    session.execute("orders/analyze_touch_matches")
    session.execute("orders/find_evidence_of_touchpoints")
    # A shop without conversions has nothing to re-open: its first load, usually its largest, need not look.
    if session.row("orders/select_any_conversion") is not None:
        session.execute("orders/find_touch_changes")
    changed = session.execute("orders/update_touchpoints")
    new = session.execute("orders/insert_touchpoints")
    consequences = settle(session, tenant)
    return TouchCounts(staged, new, changed, matched - changed, superseded, tuple(collisions), consequences)
