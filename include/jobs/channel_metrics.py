"""Credit, spend and views by day, channel and campaign, computed and stored: the one engine of every job that writes
attribution_metrics_daily.

Both clocks and all models are written together. What differs from the stored rows is written. Which days are worked is
said by the jobs that call this.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from include.clock import day_bounds, local_today
from include.jobs.daily_metrics import spend_accounts_of
from include.jobs.request import JobRequest
from include.jobs.sales_facts import money_of, order_switches_of
from include.metrics.catalogue import catalogue_version
from include.metrics.days import RESTATED_DAYS, Days, final_before
from include.metrics.preferences import FormulaPreferences
from include.metrics.usual_channels import usual_channel_arrays
from include.money import minor_unit_exponent
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_FACTS = (
    "create_known_campaigns",
    "create_path_credit",
    "convert_path_credit",
    "create_unrated_credit",
    "create_credit_by_day",
    "create_value_by_day",
    "create_adjusted_by_day",
    "create_day_spend",
    "create_spend_by_campaign",
    "create_views_by_campaign",
)


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


def headline_credit(session: TenantSession, tenant: Tenant, request: JobRequest, days: Days) -> Mapping[str, int]:
    """Return what each channel is credited with over tenant-local days, as the rows would be stored now.

    Minor units of the tenant's currency, by the model and the clock that are the headline's on each day; channels that
    have none are left out. Writes temporary tables only.
    """
    credited: Counter[str] = Counter()
    for first, last, preferences in tenant.formulas_between(days.first, days.last):
        _stage(session, tenant, request, Days(first, last), preferences)
        headline = {"model": preferences.attribution_model, "clock": preferences.attribution_clock}
        credited.update(
            {row.channel: row.revenue_minor for row in session.rows("metrics/sum_staged_credit", **headline)}
        )
    return {channel: minor for channel, minor in sorted(credited.items()) if minor}


def longest_lookback(tenant: Tenant) -> timedelta:
    """Return how long before its order a touch may be that has credit, under any settings the tenant ever had."""
    return max(
        max(entry.settings.lookback, timedelta(hours=entry.settings.view_lookback_hours))
        for entry in tenant.settings_history
    )


def restated_back(tenant: Tenant) -> int:
    """Return how many days back nightly runs restate channels: past the longest look-back, for the touch clock."""
    return max(RESTATED_DAYS, longest_lookback(tenant).days + 1)


def _reach(tenant: Tenant, end: datetime) -> date:
    """Return the first local day whose orders can have no touch before end: a day's orders are converted together, so
    the days before it are read whole."""
    last = local_today(tenant.timezone, end + longest_lookback(tenant) - timedelta(microseconds=1))
    return last + timedelta(days=1)


def _stage(
    session: TenantSession, tenant: Tenant, request: JobRequest, days: Days, preferences: FormulaPreferences
) -> int:
    start, end = days.bounds(tenant.timezone)
    reach = _reach(tenant, end)
    window = {
        "start": start,
        "end": end,
        "lookback_end": day_bounds(tenant.timezone, days.last, reach)[1],
        "lookback_last": reach,
        "timezone": tenant.timezone,
        **money_of(tenant),
        "exponent": minor_unit_exponent(tenant.currency),
        **asdict(days),
        **spend_accounts_of(tenant),
        **usual_channel_arrays(),
        **order_switches_of(tenant),
    }
    session.execute("metrics/prefer_hashes")
    session.execute("metrics/drop_channel_facts")
    for statement in _FACTS:
        session.execute(f"metrics/{statement}", **window)
    return session.execute(
        "metrics/create_stage_of_channels",
        **window,
        final_before=final_before(local_today(tenant.timezone, request.now), restated_back(tenant)),
        preference_version=preferences.version(),
        catalogue_version=catalogue_version(),
        run_id=request.run_id,
        now=request.now,
    )
