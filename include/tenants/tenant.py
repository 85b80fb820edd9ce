"""A tenant as jobs see it: identity, calendar, currency and settings by date, read once and passed on."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from include.tenants.settings import AttributionSettings

FROM_THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""valid_from of settings that a file gives without a day: before any order."""


@dataclass(frozen=True)
class SettingsFrom:
    """Settings in force from an instant (UTC, inclusive) until the next entry."""

    valid_from: datetime
    settings: AttributionSettings


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

    destinations, ad_accounts: the enabled ones. shop_conn_id: connection of the shop's own API, None when it has no
    such source.
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
