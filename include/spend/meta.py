"""Meta's insights as spend: requests, report runs in all their states, pages, rows. Source: source_apis.md A.

Small reports are answered at once. Large ones are ordered, polled by their status - 100 percent alone means nothing -
and read page by page from cursors: the address of the next page holds the token and Meta's own host.
"""

import json
import re
from collections.abc import Generator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urlencode

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.connections import MetaAdsConnection, PlatformConnection
from include.platforms.http_status import NotJson, json_of
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest
from include.spend.columns import DAY, IDENTITY, batch, fields_of, parsed, required, whole
from include.spend.report import (
    AMOUNT,
    Account,
    AccountFacts,
    Asking,
    Chunk,
    Level,
    Lookback,
    Measuring,
    Once,
    Ordering,
    Pause,
    Reporting,
    ReportLost,
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

PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
"""Views of the same purchases under three names; the first that is present counts, they are never added up (A.7)."""

LIVE_WINDOWS = frozenset({"1d_click", "7d_click", "28d_click", "1d_ev", "1d_view", "default"})
"""Attribution windows that still answer; 7d_view and 28d_view ended on 2026-01-12 (A.6)."""

STATUSES: Mapping[Level, tuple[str, ...]] = {
    "campaign": ("ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "IN_PROCESS", "WITH_ISSUES"),
    "ad": (
        "ACTIVE",
        "PAUSED",
        "CAMPAIGN_PAUSED",
        "ADSET_PAUSED",
        "ARCHIVED",
        "DELETED",
        "DISAPPROVED",
        "IN_PROCESS",
        "PENDING_BILLING_INFO",
        "PENDING_REVIEW",
        "PREAPPROVED",
        "WITH_ISSUES",
    ),
}
"""Asked for by name, because a report leaves out deleted and archived objects that it was not asked for (A.9)."""

RUNGS = (Rung(500, 30), Rung(100, 30), Rung(50, 30), Rung(50, 7), Rung(50, 1))
"""The ladder of A.13 without its last rungs, lists of ids and fewer fields: a day in pages of 50 is small enough."""

_FACTS = ("account_id", "account_currency", "spend", "impressions", "clicks", "date_start", "date_stop")
_NAMES: Mapping[Level, tuple[str, ...]] = {
    "account": (),
    "campaign": ("campaign_id", "campaign_name"),
    "ad": ("campaign_id", "adset_id", "ad_id", "ad_name"),
}
_ACTIONS = ("actions", "action_values")
_LEVELS_WITH_ACTIONS = frozenset({"account", "campaign"})

_POLLED = (
    "async_status,async_percent_completion,error_code,error_message,error_subcode,error_user_title,error_user_msg,"
    "date_start,date_stop,time_completed"
)
_RUNNING = frozenset({"Job Not Started", "Job Started", "Job Running"})
_POLL_SECONDS = (10.0, 20.0, 40.0, 60.0)
_RACE_TRIES = 4
_RACE_SECONDS = 2.0
_SYNC_DAYS = 7
_RETAINED_MONTHS = 37


class MetaSpend:
    """The adapter of Meta."""

    platform = "meta"
    levels: ClassVar[tuple[Level, ...]] = ("campaign", "ad")
    whole_after_hour = 0

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """Pages get smaller first, then ranges of days."""
        return RUNGS

    def api_version(self, connection: PlatformConnection) -> str:
        """Return the version in the path."""
        return _meta(connection).api_version

    def earliest(self, today: date) -> date:
        """Return the first day of the 37 months that are kept; error 3018 answers an earlier one (A.8)."""
        year, month = divmod(today.year * 12 + today.month - 1 - _RETAINED_MONTHS, 12)
        # The last days of a long month have no namesake in a short one; a day later is safe in zones ahead of UTC.
        return date.fromordinal(date(year, month + 1, min(today.day, 28)).toordinal() + 1)

    def lookback(self, connection: PlatformConnection, account: Account) -> Measuring:
        """Say 28 days, 35 on Sundays: what peers take Meta to restate, to be measured by the log (A.10)."""
        yield from ()
        return Lookback(daily=28, sunday=35, final_after=28)

    def facts(self, connection: PlatformConnection, account: Account) -> Asking:
        """Ask for currency and zone of the account."""
        fields = {"fields": "account_id,currency,timezone_name,account_status"}
        path = f"/{_meta(connection).api_version}/act_{account.account_id}"
        reply = yield from asked(PlatformRequest("GET", path, params=fields))
        body = _json(reply)
        currency, zone, status = (member(body, name) for name in ("currency", "timezone_name", "account_status"))
        if not isinstance(currency, str) or not isinstance(zone, str):
            raise UntrustedReport("the account's currency or time zone is not in the answer; nothing is written")
        return AccountFacts(currency, zone, None if status is None else str(status))

    def order(self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung) -> Ordering:
        """Order a report run where a call could not compute the answer in time (A.3)."""
        if not self._is_large(chunk, rung):
            yield from ()
            return None
        request = PlatformRequest(
            "POST",
            f"/{_meta(connection).api_version}/act_{account.account_id}/insights",
            body=urlencode(_query(chunk)).encode(),
            content_type="application/x-www-form-urlencoded",
        )
        reply = yield from asked(request)
        found = member(_json(reply), "report_run_id")
        if not isinstance(found, str | int) or isinstance(found, bool) or not re.fullmatch(r"[0-9]{1,32}", str(found)):
            raise UntrustedReport("the ordered report has no report_run_id; nothing is written")
        return str(found)

    def report(
        self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung, report_id: str | None
    ) -> Reporting:
        """Yield the rows of a chunk, from a finished report run or at once."""
        version = _meta(connection).api_version
        params = {"limit": str(rung.page_size)}
        if report_id is not None:
            yield from _until_completed(version, report_id)
            path = f"/{version}/{report_id}/insights"
        else:
            path = f"/{version}/act_{account.account_id}/insights"
            params |= _query(chunk)
        yield from _pages(PlatformRequest("GET", path, params=params), account, chunk)

    def _is_large(self, chunk: Chunk, rung: Rung) -> bool:
        # What was too much at once is ordered, whatever its level. A week is asked for at once even then, for accounts
        # whose report runs fail; at the end of the ladder only a report run is left to try.
        if chunk.days > _SYNC_DAYS:
            return chunk.level == "ad" or rung != self.rungs[0]
        return rung != self.rungs[0] and rung == self.rungs[-1]


def _query(chunk: Chunk) -> dict[str, str]:
    """Return the parameters of a report, for GET and POST alike."""
    fields = (*_FACTS, *_NAMES[chunk.level], *(_ACTIONS if chunk.level in _LEVELS_WITH_ACTIONS else ()))
    query = {
        "level": chunk.level,
        "fields": ",".join(fields),
        "time_range": json.dumps({"since": chunk.date_from.isoformat(), "until": chunk.last_day.isoformat()}),
        "time_increment": "1",
    }
    if chunk.level in _LEVELS_WITH_ACTIONS:
        # What each ad set is set to; other breakdowns than action_type collapse or hide conversions (G10).
        query |= {"action_attribution_windows": '["default"]', "action_breakdowns": '["action_type"]'}
    if chunk.level in STATUSES:
        wanted = {"field": f"{chunk.level}.effective_status", "operator": "IN", "value": STATUSES[chunk.level]}
        query["filtering"] = json.dumps([wanted])
    return query


def _until_completed(version: str, report_id: str) -> Generator[Wish, Reply | None, None]:
    """Poll a report run until its status says that it is complete; raises ReportLost when it never will be."""
    request = PlatformRequest("GET", f"/{version}/{report_id}", params={"fields": _POLLED})
    polls = 0
    while True:
        state = yield from _state(request, report_id)
        if state == "Job Completed":
            return
        yield Pause(_POLL_SECONDS[min(polls, len(_POLL_SECONDS) - 1)])
        polls += 1


def _state(request: PlatformRequest, report_id: str) -> Generator[Wish, Reply | None, str]:
    reply = yield from _visible(request, report_id)
    body = _json(reply)
    state = member(body, "async_status")
    if state in ("Job Failed", "Job Skipped"):
        codes = "/".join(
            str(code) for code in (member(body, "error_code"), member(body, "error_subcode")) if _code(code)
        )
        raise ReportLost(f"report {report_id} ended as {state}{f' with {codes}' if codes else ''}")
    if state != "Job Completed" and state not in _RUNNING:
        raise UntrustedReport(f"report {report_id} has a status that is not documented; nothing is written")
    return str(state)


def _visible(request: PlatformRequest, report_id: str) -> Generator[Wish, Reply | None, Reply]:
    """Return the answer about a report run, which for a moment after it was ordered does not exist yet (A.4)."""
    for _ in range(_RACE_TRIES):
        reply = yield from asked(Once(request))
        if reply.classified.ok:
            return reply
        if (reply.classified.code, reply.classified.subcode) != ("100", "33"):
            # Another error has its own number of tries.
            return (yield from asked(request))
        yield Pause(_RACE_SECONDS)
    raise ReportLost(f"report {report_id} does not exist")


def _pages(request: PlatformRequest, account: Account, chunk: Chunk) -> Reporting:
    seen: set[str] = set()
    while True:
        reply = yield from asked(request)
        rows, cursor = _page(reply, account, chunk)
        if rows.num_rows:
            yield rows
        if cursor is None:
            return
        if cursor in seen:
            raise UntrustedReport("a cursor came twice: the pages of the report never end; nothing is written")
        seen.add(cursor)
        request = PlatformRequest(request.method, request.path, params={**request.params, "after": cursor})


def _page(reply: Reply, account: Account, chunk: Chunk) -> "tuple[pa.RecordBatch, str | None]":
    """Return a page's rows, and the cursor of the next page or None where this is the last.

    The last page has a cursor too, and a page after the last may be offered that is empty (A.4): it ends where `next`
    is missing or no row came.
    """
    page = _columns_of(reply.body, chunk.level)
    if page is not None:
        columns, more, cursor = page
        found = _batch(columns, account, chunk, reply.classified.request_id)
    else:
        body = _json(reply)
        data = member(body, "data")
        if not isinstance(data, list):
            raise UntrustedReport("a page has no list of rows; nothing is written")
        rows = [_row(one, account, chunk) for one in data]
        found = batch_of(rows, reply.classified.request_id)
        more, cursor = member(body, "paging", "next"), member(body, "paging", "cursors", "after")
    if more is None or found.num_rows == 0:
        return found, None
    if not isinstance(cursor, str) or not cursor:
        raise UntrustedReport("a page announces another one without a cursor; nothing is written")
    return found, cursor


def _row(one: Any, account: Account, chunk: Chunk) -> SpendRow:
    level = chunk.level
    if str(member(one, "account_id")) != account.account_id:
        raise UntrustedReport("a row belongs to another account; nothing is written")
    first, last = day(member(one, "date_start"), "date_start"), day(member(one, "date_stop"), "date_stop")
    if first != last:
        raise UntrustedReport("a row spans several days; nothing is written")
    campaign = None if level == "account" else _id(one, "campaign_id")
    claimed = _purchases(one) if level in _LEVELS_WITH_ACTIONS else (None, None)
    return SpendRow(
        report_date=first,
        level=level,
        entity_id=account.account_id if level == "account" else _id(one, f"{level}_id"),
        currency=_text(one, "account_currency"),
        spend=amount(member(one, "spend"), "spend"),
        impressions=count(_or_zero(member(one, "impressions")), "impressions"),
        clicks=count(_or_zero(member(one, "clicks")), "clicks"),
        campaign_id=campaign,
        adgroup_id=_id(one, "adset_id") if level == "ad" else None,
        ad_id=_id(one, "ad_id") if level == "ad" else None,
        entity_name=_name(one, level),
        platform_conversions=claimed[0],
        platform_conversion_value=claimed[1],
    )


def _purchases(one: Any) -> tuple[Decimal, Decimal]:
    """Return how many purchases a row claims and their value; an absent list is zero, not an error (A.5)."""
    counts, values = _by_type(one, "actions"), _by_type(one, "action_values")
    name = next((name for name in PURCHASES if name in counts or name in values), None)
    if name is None:
        return Decimal(0), Decimal(0)
    return amount(counts.get(name, "0"), "actions"), amount(values.get(name, "0"), "action_values")


def _by_type(one: Any, name: str) -> dict[str, Any]:
    found = member(one, name)
    if found is None:
        return {}
    if not isinstance(found, list):
        raise UntrustedReport(f"{name} is no list; nothing is written")
    return {str(member(action, "action_type")): member(action, "value") for action in found}


def _columns_of(body: bytes, level: Level) -> "tuple[Mapping[str, pa.Array[Any]], str | None, str | None] | None":
    """Return a page's columns, its `next` and its cursor, or None where its rows are not all texts as documented."""
    import pyarrow as pa

    fields: list[tuple[str, pa.DataType]] = [(name, pa.string()) for name in (*_FACTS, *_NAMES[level])]
    if level in _LEVELS_WITH_ACTIONS:
        actions = pa.list_(pa.struct([("action_type", pa.string()), ("value", pa.string())]))
        fields += [(name, actions) for name in _ACTIONS]
    paging = pa.struct([("next", pa.string()), ("cursors", pa.struct([("after", pa.string())]))])
    table = parsed(body, pa.schema([("data", pa.list_(pa.struct(fields))), ("paging", paging)]))
    if table is None:
        return None
    data = table.column("data").combine_chunks()
    if data.null_count:
        return None
    found = table.column("paging").to_pylist()[0] or {}
    return (
        fields_of(cast("pa.ListArray[Any]", data).flatten()),
        found.get("next"),
        (found.get("cursors") or {}).get("after"),
    )


def _batch(
    columns: "Mapping[str, pa.Array[Any]]", account: Account, chunk: Chunk, request_id: str | None
) -> "pa.RecordBatch":
    """Return columns as spend; raises UntrustedReport where the reading of rows does."""
    level = chunk.level
    required(columns["account_id"], re.escape(account.account_id), "account_id")
    days = required(columns["date_start"], DAY, "date_start")
    # Meta leaves a count out where it is zero.
    counts = {name: columns[name].fill_null("0") for name in ("impressions", "clicks")}
    if not days.equals(columns["date_stop"]):
        raise UntrustedReport("a row spans several days; nothing is written")
    ids = {name: required(columns[name], IDENTITY, name) for name in _NAMES[level] if name.endswith("_id")}
    return batch(
        {
            "report_date": days,
            "level": level,
            "entity_id": account.account_id if level == "account" else ids[f"{level}_id"],
            "currency": required(columns["account_currency"], r"[A-Z]{3}", "account_currency"),
            "spend": required(columns["spend"], AMOUNT, "spend"),
            **{name: whole(texts, name) for name, texts in counts.items()},
            "campaign_id": ids.get("campaign_id"),
            "adgroup_id": ids.get("adset_id"),
            "ad_id": ids.get("ad_id"),
            "entity_name": columns.get(f"{level}_name"),
            "request_id": request_id,
            **(_claims(columns, len(days)) if level in _LEVELS_WITH_ACTIONS else {}),
        },
        len(days),
    )


def _claims(columns: "Mapping[str, pa.Array[Any]]", rows: int) -> dict[str, Any]:
    """Return what rows claim of purchases, as columns; one value for all where no row has any action."""
    import pyarrow as pa

    names = ("platform_conversions", "platform_conversion_value")
    lists = [columns[name] for name in _ACTIONS]
    if all(one.null_count == rows for one in lists):
        return dict.fromkeys(names, "0")
    claimed = [
        _purchases(dict(zip(_ACTIONS, row, strict=True)))
        for row in zip(*(one.to_pylist() for one in lists), strict=True)
    ]
    return {
        name: pa.array([format(value, "f") for value in values], pa.string())
        for name, values in zip(names, zip(*claimed, strict=True), strict=True)
    }


def _json(reply: Reply) -> Any:
    """Return a body with its decimals exact, should they come as numbers."""
    try:
        json_of(reply.body)
        return json.loads(reply.body, parse_float=Decimal)
    except (NotJson, ValueError):
        raise UntrustedReport("an answer cannot be read; nothing is written") from None


def _id(one: Any, name: str) -> str:
    found = member(one, name)
    if not isinstance(found, str | int) or isinstance(found, bool) or not re.fullmatch(r"[0-9]{1,32}", str(found)):
        raise UntrustedReport(f"{name} is missing or no id; nothing is written")
    return str(found)


def _text(one: Any, name: str) -> str:
    found = member(one, name)
    if not isinstance(found, str) or not found:
        raise UntrustedReport(f"{name} is missing; nothing is written")
    return found


def _name(one: Any, level: Level) -> str | None:
    found = member(one, f"{level}_name")
    return found if isinstance(found, str) and level != "account" else None


def _or_zero(value: object) -> object:
    # Meta leaves a count out where it is zero.
    return "0" if value is None else value


def _code(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _meta(connection: PlatformConnection) -> MetaAdsConnection:
    if not isinstance(connection, MetaAdsConnection):
        raise TypeError(f"connection {connection.conn_id} is none of Meta")
    return connection
