"""Jobs 6 and 7, attribution_order_reconciliation: what a tenant's rows promise each other is checked and repaired.

Looking takes no lock. What looks wrong is looked at again once nobody else writes, and repaired in the same
transaction by those who repair everything: settlement (include/orders) writes conversions, and a conversion whose
credit is wrong waits for the engine again. A tenant whose rows are right is read and not written.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from include.clock import day_bounds, local_today
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.orders.settle import begin, settle
from include.storage.locks import lock_credit, lock_shop
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

RECENT_DAYS = 60
_FINDINGS = (
    "orders_without_conversion",
    "conversions_differing",
    "credit_missing",
    "credit_not_summing",
    "credit_orphaned",
)


@dataclass(frozen=True)
class _Window:
    """first, last: tenant-local days, half-open; start, end: the same as instants, UTC."""

    first: date
    last: date
    start: datetime
    end: datetime


@dataclass(frozen=True)
class _Found:
    """What disagrees: id -> finding, of orders (with their conversions) and of conversions (with their credit)."""

    orders: Mapping[int, str]
    credit: Mapping[int, str]

    def counts(self) -> dict[str, int]:
        counted = Counter([*self.orders.values(), *self.credit.values()])
        return {finding: counted[finding] for finding in _FINDINGS}

    def sample(self) -> tuple[Mapping[str, Any], ...]:
        orders = [{"order_id": key, "finding": finding} for key, finding in self.orders.items()]
        credit = [{"conversion_id": key, "finding": finding} for key, finding in self.credit.items()]
        return (*orders, *credit)[:SAMPLE_ROWS]


def order_reconciliation(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Check orders placed since the start of tenant-local today-60, or on the days asked for (half-open).

    Counts, each repaired: orders_without_conversion; conversions_differing (value, currency, time, person,
    cancellation or exclusion is not the order's), settled anew; credit_missing and credit_not_summing (to value_minor,
    under each of the five models), opened again with an audit row; credit_orphaned (credit or adjustments of
    conversions that can have none), deleted. Counted only, of any age: edits_waiting, quarantine_open.
    """
    window = _window(tenant, request)
    found = _Found(_differing(session, tenant, window), _credit_faults(session, window))
    waits = False
    if (found.orders or found.credit) and not request.dry_run:
        lock_shop(session)
        lock_credit(session)
        orders, settled = _repair_conversions(session, tenant, window, found.orders)
        credit, reopened = _repair_credit(session, window, found)
        found, waits = _Found(orders, credit), settled or reopened
    waiting = session.rows("reconciliation/count_waiting_input")[0]
    return JobResult(
        counts={**found.counts(), "edits_waiting": waiting.edits, "quarantine_open": waiting.quarantined},
        changed=waits,
        window_from=window.first,
        window_to=window.last,
        sample=found.sample(),
    )


def _window(tenant: Tenant, request: JobRequest) -> _Window:
    today = local_today(tenant.timezone, request.now)
    first = request.date_from or today - timedelta(days=RECENT_DAYS)
    last = request.date_to or today + timedelta(days=1)
    return _Window(first, last, *day_bounds(tenant.timezone, first, last))


def _differing(
    session: TenantSession, tenant: Tenant, window: _Window, order_ids: list[int] | None = None
) -> dict[int, str]:
    _stage(session, tenant, window, order_ids)
    session.execute("orders/create_wanted_conversions", currency=tenant.currency, timezone=tenant.timezone)
    return {row.order_id: row.finding for row in session.rows("reconciliation/select_differing_conversions")}


def _stage(session: TenantSession, tenant: Tenant, window: _Window, order_ids: list[int] | None) -> None:
    begin(session, tenant)
    session.execute("reconciliation/stage_stored_orders", start=window.start, end=window.end, ids=order_ids)
    session.execute("reconciliation/stage_orders_as_changed")
    session.execute("orders/analyze_stage_of_orders")
    session.execute("orders/analyze_changes")


def _credit_faults(session: TenantSession, window: _Window, conversion_ids: list[int] | None = None) -> dict[int, str]:
    rows = session.rows(
        "reconciliation/select_credit_faults",
        start=window.start,
        end=window.end,
        first_day=window.first,
        last_day=window.last,
        ids=conversion_ids,
    )
    return {row.conversion_id: row.finding for row in rows}


def _repair_conversions(
    session: TenantSession, tenant: Tenant, window: _Window, suspected: Mapping[int, str]
) -> tuple[dict[int, str], bool]:
    """Settle those that still differ from their orders; return them, and whether a conversion waits now."""
    found = _differing(session, tenant, window, list(suspected)) if suspected else {}
    if not found:
        return {}, False
    _stage(session, tenant, window, list(found))
    return found, settle(session, tenant).any_waits


def _repair_credit(session: TenantSession, window: _Window, found: _Found) -> tuple[dict[int, str], bool]:
    """Repair what is wrong now that conversions are settled; return it, and whether a conversion waits now."""
    faults = _credit_faults(session, window, [*found.orders, *found.credit])
    broken = {conversion: finding for conversion, finding in faults.items() if finding != "credit_orphaned"}
    orphaned = [conversion for conversion in faults if conversion not in broken]
    session.execute("reconciliation/audit_reopened", ids=list(broken), findings=list(broken.values()))
    session.execute("reconciliation/distrust_credits", ids=list(broken))
    session.execute("reconciliation/reopen_conversions", ids=list(broken))
    session.execute("reconciliation/delete_orphaned_credits", ids=orphaned)
    session.execute("reconciliation/delete_orphaned_adjustments", ids=orphaned)
    return faults, bool(broken)
