"""Which campaign a touch came from, so that spend meets touches: by id, else by exact name, else by a tenant's rule.

An id is proof only when the platform itself has named it (analytics.ad_entities); which parameter of the landing page
carried it does not matter, as long as advertisers use it for ids: UTM tags, Google's ValueTrack and automatic tags,
Meta's and TikTok's URL macros and what trackers make of them. A name counts for touches that a click id, or a source
with a paid medium, ties to the platform: newsletters borrow the names of campaigns. Two answers are no answer. What is
left is unmatched. Pure; the job reads, fills and publishes.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import Literal
from urllib.parse import unquote_plus

Kind = Literal["utm_id", "name", "rule"]
Parameters = Mapping[str, str]

ID_PARAMETERS: frozenset[str] = frozenset(
    (
        *("utm_id", "utm_campaign", "utm_content", "utm_term", "utm_campaign_id", "utm_adset_id", "utm_ad_id"),
        # Google: its own tag, and the usual names for {campaignid}, {adgroupid} and {creative}.
        *("gad_campaignid", "campaignid", "adgroupid", "creative", "creativeid", "adid"),
        # Meta's {{campaign.id}}, {{adset.id}}, {{ad.id}} and TikTok's __CAMPAIGN_ID__, __AID__, __CID__.
        *("campaign_id", "adset_id", "adgroup_id", "ad_group_id", "ad_id", "creative_id", "cid", "aid", "fbc_id"),
        # Trackers that go over all platforms.
        *("hsa_cam", "hsa_grp", "hsa_ad", "tw_campaign", "tw_adid", "nb_cid", "nb_adid", "h_ad_id"),
    )
)
"""Parameters of a landing page that carry a platform's ids."""

CLICK_IDS: Mapping[str, str] = {
    "gclid": "google_ads",
    "gbraid": "google_ads",
    "wbraid": "google_ads",
    "gad_source": "google_ads",
    "gad_campaignid": "google_ads",
    "fbclid": "meta",
    "ttclid": "tiktok",
}
"""Parameter that a platform adds itself -> platform."""

_SOURCES: Mapping[str, str] = {
    **dict.fromkeys(("facebook", "fb", "instagram", "ig", "meta", "messenger", "an"), "meta"),
    **dict.fromkeys(("google", "adwords", "googleads", "google_ads", "youtube"), "google_ads"),
    **dict.fromkeys(("tiktok", "tiktok.com", "tiktok_ads", "tiktokads"), "tiktok"),
}
# Google Analytics' own rule for a paid medium.
_PAID_MEDIUM = re.compile(r".*cp.*|ppc|retargeting|paid.*")
_ID = re.compile(r"[0-9]{5,25}")


@dataclass(frozen=True)
class Entity:
    """A campaign, ad group or ad as its platform named it, with the ids above it."""

    platform: str
    account_id: str
    entity_id: str
    campaign_id: str
    adgroup_id: str | None = None
    ad_id: str | None = None


@dataclass(frozen=True)
class Bearer:
    """A campaign that bears a name, and its first and last day of spend in the account's calendar."""

    platform: str
    account_id: str
    campaign_id: str
    name: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Rule:
    """A tenant's rule. conditions: field of a Clue -> expression for the whole of it, ignoring case; all must match."""

    name: str
    platform: str
    account_id: str
    campaign_id: str
    conditions: Mapping[str, str]
    valid_from: date | None = None

    @property
    def pattern(self) -> str:
        """The conditions as one text, by which a rule that was changed is known."""
        return json.dumps(dict(self.conditions), sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class Clue:
    """What touches say of where they came from; equal clues have one answer. None is unknown.

    click_platform: proved by a click id. parameters: name and raw value of the landing page's query, where the name is
    one of ID_PARAMETERS or an UTM tag. landing_page and referrer are filled where a tenant's rule asks for them.
    """

    click_platform: str | None = None
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    content: str | None = None
    term: str | None = None
    utm_id: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    landing_page: str | None = None
    referrer: str | None = None


@dataclass(frozen=True)
class Match:
    """The campaign that a clue leads to, from a day on (None: from the beginning) until the clue's next match.

    pattern: the id, the name, or the rule's conditions. adgroup_id and ad_id where the clue's ids say them.
    """

    kind: Kind
    pattern: str
    platform: str
    account_id: str
    campaign_id: str
    adgroup_id: str | None = None
    ad_id: str | None = None
    valid_from: date | None = None


class Directory:
    """A tenant's campaigns by id, by name and by rule."""

    def __init__(self, entities: Iterable[Entity], bearers: Iterable[Bearer], rules: Sequence[Rule]) -> None:
        self._by_id: dict[str, list[Entity]] = {}
        for one in entities:
            self._by_id.setdefault(one.entity_id, []).append(one)
        self._by_name = {key: _in_turn(group) for key, group in _grouped(bearers)}
        self._rules = [
            (rule, {name: re.compile(text, re.I) for name, text in rule.conditions.items()}) for rule in rules
        ]

    def matches(self, clue: Clue) -> list[Match]:
        """Return the campaign of a clue's touches by day, ascending in valid_from; empty when they are unmatched."""
        tags = _tags(clue)
        by_id = self._of_ids(clue, tags)
        if by_id is not None:
            return [by_id]
        return self._of_name(clue, tags) or list(self._of_rules(clue, tags))[::-1]

    def _of_ids(self, clue: Clue, tags: Parameters) -> Match | None:
        ids = dict.fromkeys(_ids(tags))
        known = [one for value in ids for one in self._by_id.get(value, ()) if _fits(clue, one.platform)]
        if not known or len({(one.platform, one.account_id, one.campaign_id) for one in known}) != 1:
            return None
        deepest = max(known, key=lambda one: (one.ad_id is not None, one.adgroup_id is not None))
        return Match(
            "utm_id",
            deepest.entity_id,
            deepest.platform,
            deepest.account_id,
            deepest.campaign_id,
            _only(one.adgroup_id for one in known),
            _only(one.ad_id for one in known),
        )

    def _of_name(self, clue: Clue, tags: Parameters) -> list[Match]:
        platform, name = _platform(clue, tags), tags.get("utm_campaign", "")
        return self._by_name.get((platform, name), []) if platform and name else []

    def _of_rules(self, clue: Clue, tags: Parameters) -> Iterator[Match]:
        """Yield the rule that decides now, then the one before it, and so on back in time."""
        fields = {name: tags.get(f"utm_{name}") for name in ("source", "medium", "campaign", "content", "term")}
        fields |= {"utm_id": tags.get("utm_id"), "landing_page": clue.landing_page, "referrer": clue.referrer}
        reached: date | None = None
        for rule, conditions in self._rules:
            begins = rule.valid_from or date.min
            if (reached is None or begins < reached) and all(
                pattern.fullmatch(fields.get(name) or "") for name, pattern in conditions.items()
            ):
                # A rule that begins later leaves the days before it to the rules below.
                reached = begins
                yield Match(
                    "rule", rule.pattern, rule.platform, rule.account_id, rule.campaign_id, valid_from=rule.valid_from
                )


def _tags(clue: Clue) -> Parameters:
    """Return what the touch itself says over what its landing page says."""
    own = {
        "utm_source": clue.source,
        "utm_medium": clue.medium,
        "utm_campaign": clue.campaign,
        "utm_content": clue.content,
        "utm_term": clue.term,
        "utm_id": clue.utm_id,
    }
    found = {name.lower(): unquote_plus(value).strip() for name, value in clue.parameters}
    return found | {name: value.strip() for name, value in own.items() if value and value.strip()}


def _ids(tags: Parameters) -> Iterator[str]:
    for name, value in tags.items():
        if name in ID_PARAMETERS and _ID.fullmatch(value):
            yield value


def _fits(clue: Clue, platform: str) -> bool:
    return clue.click_platform in (None, platform)


def _platform(clue: Clue, tags: Parameters) -> str | None:
    if clue.click_platform:
        return clue.click_platform
    if not _PAID_MEDIUM.fullmatch(tags.get("utm_medium", "").lower()):
        return None
    return _SOURCES.get(tags.get("utm_source", "").lower())


def _only(values: Iterable[str | None]) -> str | None:
    found = {value for value in values if value is not None}
    return found.pop() if len(found) == 1 else None


def _grouped(bearers: Iterable[Bearer]) -> Iterator[tuple[tuple[str, str], list[Bearer]]]:
    ordered = sorted(bearers, key=lambda one: (one.platform, one.name.strip(), one.first_day, one.campaign_id))
    for key, group in groupby(ordered, key=lambda one: (one.platform, one.name.strip())):
        yield key, list(group)


def _in_turn(bearers: Sequence[Bearer]) -> list[Match]:
    """Return who bears a name from when on: campaigns may use it one after the other, never at the same time."""
    if any(later.first_day <= before.last_day for before, later in pairwise(bearers)):
        return []
    return [
        Match(
            "name",
            one.name.strip(),
            one.platform,
            one.account_id,
            one.campaign_id,
            valid_from=one.first_day if at else None,
        )
        for at, one in enumerate(bearers)
    ]
