"""Placements: each distinct way in which a touch reaches the shop, with the UTM values, referrer and landing page it
leaves behind.

A touch stores the number of its placement; its click id, if the placement leaves one, is its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.world.advertising import AdEntity, lineage
from sandbox.world.shop import ShopProfile

ClickId = Literal["", "gclid", "gbraid", "wbraid", "fbclid", "ttclid"]


@dataclass(frozen=True)
class Placement:
    """What a touch of this kind carries; empty text is absent. share weighs it among the placements of its tactic."""

    tactic: str
    share: float
    type: Literal["click", "view"] = "click"
    source: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""
    term: str = ""
    utm_id: str = ""
    click_id: ClickId = ""
    landing_page: str = ""
    referrer: str = ""
    entity: int = -1
    """Index into World.ad_entities of the entity that bears its spend; -1 for a touch nobody paid for."""


# tactic, share, source, medium, campaign, content, landing path, referrer
_UNPAID = (
    ("direct", 70, "(direct)", "(none)", "", "", "/", ""),
    ("direct", 30, "", "", "", "", "/collections/new", ""),
    ("organic_search", 55, "google", "organic", "", "", "/", "https://www.google.com/"),
    ("organic_search", 25, "", "", "", "", "/products/bestseller", "https://www.google.com/"),
    ("organic_search", 10, "bing", "organic", "", "", "/", "https://www.bing.com/"),
    ("organic_search", 6, "", "", "", "", "/", "https://duckduckgo.com/"),
    ("organic_search", 4, "", "", "", "", "/", "https://search.yahoo.co.jp/"),
    ("organic_social", 40, "", "", "", "", "/", "https://l.instagram.com/"),
    ("organic_social", 25, "facebook", "social", "", "", "/", "https://l.facebook.com/"),
    ("organic_social", 20, "pinterest", "social", "", "", "/collections/gifts", "https://www.pinterest.com/"),
    ("organic_social", 15, "", "", "", "", "/", "https://www.reddit.com/"),
    ("organic_video", 100, "youtube", "video", "", "", "/products/bestseller", "https://www.youtube.com/"),
    ("email", 50, "klaviyo", "email", "newsletter", "hero", "/collections/new", ""),
    ("email", 30, "klaviyo", "email", "cart-reminder", "button", "/cart", ""),
    ("email", 20, "klaviyo", "email", "welcome-flow", "first-order", "/", ""),
    ("sms", 100, "attentive", "sms", "drop-alert", "", "/collections/new", ""),
    ("affiliate", 70, "awin", "affiliate", "coupon-sites", "", "/", "https://www.coupons.example/"),
    ("affiliate", 30, "awin", "affiliate", "publishers", "", "/", "https://www.reviews.example/"),
    ("referral", 60, "", "", "", "", "/products/bestseller", "https://blog.gear-diary.example/2026/best-of"),
    ("referral", 40, "partner-shop.example", "referral", "", "", "/", "https://partner-shop.example/"),
    ("ai_assistant", 60, "chatgpt.com", "", "", "", "/products/bestseller", "https://chatgpt.com/"),
    ("ai_assistant", 25, "", "", "", "", "/products/bestseller", "https://www.perplexity.ai/"),
    ("ai_assistant", 15, "", "", "", "", "/", "https://gemini.google.com/"),
)


def placements(shop: ShopProfile, entities: tuple[AdEntity, ...]) -> tuple[Placement, ...]:
    """Return every placement of the shop's tactics; shares are relative within a tactic."""
    host = f"https://{shop.slug}.example"
    found = [
        Placement(tactic, share, "click", source, medium, campaign, content, "", "", "", host + path, referrer)
        for tactic, share, source, medium, campaign, content, path, referrer in _UNPAID
        if shop.mix.get(tactic)
    ]
    for index, entity in enumerate(entities):
        if entity.bears_spend and shop.mix.get(entity.tactic):
            found += _paid(host, entities, index)
    return tuple(found)


def _paid(host: str, entities: tuple[AdEntity, ...], index: int) -> Iterator[Placement]:
    levels = lineage(entities, index)
    # A few ads of a campaign take most of its clicks.
    weight = 1.0 / (1 + index % 4)
    tagged = Placement(
        tactic=entities[index].tactic,
        share=weight,
        campaign=levels["campaign"].name,
        content=levels["ad"].name if "ad" in levels else "",
        term=levels["adgroup"].name if "adgroup" in levels else "",
        utm_id=levels["campaign"].entity_id,
        landing_page=f"{host}/products/{index:03d}",
        entity=index,
    )
    kinds = {"meta": _meta, "tiktok": _tiktok, "google_ads": _google}
    yield from kinds[entities[index].platform](tagged)


def _meta(tagged: Placement) -> Iterator[Placement]:
    for source, referrer, part in (
        ("facebook", "https://m.facebook.com/", 0.5),
        ("instagram", "https://l.instagram.com/", 0.5),
    ):
        sent = replace(tagged, source=source, medium="paid_social", referrer=referrer, share=tagged.share * part)
        yield from _clicks_and_views(sent, "fbclid")


def _tiktok(tagged: Placement) -> Iterator[Placement]:
    sent = replace(tagged, source="tiktok", medium="cpc", referrer="https://www.tiktok.com/")
    yield from _clicks_and_views(sent, "ttclid")


def _google(tagged: Placement) -> Iterator[Placement]:
    sent = replace(tagged, source="google", medium="cpc", referrer="https://www.google.com/")
    yield replace(sent, click_id="gclid", share=tagged.share * 0.74)
    yield replace(_untagged(sent), click_id="gclid", share=tagged.share * 0.12)
    # iOS traffic carries an aggregate id instead.
    yield replace(sent, click_id="gbraid", share=tagged.share * 0.08)
    yield replace(sent, click_id="wbraid", share=tagged.share * 0.06)


def _clicks_and_views(sent: Placement, click_id: ClickId) -> Iterator[Placement]:
    yield replace(sent, click_id=click_id, share=sent.share * 0.80)
    yield replace(sent, share=sent.share * 0.06)
    yield replace(_untagged(sent), click_id=click_id, share=sent.share * 0.06)
    yield replace(sent, type="view", landing_page="", referrer="", share=sent.share * 0.08)


def _untagged(sent: Placement) -> Placement:
    # Templates get edited and redirects drop parameters: the click id is then all that is left.
    return replace(sent, source="", medium="", campaign="", content="", term="", utm_id="")
