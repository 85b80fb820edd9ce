"""A tenant's attribution settings: what may be set, its range, and its default."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from include.ids import settings_version
from include.tenants.fields import Count, Name, Number, RegularExpression, above, between

Weight = Annotated[Number, between(0, 1)]


def _sum_to_one(weights: tuple[float, float, float]) -> tuple[float, float, float]:
    if abs(sum(weights) - 1) > 1e-9:
        raise ValueError("must sum to 1")
    return weights


def _not_unattributed(channel: str) -> str:
    if channel == "(unattributed)":
        raise ValueError("must be another name: (unattributed) names orders without a touch")
    return channel


def _not_empty(when: dict[str, str]) -> dict[str, str]:
    if not when:
        raise ValueError("must name at least one of source, medium, campaign, referrer, landing_page")
    return when


class ChannelOverride(BaseModel):
    """One tenant rule that names the channel of a touch before GA4's default groups do; the first match wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Annotated[Name, AfterValidator(_not_unattributed)]
    when: Annotated[
        dict[Literal["source", "medium", "campaign", "referrer", "landing_page"], RegularExpression],
        AfterValidator(_not_empty),
    ]
    """Field -> regular expression that must match from the field's start to its end, ignoring case; all must match."""


class AttributionSettings(BaseModel):
    """Attribution settings of one tenant from one day on; the defaults are those of architecture.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lookback_days: Annotated[Count, between(1, 90)] = 30
    half_life_days: Annotated[Number, above(0, 90)] = 7.0
    position_weights: Annotated[tuple[Weight, Weight, Weight], AfterValidator(_sum_to_one)] = (0.4, 0.2, 0.4)
    """First, all between, last; they sum to 1."""
    direct: Literal["ignore_if_other", "keep"] = "ignore_if_other"
    view_lookback_hours: Annotated[Count, between(1, 24 * 28)] = 24
    view_weight: Weight = 0.0
    consent: Literal["exclude_denied", "require_granted", "ignore"] = "exclude_denied"
    max_visitors_per_customer: Annotated[Count, between(1, 1000)] = 20
    channel_overrides: tuple[ChannelOverride, ...] = ()
    excluded_sources: tuple[Name, ...] = ()
    """Sales channels (orders.source_name) whose orders get no credit, such as pos."""

    @property
    def lookback(self) -> timedelta:
        return timedelta(days=self.lookback_days)

    def config_version(self) -> int:
        """Return the stable hash of all settings: equal settings have equal versions in every database."""
        return settings_version("attribution_settings", self.model_dump(mode="json"))
