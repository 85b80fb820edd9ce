"""TikTok as a source of spend: the integrated report with GMV Max beside it (source_apis C).

Three things lose money without a word here. Deleted campaigns are left out unless STATUS_ALL is asked for. GMV Max is
in no BASIC report and has its own, per store. An upgraded Smart+ campaign reports creatives under `ad_id`; `ad_id_v2`
is the ad. Days are the advertiser's; a value `-` is "not available": nothing for a name, no number for spend.
Classes of answers are include/platforms/tiktok.py.
"""

import json
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.connections import PlatformConnection
from include.platforms.http_status import json_of
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest
from include.platforms.versions import DEFAULT_VERSIONS
from include.spend.columns import DAY, IDENTITY, Column, batch, fields_of, named, optional, parsed, required, whole
from include.spend.report import (
    AMOUNT,
    Account,
    AccountFacts,
    Asking,
    Chunk,
    IfAllowed,
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

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = DEFAULT_VERSIONS["tiktok_ads"]

_PAGE_ROWS = 1000
_LONGEST_RANGE_DAYS = 30
_MOST_PAGES = 1000
_MOST_FILTER_IDS = 100
_NOT_AVAILABLE = "-"
REPORT = "report/integrated/get/"
_GMV_MAX_REPORT, _STORES = "gmv_max/report/get/", "gmv_max/store/list/"
_CONTAINED_WITHIN = Decimal("0.1")

# GMV Max has 240 queries a minute of its own, the pace of the app is 600.
_GMV_MAX_COST = 2.5
_NO_GMV_MAX = "GMV Max is not read; if there is a TikTok shop, allow the app to read GMV Max"
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
    rungs: ClassVar[tuple[Rung, ...]] = (
        Rung(_PAGE_ROWS, _LONGEST_RANGE_DAYS),
        Rung(_PAGE_ROWS, 1),
        Rung(_PAGE_ROWS, 1, campaigns=_MOST_FILTER_IDS),
        Rung(_PAGE_ROWS, 1, campaigns=1),
    )
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
        """Return what makes one request of 30 days, and two on Sundays: a click may convert for 28 days."""
        yield from ()
        days = _LONGEST_RANGE_DAYS - 1
        return Lookback(daily=days, sunday=days + _LONGEST_RANGE_DAYS, final_after=days)

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
        for campaigns in (yield from _parts(account, chunk, rung)):
            basic = Paging(f"{chunk}", rung)
            while basic.more:
                reply = yield from asked(basic.request(REPORT, basic_params(account, chunk, campaigns)))
                read = _basic_page(reply, basic, chunk)
                if read.num_rows:
                    yield read
        if chunk.level == "campaign":
            for rows, request_id in (yield from _gmv_max(account, chunk, rung)):
                yield batch_of(rows, request_id)


def basic_params(account: Account, chunk: Chunk, campaigns: Sequence[str] = ()) -> dict[str, str]:
    """Return the query of a BASIC report without its page; both days are included. Lists travel as JSON text.

    campaigns: those whose rows are wanted, at most 100; none for all.
    """
    grain = _GRAINS[chunk.level]
    wanted = {grain.status: ["STATUS_ALL"], "campaign_ids": campaigns}
    filtering = [
        {"field_name": name, "filter_type": "IN", "filter_value": json.dumps(values)}
        for name, values in wanted.items()
        if name and values
    ]
    return {
        "advertiser_id": account.account_id,
        "service_type": "AUCTION",
        "report_type": "BASIC",
        "data_level": grain.data_level,
        "dimensions": json.dumps([grain.dimension, "stat_time_day"]),
        "metrics": json.dumps(grain.metrics),
        **_days(chunk),
        **({"filtering": json.dumps(filtering)} if filtering else {}),
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
        self.step(len(rows), member(info, "total_number"), member(info, "total_page"))
        return rows

    def step(self, rows: int, total_number: object, total_page: object) -> None:
        """Step on from a page with so many rows; raises as rows_of."""
        total, pages = count(total_number, "total_number"), count(total_page, "total_page")
        if self._total not in (None, total):
            raise UntrustedReport(f"{self._what}: total_number changed between pages; nothing is written")
        self._total = total
        self._seen += rows
        self.more = self._page < pages
        if self._page > _MOST_PAGES or (self.more and not rows):
            raise UntrustedReport(f"{self._what}: pages do not come to an end; nothing is written")
        if not self.more and self._seen != total:
            raise UntrustedReport(f"{self._what}: {self._seen} rows came, not total_number; nothing is written")
        self._page += 1


def _totals(account: Account, chunk: Chunk, rung: Rung) -> Reporting:
    """Yield the advertiser's total per day, with GMV Max in it.

    No document says whether AUCTION_ADVERTISER holds GMV Max. It does where what its campaigns leave over is, day by
    day, GMV Max's cost to within a tenth; else the two are added. That way a campaign that is missing from its report
    stays visible as the difference.
    """
    paging = Paging(f"{chunk}", rung)
    totals: list[pa.RecordBatch] = []
    while paging.more:
        reply = yield from asked(paging.request(REPORT, basic_params(account, chunk)))
        totals.append(_basic_page(reply, paging, chunk))
    found = yield from _gmv_max(account, chunk, rung)
    gmv_max = [row for rows, _ in found for row in rows]
    if gmv_max:
        spent = _by_day(pair for page in totals for pair in _spend_of(page))
        by_campaign = yield from _spend_of_campaigns(account, replace(chunk, level="campaign"), rung)
        if not is_contained(spent, by_campaign, _by_day((one.report_date, one.spend) for one in gmv_max)):
            totals = [_united(totals, gmv_max, account)]
    yield from (page for page in totals if page.num_rows)


def is_contained(
    total: Mapping[date, Decimal], by_campaign: Mapping[date, Decimal], gmv_max: Mapping[date, Decimal]
) -> bool:
    """Say whether the advertiser's total already holds the cost of GMV Max; amounts per day of one currency."""
    zero = Decimal(0)
    days = {*total, *by_campaign, *gmv_max}
    apart = sum((abs(total.get(one, zero) - by_campaign.get(one, zero) - gmv_max.get(one, zero)) for one in days), zero)
    return apart < _CONTAINED_WITHIN * sum(gmv_max.values(), zero)


def _parts(account: Account, chunk: Chunk, rung: Rung) -> Generator[Wish, Reply | None, list[Sequence[str]]]:
    """Return the sets of campaigns that a report is asked for in: one of all, unless its ads are too many for that."""
    if rung.campaigns is None or chunk.level != "ad":
        return [()]
    campaigns = replace(chunk, level="campaign")
    paging, found = Paging(f"{campaigns}", rung), dict[str, None]()
    while paging.more:
        reply = yield from asked(paging.request(REPORT, basic_params(account, campaigns)))
        found |= dict.fromkeys(map(str, _basic_page(reply, paging, campaigns).column("entity_id").to_pylist()))
    ids = list(found)
    return [ids[start : start + rung.campaigns] for start in range(0, len(ids), rung.campaigns)]


def _spend_of_campaigns(
    account: Account, chunk: Chunk, rung: Rung
) -> Generator[Wish, Reply | None, dict[date, Decimal]]:
    spent: dict[date, Decimal] = defaultdict(Decimal)
    paging = Paging(f"{chunk}", rung)
    while paging.more:
        reply = yield from asked(paging.request(REPORT, basic_params(account, chunk)))
        for report_date, spend in _spend_of(_basic_page(reply, paging, chunk)):
            spent[report_date] += spend
    return spent


def _gmv_max(
    account: Account, chunk: Chunk, rung: Rung
) -> Generator[Wish, Reply | None, list[tuple[list[SpendRow], str | None]]]:
    """Return the rows of GMV Max, a page each with its request id: one report per store and kind of promotion."""
    found = []
    for store in (yield from _stores(account)):
        for kind in _PROMOTION_TYPES:
            params = gmv_max_params(account, chunk, store, kind)
            paging = Paging(f"{chunk} of GMV Max", rung)
            while paging.more:
                reply = yield from asked(paging.request(_GMV_MAX_REPORT, params, _GMV_MAX_COST))
                rows = [_gmv_max_row(row, account) for row in paging.rows_of(reply)]
                if rows:
                    found.append((rows, reply.classified.request_id))
    return found


def _stores(account: Account) -> Generator[Wish, Reply | None, list[str]]:
    """Return the ids of the stores that GMV Max is open to.

    An app that may not see stores still reads the rest: most advertisers have none. It is told, because the cost of
    those that have one is missing then.
    """
    reply = yield IfAllowed(_get(_STORES, {"advertiser_id": account.account_id}, _GMV_MAX_COST), _NO_GMV_MAX)
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


def _basic_page(reply: Reply, paging: Paging, chunk: Chunk) -> "pa.RecordBatch":
    """Return a page's rows and step on; all figures are text. Raises UntrustedReport as `required` and paging do."""
    import pyarrow.compute as pc

    grain = _GRAINS[chunk.level]
    table = parsed(reply.body, _wanted(grain))
    if table is None:
        raise UntrustedReport(f"{chunk}: a page has not the documented shape; nothing is written")
    data = fields_of(table.column("data").combine_chunks())
    if data["list"].null_count:
        raise UntrustedReport(f"{chunk}: a page has no list; nothing is written")
    rows = data["list"].flatten()
    info = data["page_info"][0].as_py() or {}
    paging.step(len(rows), info.get("total_number"), info.get("total_page"))
    dimensions, metrics = (fields_of(one) for one in rows.flatten())
    own = required(dimensions[grain.dimension], IDENTITY, grain.dimension)
    columns: dict[str, Any] = {
        "level": chunk.level,
        "request_id": reply.classified.request_id,
        # A midnight of the advertiser's calendar: cut, never shifted.
        "report_date": pc.utf8_slice_codeunits(
            required(dimensions["stat_time_day"], f"{DAY}( .*)?", "stat_time_day"), 0, 10
        ),
        "entity_id": own,
        "currency": required(metrics["currency"], "[A-Z]{3}", "currency"),
        "spend": required(metrics["spend"], AMOUNT, "spend"),
        "impressions": whole(metrics["impressions"], "impressions"),
        "clicks": whole(metrics["clicks"], "clicks"),
        "platform_conversions": _available(metrics["complete_payment"], "complete_payment"),
        # The vendor's name for the value of payments.
        "platform_conversion_value": _available(metrics["total_complete_payment_rate"], "total_complete_payment_rate"),
    }
    if chunk.level == "account":
        return batch(columns, len(rows))
    parents = (
        {"campaign_id": own}
        if chunk.level == "campaign"
        else {name: named(metrics[name], _NOT_AVAILABLE) for name in ("campaign_id", "adgroup_id")} | {"ad_id": own}
    )
    smart = pc.match_substring(pc.fill_null(metrics["campaign_automation_type"], ""), "SMART_PLUS")
    name = metrics["campaign_name" if chunk.level == "campaign" else "ad_name"]
    columns |= {"family": pc.if_else(smart, "smart_plus", "auction"), "entity_name": named(name, _NOT_AVAILABLE)}
    return batch(columns | parents, len(rows))


def _wanted(grain: _Grain) -> "pa.Schema":
    import pyarrow as pa

    dimensions, metrics = (
        pa.struct([(name, pa.string()) for name in names])
        for names in ((grain.dimension, "stat_time_day"), grain.metrics)
    )
    info = pa.struct([("total_number", pa.int64()), ("total_page", pa.int64())])
    rows = pa.list_(pa.struct([("dimensions", dimensions), ("metrics", metrics)]))
    return pa.schema([("data", pa.struct([("list", rows), ("page_info", info)]))])


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
        platform_conversions=amount(member(metrics, "orders"), "orders"),
        platform_conversion_value=amount(member(metrics, "gross_revenue"), "gross_revenue"),
    )


def _united(totals: "Sequence[pa.RecordBatch]", gmv_max: Iterable[SpendRow], account: Account) -> "pa.RecordBatch":
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


def _sum(*amounts: Decimal | None) -> Decimal | None:
    """Return the sum of what is known, None where nothing is."""
    known = [one for one in amounts if one is not None]
    return sum(known, Decimal(0)) if known else None


def _spend_of(page: "pa.RecordBatch") -> Iterator[tuple[date, Decimal]]:
    for report_date, spend in zip(*(page.column(name).to_pylist() for name in ("report_date", "spend")), strict=True):
        yield day(report_date, "stat_time_day"), Decimal(spend)


def _by_day(amounts: Iterable[tuple[date, Decimal]]) -> dict[date, Decimal]:
    spent: dict[date, Decimal] = defaultdict(Decimal)
    for report_date, spend in amounts:
        spent[report_date] += spend
    return dict(spent)


def _available(texts: Column, what: str) -> Column:
    return optional(named(texts, _NOT_AVAILABLE), AMOUNT, what)


def _identity(value: object, what: str) -> str:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    raise UntrustedReport(f"{what} is not an id; nothing is written")


def _days(chunk: Chunk) -> dict[str, str]:
    return {"start_date": chunk.date_from.isoformat(), "end_date": chunk.last_day.isoformat()}


def _get(path: str, params: Mapping[str, str], cost: float = 1.0) -> PlatformRequest:
    """Return a read; without its last slash the path does not exist."""
    return PlatformRequest("GET", f"/open_api/{VERSION}/{path}", params=params, cost=cost)
