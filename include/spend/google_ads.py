"""Google Ads as a source of spend: GAQL over REST, read page by page (source_apis B).

Truth is the campaign: Performance Max, Demand Gen and App campaigns have no ad groups and no ads, so what is below adds
up to less. No query filters by status: a removed campaign still cost what it cost. Days are always explicit days of the
customer's own calendar. `search` with page tokens is used throughout, never `searchStream`: a page of 10,000 rows
bounds memory, and a cut one is asked for again alone. Classes of answers are include/platforms/google_ads.py.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.connections import GoogleAdsConnection, PlatformConnection
from include.platforms.http_status import json_of
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest
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
    schema,
)

if TYPE_CHECKING:
    import pyarrow as pa

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


@dataclass(frozen=True)
class _Grain:
    """Where the rows of a level come from, what else is selected, and the path of its entity in a row's JSON."""

    resource: str
    selected: tuple[str, ...]
    entity: tuple[str, ...]


_GRAINS: Mapping[Level, _Grain] = {
    "account": _Grain("customer", (), ("customer",)),
    "campaign": _Grain("campaign", (_CAMPAIGN,), ("campaign",)),
    "adgroup": _Grain("ad_group", (_CAMPAIGN, "ad_group.id, ad_group.name"), ("adGroup",)),
    "ad": _Grain(
        "ad_group_ad",
        (_CAMPAIGN, "ad_group.id, ad_group_ad.ad.id, ad_group_ad.ad.name"),
        ("adGroupAd", "ad"),
    ),
}


class GoogleAds:
    """The adapter of Google Ads."""

    platform = "google_ads"
    levels: ClassVar[tuple[Level, ...]] = ("campaign", "adgroup", "ad")
    rungs: ClassVar[tuple[Rung, ...]] = (Rung(_PAGE_ROWS, 31), Rung(_PAGE_ROWS, 7), Rung(_PAGE_ROWS, 1))
    whole_after_hour = 3
    """The previous day is complete around three in the morning of the account's zone."""

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
        return Lookback(daily=_CLICK_WINDOW_DAYS, sunday=longest, final_after=longest)

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
            results, body = page_rows(reply)
            seen += len(results)
            if results:
                yield page_of(results, account, chunk, reply.classified.request_id)
            following = next_page(body)
            if following is None:
                break
            if not results or following == token:
                raise UntrustedReport(f"{chunk}: pages go round in a circle; nothing is written")
            token = following
        announced = member(body, "totalResultsCount")
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
    grain = _GRAINS[chunk.level]
    selected = ", ".join((_CUSTOMER, *grain.selected, _FIGURES))
    days = f"'{chunk.date_from.isoformat()}' AND '{chunk.last_day.isoformat()}'"
    return f"SELECT {selected} FROM {grain.resource} WHERE segments.date BETWEEN {days}"  # noqa: S608 - GAQL


def page_of(
    results: Sequence[Mapping[str, Any]], account: Account, chunk: Chunk, request_id: str | None
) -> "pa.RecordBatch":
    """Return a page's rows, read by column: int64 as text, doubles as numbers, zeros left out.

    Raises UntrustedReport for a row without day or id, and for a figure that is no number.
    """
    import pyarrow as pa

    try:
        columns = _columns(results, account, chunk)
    except (KeyError, TypeError, AttributeError):
        raise UntrustedReport(f"{chunk}: a row has not the documented shape; nothing is written") from None
    n = len(results)
    columns |= {"level": [chunk.level] * n, "request_id": [request_id] * n}
    return pa.RecordBatch.from_pydict(columns, schema=schema())


def _columns(results: Sequence[Mapping[str, Any]], account: Account, chunk: Chunk) -> dict[str, list[Any]]:
    n, nothing = len(results), [None] * len(results)
    metrics = [row.get("metrics") or {} for row in results]
    entities = _entities(results, _GRAINS[chunk.level].entity)
    below = chunk.level != "account"
    campaigns = [row["campaign"] for row in results] if below else []
    groups = [row["adGroup"] for row in results] if chunk.level in ("adgroup", "ad") else []
    ids = [_identity(one["id"]) for one in entities] if below else [account.account_id] * n
    return {
        "report_date": [row["segments"]["date"] for row in results],
        "entity_id": ids,
        "currency": [row["customer"]["currencyCode"] for row in results],
        "spend": [_major(one) for one in _counts(metrics, "costMicros")],
        "impressions": _counts(metrics, "impressions"),
        "clicks": _counts(metrics, "clicks"),
        "campaign_id": [_identity(one["id"]) for one in campaigns] if below else nothing,
        "adgroup_id": [_identity(one["id"]) for one in groups] or nothing,
        "ad_id": ids if chunk.level == "ad" else nothing,
        "entity_name": [one.get("name") or None for one in entities] if below else nothing,
        "family": [str(one.get("advertisingChannelType", "unknown")).lower() for one in campaigns] or nothing,
        "platform_conversions": [_double(one.get("conversions", 0), "conversions") for one in metrics],
        "platform_conversion_value": [_double(one.get("conversionsValue", 0), "conversionsValue") for one in metrics],
    }


def _entities(results: Sequence[Mapping[str, Any]], path: Iterable[str]) -> list[Any]:
    found: list[Any] = list(results)
    for name in path:
        found = [one[name] for one in found]
    return found


def _identity(value: object) -> str:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    raise TypeError("an id is text of digits")


def _counts(metrics: Sequence[Mapping[str, Any]], name: str) -> list[int]:
    values = [one.get(name, "0") for one in metrics]
    return [int(one) if _is_plain(one) else count(one, name) for one in values]


def _is_plain(value: object) -> bool:
    """Say whether a value is what nearly every one is, without the price of `count`."""
    return type(value) is str and len(value) < 19 and value.isascii() and value.isdigit()


def _major(micros: int) -> str:
    """Return millionths as decimal text in major units."""
    sign, whole = ("-", -micros) if micros < 0 else ("", micros)
    return f"{sign}{whole // 1_000_000}.{whole % 1_000_000:06d}"


def _double(value: object, what: str) -> str:
    """Return a JSON number with at most six decimals.

    The vendor itself reports these as doubles; the shortest text that names one is the text that was sent.
    """
    if value == 0:
        return "0"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UntrustedReport(f"{what} is not a number; nothing is written")
    number = Decimal(repr(value))
    if not number.is_finite() or number.adjusted() > 13:
        raise UntrustedReport(f"{what} is out of range; nothing is written")
    return format(number.quantize(_MICRO), "f")


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
