"""A tenant's attribution settings: what may be set, its range, and its default."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from include.ids import stable_id


class ChannelOverride(BaseModel):
    """One tenant rule that names the channel of a touch before GA4's default groups do; the first match wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Annotated[str, Field(min_length=1, max_length=80)]
    when: dict[Literal["source", "medium", "campaign", "referrer", "landing_page"], str]
    """Field -> regular expression that must match from the field's start to its end, ignoring case; all must match."""


class AttributionSettings(BaseModel):
    """Attribution settings of one tenant from one day on; the defaults are those of architecture.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lookback_days: Annotated[int, Field(ge=1, le=90)] = 30
    half_life_days: Annotated[float, Field(gt=0, le=90)] = 7.0
    position_weights: tuple[
        Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]
    ] = (0.4, 0.2, 0.4)
    direct: Literal["ignore_if_other", "keep"] = "ignore_if_other"
    view_lookback_hours: Annotated[int, Field(ge=1, le=24 * 28)] = 24
    view_weight: Annotated[float, Field(ge=0, le=1)] = 0.0
    consent: Literal["exclude_denied", "require_granted", "ignore"] = "exclude_denied"
    max_visitors_per_customer: Annotated[int, Field(ge=1, le=1000)] = 20
    channel_overrides: tuple[ChannelOverride, ...] = ()
    excluded_sources: tuple[str, ...] = ()
    """Sales channels (orders.source_name) whose orders get no credit, such as pos."""

    @model_validator(mode="after")
    def _position_weights_sum_to_one(self) -> "AttributionSettings":
        if abs(sum(self.position_weights) - 1) > 1e-9:
            raise ValueError("position_weights must sum to 1")
        return self

    @property
    def lookback(self) -> timedelta:
        return timedelta(days=self.lookback_days)

    def config_version(self) -> int:
        """Return the stable hash of all settings: equal settings have equal versions in every database."""
        return stable_id("attribution_settings", self.model_dump_json())
