"""An ad account as its platform knows it: the world's entities with their states, and campaigns that were deleted.

The world's clicks all belong to ads that the shop still has. A platform also remembers what is gone: each account had
a campaign that was deleted, whose spend stays part of the account's total, and on Meta and TikTok one that no report
by campaign or ad shows any more. Their spend is small, lies on nine days in the world's third month and left no touch.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from sandbox.world.advertising import AdEntity, Level, lineage
from sandbox.world.draws import stream
from sandbox.world.shop import AccountProfile
from sandbox.world.world import World

State = Literal["active", "archived", "deleted", "purged"]

RETIRED_FROM = timedelta(days=61)
RETIRED_DAYS = 9
"""Deleted campaigns spent on this many days, the first being RETIRED_FROM after the world's start."""

_RETIRED_NAME = "Clearance | Winter"
_PURGED_NAME = "Test | Do not use"


@dataclass(frozen=True)
class AccountEntity:
    """An entity with its state and ancestors; purged: only the account's total remembers it."""

    entity: AdEntity
    state: State
    levels: dict[Level, AdEntity]
    """The entity and its ancestors by level."""


@dataclass(frozen=True)
class AdAccount:
    """One account of a shop. The first world_count entities are the world's, in the order of World.ad_entities."""

    profile: AccountProfile
    name: str
    entities: tuple[AccountEntity, ...]
    world_index: tuple[int, ...]
    """Index into World.ad_entities of the leading entities."""

    def at_level(self, level: Level) -> list[AccountEntity]:
        """Return the entities of a level that a platform can still list, parents before children."""
        return [one for one in self.entities if one.entity.level == level and one.state != "purged"]


def ad_account(world: World, profile: AccountProfile) -> AdAccount:
    """Return the account with everything it ever had."""
    own = [i for i, one in enumerate(world.ad_entities) if one.account_id == profile.account_id]
    known = [AccountEntity(world.ad_entities[i], "active", lineage(world.ad_entities, i)) for i in own]
    return AdAccount(profile, world.shop.name, (*known, *_retired(world, profile)), tuple(own))


def retired_days(world: World) -> list[date]:
    """Return the account-local days on which deleted campaigns spent."""
    return [world.start + RETIRED_FROM + timedelta(days=back) for back in range(RETIRED_DAYS)]


def _retired(world: World, profile: AccountProfile) -> list[AccountEntity]:
    random = stream(0, world.shop.slug, f"deleted ads of {profile.account_id}")

    def campaign(name: str, ads: list[tuple[str, State]], state: State) -> list[AccountEntity]:
        common = (profile.platform, profile.account_id)
        ids = [_like(world, profile, random.integers(0, 10**9)) for _ in range(2 + len(ads))]
        top = AdEntity(*common, "campaign", ids[0], profile.account_id, name)
        group = AdEntity(*common, "adgroup", ids[1], ids[0], "Everyone")
        leaves = [
            AdEntity(*common, "ad", number, ids[1], ad, bears_spend=True)
            for number, (ad, _) in zip(ids[2:], ads, strict=True)
        ]
        family = (world.ad_entities[_account_index(world, profile)], top, group, *leaves)
        states: list[State] = [state, state, *(one for _, one in ads)]
        return [
            AccountEntity(one, its, lineage(family, index + 1))
            for index, (one, its) in enumerate(zip(family[1:], states, strict=True))
        ]

    found = campaign(_RETIRED_NAME, [("Banner A", "deleted"), ("Banner B", "archived")], "deleted")
    if profile.platform == "google_ads":
        # A removed campaign stays in Google's reports for ever, and knows no archive.
        return [replace(one, state="deleted") for one in found]
    return found + campaign(_PURGED_NAME, [("Draft", "purged")], "purged")


def _account_index(world: World, profile: AccountProfile) -> int:
    return next(i for i, one in enumerate(world.ad_entities) if one.entity_id == profile.account_id)


def _like(world: World, profile: AccountProfile, number: int) -> str:
    """Return an id of the same length as the account's other ids, from a range that they do not use."""
    own = next(one for one in world.ad_entities if one.account_id == profile.account_id and one.level == "campaign")
    prefix = {"meta": "1203", "google_ads": "1", "tiktok": "17"}[profile.platform]
    return prefix + str(number).zfill(len(own.entity_id) - len(prefix))
