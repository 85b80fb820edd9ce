"""Jobs 6 and 7, attribution_order_reconciliation: what a tenant's rows promise each other is checked and repaired.

Two steps, each one transaction, because each locks its conversions in one statement in the order of their ids: first
orders and conversions, then conversions and credit. The repairs are those of everybody else: settlement
(include/orders) writes conversions, and a conversion whose credit is wrong waits for the engine again. A tenant whose
rows are right is read and not written.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from include.clock import day_bounds, local_today
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.orders.settle import begin, lock_shop, settle
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

RECENT_DAYS = 60
_OF_ORDERS = ("orders_without_conversion", "conversions_differing")
_OF_CREDIT = ("credit_missing", "credit_not_summing", "credit_orphaned")


@dataclass(frozen=True)
class _Window:
    """first, last: tenant-local days, half-open; start, end: the same as instants, UTC."""

    first: date
    last: date
    start: datetime
    end: datetime

    @property
    def bounds(self) -> dict[str, datetime]:
        return {"start": self.start, "end": self.end}


def order_reconciliation(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Check orders placed since the start of tenant-local today-60, or on the days asked for (half-open).

    Counts, each repaired: orders_without_conversion; conversions_differing (value, currency, time, person,
    cancellation or exclusion is not the order's). The next step checks their credit.
    """
    window = _window(tenant, request)
    begin(session, tenant)
    if not request.dry_run:
        lock_shop(session)
    found = _differing(session, tenant, window)
    waits = False
    if found and not request.dry_run:
        begin(session, tenant)
        _stage(session, window, list(found))
        waits = settle(session, tenant).any_waits
    return JobResult(
        counts=_counts(found, _OF_ORDERS),
        changed=waits,
        window_from=window.first,
        window_to=window.last,
        sample=_sample("order_id", found),
        then=_reconcile_credit,
    )


def _reconcile_credit(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Check the credit of the window's conversions, and count quarantined input of any age that is still open.

    credit_missing and credit_not_summing (to value_minor, under each of the five models): re-opened, with an audit
    row. credit_orphaned: credit of conversions that are unattributed, excluded or unknown, deleted.
    """
    window = _window(tenant, request)
    found = _credit_faults(session, window, None)
    if found and not request.dry_run:
        found = _repair_credit(session, window, found)
    reopened = any(finding != "credit_orphaned" for finding in found.values())
    quarantined = session.rows("reconciliation/count_open_quarantine")[0].rows
    return JobResult(
        counts={**_counts(found, _OF_CREDIT), "quarantine_open": quarantined},
        changed=reopened and not request.dry_run,
        sample=_sample("conversion_id", found),
    )


def _window(tenant: Tenant, request: JobRequest) -> _Window:
    today = local_today(tenant.timezone, request.now)
    first = request.date_from or today - timedelta(days=RECENT_DAYS)
    last = request.date_to or today + timedelta(days=1)
    return _Window(first, last, *day_bounds(tenant.timezone, first, last))


def _differing(session: TenantSession, tenant: Tenant, window: _Window) -> dict[int, str]:
    _stage(session, window, None)
    session.execute("orders/create_wanted_conversions", currency=tenant.currency)
    return {row.order_id: row.finding for row in session.rows("reconciliation/select_differing_conversions")}


def _stage(session: TenantSession, window: _Window, order_ids: list[int] | None) -> None:
    session.execute("reconciliation/stage_stored_orders", ids=order_ids, **window.bounds)
    session.execute("reconciliation/stage_orders_as_changed")
    session.execute("orders/analyze_stage_of_orders")
    session.execute("orders/analyze_changes")


def _credit_faults(session: TenantSession, window: _Window, conversion_ids: list[int] | None) -> dict[int, str]:
    rows = session.rows("reconciliation/select_credit_faults", ids=conversion_ids, **window.bounds)
    return {row.conversion_id: row.finding for row in rows}


def _repair_credit(session: TenantSession, window: _Window, suspected: Mapping[int, str]) -> dict[int, str]:
    """Lock what looked wrong, look again, since a writer may have been at work on it, and repair what still is."""
    lock_shop(session)
    session.row("reconciliation/lock_conversions", ids=list(suspected))
    found = _credit_faults(session, window, list(suspected))
    broken = {conversion: finding for conversion, finding in found.items() if finding != "credit_orphaned"}
    session.execute("reconciliation/audit_reconciled", ids=list(broken), findings=list(broken.values()))
    session.execute("reconciliation/distrust_credits", ids=list(broken))
    session.execute("reconciliation/reopen_conversions", ids=list(broken))
    session.execute("reconciliation/delete_orphaned_credits", ids=[each for each in found if each not in broken])
    return found


def _counts(found: Mapping[int, str], findings: tuple[str, ...]) -> dict[str, int]:
    counted = Counter(found.values())
    return {finding: counted[finding] for finding in findings}


def _sample(name: str, found: Mapping[int, str]) -> tuple[Mapping[str, Any], ...]:
    return tuple({name: key, "finding": finding} for key, finding in list(found.items())[:SAMPLE_ROWS])
