"""The events of a tenant's sales in temporary tables: what every figure about sales is added up from."""

from collections.abc import Mapping
from datetime import date

from include.clock import day_bounds
from include.metrics.sales import order_switches
from include.money import minor_unit_exponents
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant


def stage_sales(session: TenantSession, tenant: Tenant, first: date, last: date) -> None:
    """Make `sales_events` for the tenant-local days [first, last), in place of any made before in this transaction.

    One row per event (sale, edit, refund, cancellation) of an order that counts: order_id, event_id (of the edit or
    refund), at (UTC), day, currency, is_new, person, and gross, discounts, returns, shipping, tax, tips, other and
    gift_cards in minor units of the order's currency, without tax; discounts and returns are positive where they take
    away. An order's events have the same days whichever days are asked for.
    """
    start, end = day_bounds(tenant.timezone, first, last)
    window = {"start": start, "end": end, "first": first, "last": last, "timezone": tenant.timezone}
    switches = order_switches_of(tenant)
    session.execute("metrics/drop_sales")
    for table in ("wanted_orders", "goods_of_orders", "sold_orders"):
        session.execute(f"metrics/create_{table}", **window, **switches)
        # Without its size the planner takes a temporary table for a small one.
        session.execute(f"metrics/analyze_{table}")
    for table in ("refunded", "edited", "sales_events"):
        session.execute(f"metrics/create_{table}", **window, **switches)


def order_switches_of(tenant: Tenant) -> Mapping[str, object]:
    """Return what statements are bound to that decide of an order by the preferences of its own day."""
    return order_switches([(entry.valid_from, entry.settings) for entry in tenant.formula_history])


def money_of(tenant: Tenant) -> dict[str, object]:
    """Return the currency of the tenant and the decimals of all currencies, as statements about money are bound to."""
    exponents = minor_unit_exponents()
    return {"currency": tenant.currency, "currencies": list(exponents), "exponents": list(exponents.values())}
