"""Which tenants, or ad accounts of theirs, a run works on. How they are split over tasks is left to batches.py."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from attribution_airflow.requests import names_its_work
from include.jobs.request import JobRequest

FIRST_DATABASE = "analytics_db"

log = logging.getLogger(__name__)


class Listed(Protocol):
    """A tenant as control.tenants lists it."""

    @property
    def tenant_id(self) -> int: ...
    @property
    def slug(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def db_conn_id(self) -> str: ...


def due_slugs(
    control_url: str,
    request: JobRequest,
    params: Mapping[str, Any],
    queue: str | None,
    part: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the slugs that a run works on, sorted.

    queue: names the due-column query of a job that drains a queue; None for a job that has work for every tenant.
    part: the query's further parameters.
    A run whose conf names tenants, days or conversions takes those tenants, or all active ones, as they are.
    """
    from include.jobs.due import leased_tenants, tenants_with_work
    from include.tenants.registry import list_tenants

    tenants = chosen(list_tenants(control_url), params.get("tenants") or [])
    if queue is None or names_its_work(params):
        return sorted(tenant.slug for tenant in tenants)
    here = [tenant.tenant_id for tenant in tenants if tenant.db_conn_id == FIRST_DATABASE]
    with_work = tenants_with_work(control_url, queue, here, request.now, part)
    leased = leased_tenants(control_url, request.job, request.run_id)
    busy = sorted(tenant.slug for tenant in tenants if tenant.tenant_id in with_work & leased)
    if busy:
        log.info("not due while another run works on them: %s", ", ".join(busy))
    return due_of(tenants, with_work, leased)


def due_accounts(control_url: str, platform: str, params: Mapping[str, Any]) -> list[tuple[Listed, str]]:
    """Return the enabled ad accounts of a platform that a run works on: tenant and account id, sorted by name.

    A run whose conf names tenants or accounts takes those only.
    """
    from include.storage.control import control_rows
    from include.tenants.registry import list_tenants

    tenants = chosen(list_tenants(control_url), params.get("tenants") or [])
    rows = control_rows(control_url, "due/select_ad_accounts", platform=platform)
    return chosen_accounts(rows, tenants, params.get("accounts") or [])


def account_ids(control_url: str) -> set[str]:
    """Return the ids of all ad accounts of all tenants and platforms, disabled ones too."""
    from include.storage.control import control_rows

    return {str(row.account_id) for row in control_rows(control_url, "due/select_ad_accounts", platform=None)}


def chosen(tenants: Sequence[Listed], slugs: Collection[str]) -> list[Listed]:
    """Return the active tenants among those named; none named means all."""
    return [tenant for tenant in tenants if tenant.status == "active" and (not slugs or tenant.slug in slugs)]


def chosen_accounts(
    rows: Iterable[Any], tenants: Sequence[Listed], accounts: Collection[str]
) -> list[tuple[Listed, str]]:
    """Return the enabled ones of these accounts that belong to the tenants; none named means all. Sorted by name.

    rows: tenant_id, account_id, enabled.
    """
    by_id = {tenant.tenant_id: tenant for tenant in tenants}
    found = [
        (by_id[row.tenant_id], str(row.account_id))
        for row in rows
        if row.tenant_id in by_id and row.enabled and (not accounts or row.account_id in accounts)
    ]
    return sorted(found, key=lambda pair: (pair[0].slug, pair[1]))


def due_of(tenants: Sequence[Listed], with_work: Collection[int], leased: Collection[int]) -> list[str]:
    """Return the slugs of tenants with work that nobody does, sorted.

    A tenant in another database is always due: its queue cannot be seen from the first one, and its own lease there
    decides.
    """
    return sorted(
        tenant.slug
        for tenant in tenants
        if tenant.db_conn_id != FIRST_DATABASE or (tenant.tenant_id in with_work and tenant.tenant_id not in leased)
    )
