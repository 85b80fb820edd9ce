"""What a spend report is made of, and what a platform implements so that the engine can fetch one.

An adapter is pure: it holds a conversation in which it yields what it wants - a request to send, a pause - and the
rows it has read, and gets replies back. Sending, waiting, staging and proving against the account's total are left to
include/jobs/sync_spend.py, so that every vendor's rule is tested without a network.

Rows travel as Arrow batches of `SCHEMA`, in which amounts are decimal text: they are written into numeric columns and
never pass through a float.
"""

import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol

from include.errors import UntrustedReport
from include.platforms.client import Reply
from include.platforms.connections import PlatformConnection
from include.platforms.request import PlatformRequest

if TYPE_CHECKING:
    import pyarrow as pa

Level = Literal["account", "campaign", "adgroup", "ad"]

AMOUNT = r"-?[0-9]{1,14}(\.[0-9]{1,6})?"
"""A decimal that numeric(20,6) holds exactly. A vendor's amount of another form fails the chunk, it is never 0."""

_AMOUNT = re.compile(AMOUNT)


@dataclass(frozen=True)
class Account:
    """One ad account of a tenant as configured: account_id in digits, currency ISO 4217, timezone IANA."""

    platform: str
    account_id: str
    conn_id: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class AccountFacts:
    """What the platform says of an account: currency ISO 4217, timezone IANA, its own word for the status."""

    currency: str
    timezone: str
    status: str | None = None


@dataclass(frozen=True)
class Lookback:
    """Days before account-local today that are read anew: each day, and on Sundays (at least as many).

    A day older than `final_after` full days is final.
    """

    daily: int
    sunday: int
    final_after: int


@dataclass(frozen=True)
class Rung:
    """How much is asked for at once: rows per page, days per report and, None for all, campaigns whose ads it has.

    Rung 0 is what is tried first.
    """

    page_size: int
    days: int
    campaigns: int | None = None


@dataclass(frozen=True)
class Chunk:
    """Days of one account at one level, in the account's calendar: [date_from, date_to)."""

    level: Level
    date_from: date
    date_to: date

    @property
    def last_day(self) -> date:
        """The last day, for vendors whose ranges include it."""
        return date.fromordinal(self.date_to.toordinal() - 1)

    @property
    def days(self) -> int:
        """How many days."""
        return (self.date_to - self.date_from).days

    def __str__(self) -> str:
        return f"{self.level} {self.date_from} to {self.last_day}"


@dataclass(frozen=True)
class SpendRow:
    """One entity on one day of the account's calendar; amounts in major units of `currency`.

    entity_id: of the level, the account's own id at level account. campaign_id, adgroup_id: the parents where there
    are any, its own id at its own level. platform_conversions and their value are the platform's claim by its own
    windows, None where this level does not ask for them. family: what kind of campaign, where a platform has several
    reports that are united (auction, gmv_max, performance_max).
    """

    report_date: date
    level: Level
    entity_id: str
    currency: str
    spend: Decimal
    impressions: int
    clicks: int
    campaign_id: str | None = None
    adgroup_id: str | None = None
    ad_id: str | None = None
    entity_name: str | None = None
    family: str | None = None
    platform_conversions: Decimal | None = None
    platform_conversion_value: Decimal | None = None


@dataclass(frozen=True)
class Pause:
    """Yielded by a conversation that has to wait before it asks again, as for a report that is being computed."""

    seconds: float


@dataclass(frozen=True)
class Once:
    """Yielded to get the answer of one single attempt whatever it is, for answers that only the adapter understands."""

    request: PlatformRequest


@dataclass(frozen=True)
class IfAllowed:
    """Yielded for a part of the account that the credential may see or not.

    Where it may not, the answer is None, the rest goes on, and people are told: missing, one line with the remedy.
    """

    request: PlatformRequest
    missing: str


Wish = PlatformRequest | Once | IfAllowed | Pause
"""A request is answered by a Reply that is OK (the client has retried); a pause by None."""

Asking = Generator[Wish, Reply | None, AccountFacts]
Measuring = Generator[Wish, Reply | None, Lookback]
Ordering = Generator[Wish, Reply | None, str | None]
Reporting = Generator["Wish | pa.RecordBatch", Reply | None, None]


class Adapter(Protocol):
    """What a platform implements; stateless, one per platform.

    All raise UntrustedReport for an answer that is OK by its envelope and still no use: a number that is none, a total
    that differs, a page that repeats rows.
    """

    @property
    def platform(self) -> str:
        """meta, google_ads or tiktok, as in tenant_ad_accounts."""
        ...

    @property
    def levels(self) -> Sequence[Level]:
        """The levels that are stored below the account, the one whose sum is held against its total first."""
        ...

    @property
    def rungs(self) -> Sequence[Rung]:
        """What is tried, in order, as often as the vendor says that too much was asked."""
        ...

    @property
    def whole_after_hour(self) -> int:
        """Hour of the account's day from which its yesterday is complete; 0 where midnight is enough."""
        ...

    def api_version(self, connection: PlatformConnection) -> str:
        """Return the version that is asked, for the rows' lineage."""
        ...

    def facts(self, connection: PlatformConnection, account: Account) -> Asking:
        """Ask for the account's currency and time zone."""
        ...

    def lookback(self, connection: PlatformConnection, account: Account) -> Measuring:
        """Say how many days are restated; may ask the vendor."""
        ...

    def earliest(self, today: date) -> date:
        """Return the first day that the platform still reports, account-local; a start before it is clamped."""
        ...

    def order(self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung) -> Ordering:
        """Order a report that the vendor computes in the background and return its id; None where it answers at once.

        The id is stored before anybody waits for it, so that a retry goes on with the same report.
        """
        ...

    def report(
        self, connection: PlatformConnection, account: Account, chunk: Chunk, rung: Rung, report_id: str | None
    ) -> Reporting:
        """Yield all rows of a chunk, and end only when the vendor's own signs say that they are all.

        report_id: what `order` returned. Raises ReportLost when that report is gone or failed.
        """
        ...


class ReportLost(UntrustedReport):
    """A report that was ordered failed, was skipped or is gone; it is ordered once more, then in smaller pieces."""


def asked(request: PlatformRequest | Once) -> Generator[Wish, Reply | None, Reply]:
    """Yield a request and return its reply: `reply = yield from asked(request)`."""
    reply = yield request
    if reply is None:
        raise TypeError("a request was answered by nothing")
    return reply


def schema() -> "pa.Schema":
    """Return the columns in which rows travel; days as ISO text, amounts as decimal text."""
    import pyarrow as pa

    columns: list[tuple[str, pa.DataType]] = [
        ("report_date", pa.string()),
        ("level", pa.string()),
        ("entity_id", pa.string()),
        ("currency", pa.string()),
        ("spend", pa.string()),
        ("impressions", pa.int64()),
        ("clicks", pa.int64()),
        ("campaign_id", pa.string()),
        ("adgroup_id", pa.string()),
        ("ad_id", pa.string()),
        ("entity_name", pa.string()),
        ("family", pa.string()),
        ("platform_conversions", pa.string()),
        ("platform_conversion_value", pa.string()),
        ("request_id", pa.string()),
    ]
    return pa.schema(columns)


def batch_of(rows: Iterable[SpendRow], request_id: str | None = None) -> "pa.RecordBatch":
    """Return rows as a batch; for adapters that read row by row. request_id: of the page they came with."""
    import pyarrow as pa

    found = list(rows)
    columns = {one.name: [_plain(getattr(row, one.name)) for row in found] for one in fields(SpendRow)}
    return pa.RecordBatch.from_pydict({**columns, "request_id": [request_id] * len(found)}, schema=schema())


def amount(text: object, what: str) -> Decimal:
    """Return a vendor's amount exactly; raises UntrustedReport, naming the field, for what is no such number.

    text: decimal text or an integer; never a float, whose digits are not the vendor's.
    """
    plain = str(text) if isinstance(text, str | int | Decimal) and not isinstance(text, bool) else ""
    if not _AMOUNT.fullmatch(plain):
        raise UntrustedReport(f"{what} is not a decimal number of at most 14 and 6 digits; nothing is written")
    return Decimal(plain)


def count(text: object, what: str) -> int:
    """Return a vendor's count; raises UntrustedReport, naming the field, for what is no whole number."""
    plain = str(text) if isinstance(text, str | int) and not isinstance(text, bool) else ""
    if not re.fullmatch(r"-?[0-9]{1,18}", plain):
        raise UntrustedReport(f"{what} is not a whole number; nothing is written")
    return int(plain)


def day(text: object, what: str) -> date:
    """Return a vendor's day; a time of day behind it is cut, never shifted. Raises UntrustedReport."""
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}([ T].*)?", text):
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            pass
    raise UntrustedReport(f"{what} is not a day; nothing is written")


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value
