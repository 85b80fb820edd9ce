"""Job 20, sync_google_spend_daily: Google's spend of one ad account. How spend is synced is sync_spend's business."""

from functools import partial

from include.jobs.sync_spend import sync_spend
from include.spend.google_ads import GoogleAds

sync_google_spend_daily = partial(sync_spend, GoogleAds())
"""The job, called as any other: (session, clients, tenant, request)."""
