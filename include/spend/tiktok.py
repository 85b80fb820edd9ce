"""TikTok as a source of spend: the integrated report with GMV Max beside it (source_apis C).

Three things lose money without a word here. Deleted campaigns are left out unless STATUS_ALL is asked for. GMV Max is
in no BASIC report and has its own, per store. An upgraded Smart+ campaign reports creatives under `ad_id`; `ad_id_v2`
is the ad. Days are the advertiser's; a value `-` is "not available": nothing for a name, no number for spend.
Classes of answers are include/platforms/tiktok.py.
"""

import json
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.connections import PlatformConnection
from include.platforms.http_status import json_of
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest
from include.platforms.versions import DEFAULT_VERSIONS
from include.spend.report import (
    Account,
    AccountFacts,
    Asking,
    Chunk,
    Level,
    Lookback,
    Measuring,
    Ordering,
    Reporting,
    Rung,
    SpendRow,
    Wish,
    amount,
    asked,
    batch_of,
    count,
    day,
)

VERSION = DEFAULT_VERSIONS["tiktok_ads"]

_PAGE_ROWS = 1000
_LONGEST_RANGE_DAYS = 30
_MOST_PAGES = 1000
_NOT_AVAILABLE = "-"
REPORT = "report/integrated/get/"
_GMV_MAX_REPORT, _STORES = "gmv_max/report/get/", "gmv_max/store/list/"
_CONTAINED_WITHIN = Decimal("0.1")

# GMV Max has 240 queries a minute of its own, the pace of the app is 600.
_GMV_MAX_COST = 2.5
_PROMOTION_TYPES = ("PRODUCT", "LIVE")
_GMV_MAX_METRICS = ("cost", "orders", "gross_revenue")

_FIGURES = ("spend", "impressions", "clicks", "currency", "complete_payment", "total_complete_payment_rate")
_CAMPAIGN_METRICS = (*_FIGURES, "campaign_name", "campaign_automation_type")


@dataclass(frozen=True)
class _Grain:
    """How a level is asked for. Parents of an ad are metrics: as dimensions they are refused."""

    data_level: str
    dimension: str
    metrics: tuple[str, ...]
    status: str | None
    name: str | None


_GRAINS: Mapping[Level, _Grain] = {
    "account": _Grain("AUCTION_ADVERTISER", "advertiser_id", _FIGURES, None, None),
    "campaign": _Grain("AUCTION_CAMPAIGN", "campaign_id", _CAMPAIGN_METRICS, "campaign_status", "campaign_name"),
    "ad": _Grain(
        "AUCTION_AD",
        "ad_id_v2",
        (*_FIGURES, "campaign_id", "adgroup_id", "ad_name", "campaign_automation_type"),
        "ad_status",
        "ad_name",
    ),
}


class TikTok:
    """The adapter of TikTok."""

    platform = "tiktok"
    levels: ClassVar[tuple[Level, ...]] = ("campaign", "ad")
    rungs: ClassVar[tuple[Rung, ...]] = (Rung(_PAGE_ROWS, _LONGEST_RANGE_DAYS), Rung(_PAGE_ROWS, 1))
    whole_after_hour = 12

    def api_version(self, connection: PlatformConnection) -> str:
        """Return the version of the path."""
        return VERSION

    def facts(self, connection: PlatformConnection, account: Account) -> Asking:
        """Ask for the advertiser; its calendar is `display_timezone`, beside which `timezone` is a fixed offset."""
        params = {
            "advertiser_ids": json.dumps([account.account_id]),
            "fields": json.dumps(["currency", "timezone", "display_timezone", "status"]),
        }
        reply = yield from asked(_get("advertiser/info/", params))
        found = member(json_of(reply.body), "data", "list", 0)
        currency, zone = member(found, "currency"), member(found, "display_timezone") or member(found, "timezone")
        if not isinstance(currency, str) or not isinstance(zone, str):
            raise UntrustedReport("advertiser's currency or time zone is not in the answer; nothing is written")
        status = member(found, "status")
        return AccountFacts(currency, zone, status if isinstance(status, str) else None)

    def lookback(self, connection: PlatformConnection, account: Account) -> Measuring:
        """Return one request window a day and two on Sundays: a click may convert for 28 days."""
        yield from ()
        return Lookback(daily=_LONGEST_RANGE_DAYS, sunday=2 * _LONGEST_RANGE_DAYS, final_after=_LONGEST_RANGE_DAYS)

    def earliest(self, today: date) -> date:
        """Return the first day of all: no retention of daily reports is documented."""
        return date.min

    def order(self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung) -> Ordering:
        """Order nothing: the integrated report answers at once."""
        yield from ()
        return None

    def report(
        self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung, report_id: str | None
    ) -> Reporting:
        """Yield what BASIC and GMV Max report together, by day of the advertiser.

        The advertiser's own total may or may not hold GMV Max; `_totals` says how the two are told apart.
        """
        if chunk.level == "account":
            yield from _totals(account, chunk, rung)
            return
        basic = Paging(f"{chunk}", rung)
        while basic.more:
            reply = yield from asked(basic.request(REPORT, basic_params(account, chunk)))
            rows = [_basic_row(row, chunk.level, account) for row in basic.rows_of(reply)]
            if rows:
                yield batch_of(rows, reply.classified.request_id)
        if chunk.level == "campaign":
            for rows, request_id in (yield from _gmv_max(account, chunk, rung)):
                yield batch_of(rows, request_id)


def basic_params(account: Account, chunk: Chunk) -> dict[str, str]:
    """Return the query of a BASIC report without its page; both days are included. Lists travel as JSON text."""
    grain = _GRAINS[chunk.level]
    every = {"field_name": grain.status, "filter_type": "IN", "filter_value": json.dumps(["STATUS_ALL"])}
    return {
        "advertiser_id": account.account_id,
        "service_type": "AUCTION",
        "report_type": "BASIC",
        "data_level": grain.data_level,
        "dimensions": json.dumps([grain.dimension, "stat_time_day"]),
        "metrics": json.dumps(grain.metrics),
        **_days(chunk),
        **({"filtering": json.dumps([every])} if grain.status else {}),
        "query_lifetime": "false",
    }


def gmv_max_params(account: Account, chunk: Chunk, store_id: str, promotion_type: str) -> dict[str, str]:
    """Return the query of a GMV Max report of one store without its page; both days are included."""
    return {
        "advertiser_id": account.account_id,
        "store_ids": json.dumps([store_id]),
        "dimensions": json.dumps(["campaign_id", "stat_time_day"]),
        "metrics": json.dumps(_GMV_MAX_METRICS),
        **_days(chunk),
        "filtering": json.dumps({"gmv_max_promotion_types": [promotion_type]}),
    }


class Paging:
    """The pages of one report, held against the totals that each of them announces."""

    def __init__(self, what: str, rung: Rung) -> None:
        self._what = what
        self._size = rung.page_size
        self._page = 1
        self._total: int | None = None
        self._seen = 0
        self.more = True

    def request(self, path: str, params: Mapping[str, str], cost: float = 1.0) -> PlatformRequest:
        """Return the request of the next page."""
        return _get(path, {**params, "page": str(self._page), "page_size": str(self._size)}, cost)

    def rows_of(self, reply: Reply) -> list[Any]:
        """Return a page's rows and step on.

        Raises UntrustedReport where totals, pages and rows do not fit each other: rows were lost or came twice.
        """
        data = member(json_of(reply.body), "data")
        rows, info = member(data, "list"), member(data, "page_info")
        if not isinstance(rows, list):
            raise UntrustedReport(f"{self._what}: a page has no list; nothing is written")
        total = count(member(info, "total_number"), "total_number")
        pages = count(member(info, "total_page"), "total_page")
        if self._total not in (None, total):
            raise UntrustedReport(f"{self._what}: total_number changed between pages; nothing is written")
        self._total = total
        self._seen += len(rows)
        self.more = self._page < pages
        if self._page > _MOST_PAGES or (self.more and not rows):
            raise UntrustedReport(f"{self._what}: pages do not come to an end; nothing is written")
        if not self.more and self._seen != total:
            raise UntrustedReport(f"{self._what}: {self._seen} rows came, not total_number; nothing is written")
        self._page += 1
        return rows


def _totals(account: Account, chunk: Chunk, rung: Rung) -> Reporting:
    """Yield the advertiser's total per day, with GMV Max in it.

    No document says whether AUCTION_ADVERTISER holds GMV Max. It does where what its campaigns leave over is, day by
    day, GMV Max's cost to within a tenth; else the two are added. That way a campaign that is missing from its report
    stays visible as the difference.
    """
    paging = Paging(f"{chunk}", rung)
    totals: list[SpendRow] = []
    while paging.more:
        reply = yield from asked(paging.request(REPORT, basic_params(account, chunk)))
        totals += [_basic_row(row, "account", account) for row in paging.rows_of(reply)]
    found = yield from _gmv_max(account, chunk, rung)
    gmv_max = [row for rows, _ in found for row in rows]
    if gmv_max:
        by_campaign = yield from _spend_of_campaigns(account, replace(chunk, level="campaign"), rung)
        if not is_contained(_spend(totals), by_campaign, _spend(gmv_max)):
            totals = _united(totals, gmv_max, account)
    if totals:
        yield batch_of(totals)


def is_contained(
    total: Mapping[date, Decimal], by_campaign: Mapping[date, Decimal], gmv_max: Mapping[date, Decimal]
) -> bool:
    """Say whether the advertiser's total already holds the cost of GMV Max; amounts per day of one currency."""
    zero = Decimal(0)
    days = {*total, *by_campaign, *gmv_max}
    apart = sum((abs(total.get(one, zero) - by_campaign.get(one, zero) - gmv_max.get(one, zero)) for one in days), zero)
    return apart < _CONTAINED_WITHIN * sum(gmv_max.values(), zero)


def _spend_of_campaigns(
    account: Account, chunk: Chunk, rung: Rung
) -> Generator[Wish, Reply | None, dict[date, Decimal]]:
    spent: dict[date, Decimal] = defaultdict(Decimal)
    paging = Paging(f"{chunk}", rung)
    while paging.more:
        reply = yield from asked(paging.request(REPORT, basic_params(account, chunk)))
        for row in paging.rows_of(reply):
            one = _basic_row(row, "campaign", account)
            spent[one.report_date] += one.spend
    return spent


def _gmv_max(
    account: Account, chunk: Chunk, rung: Rung
) -> Generator[Wish, Reply | None, list[tuple[list[SpendRow], str | None]]]:
    """Return the rows of GMV Max, a page each with its request id: one report per store and kind of promotion."""
    reply = yield from asked(_get(_STORES, {"advertiser_id": account.account_id}, _GMV_MAX_COST))
    stores = member(json_of(reply.body), "data", "store_list")
    if stores is not None and not isinstance(stores, list):
        raise UntrustedReport("store_list is not a list; nothing is written")
    found = []
    for store in stores or []:
        if member(store, "is_gmv_max_available") is not True:
            continue
        for kind in _PROMOTION_TYPES:
            params = gmv_max_params(account, chunk, _identity(member(store, "store_id"), "store_id"), kind)
            paging = Paging(f"{chunk} of GMV Max", rung)
            while paging.more:
                reply = yield from asked(paging.request(_GMV_MAX_REPORT, params, _GMV_MAX_COST))
                rows = [_gmv_max_row(row, account) for row in paging.rows_of(reply)]
                if rows:
                    found.append((rows, reply.classified.request_id))
    return found


def _basic_row(row: Any, level: Level, account: Account) -> SpendRow:
    grain = _GRAINS[level]
    dimensions, metrics = member(row, "dimensions"), member(row, "metrics")
    own = _identity(member(dimensions, grain.dimension), grain.dimension)
    automation = _text(member(metrics, "campaign_automation_type"))
    return SpendRow(
        report_date=day(member(dimensions, "stat_time_day"), "stat_time_day"),
        level=level,
        entity_id=own,
        currency=_text(member(metrics, "currency")) or "",
        spend=amount(member(metrics, "spend"), "spend"),
        impressions=count(member(metrics, "impressions"), "impressions"),
        clicks=count(member(metrics, "clicks"), "clicks"),
        campaign_id=own if level == "campaign" else _text(member(metrics, "campaign_id")),
        adgroup_id=_text(member(metrics, "adgroup_id")),
        ad_id=own if level == "ad" else None,
        entity_name=_text(member(metrics, grain.name)) if grain.name else None,
        family=None if level == "account" else _family(automation),
        platform_conversions=_available(member(metrics, "complete_payment"), "complete_payment"),
        # The vendor's name for the value of payments.
        platform_conversion_value=_available(
            member(metrics, "total_complete_payment_rate"), "total_complete_payment_rate"
        ),
    )


def _gmv_max_row(row: Any, account: Account) -> SpendRow:
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


def _united(totals: Sequence[SpendRow], gmv_max: Sequence[SpendRow], account: Account) -> list[SpendRow]:
    """Return the advertiser's days with the cost of GMV Max added; its conversions stay BASIC's claim."""
    days = {one.report_date: one for one in totals}
    for report_date, cost in _spend(gmv_max).items():
        before = days.get(report_date) or SpendRow(
            report_date=report_date,
            level="account",
            entity_id=account.account_id,
            currency=account.currency,
            spend=Decimal(0),
            impressions=0,
            clicks=0,
        )
        days[report_date] = replace(before, spend=before.spend + cost)
    return [days[one] for one in sorted(days)]


def _spend(rows: Sequence[SpendRow]) -> dict[date, Decimal]:
    spent: dict[date, Decimal] = defaultdict(Decimal)
    for one in rows:
        spent[one.report_date] += one.spend
    return spent


def _family(automation: str | None) -> str:
    return "smart_plus" if automation and "SMART_PLUS" in automation else "auction"


def _available(value: object, what: str) -> Decimal | None:
    return None if value in (None, _NOT_AVAILABLE) else amount(value, what)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value not in ("", _NOT_AVAILABLE) else None


def _identity(value: object, what: str) -> str:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    raise UntrustedReport(f"{what} is not an id; nothing is written")


def _days(chunk: Chunk) -> dict[str, str]:
    return {"start_date": chunk.date_from.isoformat(), "end_date": chunk.last_day.isoformat()}


def _get(path: str, params: Mapping[str, str], cost: float = 1.0) -> PlatformRequest:
    """Return a read; without its last slash the path does not exist."""
    return PlatformRequest("GET", f"/open_api/{VERSION}/{path}", params=params, cost=cost)
