"""Orders enter the delivery ledger in the transaction that decides about them, once per destination and for good.

A purchase when its conversion gets its first status; where its currency has no rate, that is "pending, no rate", when
the order itself is written. A refund or a later cancellation, for destinations that know such an event, when the order
or refund is written. What becomes of a row is said by ledger.py; sending is left to the jobs.
"""

from collections.abc import Sequence

from include.delivery.event_ids import event_id_of
from include.errors import InvalidInput
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant, TenantDestination

_ORDER_ID = "\x01"
"""Stands for the order's id, which the statement puts in; no template can hold it."""


def enqueue_credited(session: TenantSession, tenant: Tenant, run_id: str) -> int:
    """Enqueue the orders of stage_conversions that never had a status and return how many events that is.

    Called before the conversions are written. Paid, no test and not cancelled; orders placed before a destination's
    send_from are skipped(before_cutover). The caller holds the credit lock.
    """
    if not tenant.destinations:
        return 0
    count = session.execute("delivery/enqueue_credited", run_id=run_id, **_wanted(tenant))
    if count and (refunds := _refundable(tenant)):
        refunded = [row.order_id for row in session.rows("delivery/select_credited_refunds")]
        if refunded:
            count += session.execute(
                "delivery/enqueue_refunds", destination_ids=refunds, order_ids=refunded, run_id=run_id
            )
    return count


def enqueue_without_rate(session: TenantSession, tenant: Tenant) -> int:
    """Enqueue the orders of wanted_conversions whose currency has no rate; as enqueue_credited."""
    return session.execute("delivery/enqueue_without_rate", **_wanted(tenant)) if tenant.destinations else 0


def enqueue_refunds(session: TenantSession, tenant: Tenant) -> int:
    """Enqueue refunds and cancellations among order_changes and refund_changes of purchases that are in the ledger."""
    destination_ids = _refundable(tenant)
    if not destination_ids:
        return 0
    changed = {row.order_id for row in session.rows("delivery/lock_changed_purchases", destination_ids=destination_ids)}
    if not changed:
        return 0
    return session.execute(
        "delivery/enqueue_refunds", destination_ids=destination_ids, order_ids=sorted(changed), run_id=None
    )


def _wanted(tenant: Tenant) -> dict[str, object]:
    return {
        "destination_ids": [one.destination_id for one in tenant.destinations],
        "destinations": [one.destination for one in tenant.destinations],
        "event_ids": [_event_id(tenant, one) for one in tenant.destinations],
        "send_from": [one.send_from for one in tenant.destinations],
    }


def _event_id(tenant: Tenant, destination: TenantDestination) -> str | None:
    """Return the template with a mark for the order's id; None for one that is none: it must not cost the credit."""
    try:
        return event_id_of(
            destination.event_id_template, _ORDER_ID, tenant=tenant.slug, destination_id=destination.destination_id
        )
    except InvalidInput:
        return None


def _refundable(tenant: Tenant) -> Sequence[str]:
    """Return the destinations that know a refund: Meta and TikTok have no event that takes a purchase back."""
    return [one.destination_id for one in tenant.destinations if one.destination == "ga4"]
