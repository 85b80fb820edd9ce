"""The ad accounts of a shop and what is in them: campaigns, ad groups, ads, with ids and names of each platform's form.

Ids and names depend on the account only, never on the seed or the window, so that a configuration may name them.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sandbox.world.draws import stream
from sandbox.world.shop import AccountProfile, Platform, ShopProfile

Level = Literal["account", "campaign", "adgroup", "ad"]

_META_AIMS = ("Prospecting | Broad", "Prospecting | Lookalike", "Retargeting | Site visitors", "Advantage+ | Catalogue")
_SEARCH_AIMS = ("Search | Brand", "Search | Generic", "Search | Competitors")
_TIKTOK_AIMS = ("Spark | Creators", "In-Feed | Try-on", "In-Feed | Unboxing")
_AUDIENCES = ("Women 25-44", "Men 25-44", "Interest gifts", "Engaged 90d")
_KEYWORDS = ("brand exact", "brand phrase", "category broad", "long tail")
_CREATIVES = ("Video 15s A", "Video 15s B", "Carousel", "Static offer", "UGC review")


@dataclass(frozen=True)
class AdEntity:
    """One account, campaign, ad group (ad set) or ad. parent_id is empty for an account.

    tactic is empty above the campaigns. bears_spend marks the lowest level for which the platform reports spend: the
    ad, or for Performance Max the campaign, which has no ads.
    """

    platform: Platform
    account_id: str
    level: Level
    entity_id: str
    parent_id: str
    name: str
    tactic: str = ""
    bears_spend: bool = False


def ad_entities(shop: ShopProfile) -> tuple[AdEntity, ...]:
    """Return every ad entity of the shop, parents before children."""
    return tuple(entity for account in shop.accounts for entity in _account(shop, account))


def lineage(entities: tuple[AdEntity, ...], index: int) -> dict[Level, AdEntity]:
    """Return the entity at index and its ancestors by level."""
    by_id = {(entity.account_id, entity.level, entity.entity_id): entity for entity in entities}
    entity = entities[index]
    found: dict[Level, AdEntity] = {entity.level: entity}
    above: dict[Level, Level] = {"ad": "adgroup", "adgroup": "campaign", "campaign": "account"}
    while entity.level in above:
        entity = by_id[(entity.account_id, above[entity.level], entity.parent_id)]
        found[entity.level] = entity
    return found


def _account(shop: ShopProfile, account: AccountProfile) -> list[AdEntity]:
    name, number = account.platform, account.account_id
    entities = [AdEntity(name, number, "account", number, "", shop.name)]
    random = stream(0, shop.slug, f"ads of {number}")
    for tactic, aim in _aims(shop, account):
        campaign = AdEntity(
            name, number, "campaign", _entity_id(random, name), number, aim, tactic, tactic == "google_pmax"
        )
        entities.append(campaign)
        if not campaign.bears_spend:
            entities += _ad_groups(random, campaign)
    return entities


def _ad_groups(random: np.random.Generator, campaign: AdEntity) -> list[AdEntity]:
    social = campaign.platform != "google_ads"
    entities = []
    for group_name in random.permutation(_AUDIENCES if social else _KEYWORDS)[: random.integers(2, 4)]:
        group_id = _entity_id(random, campaign.platform)
        common = (campaign.platform, campaign.account_id)
        entities.append(AdEntity(*common, "adgroup", group_id, campaign.entity_id, str(group_name), campaign.tactic))
        for creative in random.permutation(_CREATIVES)[: random.integers(2, 4)]:
            ad_name = f"{creative} | {group_name}" if social else f"RSA {creative.split()[-1]} | {group_name}"
            ad_id = _entity_id(random, campaign.platform)
            entities.append(AdEntity(*common, "ad", ad_id, group_id, ad_name, campaign.tactic, bears_spend=True))
    return entities


def _aims(shop: ShopProfile, account: AccountProfile) -> list[tuple[str, str]]:
    if account.platform == "meta":
        return [("meta", _aim(_META_AIMS, number)) for number in range(account.campaigns)]
    if account.platform == "tiktok":
        return [("tiktok", _aim(_TIKTOK_AIMS, number)) for number in range(account.campaigns)]
    aims = []
    if shop.mix.get("google_pmax"):
        # GA4 recognises Performance Max from UTM alone only when the campaign's name says cross-network.
        aims.append(("google_pmax", "PMax | cross-network | Bestsellers"))
    if shop.mix.get("google_shopping"):
        aims.append(("google_shopping", "Shopping | All products"))
    searches = max(account.campaigns - len(aims), 1 if shop.mix.get("google_search") else 0)
    return aims + [("google_search", _aim(_SEARCH_AIMS, number)) for number in range(searches)]


def _aim(aims: tuple[str, ...], number: int) -> str:
    name = aims[number % len(aims)]
    return name if number < len(aims) else f"{name} {number // len(aims) + 1}"


def _entity_id(random: np.random.Generator, platform: Platform) -> str:
    # Meta and TikTok number their objects with 18 and 16 digits, Google with 11.
    if platform == "meta":
        return f"1202{random.integers(10**13, 10**14)}"
    if platform == "tiktok":
        return f"18{random.integers(10**13, 10**14)}"
    return f"2{random.integers(10**9, 10**10)}"
