"""Ids of a tenant's rows from the ids that the shop and its recorders use; the same in every load and every source."""

from include.ids import stable_id


def order_id_of(tenant_id: int, external_id: str) -> int:
    """Return an order's id; a shop's webhook and its CSV export name the same order."""
    return stable_id(tenant_id, "order", external_id)


def customer_id_of(tenant_id: int, external_id: str) -> int:
    """Return a customer's id."""
    return stable_id(tenant_id, "customer", external_id)


def visitor_id_of(tenant_id: int, external_id: str) -> int:
    """Return a visitor's id."""
    return stable_id(tenant_id, "visitor", external_id)


def touchpoint_id_of(tenant_id: int, source_system: str, external_id: str) -> int:
    """Return the id of a touch that its recorder gave an id."""
    return stable_id(tenant_id, "touchpoint", source_system, external_id)


def touchpoint_id_of_columns(tenant_id: int, source_system: str, columns: tuple[str, ...]) -> int:
    """Return the id of a touch without an id of its recorder: of all its columns, so that equal rows are equal."""
    return stable_id(tenant_id, "touchpoint without id", source_system, *columns)
