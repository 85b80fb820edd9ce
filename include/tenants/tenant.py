"""A tenant as jobs see it: identity, calendar, currency and settings by date, read once and passed on."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Generic, Literal, TypeVar

from include.clock import day_bounds
from include.exports.definition import ExportDefinition
from include.metrics.budget import AdBudget
from include.metrics.preferences import FormulaPreferences
from include.money import minor_unit_exponent
from include.pnl.cost_settings import CogsSettings, CostSettings, OperatingCost
from include.pnl.operating import in_force, spread
from include.tenants.settings import AttributionSettings

FROM_THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""valid_from of settings that a file gives without a day: before any order."""


Settings = TypeVar("Settings")


@dataclass(frozen=True)
class SettingsFrom:
    """Settings in force from an instant (UTC, inclusive) until the next entry."""

    valid_from: datetime
    settings: AttributionSettings


@dataclass(frozen=True)
class InForce(Generic[Settings]):
    """Settings of figures, in force from the start (UTC) of a tenant-local day until the next entry."""

    valid_from: datetime
    settings: Settings


@dataclass(frozen=True)
class TenantDestination:
    """Where the tenant's purchases are reported, as control.tenant_destinations has it; send_from in UTC.

    in_doubt: what becomes of an event that Meta may have received: hold it for a person, requeue it once it is proven
    that none arrived (prove), or send it again under the same event id (resend).
    """

    destination_id: str
    destination: Literal["ga4", "meta", "tiktok"]
    conn_id: str
    send_from: datetime
    event_id_template: str = "{order_id}"
    consent_policy: Literal["require", "ignore"] = "require"
    mode: Literal["live", "shadow"] = "live"
    in_doubt: Literal["hold", "prove", "resend"] = "hold"


@dataclass(frozen=True)
class TenantAdAccount:
    """An ad account whose spend is the tenant's, as configured: account_id in digits, currency ISO 4217, zone IANA."""

    platform: Literal["meta", "google_ads", "tiktok"]
    account_id: str
    conn_id: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class Tenant:
    """One tenant; timezone is an IANA name, currency ISO 4217, settings_history ascending and never empty.

    The histories of figures are ascending and may be empty: formulas are shopify_finance then, costs unknown.
    destinations, ad_accounts, exports: the enabled ones. shop_conn_id: connection of the shop's own API, None when it
    has no such source.
    """

    tenant_id: int
    slug: str
    name: str
    status: str
    timezone: str
    currency: str
    db_conn_id: str
    settings_history: tuple[SettingsFrom, ...]
    destinations: tuple[TenantDestination, ...] = ()
    shop_conn_id: str | None = None
    ad_accounts: tuple[TenantAdAccount, ...] = ()
    formula_history: tuple[InForce[FormulaPreferences], ...] = ()
    cost_history: tuple[InForce[CostSettings], ...] = ()
    cogs_history: tuple[InForce[CogsSettings], ...] = ()
    operating_costs: tuple[OperatingCost, ...] = ()
    budget_history: tuple[InForce[AdBudget], ...] = ()
    exports: tuple[ExportDefinition, ...] = ()

    def settings_at(self, instant: datetime) -> AttributionSettings:
        """Return the settings in force at instant; before the first entry the first one applies."""
        index = bisect_right([entry.valid_from for entry in self.settings_history], instant) - 1
        return self.settings_history[max(index, 0)].settings

    def settings_between(
        self, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, datetime, AttributionSettings]]:
        """Split [start, end) where settings change and yield (from, to, settings), ascending."""
        changes = [entry.valid_from for entry in self.settings_history[1:] if start < entry.valid_from < end]
        edges = [start, *changes, end]
        for lower, upper in pairwise(edges):
            yield lower, upper, self.settings_at(lower)

    def formulas_on(self, day: date) -> FormulaPreferences:
        """Return the formula preferences of a tenant-local day: those in force at its start."""
        return _at(self.formula_history, self._start(day), FormulaPreferences())

    def costs_on(self, day: date) -> CostSettings:
        """Return what selling costs on a tenant-local day; empty settings when nobody said."""
        return _at(self.cost_history, self._start(day), CostSettings())

    def cogs_on(self, day: date) -> CogsSettings:
        """Return whose unit costs hold on a tenant-local day."""
        return _at(self.cogs_history, self._start(day), CogsSettings())

    def budget_on(self, day: date) -> AdBudget:
        """Return what is meant to be spent on ads as of a tenant-local day; no budget when nobody said."""
        return _at(self.budget_history, self._start(day), AdBudget())

    def formulas_between(self, first: date, end: date) -> Iterator[tuple[date, date, FormulaPreferences]]:
        """Split the tenant-local days [first, end) where preferences change and yield (from, to, preferences)."""
        yield from self._days_alike(first, end, self.formulas_on)

    def figures_between(
        self, first: date, end: date
    ) -> Iterator[tuple[date, date, FormulaPreferences, CostSettings, CogsSettings]]:
        """Split the tenant-local days [first, end) where preferences or cost settings change."""

        def settings(day: date) -> tuple[FormulaPreferences, CostSettings, CogsSettings]:
            return self.formulas_on(day), self.costs_on(day), self.cogs_on(day)

        for lower, upper, (formulas, costs, cogs) in self._days_alike(first, end, settings):
            yield lower, upper, formulas, costs, cogs

    def marketing_costs_on(self, day: date) -> Decimal:
        """Return the day's share of operating costs of kind marketing, major units of the tenant's currency."""
        exponent = minor_unit_exponent(self.currency)
        marketing = [cost for cost in self.operating_costs if cost.kind == "marketing"]
        return Decimal(sum(spread(cost, day, exponent) for cost in in_force(marketing, day))).scaleb(-exponent)

    def _days_alike(
        self, first: date, end: date, settings: Callable[[date], Settings]
    ) -> Iterator[tuple[date, date, Settings]]:
        days = [first + timedelta(days=number) for number in range((end - first).days)]
        for found, group in groupby(days, key=settings):
            alike = list(group)
            yield alike[0], alike[-1] + timedelta(days=1), found

    def _start(self, day: date) -> datetime:
        return day_bounds(self.timezone, day, day)[0]


def _at(history: Sequence[InForce[Settings]], instant: datetime, default: Settings) -> Settings:
    index = bisect_right([entry.valid_from for entry in history], instant) - 1
    return history[max(index, 0)].settings if history else default
