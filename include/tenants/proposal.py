"""A tenant as its file would have its figures computed, before anything of it is applied."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from include.pnl.cost_settings import OperatingCost
from include.tenants.tenant import FROM_THE_BEGINNING, InForce, Tenant
from include.tenants.tenant_file import TenantFile


def as_proposed(tenant: Tenant, file: TenantFile) -> Tenant:
    """Return the stored tenant with the formulas and costs of its file, from the days on that the file says."""
    return replace(
        tenant,
        formula_history=_history(file, file.formulas),
        cost_history=_history(file, file.costs),
        cogs_history=_history(file, file.cogs),
        operating_costs=tuple(
            OperatingCost(
                cost.name, cost.kind, cost.amount, cost.per, cost.from_day or FROM_THE_BEGINNING.date(), cost.until
            )
            for cost in file.operating_costs
        ),
    )


def with_newest_figures(tenant: Tenant, today: date) -> Tenant:
    """Return the tenant as if its newest formulas and costs had always been in force; a cost that has ended is in none.

    today: tenant-local.
    """
    newest: dict[str, OperatingCost] = {}
    for cost in sorted(tenant.operating_costs, key=lambda each: each.valid_from):
        newest[cost.name] = cost
    return replace(
        tenant,
        formula_history=_newest(tenant.formula_history),
        cost_history=_newest(tenant.cost_history),
        cogs_history=_newest(tenant.cogs_history),
        operating_costs=tuple(
            replace(cost, valid_from=FROM_THE_BEGINNING.date(), valid_to=None)
            for cost in sorted(newest.values(), key=lambda each: each.name)
            if cost.valid_to is None or cost.valid_to > today
        ),
    )


def _history(file: TenantFile, entries: Iterable[Any]) -> tuple[InForce[Any], ...]:
    return tuple(
        InForce(
            FROM_THE_BEGINNING if entry.from_day is None else file.first_instant_of(entry.from_day), entry.settings()
        )
        for entry in entries
    )


def _newest(history: tuple[InForce[Any], ...]) -> tuple[InForce[Any], ...]:
    return tuple(replace(entry, valid_from=FROM_THE_BEGINNING) for entry in history[-1:])
