"""What platforms claim for views without a click: the rows, and what a platform implements to report them.

Kept apart from spend and from clicks: platforms claim each other's sales, and a view is the weakest of reasons. A row
counts one canonical purchase action; which one, how long after the view, and what its day is the day of, is stored with
it. Conversations are as in include/spend/report.py; sending, waiting and storing are left to the job.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.connections import PlatformConnection
from include.spend.report import Account, Chunk, Level, Rung, Wish

DateBasis = Literal["impression", "conversion", "platform_auto"]
Window = Literal["1d_view", "1d_ev", "vtc", "vta", "evta"]
Key = tuple[date, Level, str, Window]


@dataclass(frozen=True)
class ViewRow:
    """Purchases claimed for views of one entity on one day of the account's calendar, by one window.

    action: the platform's name of what was counted. window_days: None where the platform does not say. value: major
    units of currency, None where the platform has none.
    """

    report_date: date
    level: Level
    entity_id: str
    campaign_id: str
    action: str
    window: Window
    count: Decimal
    currency: str
    window_days: int | None = None
    value: Decimal | None = None
    adgroup_id: str | None = None
    ad_id: str | None = None

    @property
    def key(self) -> Key:
        """What a row is the only one of in an account; the action is the one canonical one."""
        return self.report_date, self.level, self.entity_id, self.window


Claiming = Generator[Wish | list[ViewRow], Reply | None, None]


class ViewAdapter(Protocol):
    """What a platform implements; stateless. Raises UntrustedReport for answers that are no use."""

    @property
    def platform(self) -> str:
        """meta, google_ads or tiktok."""
        ...

    @property
    def date_basis(self) -> DateBasis:
        """What a row's day is the day of."""
        ...

    @property
    def rungs(self) -> Sequence[Rung]:
        """What is tried, in order, as often as the vendor says that too much was asked."""
        ...

    def claims(self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung) -> Claiming:
        """Yield all rows of a chunk that are not zero; end only when the vendor's own signs say that they are all."""
        ...


def checked(rows: Iterable[ViewRow], chunk: Chunk, account: Account) -> list[ViewRow]:
    """Return a chunk's rows once they are what was asked for.

    Raises UntrustedReport for a day outside the chunk, another currency, a negative figure, or a repeated row.
    """
    found: dict[Key, ViewRow] = {}
    for one in rows:
        if not chunk.date_from <= one.report_date < chunk.date_to:
            raise UntrustedReport(f"{chunk}: a row is of {one.report_date}, which nobody asked for; nothing is written")
        if one.currency != account.currency:
            raise UntrustedReport(f"{chunk}: a row is in {one.currency}, the account in {account.currency}")
        if one.count < 0 or (one.value is not None and one.value < 0):
            raise UntrustedReport(f"{chunk}: a claim is below zero; nothing is written")
        if one.key in found:
            raise UntrustedReport(f"{chunk}: {one.level} {one.entity_id} came twice for {one.report_date}")
        found[one.key] = one
    return list(found.values())


def differing_days(rows: Iterable[ViewRow]) -> Mapping[date, tuple[Decimal, Decimal]]:
    """Return the days on which ads and campaigns do not claim alike: day -> (by campaigns, by ads).

    Both levels must have been read whole. Campaigns without ads are the platform's business and are left out of it by
    the caller.
    """
    sums: dict[date, dict[str, Decimal]] = {}
    for one in rows:
        day = sums.setdefault(one.report_date, {"campaign": Decimal(0), "ad": Decimal(0)})
        if one.level in day:
            day[one.level] += one.count
    return {day: (by["campaign"], by["ad"]) for day, by in sorted(sums.items()) if by["campaign"] != by["ad"]}
