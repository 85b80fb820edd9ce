"""Google Ads as a source of spend: GAQL over REST, read page by page (source_apis B).

Truth is the campaign: Performance Max, Demand Gen and App campaigns have no ad groups and no ads, so what is below adds
up to less. No query filters by status: a removed campaign still cost what it cost. Days are always explicit days of the
customer's own calendar. `search` with page tokens is used throughout, never `searchStream`: a page of 10,000 rows
bounds memory, and a cut one is asked for again alone. Classes of answers are include/platforms/google_ads.py.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.connections import GoogleAdsConnection, PlatformConnection
from include.platforms.http_status import json_of
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest
from include.spend.columns import DAY, IDENTITY, Column, batch, fields_of, named, parsed, required, whole
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
    asked,
    count,
)

if TYPE_CHECKING:
    import pyarrow as pa

AD_KEY = "~"
"""Between ad group and ad in Google's own key of an ad."""

_PAGE_ROWS = 10_000
_MICRO = Decimal(1).scaleb(-6)
_KEPT_MONTHS = 37
_CLICK_WINDOW_DAYS, _LONGEST_WINDOW_DAYS = 30, 90

FACTS = "SELECT customer.id, customer.currency_code, customer.time_zone FROM customer"
CONVERSION_WINDOWS = (
    "SELECT conversion_action.id, conversion_action.status, conversion_action.click_through_lookback_window_days,"
    " conversion_action.view_through_lookback_window_days FROM conversion_action"
)
_FIGURES = (
    "segments.date, metrics.cost_micros, metrics.impressions, metrics.clicks, metrics.conversions,"
    " metrics.conversions_value"
)
_CUSTOMER = "customer.id, customer.currency_code, customer.time_zone"
_CAMPAIGN = "campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type"


_GRAINS: Mapping[Level, tuple[str, tuple[str, ...]]] = {
    "account": ("customer", ()),
    "campaign": ("campaign", (_CAMPAIGN,)),
    "adgroup": ("ad_group", (_CAMPAIGN, "ad_group.id, ad_group.name")),
    "ad": ("ad_group_ad", (_CAMPAIGN, "ad_group.id, ad_group_ad.ad.id, ad_group_ad.ad.name")),
}
"""Where the rows of a level come from, and what is selected beside customer and figures."""


class GoogleAds:
    """The adapter of Google Ads."""

    platform = "google_ads"
    levels: ClassVar[tuple[Level, ...]] = ("campaign", "adgroup", "ad")
    rungs: ClassVar[tuple[Rung, ...]] = (Rung(_PAGE_ROWS, 31), Rung(_PAGE_ROWS, 7), Rung(_PAGE_ROWS, 1))
    whole_after_hour = 0
    """What Google still adds in the first three hours of the next day, the next run restates."""

    def api_version(self, connection: PlatformConnection) -> str:
        """Return the major version of the path."""
        return _google(connection).api_version

    def facts(self, connection: PlatformConnection, account: Account) -> Asking:
        """Ask the customer itself; a manager answers too, and refuses metrics."""
        reply = yield from asked(search(connection, account, FACTS))
        results, _ = page_rows(reply)
        customer = member(results[0], "customer") if len(results) == 1 else None
        currency, zone = member(customer, "currencyCode"), member(customer, "timeZone")
        if not isinstance(currency, str) or not isinstance(zone, str):
            raise UntrustedReport("customer's currency or time zone is not in the answer; nothing is written")
        return AccountFacts(currency, zone)

    def lookback(self, connection: PlatformConnection, account: Account) -> Measuring:
        """Ask for the conversion windows: a day changes for as long as a click or view of it may still convert."""
        longest, token = _CLICK_WINDOW_DAYS, None
        while True:
            reply = yield from asked(search(connection, account, CONVERSION_WINDOWS, token))
            results, body = page_rows(reply)
            longest = max([longest, *_windows(results)])
            token = next_page(body)
            if token is None:
                break
        longest = min(longest, _LONGEST_WINDOW_DAYS)
        # What only Sundays read is read once more after its window, however the week's days fall.
        last_look = longest + 6 if longest > _CLICK_WINDOW_DAYS else longest
        return Lookback(daily=_CLICK_WINDOW_DAYS, sunday=last_look, final_after=longest)

    def earliest(self, today: date) -> date:
        """Return the first day of the 37 months that are kept by day, without the one that ends while we ask."""
        year, month = divmod(today.year * 12 + today.month - 1 - _KEPT_MONTHS, 12)
        return date(year, month + 1, min(today.day, 28)) + timedelta(days=1)

    def order(self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung) -> Ordering:
        """Order nothing: a search answers at once."""
        yield from ()
        return None

    def report(
        self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung, report_id: str | None
    ) -> Reporting:
        """Yield the pages of one query; complete when a page names no next one and all announced rows came."""
        query, token, seen = report_query(chunk), None, 0
        while True:
            reply = yield from asked(search(connection, account, query, token))
            rows, following, announced = _page(reply, account, chunk)
            seen += rows.num_rows
            if rows.num_rows:
                yield rows
            if following is None:
                break
            if not rows.num_rows or following == token:
                raise UntrustedReport(f"{chunk}: pages go round in a circle; nothing is written")
            token = following
        if announced is not None and count(announced, "totalResultsCount") != seen:
            raise UntrustedReport(f"{chunk}: {seen} rows came, not as many as were announced; nothing is written")


def search(
    connection: PlatformConnection, account: Account, query: str, page_token: str | None = None
) -> PlatformRequest:
    """Return the request of a page; its size is fixed, and asking for one is an error."""
    version = _google(connection).api_version
    body = {"query": query} if page_token is None else {"query": query, "pageToken": page_token}
    customer = account.account_id.replace("-", "")
    return PlatformRequest("POST", f"/{version}/customers/{customer}/googleAds:search", body=json.dumps(body).encode())


def report_query(chunk: Chunk) -> str:
    """Return the GAQL of a chunk; both ends of BETWEEN are included."""
    resource, entities = _GRAINS[chunk.level]
    selected = ", ".join((_CUSTOMER, *entities, _FIGURES))
    days = f"'{chunk.date_from.isoformat()}' AND '{chunk.last_day.isoformat()}'"
    return f"SELECT {selected} FROM {resource} WHERE segments.date BETWEEN {days}"  # noqa: S608 - GAQL


def _page(reply: Reply, account: Account, chunk: Chunk) -> "tuple[pa.RecordBatch, str | None, str | None]":
    """Return the rows of a page, the token of the next one, and how many rows there are of the query, where announced.

    int64 are text and doubles numbers; what is left out, a whole struct of metrics too, is zero. Raises UntrustedReport
    for a row without day, currency or id, and for a figure that is no number.
    """
    import pyarrow as pa

    table = parsed(reply.body, _wanted(chunk.level))
    if table is None:
        raise UntrustedReport(f"{chunk}: a page has not the documented shape; nothing is written")
    (head,) = table.select(["nextPageToken", "totalResultsCount"]).to_pylist()
    found: Column = table.column("results").combine_chunks()
    rows = found.flatten()
    try:
        columns = _columns(fields_of(rows), account, chunk)
    except pa.ArrowInvalid:
        raise UntrustedReport(f"{chunk}: a figure is out of range; nothing is written") from None
    columns |= {"level": chunk.level, "request_id": reply.classified.request_id}
    return batch(columns, len(rows)), head["nextPageToken"] or None, head["totalResultsCount"]


def _wanted(level: Level) -> "pa.Schema":
    import pyarrow as pa

    text = pa.string()
    figures: dict[str, pa.DataType] = dict.fromkeys(("costMicros", "impressions", "clicks"), text)
    figures |= dict.fromkeys(("conversions", "conversionsValue"), pa.float64())
    row: dict[str, Mapping[str, pa.DataType]] = {
        "customer": {"currencyCode": text},
        "segments": {"date": text},
        "metrics": figures,
        "campaign": {"id": text, "name": text, "advertisingChannelType": text},
        "adGroup": {"id": text, "name": text},
        "adGroupAd": {"ad": pa.struct([("id", text), ("name", text)])},
    }
    rows = pa.struct([(name, pa.struct(list(its.items()))) for name, its in row.items()])
    return pa.schema([("results", pa.list_(rows)), ("nextPageToken", text), ("totalResultsCount", text)])


def _columns(rows: Mapping[str, Column], account: Account, chunk: Chunk) -> dict[str, Any]:
    import pyarrow.compute as pc

    metrics = fields_of(rows["metrics"])
    columns = {
        "report_date": required(fields_of(rows["segments"])["date"], DAY, "segments.date"),
        "currency": required(fields_of(rows["customer"])["currencyCode"], "[A-Z]{3}", "customer.currencyCode"),
        "spend": _major(_int64(metrics, "costMicros")),
        "impressions": _int64(metrics, "impressions"),
        "clicks": _int64(metrics, "clicks"),
        "platform_conversions": _decimals(metrics["conversions"]),
        "platform_conversion_value": _decimals(metrics["conversionsValue"]),
    }
    if chunk.level == "account":
        return columns | {"entity_id": account.account_id}
    campaign, group = fields_of(rows["campaign"]), fields_of(rows["adGroup"])
    columns["campaign_id"] = required(campaign["id"], IDENTITY, "campaign.id")
    columns["family"] = pc.utf8_lower(campaign["advertisingChannelType"])
    entity, key = campaign, campaign["id"]
    if chunk.level != "campaign":
        columns["adgroup_id"] = required(group["id"], IDENTITY, "adGroup.id")
        entity, key = group, group["id"]
    if chunk.level == "ad":
        entity = fields_of(fields_of(rows["adGroupAd"])["ad"])
        columns["ad_id"] = required(entity["id"], IDENTITY, "adGroupAd.ad.id")
        # The id of an ad is its own within an ad group only: a copy in another group keeps it.
        key = pc.binary_join_element_wise(group["id"], entity["id"], AD_KEY)
    return columns | {"entity_id": key, "entity_name": named(entity["name"])}


def _int64(metrics: Mapping[str, Column], name: str) -> Column:
    import pyarrow.compute as pc

    return whole(pc.fill_null(metrics[name], "0"), name)


def _major(micros: Column) -> Column:
    """Return millionths as decimal text in major units."""
    import pyarrow as pa
    import pyarrow.compute as pc

    exact = pc.cast(micros, pa.decimal128(19, 0))
    return pc.cast(pc.multiply(exact, pa.scalar(_MICRO, pa.decimal128(7, 6))), pa.string())


def _decimals(numbers: Column) -> Column:
    """Return doubles, as which the vendor itself reports conversions and their value, as text of six decimals."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.cast(pc.cast(pc.fill_null(numbers, pa.scalar(0.0)), pa.decimal128(20, 6)), pa.string())


def _windows(results: Iterable[Any]) -> list[int]:
    """Return the days after which clicks and views of enabled actions convert no more."""
    names = ("clickThroughLookbackWindowDays", "viewThroughLookbackWindowDays")
    actions = [member(row, "conversionAction") for row in results]
    return [
        count(days, name)
        for action in actions
        if member(action, "status") == "ENABLED"
        for name in names
        if (days := member(action, name)) is not None
    ]


def page_rows(reply: Reply) -> tuple[list[Any], Any]:
    """Return the rows of an answer, and the answer; raises UntrustedReport for one of another shape."""
    body = json_of(reply.body)
    results = member(body, "results")
    if not isinstance(body, dict) or not isinstance(results or [], list):
        raise UntrustedReport("page of a search has not the documented shape; nothing is written")
    return results or [], body


def next_page(body: Any) -> str | None:
    """Return the token of the page after an answer, None where it is the last."""
    token = member(body, "nextPageToken")
    return token if isinstance(token, str) and token else None


def _google(connection: PlatformConnection) -> GoogleAdsConnection:
    if not isinstance(connection, GoogleAdsConnection):
        raise TypeError("the connection is not of type google_ads")
    return connection
