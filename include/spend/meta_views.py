"""Meta's view-through purchases: `1d_view` and, for videos watched, `1d_ev`, by campaign and ad (source_apis A.7).

One order comes under several names at once - omni_purchase, purchase, the pixel's - so one name is taken per row, by
exact text, the first of the three that is there. A window that is missing is zero. 7d_view and 28d_view are retired and
not asked for. Meta chooses the day itself: that of the view or that of the purchase.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from include.errors import UntrustedReport
from include.platforms.connections import MetaAdsConnection, PlatformConnection
from include.platforms.http_status import json_of
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest
from include.spend.meta import PURCHASES, STATUSES
from include.spend.report import Account, Chunk, Rung, amount, asked, day
from include.spend.view_through import Claiming, DateBasis, ViewRow, Window

VIEW_WINDOWS: Mapping[Window, int] = {"1d_view": 1, "1d_ev": 1}
"""Window that is stored -> its length in days."""

_ASKED_WINDOWS = ("1d_view", "1d_ev", "1d_click", "7d_click")
_FIELDS = "account_currency,campaign_id,adset_id,ad_id,actions,action_values,date_start,date_stop"
_MOST_PAGES = 10_000


class MetaViews:
    """The adapter; see include/spend/view_through.py."""

    platform = "meta"
    date_basis: DateBasis = "platform_auto"
    rungs: Sequence[Rung] = (Rung(500, 30), Rung(100, 30), Rung(50, 7), Rung(50, 1))

    def claims(self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung) -> Claiming:
        """Yield the pages of one synchronous report; the end is a page without `next` or without rows."""
        after: str | None = None
        for _ in range(_MOST_PAGES):
            reply = yield from asked(insights_request(connection, account, chunk, rung, after))
            body = json_of(reply.body)
            rows = member(body, "data")
            if not isinstance(rows, list):
                raise UntrustedReport(f"{chunk} of views: a page has no data; nothing is written")
            yield [one for row in rows for one in _claimed(row, chunk)]
            following = member(body, "paging", "cursors", "after")
            if not rows or member(body, "paging", "next") is None:
                return
            if not isinstance(following, str) or following == after:
                raise UntrustedReport(f"{chunk} of views: pages go round in a circle; nothing is written")
            after = following
        raise UntrustedReport(f"{chunk} of views: pages do not come to an end; nothing is written")


def insights_request(
    connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung, after: str | None = None
) -> PlatformRequest:
    """Return the request of a page, deleted objects included; time_range includes both days."""
    if not isinstance(connection, MetaAdsConnection):
        raise TypeError("the connection is not of type meta_ads")
    every = {"field": f"{chunk.level}.effective_status", "operator": "IN", "value": STATUSES[chunk.level]}
    params = {
        "level": chunk.level,
        "fields": _FIELDS,
        "time_range": json.dumps({"since": chunk.date_from.isoformat(), "until": chunk.last_day.isoformat()}),
        "time_increment": "1",
        "action_breakdowns": json.dumps(["action_type"]),
        "action_attribution_windows": json.dumps(_ASKED_WINDOWS),
        "filtering": json.dumps([every]),
        "limit": str(rung.page_size),
        **({} if after is None else {"after": after}),
    }
    return PlatformRequest("GET", f"/{connection.api_version}/act_{account.account_id}/insights", params=params)


def _claimed(row: Any, chunk: Chunk) -> Iterator[ViewRow]:
    counts = member(row, "actions") or []
    action = next((name for name in PURCHASES if _of(counts, name) is not None), None)
    if action is None:
        return
    claimed, values = _of(counts, action), _of(member(row, "action_values") or [], action)
    entity = _identity(member(row, f"{chunk.level}_id"))
    by_ad = chunk.level == "ad"
    if member(row, "date_start") != member(row, "date_stop"):
        raise UntrustedReport(f"{chunk} of views: a row is not of one day; nothing is written")
    for window, days in VIEW_WINDOWS.items():
        figure = _figure(claimed, window)
        if figure:
            yield ViewRow(
                report_date=day(member(row, "date_start"), "date_start"),
                level=chunk.level,
                entity_id=entity,
                campaign_id=_identity(member(row, "campaign_id")),
                adgroup_id=_identity(member(row, "adset_id")) if by_ad else None,
                ad_id=entity if by_ad else None,
                action=action,
                window=window,
                window_days=days,
                count=figure,
                value=_figure(values, window),
                currency=str(member(row, "account_currency")),
            )


def _of(actions: Any, name: str) -> Any | None:
    found = [one for one in actions if member(one, "action_type") == name]
    if len(found) > 1:
        raise UntrustedReport(f"{name} is in a row twice; nothing is written")
    return found[0] if found else None


def _figure(action: Any, window: str) -> Decimal:
    text = member(action, window)
    return Decimal(0) if text is None else amount(text, window)


def _identity(value: object) -> str:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    raise UntrustedReport("a row of views has no id; nothing is written")
