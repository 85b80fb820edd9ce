"""One row of a costs CSV as a unit cost of the tenant's own table, from one instant on.

Columns are those of docs/import.md. What goods cost is decided from these rows in include/pnl.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from include.clock import day_bounds
from include.errors import InvalidInput
from include.imports.csv_rows import Columns
from include.imports.fields import parse_time
from include.money import to_minor_units
from include.tenants.tenant import Tenant

COLUMNS = Columns(required=("unit_cost", "valid_from"), optional=("sku", "variant_id", "valid_to", "currency"))
SOURCE = "internal"

_ANY_TIME = datetime(9998, 1, 1, tzinfo=UTC)


def parse_cost(fields: Mapping[str, str], tenant: Tenant, now: datetime) -> dict[str, object]:
    """Return the columns of a unit cost; a bare day begins at midnight in the tenant's zone, a time is an instant.

    unit_cost is in major units of currency, the tenant's where none is named. now is not compared with: a cost may be
    known ahead. Raises InvalidInput that names the field.
    """
    sku, variant = fields.get("sku", ""), fields.get("variant_id", "")
    if not sku and not variant:
        raise InvalidInput("sku is empty and so is variant_id; name the goods by one of them")
    currency = fields.get("currency") or tenant.currency
    cost = to_minor_units(fields.get("unit_cost", ""), currency)
    if cost < 0:
        raise InvalidInput(f"unit_cost {fields['unit_cost'][:40]!r} is negative; a cost is what is paid")
    start = _instant("valid_from", fields.get("valid_from", ""), tenant)
    end = _instant("valid_to", fields["valid_to"], tenant) if fields.get("valid_to") else None
    if end is not None and end <= start:
        raise InvalidInput("valid_to is not after valid_from; it is the first day or instant that has another cost")
    return {
        "sku": sku,
        "variant_id": variant,
        "valid_from": start,
        "valid_to": end,
        "unit_cost_minor": cost,
        "currency": currency,
    }


def _instant(name: str, text: str, tenant: Tenant) -> datetime:
    try:
        day = date.fromisoformat(text) if len(text) <= len("2026-03-31") else None
    except ValueError:
        day = None
    if day is not None and date(1990, 1, 1) <= day < _ANY_TIME.date():
        return day_bounds(tenant.timezone, day, day)[0]
    return parse_time(name, text, _ANY_TIME)
