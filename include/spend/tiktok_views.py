"""TikTok's view-through purchases: `vta_*` and, for engaged views, `evta_*`, by campaign and ad (source_apis C.3).

The web's leg is counted: `vta_complete_payment`. `vta_purchase` is the app's, and 0 for a web shop, not an error. How
long after a view TikTok counts is set per ad group and in no report; `conversion` and its parts are booked on the day
of the impression. GMV Max reports no views.
"""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from include.platforms.connections import PlatformConnection
from include.platforms.outcome import member
from include.spend.report import Account, Chunk, Rung, amount, asked, day
from include.spend.tiktok import TikTok
from include.spend.tiktok_report import REPORT, Paging, basic_params
from include.spend.view_through import Claiming, DateBasis, ViewRow, Window

_FIGURES = ("vta_complete_payment", "vta_complete_payment_value", "evta_payments_completed", "currency")
_NOT_AVAILABLE = "-"


class TikTokViews:
    """The adapter; see include/spend/view_through.py."""

    platform = "tiktok"
    date_basis: DateBasis = "impression"
    rungs: Sequence[Rung] = TikTok.rungs

    def claims(self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung) -> Claiming:
        """Yield the pages of one BASIC report, deleted campaigns included."""
        parents = ("campaign_id", "adgroup_id") if chunk.level == "ad" else ()
        params = {**basic_params(account, chunk), "metrics": json.dumps((*_FIGURES, *parents))}
        paging = Paging(f"{chunk} of views", rung)
        while paging.more:
            reply = yield from asked(paging.request(REPORT, params))
            yield [one for row in paging.rows_of(reply) for one in _claimed(row, chunk)]


def _claimed(row: Any, chunk: Chunk) -> Iterator[ViewRow]:
    metrics, dimensions = member(row, "metrics"), member(row, "dimensions")
    entity = str(member(dimensions, "campaign_id" if chunk.level == "campaign" else "ad_id_v2") or "")
    parents = {} if chunk.level == "campaign" else {"adgroup_id": member(metrics, "adgroup_id"), "ad_id": entity}
    named: tuple[tuple[Window, str, str | None], ...] = (
        ("vta", "vta_complete_payment", "vta_complete_payment_value"),
        ("evta", "evta_payments_completed", None),
    )
    for window, action, value in named:
        claimed = _available(metrics, action)
        if claimed:
            yield ViewRow(
                report_date=day(member(dimensions, "stat_time_day"), "stat_time_day"),
                level=chunk.level,
                entity_id=entity,
                campaign_id=entity if chunk.level == "campaign" else str(member(metrics, "campaign_id")),
                action=action,
                window=window,
                count=claimed,
                value=_available(metrics, value) if value else None,
                currency=str(member(metrics, "currency")),
                **parents,
            )


def _available(metrics: Any, name: str) -> Decimal | None:
    text = member(metrics, name)
    return None if text in (None, _NOT_AVAILABLE) else amount(text, name)
