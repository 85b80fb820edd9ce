"""A tenant's rows of control.*, read and written by the owner of the schema.

The owner is bound by row-level security like everybody else, so a transaction names its tenant first. What to write is
decided in differences.py; jobs read tenants through registry.py instead.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.errors import InvalidInput
from include.ids import tenant_id_of
from include.metrics.budget import AdBudget
from include.metrics.preferences import FormulaPreferences
from include.pnl.cost_settings import CogsSettings, CostSettings
from include.storage.sql import statement
from include.tenants.record import DATED, KEYS, TENANT_FIELDS, Record, Row, record
from include.tenants.settings import AttributionSettings

Connection = psycopg.Connection[dict[str, Any]]

_VERSION: Mapping[str, Callable[[Any], int]] = {
    "attribution": lambda settings: AttributionSettings.model_validate(settings).config_version(),
    "formulas": lambda settings: FormulaPreferences.model_validate(settings).version(),
    "costs": lambda settings: CostSettings.model_validate(settings).version(),
    "cogs": lambda settings: CogsSettings.model_validate(settings).version(),
    "ad_budgets": lambda settings: AdBudget.model_validate(settings).version(),
}
"""Part of DATED -> the version that its stored settings have."""


def connect(admin_url: str) -> Connection:
    """Connect as the owner (ANALYTICS_ADMIN_URL); transactions are opened one per tenant."""
    return psycopg.connect(
        admin_url, autocommit=True, row_factory=dict_row, application_name="attribution-tenants", connect_timeout=10
    )


@contextmanager
def locked_tenant(connection: Connection, slug: str) -> Iterator[Record | None]:
    """Open one tenant's transaction and yield its record, None when it is not there; commit at the end of the block.

    A second run on the same tenant waits until this one ends. Raises InvalidInput when the id belongs to another slug.
    """
    parameters = {"tenant_id": tenant_id_of(slug)}
    with connection.transaction():
        connection.execute("select set_config('app.tenant_id', %(tenant_id)s::text, true)", parameters)
        connection.execute(statement("tenants/lock_tenant"), parameters)
        tenant = connection.execute(statement("tenants/select_tenant"), parameters).fetchone()
        if tenant is None:
            yield None
            return
        if tenant["slug"] != slug:
            raise InvalidInput(f"tenant {slug} has the same id as {tenant['slug']}; choose another slug")
        parts = {part: connection.execute(statement(f"tenants/select_{part}"), parameters).fetchall() for part in KEYS}
        yield record({name: tenant[name] for name in TENANT_FIELDS}, parts)


def write(connection: Connection, slug: str, old: Record | None, new: Record) -> None:
    """Make the rows of a tenant those of new, within the transaction of `locked_tenant` that gave old.

    Rows that are equal are not touched. Deletes come first: an entry may take the place of another.
    """
    tenant_id = tenant_id_of(slug)
    if old is None or old["tenant"] != new["tenant"]:
        _execute(connection, "tenants/upsert_tenant", tenant_id, new["tenant"][""])
    for part in KEYS:
        before = old[part] if old is not None else {}
        for key, row in before.items():
            if new[part].get(key) != row:
                _execute(connection, f"tenants/delete_{part}", tenant_id, row)
        for key, row in new[part].items():
            if before.get(key) != row:
                _execute(connection, f"tenants/insert_{part}", tenant_id, row)


def _execute(connection: Connection, name: str, tenant_id: int, row: Row) -> None:
    part = name.partition("/insert_")[2]
    parameters = {**row, "tenant_id": tenant_id}
    if part in DATED:
        parameters |= {"settings": Jsonb(row["settings"]), "config_version": _VERSION[part](row["settings"])}
    if part == "campaign_rules":
        parameters |= {"conditions": Jsonb(row["conditions"])}
    connection.execute(statement(name), parameters)
