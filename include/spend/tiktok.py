"""TikTok as a source of spend: the integrated report with GMV Max beside it (source_apis C).

What loses money without a word elsewhere is asked for here: deleted campaigns, GMV Max, Smart+ (tiktok_report.py,
tiktok_gmv_max.py). Days are the advertiser's. Classes of answers are include/platforms/tiktok.py.
"""

import json
from collections.abc import Generator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.connections import PlatformConnection
from include.platforms.http_status import json_of
from include.platforms.outcome import member
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
    Wish,
    asked,
    batch_of,
)
from include.spend.tiktok_gmv_max import gmv_max_pages, is_contained, united
from include.spend.tiktok_report import MOST_FILTER_IDS, VERSION, basic_report, get, spend_by_day

if TYPE_CHECKING:
    import pyarrow as pa

_PAGE_ROWS = 1000
_LONGEST_RANGE_DAYS = 30


class TikTok:
    """The adapter of TikTok."""

    platform = "tiktok"
    levels: ClassVar[tuple[Level, ...]] = ("campaign", "ad")
    rungs: ClassVar[tuple[Rung, ...]] = (
        Rung(_PAGE_ROWS, _LONGEST_RANGE_DAYS),
        Rung(_PAGE_ROWS, 1),
        Rung(_PAGE_ROWS, 1, campaigns=MOST_FILTER_IDS),
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
        reply = yield from asked(get("advertiser/info/", params))
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
        yield from basic_report(account, chunk, rung)
        if chunk.level == "campaign":
            for rows, request_id in (yield from gmv_max_pages(account, chunk, rung)):
                yield batch_of(rows, request_id)


def _totals(account: Account, chunk: Chunk, rung: Rung) -> Reporting:
    """Yield the advertiser's total per day, with GMV Max in it.

    No document says whether AUCTION_ADVERTISER holds GMV Max. It does where what its campaigns leave over is, day by
    day, GMV Max's cost to within a tenth; else the two are added. That way a campaign that is missing from its report
    stays visible as the difference.
    """
    totals: list[pa.RecordBatch] = []
    yield from _kept(basic_report(account, chunk, rung), totals)
    gmv_max = [row for rows, _ in (yield from gmv_max_pages(account, chunk, rung)) for row in rows]
    if gmv_max:
        campaigns: list[pa.RecordBatch] = []
        yield from _kept(basic_report(account, replace(chunk, level="campaign"), rung), campaigns)
        if not is_contained(spend_by_day(totals), spend_by_day(campaigns), spend_by_day([batch_of(gmv_max)])):
            totals = [united(totals, gmv_max, account)]
    yield from totals


def _kept(report: Reporting, pages: "list[pa.RecordBatch]") -> Generator[Wish, Reply | None, None]:
    """Hold a report's conversation and keep its pages instead of handing them on."""
    answer: Reply | None = None
    while True:
        try:
            wish = report.send(answer)
        except StopIteration:
            return
        answer = None
        if isinstance(wish, Wish):
            answer = yield wish
        else:
            pages.append(wish)
