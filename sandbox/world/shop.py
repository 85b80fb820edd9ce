"""What tells one simulated shop from another: size, zone, currency, prices, where its visitors come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Platform = Literal["meta", "google_ads", "tiktok"]

TACTICS = (
    "direct",
    "meta",
    "google_search",
    "google_shopping",
    "google_pmax",
    "tiktok",
    "organic_search",
    "organic_social",
    "organic_video",
    "email",
    "sms",
    "affiliate",
    "referral",
    "ai_assistant",
)
"""Every way a visitor can reach a shop; a shop's mix weighs them."""


@dataclass(frozen=True)
class AccountProfile:
    """One ad account; its currency and IANA zone may differ from the shop's. cost_per_click is in major units."""

    platform: Platform
    account_id: str
    currency: str
    timezone: str
    cost_per_click: Decimal
    campaigns: int = 3


@dataclass(frozen=True)
class ShopProfile:
    """A shop to simulate. orders_per_day is the mean over the window; typical_price is the median in major units."""

    slug: str
    name: str
    timezone: str
    currency: str
    orders_per_day: float
    typical_price: Decimal
    taxes_included: bool
    tax_rates: tuple[Decimal, ...]
    """Rates drawn per order, as fractions: 0.20 is 20 %."""
    shipping: Decimal
    """Flat shipping in major units, free above four times the typical price."""
    mix: Mapping[str, float]
    """Tactic -> weight among a visitor's touches; a platform's tactics need an account of that platform."""
    accounts: tuple[AccountProfile, ...] = ()
    browsers_per_order: float = 1.5
    """Journeys that end without an order, per order."""
    consent_granted: float = 0.78
    consent_denied: float = 0.12
    """Shares of visitors; the rest never answered."""
