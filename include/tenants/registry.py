"""Which tenants there are, and one tenant with its configuration, as the first database holds them.

Listing is across tenants and needs the control role; a tenant's settings are read by the jobs' role under row-level
security. How files become these rows is left to plan.py; which tenants a run works on, to the callers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from include.errors import InvalidInput
from include.exports.definition import ExportDefinition
from include.metrics.budget import AdBudget
from include.metrics.preferences import FormulaPreferences
from include.pnl.cost_settings import CogsSettings, CostSettings, OperatingCost
from include.storage.control import control_rows
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import (
    FROM_THE_BEGINNING,
    InForce,
    Settings,
    SettingsFrom,
    Tenant,
    TenantAdAccount,
    TenantDestination,
)


@dataclass(frozen=True)
class TenantRow:
    """One row of control.tenants as jobs need it before they open a tenant; timezone IANA, currency ISO 4217."""

    tenant_id: int
    slug: str
    status: str
    timezone: str
    currency: str
    db_conn_id: str


def list_tenants(control_url: str) -> list[TenantRow]:
    """Return all tenants by slug, paused and offboarded ones too.

    control_url: analytics_control in the first database (ANALYTICS_CONTROL_URL).
    """
    return [TenantRow(*row) for row in control_rows(control_url, "tenants/select_tenants")]


def load_tenant(jobs_url: str, tenant_id: int) -> Tenant:
    """Return one tenant with every settings entry, ascending, defaults from the beginning when it has none, and with
    its enabled destinations, ad accounts and exports.

    jobs_url: analytics_jobs in the first database, also for a tenant whose rows live in another. Raises InvalidInput
    when there is no such tenant.
    """
    with tenant_transaction(jobs_url, tenant_id) as session:
        row = session.row("tenants/select_tenant")
        entries = session.rows("tenants/select_attribution")
        destinations = session.rows("tenants/select_destinations")
        sources = session.rows("tenants/select_sources")
        ad_accounts = session.rows("tenants/select_ad_accounts")
        exports = session.rows("tenants/select_exports")
        formulas, costs, cogs, operating_costs, ad_budgets = (
            session.rows(f"tenants/select_{part}")
            for part in ("formulas", "costs", "cogs", "operating_costs", "ad_budgets")
        )
    if row is None:
        raise InvalidInput(f"tenant {tenant_id} is not in control.tenants; run make tenants-apply")
    history = tuple(
        SettingsFrom(entry.valid_from.astimezone(UTC), AttributionSettings.model_validate(entry.settings))
        for entry in entries
    )
    return Tenant(
        tenant_id=row.tenant_id,
        slug=row.slug,
        name=row.name,
        status=row.status,
        timezone=row.timezone,
        currency=row.currency,
        db_conn_id=row.db_conn_id,
        settings_history=history or (SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),),
        destinations=tuple(_destination(entry) for entry in destinations if entry.enabled),
        shop_conn_id=next((entry.conn_id for entry in sources if entry.enabled and entry.source == "shopify"), None),
        ad_accounts=tuple(_ad_account(entry) for entry in ad_accounts if entry.enabled),
        formula_history=_in_force(formulas, FormulaPreferences.model_validate),
        cost_history=_in_force(costs, CostSettings.model_validate),
        cogs_history=_in_force(cogs, CogsSettings.model_validate),
        operating_costs=tuple(
            OperatingCost(row.name, row.kind, row.amount, row.per, row.valid_from, row.valid_to)
            for row in operating_costs
        ),
        budget_history=_in_force(ad_budgets, AdBudget.model_validate),
        exports=tuple(_export(entry) for entry in exports if entry.enabled),
    )


def _in_force(rows: Sequence[Any], read: Callable[[Any], Settings]) -> tuple[InForce[Settings], ...]:
    return tuple(InForce(row.valid_from.astimezone(UTC), read(row.settings)) for row in rows)


def _ad_account(row: Any) -> TenantAdAccount:
    return TenantAdAccount(
        platform=row.platform,
        account_id=row.account_id,
        conn_id=row.conn_id,
        currency=row.currency,
        timezone=row.timezone,
    )


def _export(row: Any) -> ExportDefinition:
    return ExportDefinition(
        name=row.name,
        data_set=row.data_set,
        file_format=row.file_format,
        destination=row.destination,
        every=row.every,
        at_hour=row.at_hour,
        columns=tuple(row.columns),
        days=row.days,
    )


def _destination(row: Any) -> TenantDestination:
    return TenantDestination(
        destination_id=row.destination_id,
        destination=row.destination,
        conn_id=row.conn_id,
        send_from=row.send_from.astimezone(UTC),
        event_id_template=row.event_id_template,
        consent_policy=row.consent_policy,
        mode=row.mode,
        in_doubt=row.in_doubt,
    )
