"""The hook of a connection, by its type."""

from collections.abc import Mapping
from typing import Any

from attribution_airflow.hooks.fairing import FairingHook
from attribution_airflow.hooks.fx_rates import FxRatesHook
from attribution_airflow.hooks.ga4 import Ga4Hook
from attribution_airflow.hooks.google_ads import GoogleAdsHook
from attribution_airflow.hooks.http import PlatformHook
from attribution_airflow.hooks.meta_ads import MetaAdsHook
from attribution_airflow.hooks.shopify import ShopifyHook
from attribution_airflow.hooks.tiktok_ads import TikTokAdsHook

HOOKS: Mapping[str, type[PlatformHook[Any]]] = {
    hook.conn_type: hook
    for hook in (Ga4Hook, MetaAdsHook, GoogleAdsHook, TikTokAdsHook, FairingHook, ShopifyHook, FxRatesHook)
}
"""conn_type -> hook. GA4's reports have a hook of their own beside it, Ga4DataHook."""

TYPE_OF_PLATFORM: Mapping[str, str] = {
    "meta": "meta_ads",
    "tiktok": "tiktok_ads",
    "google_ads": "google_ads",
    "ga4": "ga4",
    "shopify": "shopify",
    "fairing": "fairing",
    "ecb": "fx_rates",
    "tenant": "fx_rates",
}
"""Platform, destination or source of a tenant's configuration -> conn_type of its connection."""
