"""One row of an orders CSV as one staged state of an order.

Columns are those of docs/import.md. Storing is the business of include/orders/upsert.py.
"""

from collections.abc import Mapping
from datetime import datetime

from include.errors import InvalidInput
from include.ids import stable_id
from include.imports.csv_rows import Columns
from include.imports.fields import parse_boolean, parse_time, parse_word
from include.money import to_minor_units
from include.orders.row_ids import customer_id_of, order_id_of, visitor_id_of
from include.tenants.tenant import Tenant

COLUMNS = Columns(
    required=("order_id", "placed_at", "currency", "total"),
    optional=("customer_id", "visitor_id", "financial_status", "test", "cancelled_at"),
)
SOURCE = "import"

_FINANCIAL_STATUSES = frozenset(
    {"pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided", "expired", "unpaid"}
)


def parse_order(fields: Mapping[str, str], tenant: Tenant, now: datetime) -> dict[str, object]:
    """Return the staged columns of an order (all of ORDER_SCHEMA but line).

    total is in major units of currency and becomes minor units exactly. now: business time, UTC; an order more than a
    day ahead of it is refused. Raises InvalidInput that names the field.
    """
    order = fields.get("order_id")
    if not order:
        raise InvalidInput("order_id is empty; without it a second import could not know the order again")
    placed_at = parse_time("placed_at", fields.get("placed_at", ""), now)
    cancelled = fields.get("cancelled_at")
    currency = fields.get("currency", "")
    total_minor = to_minor_units(fields.get("total", ""), currency)
    if total_minor < 0:
        raise InvalidInput(f"total {fields['total'][:40]!r} is negative; a refund is not an order")
    customer, visitor = fields.get("customer_id"), fields.get("visitor_id")
    row: dict[str, object] = {
        "order_id": order_id_of(tenant.tenant_id, order),
        "external_id": order,
        "source": SOURCE,
        "source_name": None,
        "placed_at": placed_at,
        "cancelled_at": parse_time("cancelled_at", cancelled, now) if cancelled else None,
        "test": parse_boolean("test", fields.get("test", "")),
        "financial_status": parse_word("financial_status", fields.get("financial_status", "paid"), _FINANCIAL_STATUSES),
        "customer_id": customer_id_of(tenant.tenant_id, customer) if customer else None,
        "customer_external_id": customer,
        "visitor_id": visitor_id_of(tenant.tenant_id, visitor) if visitor else None,
        "visitor_external_id": visitor,
        "currency": currency,
        "total_minor": total_minor,
    }
    return {**row, "row_digest": stable_id(*(str(value) for value in row.values()))}
