"""Job 9, sync_tiktok_spend_daily: TikTok's spend of one ad account. How spend is synced is sync_spend's business."""

from functools import partial

from include.jobs.sync_spend import sync_spend
from include.spend.tiktok import TikTok

sync_tiktok_spend_daily = partial(sync_spend, TikTok())
"""The job, called as any other: (session, clients, tenant, request)."""
