"""Job 19, sync_meta_spend_daily: Meta's spend of one ad account. How spend is synced is sync_spend's business."""

from functools import partial

from include.jobs.sync_spend import sync_spend
from include.spend.meta import MetaSpend

sync_meta_spend_daily = partial(sync_spend, MetaSpend())
"""The job, called as any other: (session, clients, tenant, request)."""
