"""Credit, spend and views by day, channel and campaign, computed and stored: the one engine of every job that writes
attribution_metrics_daily.

Both clocks and all models are written together. What differs from the stored rows is written. Which days are worked is
said by the jobs that call this.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from include.clock import local_today
from include.jobs.request import JobRequest
from include.jobs.sales_facts import order_switches_of
from include.metrics.catalogue import catalogue_version
from include.metrics.days import Days, final_before
from include.metrics.preferences import FormulaPreferences
from include.metrics.usual_channels import usual_channel_arrays
from include.money import minor_unit_exponent
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_FACTS = ("path_credit", "credit_by_day", "value_by_day", "adjusted_by_day", "spend_by_campaign", "views_by_campaign")


@dataclass(frozen=True)
class ChannelsWritten:
    """days: looked at. rows: staged. changed: days of rows written or removed. sample: figures for a dry run."""

    days: int
    rows: int
    changed: tuple[date, ...]
    sample: tuple[Mapping[str, Any], ...] = ()


def write_channels(session: TenantSession, tenant: Tenant, request: JobRequest, days: Days) -> ChannelsWritten:
    """Bring attribution_metrics_daily up to its facts for tenant-local days; equal rows are not written.

    A day is computed from all that may fall on it, by the touch clock from conversions of up to a look-back later, so
    any split into ranges gives the same rows. The caller holds the metrics' lock and commits.
    """
    changed: set[date] = set()
    rows = 0
    for first, last, preferences in tenant.formulas_between(days.first, days.last):
        part = Days(first, last)
        rows += _stage(session, tenant, request, part, preferences)
        window = asdict(part)
        changed |= {row.day for row in session.rows("metrics/delete_differing_channels", **window)}
        changed |= {row.day for row in session.rows("metrics/insert_missing_channels")}
    sample = (
        tuple(row._asdict() for row in session.rows("metrics/select_sample_of_channels")) if request.dry_run else ()
    )
    return ChannelsWritten(sum(1 for _ in days), rows, tuple(sorted(changed)), sample)


def longest_lookback(tenant: Tenant) -> timedelta:
    """Return how long before its order a touch may be that has credit, under any settings the tenant ever had."""
    return max(
        max(entry.settings.lookback, timedelta(hours=entry.settings.view_lookback_hours))
        for entry in tenant.settings_history
    )


def _stage(
    session: TenantSession, tenant: Tenant, request: JobRequest, days: Days, preferences: FormulaPreferences
) -> int:
    start, end = days.bounds(tenant.timezone)
    lookback = longest_lookback(tenant)
    window = {
        "start": start,
        "end": end,
        "lookback_end": end + lookback,
        "lookback_last": days.last + lookback + timedelta(days=1),
        "timezone": tenant.timezone,
        "currency": tenant.currency,
        "exponent": minor_unit_exponent(tenant.currency),
        **asdict(days),
        **usual_channel_arrays(),
        **order_switches_of(tenant),
    }
    session.execute("metrics/prefer_hashes")
    session.execute("metrics/drop_channel_facts")
    for table in _FACTS:
        session.execute(f"metrics/create_{table}", **window)
    return session.execute(
        "metrics/create_stage_of_channels",
        **window,
        final_before=final_before(local_today(tenant.timezone, request.now)),
        preference_version=preferences.version(),
        catalogue_version=catalogue_version(),
        run_id=request.run_id,
        now=request.now,
    )
