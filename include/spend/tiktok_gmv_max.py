"""TikTok's GMV Max, which no BASIC report holds: a report per shop, and the total that both make (source_apis C.4)."""

import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.http_status import json_of
from include.platforms.outcome import member
from include.spend.report import Account, Chunk, IfAllowed, Rung, SpendRow, Wish, amount, asked, batch_of, day
from include.spend.tiktok_report import NOT_AVAILABLE, Paging, days_of, get

if TYPE_CHECKING:
    import pyarrow as pa

_REPORT, _STORES = "gmv_max/report/get/", "gmv_max/store/list/"
# GMV Max has 240 queries a minute of its own, the pace of the app is 600.
_COST = 2.5
_NOT_READ = "GMV Max is not read; if there is a TikTok shop, allow the app to read GMV Max"
_PROMOTION_TYPES = ("PRODUCT", "LIVE")
_METRICS = ("cost", "orders", "gross_revenue")
_CONTAINED_WITHIN = Decimal("0.1")


def gmv_max_pages(
    account: Account, chunk: Chunk, rung: Rung
) -> Generator[Wish, Reply | None, list[tuple[list[SpendRow], str | None]]]:
    """Return the rows of GMV Max, a page each with its request id: one report per store and kind of promotion."""
    found = []
    for store in (yield from _stores(account)):
        for kind in _PROMOTION_TYPES:
            params = gmv_max_params(account, chunk, store, kind)
            paging = Paging(f"{chunk} of GMV Max", rung)
            while paging.more:
                reply = yield from asked(paging.request(_REPORT, params, _COST))
                rows = [_row(row, account) for row in paging.rows_of(reply)]
                if rows:
                    found.append((rows, reply.classified.request_id))
    return found


def gmv_max_params(account: Account, chunk: Chunk, store_id: str, promotion_type: str) -> dict[str, str]:
    """Return the query of a GMV Max report of one store without its page; both days are included."""
    return {
        "advertiser_id": account.account_id,
        "store_ids": json.dumps([store_id]),
        "dimensions": json.dumps(["campaign_id", "stat_time_day"]),
        "metrics": json.dumps(_METRICS),
        **days_of(chunk),
        "filtering": json.dumps({"gmv_max_promotion_types": [promotion_type]}),
    }


def is_contained(
    total: Mapping[date, Decimal], by_campaign: Mapping[date, Decimal], gmv_max: Mapping[date, Decimal]
) -> bool:
    """Say whether the advertiser's total already holds the cost of GMV Max; amounts per day of one currency."""
    zero = Decimal(0)
    days = {*total, *by_campaign, *gmv_max}
    apart = sum((abs(total.get(one, zero) - by_campaign.get(one, zero) - gmv_max.get(one, zero)) for one in days), zero)
    return apart < _CONTAINED_WITHIN * sum(gmv_max.values(), zero)


def united(totals: "Sequence[pa.RecordBatch]", gmv_max: Iterable[SpendRow], account: Account) -> "pa.RecordBatch":
    """Return the advertiser's days with what GMV Max cost and claims added."""
    days = {row.report_date: row for page in totals for row in map(_total_of, page.to_pylist())}
    for one in gmv_max:
        before = days.get(one.report_date) or replace(
            one,
            level="account",
            entity_id=account.account_id,
            campaign_id=None,
            family=None,
            spend=Decimal(0),
            platform_conversions=Decimal(0),
            platform_conversion_value=Decimal(0),
        )
        days[one.report_date] = replace(
            before,
            spend=before.spend + one.spend,
            platform_conversions=_sum(before.platform_conversions, one.platform_conversions),
            platform_conversion_value=_sum(before.platform_conversion_value, one.platform_conversion_value),
        )
    return batch_of(days[one] for one in sorted(days))


def _stores(account: Account) -> Generator[Wish, Reply | None, list[str]]:
    """Return the ids of the stores that GMV Max is open to.

    An app that may not see stores still reads the rest: most advertisers have none. It is told, because the cost of
    those that have one is missing then.
    """
    reply = yield IfAllowed(get(_STORES, {"advertiser_id": account.account_id}, _COST), _NOT_READ)
    if reply is None:
        return []
    stores = member(json_of(reply.body), "data", "store_list")
    if stores is not None and not isinstance(stores, list):
        raise UntrustedReport("store_list is not a list; nothing is written")
    return [
        _identity(member(store, "store_id"), "store_id")
        for store in stores or []
        if member(store, "is_gmv_max_available") is True
    ]


def _row(row: Any, account: Account) -> SpendRow:
    """Return a GMV Max campaign's day; the report is in the advertiser's currency, without impressions or clicks."""
    dimensions, metrics = member(row, "dimensions"), member(row, "metrics")
    campaign = _identity(member(dimensions, "campaign_id"), "campaign_id")
    return SpendRow(
        report_date=day(member(dimensions, "stat_time_day"), "stat_time_day"),
        level="campaign",
        entity_id=campaign,
        currency=account.currency,
        spend=amount(member(metrics, "cost"), "cost"),
        impressions=0,
        clicks=0,
        campaign_id=campaign,
        family="gmv_max",
        platform_conversions=_available(member(metrics, "orders"), "orders"),
        platform_conversion_value=_available(member(metrics, "gross_revenue"), "gross_revenue"),
    )


def _total_of(row: dict[str, Any]) -> SpendRow:
    conversions, value = row["platform_conversions"], row["platform_conversion_value"]
    return SpendRow(
        report_date=day(row["report_date"], "stat_time_day"),
        level="account",
        entity_id=row["entity_id"],
        currency=row["currency"],
        spend=Decimal(row["spend"]),
        impressions=row["impressions"],
        clicks=row["clicks"],
        platform_conversions=None if conversions is None else Decimal(conversions),
        platform_conversion_value=None if value is None else Decimal(value),
    )


def _available(value: object, what: str) -> Decimal | None:
    return None if value == NOT_AVAILABLE else amount(value, what)


def _sum(*amounts: Decimal | None) -> Decimal | None:
    """Return the sum of what is known, None where nothing is."""
    known = [one for one in amounts if one is not None]
    return sum(known, Decimal(0)) if known else None


def _identity(value: object, what: str) -> str:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    raise UntrustedReport(f"{what} is not an id; nothing is written")
