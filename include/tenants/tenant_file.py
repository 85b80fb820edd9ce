"""What a tenant file may say: one model per part, as `tenants/<slug>.yaml` spells it.

Ranges and defaults of attribution settings are in settings.py, the types of single values in fields.py. Rules between
parts of a file and between files are left to reading.py.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from include.clock import day_bounds
from include.exports.data_sets import DATA_SETS
from include.exports.definition import Cadence
from include.metrics.budget import AdBudget
from include.metrics.preferences import PRESETS, FormulaPreferences
from include.pnl.cost_settings import Amount, CogsSettings, CostSettings
from include.tenants.fields import (
    AccountId,
    Connection,
    Count,
    CurrencyCode,
    DatabaseConnection,
    Day,
    DayOrInstant,
    EventIdTemplate,
    FilePath,
    Flag,
    Name,
    RegularExpression,
    Role,
    RootUrl,
    Slug,
    Zone,
    between,
    nearest,
)
from include.tenants.settings import AttributionSettings

TouchField = Literal["source", "medium", "campaign", "content", "term", "utm_id", "landing_page", "referrer"]


def _not_empty(when: dict[str, str]) -> dict[str, str]:
    if not when:
        raise ValueError(f"must name at least one of {', '.join(get_args(TouchField))}")
    return when


def _data_set(name: str) -> str:
    if name not in DATA_SETS:
        raise ValueError(f"must be one of {', '.join(DATA_SETS)}{nearest(name, DATA_SETS)}")
    return name


class Part(BaseModel):
    """A part of a tenant file: a field that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AttributionEntry(AttributionSettings):
    """Attribution settings and the tenant's local day from which they hold; None is from the beginning."""

    from_day: Annotated[Day | None, Field(alias="from")] = None

    def settings(self) -> AttributionSettings:
        """Return the settings without their day."""
        return AttributionSettings.model_validate(self.model_dump(exclude={"from_day"}))


class FormulaEntry(FormulaPreferences):
    """Formula preferences from a local day on: a preset, and the switches that differ from it."""

    from_day: Annotated[Day | None, Field(alias="from")] = None

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, data: Any) -> Any:
        chosen = data.get("preset", "shopify_finance") if isinstance(data, dict) else None
        # An unknown preset is refused by its own field.
        return {**PRESETS[chosen], **data} if isinstance(chosen, str) and chosen in PRESETS else data

    def settings(self) -> FormulaPreferences:
        """Return the preferences without their day."""
        return FormulaPreferences.model_validate(self.model_dump(exclude={"from_day"}))


class CostEntry(CostSettings):
    """What selling costs from a local day on."""

    from_day: Annotated[Day | None, Field(alias="from")] = None

    def settings(self) -> CostSettings:
        """Return the settings without their day."""
        return CostSettings.model_validate(self.model_dump(exclude={"from_day"}))


class CogsEntry(CogsSettings):
    """Whose unit costs hold from a local day on."""

    from_day: Annotated[Day | None, Field(alias="from")] = None

    def settings(self) -> CogsSettings:
        """Return the settings without their day."""
        return CogsSettings.model_validate(self.model_dump(exclude={"from_day"}))


class AdBudgetEntry(AdBudget):
    """What the tenant means to spend on ads from a local day on."""

    from_day: Annotated[Day | None, Field(alias="from")] = None

    def settings(self) -> AdBudget:
        """Return the settings without their day."""
        return AdBudget.model_validate(self.model_dump(exclude={"from_day"}))


class OperatingCostEntry(Part):
    """A cost of running the business on the local days [from, until), or until the next entry of its name."""

    name: Name
    kind: Literal["fixed", "marketing", "custom"] = "fixed"
    amount: Amount
    per: Literal["day", "month", "year", "order", "net_sales_percent"]
    from_day: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None


class AdAccount(Part):
    """An ad account whose spend is the tenant's; currency and timezone are the account's own."""

    platform: Literal["meta", "google_ads", "tiktok"]
    account_id: AccountId
    conn_id: Connection
    currency: CurrencyCode
    timezone: Zone
    enabled: Flag = True


class Destination(Part):
    """Where the tenant's purchases are reported; orders before send_from are skipped."""

    destination_id: Slug
    destination: Literal["ga4", "meta", "tiktok"]
    conn_id: Connection
    send_from: DayOrInstant
    enabled: Flag = True
    event_id_template: EventIdTemplate = "{order_id}"
    consent_policy: Literal["require", "ignore"] = "require"
    mode: Literal["live", "shadow"] = "shadow"
    in_doubt: Literal["hold", "prove", "resend"] = "hold"


class Source(Part):
    """Where the tenant's orders or survey answers come from."""

    source: Literal["shopify", "fairing"]
    conn_id: Connection
    enabled: Flag = True


class FxSource(Part):
    """A source of exchange rates, asked in the order of the file; path: of the tenant's own CSV."""

    source: Literal["ecb", "tenant"]
    conn_id: Connection = "fx_rates"
    path: FilePath | None = None
    max_age_days: Annotated[Count, between(1, 366)] = 7


class CampaignRule(Part):
    """Touches that are a campaign's though neither an id nor its name says so, from a local day on (None: always)."""

    name: Slug
    platform: Literal["meta", "google_ads", "tiktok"]
    account_id: AccountId
    campaign_id: AccountId
    when: Annotated[dict[TouchField, RegularExpression], AfterValidator(_not_empty)]
    """Field -> regular expression that must match from the field's start to its end, ignoring case; all must match."""
    from_day: Annotated[Day | None, Field(alias="from")] = None


class Export(Part):
    """What the tenant gets as files of its own, where and how often; columns empty for all, days None for all."""

    name: Slug
    data_set: Annotated[str, AfterValidator(_data_set)]
    columns: tuple[Name, ...] = ()
    file_format: Annotated[Literal["parquet", "csv"], Field(alias="format")] = "parquet"
    destination: RootUrl
    every: Cadence = "day"
    at_hour: Annotated[Count, between(0, 23)] = 0
    days: Annotated[Count, between(1, 3660)] | None = None
    enabled: Flag = True


class TenantFile(Part):
    """One tenant as its file describes it."""

    slug: Slug
    name: Name
    brand: Name | None = None
    status: Literal["active", "paused", "offboarded"] = "active"
    timezone: Zone
    currency: CurrencyCode
    db_conn_id: DatabaseConnection = "analytics_db"
    attribution: tuple[AttributionEntry, ...] = ()
    ad_accounts: tuple[AdAccount, ...] = ()
    destinations: tuple[Destination, ...] = ()
    sources: tuple[Source, ...] = ()
    fx_sources: tuple[FxSource, ...] = ()
    campaign_rules: tuple[CampaignRule, ...] = ()
    formulas: tuple[FormulaEntry, ...] = ()
    costs: tuple[CostEntry, ...] = ()
    cogs: tuple[CogsEntry, ...] = ()
    operating_costs: tuple[OperatingCostEntry, ...] = ()
    ad_budgets: tuple[AdBudgetEntry, ...] = ()
    exports: tuple[Export, ...] = ()
    readers: tuple[Role, ...] = ()

    def first_instant_of(self, day: date | datetime) -> datetime:
        """Return the instant (UTC) at which a day begins in the tenant's zone; an instant is returned as it is."""
        if isinstance(day, datetime):
            return day.astimezone(UTC)
        return day_bounds(self.timezone, day, day)[0]
