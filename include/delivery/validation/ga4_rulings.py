"""What GA4's reports say of each row that was sent: arrived, arrived twice, at another value, missing, or too early.

Source: validation_apis L2.6 and L6. Absence is decidable 48 hours after the send and still curable, with the order's
date, until two hours before the vendor re-dates it at 72; which is why this is asked every six hours.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from include.clock import day_bounds, local_today
from include.delivery.purchase import PURCHASE, REFUND
from include.delivery.validation.facts import (
    DUPLICATED,
    ID_MISMATCH,
    MISSING_AT_DESTINATION,
    NOT_SEEN,
    REQUEUED,
    UNVERIFIABLE,
    VALUE_DIFFERS,
    Change,
    Posted,
)
from include.delivery.validation.ga4_report import DayReport, Seen
from include.money import to_major_units

DECIDABLE_AFTER = timedelta(hours=48)
RESENDABLE_FOR = timedelta(hours=70)
"""From event_time: GA4's 72 hours less two for the sender to get to it."""
UNSEEN_FOR = timedelta(hours=6)
"""All ids of so long a time absent: the destination is at fault, not its rows."""
GIVEN_UP_AFTER = timedelta(days=5)
"""From event_time: every day that could show it is final, and what the reports hide of them stays hidden."""

_DAYS_BEFORE, _DAYS_AFTER = 1, 4
_ID_TRIMMINGS = re.compile(r"^(gid://\w+/\w+/|[^0-9]+)|[^0-9]+$")


@dataclass(frozen=True)
class Shown:
    """All days that were read, joined by transaction id. guards: of each day, those that failed.

    timezone: of the property's calendar; None where its days do not agree.
    """

    purchases: Mapping[str, Seen]
    refunds: Mapping[str, int]
    guards: Mapping[date, frozenset[str]]
    timezone: str | None


@dataclass(frozen=True)
class Ruling:
    """What became of one row. change: None leaves it as it is. observed: purchases or refund events of its id."""

    row: Posted
    verdict: str
    guards: frozenset[str] = frozenset()
    observed: int = 0
    observed_minor: int | None = None
    change: Change | None = None


def days_of(rows: Iterable[Posted], now: datetime) -> list[date]:
    """Return the days to read for rows: the property's calendar differs from UTC, and a late event is re-dated."""
    last = (now + timedelta(days=1)).date()
    wanted = {
        day
        for row in rows
        for shift in range(-_DAYS_BEFORE, _DAYS_AFTER + 1)
        if (day := row.event_time.astimezone(UTC).date() + timedelta(days=shift)) <= last
    }
    return sorted(wanted)


def joined(days: Iterable[DayReport], usual_timezone: str) -> Shown:
    """Return days as one: an id that a report shows on two days was counted on both.

    usual_timezone: IANA, where no report names the property's.
    """
    purchases: dict[str, Seen] = {}
    refunds: Counter[str] = Counter()
    guards: dict[date, frozenset[str]] = {}
    zones: set[str | None] = set()
    for day in days:
        guards[day.day] = day.guards
        zones |= {day.timezone} - {None}
        refunds.update(day.refunds)
        for transaction, seen in day.purchases.items():
            whole = purchases.setdefault(transaction, Seen())
            whole.purchases += seen.purchases
            whole.gross += seen.gross
            whole.events += seen.events
    return Shown(purchases, refunds, guards, None if len(zones) > 1 else next(iter(zones), usual_timezone))


def rulings(rows: Sequence[Posted], shown: Shown, now: datetime, foreign: Collection[str] = ()) -> list[Ruling]:
    """Rule on every row, in order.

    shown: reports in the rows' currency, of all their days. foreign: ids with a purchase that the ledger does not know.
    An hour of sending is proven to have worked by a row sent in it that is present now or was confirmed before.
    """
    expected = Counter((row.event_name, row.event_id) for row in rows)
    hours = {hour_of(row.sent_at) for row in rows if row.state == "confirmed" or _observed(row, shown) >= 1}
    unseen = _unseen(rows, shown, now, hours)
    foreign_bare = {_bare(transaction) for transaction in foreign}
    made = []
    for row in rows:
        if _observed(row, shown) >= 1:
            made.append(_present(row, shown, expected[row.event_name, row.event_id]))
        elif row.state == "confirmed":
            made.append(Ruling(row, "confirmed"))
        elif guards := _undecidable(row, shown, now):
            made.append(_undecided(row, guards, now))
        elif row in unseen:
            made.append(Ruling(row, "destination_unseen"))
        elif _bare(row.event_id) in foreign_bare:
            made.append(Ruling(row, ID_MISMATCH, change=Change(row, row.state, ID_MISMATCH)))
        else:
            made.append(_absent(row, now, hour_of(row.sent_at) in hours))
    return made


def unexplained_ids(shown: Shown, rows: Iterable[Posted]) -> set[str]:
    """Return the transaction ids with a purchase that none of the rows has; the ledger may know some of them."""
    return {key for key, seen in shown.purchases.items() if seen.purchases} - {row.event_id for row in rows}


def hour_of(instant: datetime) -> datetime:
    """Return the UTC hour an instant lies in."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _observed(row: Posted, shown: Shown) -> int:
    if row.event_name == REFUND:
        return shown.refunds.get(row.event_id, 0)
    seen = shown.purchases.get(row.event_id)
    return seen.purchases if seen else 0


def _present(row: Posted, shown: Shown, expected: int) -> Ruling:
    observed = _observed(row, shown)
    if observed < expected:
        # Two refunds share the order's id: one of them is there, and nothing says which.
        return Ruling(row, "unknown", frozenset({"some_of_several"}), observed)
    failed = frozenset().union(*shown.guards.values())
    value = None
    if row.event_name == PURCHASE and not failed & {"restricted", "sampled", "currency"}:
        value = _minor(shown.purchases[row.event_id], row)
    reason = None
    # What is sampled is scaled up: it shows that an id is there, not how often.
    if observed > expected and "sampled" not in failed:
        reason = DUPLICATED
    elif value is not None and abs(value - row.value_minor) > 1:
        reason = VALUE_DIFFERS
    change = Change(row, "confirmed", reason)
    return Ruling(row, reason or "confirmed", observed=observed, observed_minor=value, change=change)


def _undecided(row: Posted, guards: frozenset[str], now: datetime) -> Ruling:
    if "too_early" in guards:
        return Ruling(row, "too_early", guards)
    given_up = now >= row.event_time + GIVEN_UP_AFTER
    return Ruling(row, "unknown", guards, change=Change(row, row.state, UNVERIFIABLE) if given_up else None)


def _minor(seen: Seen, row: Posted) -> int:
    unit = to_major_units(1, row.currency)
    return int((seen.gross / unit).to_integral_value())


def _undecidable(row: Posted, shown: Shown, now: datetime) -> frozenset[str]:
    """Return why the absence of a row says nothing, or nothing yet; empty when it does."""
    seen = shown.purchases.get(row.event_id)
    if row.event_name == PURCHASE and seen is not None and seen.events:
        return frozenset({"counted_as_no_purchase"})
    if shown.timezone is None:
        return frozenset({"timezone"})
    day = local_today(shown.timezone, row.event_time)
    day_over = day_bounds(shown.timezone, day, day + timedelta(days=1))[1]
    if now < max(row.sent_at + DECIDABLE_AFTER, day_over):
        return frozenset({"too_early"})
    failed: set[str] = set()
    for wanted in days_of([row], now):
        failed |= shown.guards.get(wanted, frozenset({"not_read"}))
    return frozenset(failed)


def _unseen(
    rows: Sequence[Posted], shown: Shown, now: datetime, proven_hours: Collection[datetime]
) -> frozenset[Posted]:
    """Return the purchases since the last hour that is proven, if they are all absent and span six hours of sending."""
    last_proven = max(proven_hours, default=datetime.min.replace(tzinfo=UTC))
    absent = [
        row
        for row in rows
        if row.event_name == PURCHASE
        and row.state != "confirmed"
        and hour_of(row.sent_at) > last_proven
        and not _undecidable(row, shown, now)
    ]
    if not absent:
        return frozenset()
    sent = [row.sent_at for row in absent]
    return frozenset(absent) if max(sent) - min(sent) >= UNSEEN_FOR else frozenset()


def _bare(transaction: str) -> str:
    return _ID_TRIMMINGS.sub("", transaction.casefold()) or transaction.casefold()


def _absent(row: Posted, now: datetime, hour_proven: bool) -> Ruling:
    if now >= row.event_time + RESENDABLE_FOR:
        state, reason = ("failed", MISSING_AT_DESTINATION) if row.state == "accepted" else ("expired", NOT_SEEN)
        return Ruling(row, "missing_too_late", change=Change(row, state, reason))
    if row.void:
        return Ruling(row, "missing_void")
    if row.requeued:
        return Ruling(row, "missing_again")
    if row.event_name == REFUND:
        # No dedup is documented for refunds: a second one would be taken off twice.
        return Ruling(row, "missing_refund")
    if not hour_proven:
        return Ruling(row, "missing_uncorroborated")
    return Ruling(row, REQUEUED, change=Change(row, "queued", REQUEUED))
