"""What follows for conversions from new, changed and vanished orders, touches and evidence of identity.

One transaction keeps four promises, whatever arrives in whatever order and however it is split into loads: a
conversion names its order's customer, or else the current customer of its visitor; exactly the credited conversions in
whose window something changed wait for credit again; a person's first countable order is the new customer's; a
customer's first_order_at is that order's. Which rows changed is found by the writers (upsert.py, touchpoints.py);
what credit is, by the jobs.
"""

from dataclasses import dataclass

from include.delivery.enqueue import enqueue_without_rate
from include.storage.locks import lock_credit
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_STAGES = (
    "stage_of_orders",
    "stage_of_touchpoints",
    "order_changes",
    "refund_changes",
    "touch_changes",
    "evidence_changes",
)


@dataclass(frozen=True)
class Consequences:
    """Conversions written by one settlement, each kind counted by itself.

    inserted: of new orders. changed: value, time, person, currency or cancellation differ, or excluded and back.
    reopened: credited ones that wait for credit again because of touches or identity. restitched: their customer
    changed. judged: new or returning was decided or turned over.
    """

    inserted: int
    changed: int
    reopened: int
    restitched: int
    judged: int

    @property
    def any_waits(self) -> bool:
        """Whether there is work for process_attribution."""
        return bool(self.inserted or self.changed or self.reopened)


def begin(session: TenantSession, tenant: Tenant) -> None:
    """Make the empty stages of one load; earlier ones of the same transaction are dropped."""
    session.execute("orders/drop_stages")
    for name in _STAGES:
        session.execute(f"orders/create_{name}")
    session.execute("orders/create_journey_settings")
    entries = tenant.settings_history
    for number, entry in enumerate(entries):
        settings = entry.settings
        session.execute(
            "orders/insert_journey_settings",
            # Before the first entry the first one applies, as Tenant.settings_at has it.
            valid_from=entry.valid_from if number else None,
            valid_to=entries[number + 1].valid_from if number + 1 < len(entries) else None,
            lookback=settings.lookback,
            view_lookback=f"{settings.view_lookback_hours} hours",
            views_count=settings.view_weight > 0,
            consent=settings.consent,
            max_visitors=settings.max_visitors_per_customer,
        )


def settle(session: TenantSession, tenant: Tenant) -> Consequences:
    """Bring conversions, identities and customers up to the changes found; orders and touches are written already."""
    lock_credit(session)
    session.execute("orders/analyze_changes")
    _merge_evidence(session)
    session.execute("orders/create_wanted_conversions", currency=tenant.currency, timezone=tenant.timezone)
    for name in ("restitched", "person_visitors", "affected_people", "journey_visitors"):
        session.execute(f"orders/create_{name}")
    session.execute("orders/analyze_consequences")
    session.execute("orders/create_reopenings")
    return _write(session, tenant)


def _merge_evidence(session: TenantSession) -> None:
    session.execute("orders/recount_evidence")
    session.execute("orders/delete_known_evidence")
    session.execute("orders/create_identity_changes")
    session.execute("orders/delete_lost_evidence")
    session.execute("orders/update_evidence")
    session.execute("orders/insert_evidence")
    session.execute("orders/update_identity_changes")
    session.execute("orders/delete_equal_identities")


def _write(session: TenantSession, tenant: Tenant) -> Consequences:
    session.execute("orders/audit_changed_orders")
    session.execute("orders/delete_void_credits")
    session.execute("orders/delete_void_adjustments")
    changed = session.execute("orders/update_changed_conversions")
    inserted = session.execute("orders/insert_conversions")
    enqueue_without_rate(session, tenant)
    restitched = session.execute("orders/update_restitched_conversions")
    session.execute("orders/audit_reopened_conversions")
    reopened = session.execute("orders/reopen_conversions")
    session.execute("orders/create_judgements")
    session.execute("orders/audit_judgements")
    judged = session.execute("orders/update_judged_conversions")
    session.execute("orders/queue_judged_days", timezone=tenant.timezone)
    session.execute("orders/update_first_orders")
    return Consequences(inserted, changed, reopened, restitched, judged)
