"""TikTok's integrated report: what is asked for at each level, its pages and their rows (source_apis C.2, C.3, C.5).

Deleted campaigns and ads are left out unless STATUS_ALL is asked for. An upgraded Smart+ campaign reports creatives
under `ad_id`; `ad_id_v2` is the ad. A value `-` is "not available": nothing for a name, no number for spend.
"""

import json
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.http_status import json_of
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest
from include.platforms.versions import DEFAULT_VERSIONS
from include.spend.columns import DAY, IDENTITY, Column, batch, fields_of, named, optional, parsed, required, whole
from include.spend.report import AMOUNT, Account, Chunk, Level, Reporting, Rung, Wish, asked, count, day

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = DEFAULT_VERSIONS["tiktok_ads"]
REPORT = "report/integrated/get/"
MOST_FILTER_IDS = 100
"""Ids that one filter takes."""

NOT_AVAILABLE = "-"
"""What a value says that TikTok does not know, or not yet."""

_MOST_PAGES = 1000

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
        **days_of(chunk),
        **({"filtering": json.dumps(filtering)} if filtering else {}),
        "query_lifetime": "false",
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
        return get(path, {**params, "page": str(self._page), "page_size": str(self._size)}, cost)

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


def basic_report(account: Account, chunk: Chunk, rung: Rung) -> Reporting:
    """Yield the pages of a level's report, in parts where its ads are too many for one."""
    for campaigns in (yield from _parts(account, chunk, rung)):
        paging = Paging(f"{chunk}", rung)
        while paging.more:
            reply = yield from asked(paging.request(REPORT, basic_params(account, chunk, campaigns)))
            read = _basic_page(reply, paging, chunk)
            if read.num_rows:
                yield read


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
        else {name: named(metrics[name], NOT_AVAILABLE) for name in ("campaign_id", "adgroup_id")} | {"ad_id": own}
    )
    smart = pc.match_substring(pc.fill_null(metrics["campaign_automation_type"], ""), "SMART_PLUS")
    name = metrics["campaign_name" if chunk.level == "campaign" else "ad_name"]
    columns |= {"family": pc.if_else(smart, "smart_plus", "auction"), "entity_name": named(name, NOT_AVAILABLE)}
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


def _available(texts: Column, what: str) -> Column:
    return optional(named(texts, NOT_AVAILABLE), AMOUNT, what)


def spend_by_day(pages: "Iterable[pa.RecordBatch]") -> dict[date, Decimal]:
    """Return the spend of the rows of pages per day."""
    spent: dict[date, Decimal] = defaultdict(Decimal)
    for page in pages:
        days, amounts = (page.column(name).to_pylist() for name in ("report_date", "spend"))
        for report_date, spend in zip(days, amounts, strict=True):
            spent[day(report_date, "stat_time_day")] += Decimal(str(spend))
    return dict(spent)


def days_of(chunk: Chunk) -> dict[str, str]:
    """Return a report's days, both included."""
    return {"start_date": chunk.date_from.isoformat(), "end_date": chunk.last_day.isoformat()}


def get(path: str, params: Mapping[str, str], cost: float = 1.0) -> PlatformRequest:
    """Return a read; without its last slash the path does not exist."""
    return PlatformRequest("GET", f"/open_api/{VERSION}/{path}", params=params, cost=cost)
