"""The channel of a touch: the tenant's own rules first, then Google Analytics 4's default channel groups.

Source of the groups, their order and their patterns: https://support.google.com/analytics/answer/9756891 (read 2026).
Rules that need data of a linked ad account (network type, campaign type) are not here: a touch does not carry it.
docs/channels.md has the whole table. Where a touch came from is read in include/attribution/traffic.py.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from include.attribution.channel_sources import category_of
from include.attribution.traffic import ChannelInput, Traffic, traffic_of
from include.errors import InvalidInput
from include.ids import stable_id

__all__ = ["DEFAULT_CHANNELS", "ChannelInput", "ChannelMatch", "ChannelOverride", "exposure_key", "group_channel"]

DEFAULT_CHANNELS = (
    "Direct",
    "Cross-network",
    "Paid Shopping",
    "Paid Search",
    "Paid Social",
    "Paid Video",
    "Display",
    "Paid Other",
    "AI Assistant",
    "Organic Shopping",
    "Organic Social",
    "Organic Video",
    "Organic Search",
    "Referral",
    "Email",
    "Affiliates",
    "Audio",
    "SMS",
    "Mobile Push Notifications",
    "Unassigned",
)
"""Google's channel groups in the order in which their rules are tried; the last is what no rule matched."""

_UNATTRIBUTED = "(unattributed)"
_FIELDS = ("source", "medium", "campaign", "referrer", "landing_page")

_PAID = re.compile(r".*cp.*|ppc|retargeting|paid.*")
_SHOPPING_CAMPAIGN = re.compile(r".*(([^a-df-z]|^)shop|shopping).*")
_PAID_CHANNELS = {"shopping": "Paid Shopping", "search": "Paid Search", "social": "Paid Social", "video": "Paid Video"}
_DISPLAY_MEDIA = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SOCIAL_MEDIA = frozenset({"social", "social-network", "social-media", "sm", "social network", "social media"})
_EMAIL = frozenset({"email", "e-mail", "e_mail", "e mail"})
# What an AI assistant's link carries when nobody tagged it; any other medium is the advertiser's own tag.
_UNTAGGED_MEDIA = frozenset({"", "referral", "organic", "link", "app"})
_NO_WORDS: frozenset[str] = frozenset()
# channel, media, sources: either is enough
_NAMED_CHANNELS = (
    ("Referral", frozenset({"referral", "app", "link"}), _NO_WORDS),
    ("Email", _EMAIL, _EMAIL),
    ("Affiliates", frozenset({"affiliate"}), _NO_WORDS),
    ("Audio", frozenset({"audio"}), _NO_WORDS),
    ("SMS", frozenset({"sms"}), frozenset({"sms"})),
)


class ChannelOverride(Protocol):
    """A tenant's rule: the channel, and field -> regular expression that must match the whole field, ignoring case."""

    @property
    def channel(self) -> str: ...

    @property
    def when(self) -> Mapping[Any, str]: ...


@dataclass(frozen=True, slots=True)
class ChannelMatch:
    """A touch's channel and why: `<rule>:<evidence>`, such as paid_search:gclid or override_2:tags."""

    channel: str
    rule: str


@dataclass(frozen=True, slots=True)
class _CompiledOverride:
    channel: str
    patterns: tuple[tuple[str, re.Pattern[str]], ...]


def group_channel(touch: ChannelInput, overrides: Sequence[ChannelOverride] = ()) -> ChannelMatch:
    """Return the channel of the touch: of the first override whose every field matches, else Google's default group.

    Overrides see source, medium and campaign as `traffic_of` reads them (lower case, placeholders such as (not set)
    empty, click ids and referrer applied), referrer and landing_page as given; an unknown field is the empty text.
    Raises InvalidInput naming the override and the field when one is not usable.
    """
    traffic = traffic_of(touch)
    if overrides:
        compiled = _compiled(tuple((override.channel, tuple(override.when.items())) for override in overrides))
        for number, override in enumerate(compiled, start=1):
            if _matches(override, touch, traffic):
                return ChannelMatch(override.channel, f"override_{number}:{traffic.evidence}")
    return _default_match(traffic)


@lru_cache(maxsize=65_536)
def exposure_key(channel: str, campaign: str | None) -> int:
    """Return the stable hash of channel and campaign; touches of equal keys within 30 s are one touch.

    Case, surrounding blanks and Google Analytics' (not set) make no other campaign.
    """
    name = (campaign or "").strip().lower()
    return stable_id("exposure", channel, "" if name == "(not set)" else name)


@lru_cache(maxsize=65_536)
def _default_match(traffic: Traffic) -> ChannelMatch:
    channel = _default_channel(traffic)
    return ChannelMatch(channel, f"{channel.lower().replace(' ', '_').replace('-', '_')}:{traffic.evidence}")


def _default_channel(traffic: Traffic) -> str:
    source, medium, campaign, _ = traffic
    if not (source or medium or campaign):
        return "Direct"
    if "cross-network" in campaign:
        return "Cross-network"
    category = category_of(source)
    shopping = category == "shopping" or bool(_SHOPPING_CAMPAIGN.fullmatch(campaign))
    return _paid_channel(category, medium, shopping) or _free_channel(category, source, medium, shopping)


def _paid_channel(category: str | None, medium: str, shopping: bool) -> str | None:
    paid = bool(_PAID.fullmatch(medium))
    if paid and shopping:
        return "Paid Shopping"
    if paid and category in _PAID_CHANNELS:
        return _PAID_CHANNELS[category]
    if medium in _DISPLAY_MEDIA:
        return "Display"
    return "Paid Other" if paid else None


def _free_channel(category: str | None, source: str, medium: str, shopping: bool) -> str:
    if medium == "ai-assistant" or (category == "ai" and medium in _UNTAGGED_MEDIA):
        return "AI Assistant"
    if shopping:
        return "Organic Shopping"
    if category == "social" or medium in _SOCIAL_MEDIA:
        return "Organic Social"
    if category == "video" or "video" in medium:
        return "Organic Video"
    if category == "search" or medium == "organic":
        return "Organic Search"
    return _named_channel(source, medium)


def _named_channel(source: str, medium: str) -> str:
    for channel, media, sources in _NAMED_CHANNELS:
        if medium in media or source in sources:
            return channel
    if medium.endswith("push") or "mobile" in medium or "notification" in medium or source == "firebase":
        return "Mobile Push Notifications"
    return "Unassigned"


def _matches(override: _CompiledOverride, touch: ChannelInput, traffic: Traffic) -> bool:
    for field, pattern in override.patterns:  # noqa: SIM110 - all() would cost a generator for every row and rule
        if not pattern.fullmatch(_field(field, touch, traffic)):
            return False
    return True


def _field(field: str, touch: ChannelInput, traffic: Traffic) -> str:
    if field == "source":
        return traffic.source
    if field == "medium":
        return traffic.medium
    if field == "campaign":
        return traffic.campaign
    return (touch.referrer if field == "referrer" else touch.landing_page) or ""


@lru_cache(maxsize=256)
def _compiled(overrides: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> tuple[_CompiledOverride, ...]:
    return tuple(_compile(f"channel_overrides[{index}]", *override) for index, override in enumerate(overrides))


def _compile(name: str, channel: str, when: tuple[tuple[str, str], ...]) -> _CompiledOverride:
    if not channel.strip():
        raise InvalidInput(f"{name}.channel is empty; name the channel its touches belong to")
    if channel == _UNATTRIBUTED:
        raise InvalidInput(f"{name}.channel: {_UNATTRIBUTED} is the name of orders without a touch; choose another")
    if not when:
        raise InvalidInput(f"{name}.when is empty: every touch would match; use at least one of {', '.join(_FIELDS)}")
    patterns = []
    for field, text in when:
        if field not in _FIELDS:
            raise InvalidInput(f"{name}.when.{field} is not a field; use one of {', '.join(_FIELDS)}")
        try:
            patterns.append((field, re.compile(text, re.IGNORECASE)))
        except re.error as error:
            raise InvalidInput(f"{name}.when.{field}: {text!r} is not a regular expression: {error}") from error
    return _CompiledOverride(channel, tuple(patterns))
