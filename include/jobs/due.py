"""Which tenants have work: what the queues and the leases say, asked across tenants by the listing role."""

from collections.abc import Collection, Mapping
from datetime import datetime

from include.storage.control import control_rows


def tenants_with_work(
    control_url: str, queue: str, tenant_ids: Collection[int], now: datetime, part: Mapping[str, str] | None = None
) -> set[int]:
    """Return those of tenant_ids whose queue holds a row that is due at now (business time, UTC).

    queue: names queries/due/select_tenants_with_<queue>.sql; part: that query's further parameters. Sees the first
    database only; the queues of tenants that live elsewhere are unknown here.
    """
    name = f"due/select_tenants_with_{queue}"
    rows = control_rows(control_url, name, tenant_ids=list(tenant_ids), now=now, **(part or {}))
    return {row.tenant_id for row in rows}


def leased_tenants(control_url: str, job: str, run_id: str) -> set[int]:
    """Return the tenants of the first database that another run of job works on now (machine time)."""
    return {row.tenant_id for row in control_rows(control_url, "due/select_leased_tenants", job=job, run_id=run_id)}
