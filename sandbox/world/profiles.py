"""The three demo shops and the window in which their world exists, and two shops at the edges of the calendar.

Sizes at DEMO_NOW and scale 1: about 12,000, 6,000 and 3,000 orders; the two at the edges have about 1,000 each.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from sandbox.world.shop import AccountProfile, ShopProfile

DEMO_START = date(2026, 1, 1)
DEMO_END = date(2026, 4, 16)
"""Exclusive: the last order is placed on 2026-04-15 UTC."""
DEMO_NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DEMO_WEBHOOKS_SINCE = DEMO_NOW - timedelta(days=9)
"""What the demo's shops told after this instant comes as webhooks, and is in no CSV however far the clock has moved.

The last whole week before DEMO_NOW is in them with every line, tax and gateway, which no CSV has.
"""

NORTHWIND_OUTDOOR = ShopProfile(
    slug="northwind-outdoor",
    name="Northwind Outdoor",
    timezone="America/New_York",
    currency="USD",
    orders_per_day=134.0,
    typical_price=Decimal(48),
    taxes_included=False,
    tax_rates=(Decimal(0), Decimal("0.04"), Decimal("0.0625"), Decimal("0.08875")),
    shipping=Decimal("7.95"),
    mix=MappingProxyType(
        {
            "direct": 16,
            "meta": 21,
            "google_search": 12,
            "google_shopping": 8,
            "google_pmax": 7,
            "tiktok": 6,
            "organic_search": 11,
            "organic_social": 3,
            "organic_video": 1,
            "email": 8,
            "sms": 2,
            "affiliate": 2,
            "referral": 2,
            "ai_assistant": 1,
        }
    ),
    accounts=(
        AccountProfile("meta", "482910375566120", "USD", "America/Los_Angeles", Decimal("3.10"), campaigns=4),
        AccountProfile("google_ads", "6124478031", "USD", "America/New_York", Decimal("2.40"), campaigns=4),
        AccountProfile("tiktok", "7291846503217743873", "USD", "America/New_York", Decimal("1.60")),
    ),
)

MAISON_LUMIERE = ShopProfile(
    slug="maison-lumiere",
    name="Maison Lumière",
    timezone="Europe/Paris",
    currency="EUR",
    orders_per_day=67.0,
    typical_price=Decimal(36),
    taxes_included=True,
    tax_rates=(Decimal("0.20"),),
    shipping=Decimal("5.90"),
    mix=MappingProxyType(
        {
            "direct": 13,
            "meta": 26,
            "google_search": 9,
            "google_shopping": 11,
            "google_pmax": 4,
            "organic_search": 14,
            "organic_social": 5,
            "email": 11,
            "affiliate": 3,
            "referral": 3,
            "ai_assistant": 1,
        }
    ),
    accounts=(
        AccountProfile("meta", "719350284416207", "EUR", "Europe/Paris", Decimal("1.80"), campaigns=4),
        AccountProfile("google_ads", "3389905514", "EUR", "Europe/Paris", Decimal("1.60"), campaigns=3),
    ),
    consent_granted=0.64,
    consent_denied=0.26,
)

SAKURA_GOODS = ShopProfile(
    slug="sakura-goods",
    name="Sakura Goods",
    timezone="Asia/Tokyo",
    currency="JPY",
    orders_per_day=33.5,
    typical_price=Decimal(3800),
    taxes_included=True,
    tax_rates=(Decimal("0.10"), Decimal("0.08")),
    shipping=Decimal(550),
    mix=MappingProxyType(
        {
            "direct": 20,
            "google_search": 14,
            "google_pmax": 8,
            "tiktok": 17,
            "organic_search": 17,
            "organic_social": 9,
            "organic_video": 3,
            "email": 5,
            "referral": 4,
            "ai_assistant": 3,
        }
    ),
    accounts=(
        AccountProfile("google_ads", "5540127798", "JPY", "Asia/Tokyo", Decimal(210), campaigns=2),
        # Billed in dollars on purpose: spend in a currency that is not the shop's.
        AccountProfile("tiktok", "7304419926583001601", "USD", "Asia/Tokyo", Decimal("1.20")),
    ),
)

DEMO_SHOPS = (NORTHWIND_OUTDOOR, MAISON_LUMIERE, SAKURA_GOODS)

KIRITIMATI_SHELLS = ShopProfile(
    slug="kiritimati-shells",
    name="Kiritimati Shells",
    # UTC+14: the first to see a day, and its 1 January is over before Niue's begins.
    timezone="Pacific/Kiritimati",
    currency="AUD",
    orders_per_day=11.0,
    typical_price=Decimal(30),
    taxes_included=True,
    tax_rates=(Decimal("0.125"),),
    shipping=Decimal("9.50"),
    mix=MappingProxyType({"direct": 20, "meta": 30, "organic_search": 25, "organic_social": 15, "email": 10}),
    accounts=(AccountProfile("meta", "905512340077213", "AUD", "Pacific/Kiritimati", Decimal("0.90"), campaigns=2),),
)

NIUE_HONEY = ShopProfile(
    slug="niue-honey",
    name="Niue Honey",
    # UTC-11: the last but one to see a day.
    timezone="Pacific/Niue",
    currency="NZD",
    orders_per_day=11.0,
    typical_price=Decimal(24),
    taxes_included=False,
    tax_rates=(Decimal("0.125"),),
    shipping=Decimal("12.00"),
    mix=MappingProxyType({"direct": 20, "google_search": 25, "organic_search": 30, "email": 15, "referral": 10}),
    accounts=(AccountProfile("google_ads", "8810046237", "NZD", "Pacific/Niue", Decimal("0.70"), campaigns=2),),
)

EDGE_SHOPS = (KIRITIMATI_SHELLS, NIUE_HONEY)
"""For tests and chaos runs; 25 hours lie between their clocks."""


def scaled(shop: ShopProfile, scale: float) -> ShopProfile:
    """Return the same shop with scale times its orders; its prices, mix and accounts stay."""
    return replace(shop, orders_per_day=shop.orders_per_day * scale)
