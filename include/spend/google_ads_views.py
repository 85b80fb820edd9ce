"""Google's view-through conversions: after an image or video was seen and nothing else of Google's was clicked.

They are in no other figure, have no value, and each conversion action has a window of its own (source_apis B.7). One
purchase action is counted: a second one, such as an import from Analytics, tells of the same sales. It is the enabled
one of category PURCHASE that has been there longest, which is the one with the smallest id. Performance Max has no ads,
so that the campaign's grain is the whole.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.connections import PlatformConnection
from include.platforms.outcome import member
from include.spend.google_ads import AD_KEY, GoogleAds, next_page, page_rows, search
from include.spend.report import Account, Chunk, Level, Rung, Wish, asked, count, day
from include.spend.view_through import Claiming, DateBasis, ViewRow

ACTIONS = (
    "SELECT conversion_action.id, conversion_action.name, conversion_action.status, conversion_action.category,"
    " conversion_action.view_through_lookback_window_days FROM conversion_action"
)
_SELECTED: Mapping[Level, tuple[str, str]] = {
    "campaign": ("campaign", "campaign.id"),
    "ad": ("ad_group_ad", "campaign.id, ad_group.id, ad_group_ad.ad.id"),
}


@dataclass(frozen=True)
class Action:
    """The action that is counted; identity None: whatever Google counts, where it names no categories."""

    identity: str | None
    name: str
    window_days: int | None


class GoogleAdsViews:
    """The adapter; see include/spend/view_through.py."""

    platform = "google_ads"
    date_basis: DateBasis = "impression"
    rungs: Sequence[Rung] = GoogleAds.rungs

    def claims(self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung) -> Claiming:
        """Yield the pages of one query for the account's canonical purchase action; nothing where it has none."""
        actions = yield from _rows(connection, account, ACTIONS)
        action = canonical_action(actions)
        if action is None:
            return
        rows = yield from _rows(connection, account, views_query(chunk, action))
        yield [one for row in rows for one in _claimed(row, chunk, account, action)]


def canonical_action(rows: Sequence[Any]) -> Action | None:
    """Return the purchase action that is counted; None where the account counts no purchases."""
    actions = [member(row, "conversionAction") for row in rows]
    enabled = [one for one in actions if member(one, "status") == "ENABLED"]
    if enabled and not any(member(one, "category") for one in enabled):
        return Action(None, "view_through_conversions", max(map(_window, enabled), key=lambda days: days or 0))
    purchases = [one for one in enabled if member(one, "category") == "PURCHASE"]
    if not purchases:
        return None
    first = min(purchases, key=lambda one: count(member(one, "id"), "conversionAction.id"))
    return Action(str(member(first, "id")), str(member(first, "name") or "purchase"), _window(first))


def views_query(chunk: Chunk, action: Action) -> str:
    """Return the GAQL of a chunk; both ends of BETWEEN are included."""
    resource, ids = _SELECTED[chunk.level]
    by = "" if action.identity is None else ", segments.conversion_action"
    days = f"'{chunk.date_from.isoformat()}' AND '{chunk.last_day.isoformat()}'"
    return (
        f"SELECT customer.currency_code, {ids}, segments.date{by}, metrics.view_through_conversions"  # noqa: S608 - GAQL
        f" FROM {resource} WHERE segments.date BETWEEN {days}"
    )


def _rows(connection: PlatformConnection, account: Account, query: str) -> Generator[Wish, Reply | None, list[Any]]:
    found: list[Any] = []
    token: str | None = None
    while True:
        reply = yield from asked(search(connection, account, query, token))
        rows, body = page_rows(reply)
        found += rows
        following = next_page(body)
        if following is None:
            return found
        if not rows or following == token:
            raise UntrustedReport("pages of views go round in a circle; nothing is written")
        token = following


def _claimed(row: Any, chunk: Chunk, account: Account, action: Action) -> Iterator[ViewRow]:
    named = member(row, "segments", "conversionAction")
    if action.identity is not None and str(named).rsplit("/", 1)[-1] != action.identity:
        return
    views = count(member(row, "metrics", "viewThroughConversions") or "0", "viewThroughConversions")
    if not views:
        return
    campaign = _identity(member(row, "campaign", "id"))
    by_ad = chunk.level == "ad"
    group = _identity(member(row, "adGroup", "id")) if by_ad else None
    ad = _identity(member(row, "adGroupAd", "ad", "id")) if by_ad else None
    yield ViewRow(
        report_date=day(member(row, "segments", "date"), "segments.date"),
        level=chunk.level,
        entity_id=campaign if ad is None else f"{group}{AD_KEY}{ad}",
        campaign_id=campaign,
        adgroup_id=group,
        ad_id=ad,
        action=action.name,
        window="vtc",
        window_days=action.window_days,
        count=Decimal(views),
        currency=str(member(row, "customer", "currencyCode") or account.currency),
    )


def _window(action: Any) -> int | None:
    days = member(action, "viewThroughLookbackWindowDays")
    return None if days is None else count(days, "viewThroughLookbackWindowDays")


def _identity(value: object) -> str:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    raise UntrustedReport("a row of views has no id; nothing is written")
