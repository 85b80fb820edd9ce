"""Job 24, validate_ga4_delivery: GA4's reports, by transaction id, close the ledger; realtime is the canary.

Source: validation_apis L2. Reports are read day by day, as far as the property's budget allows; what was not read says
nothing about absence. The rules are include/delivery/validation/ga4_*.py.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from include.alerts.alerts import Alert
from include.alerts.validation import MISSING, UNDECIDED, UNSEEN, worth
from include.clock import day_bounds
from include.delivery.purchase import PURCHASE, REFUND
from include.delivery.validation.facts import (
    DUPLICATED,
    ID_MISMATCH,
    REQUEUED,
    VALUE_DIFFERS,
    Fact,
    Posted,
    Proof,
)
from include.delivery.validation.ga4_realtime import MINUTES, due_by_now, events_shown, realtime_request, verdict_of
from include.delivery.validation.ga4_report import (
    DayReport,
    Page,
    day_report,
    day_request,
    page_of,
    page_request,
    pages_of_batch,
    quota_is_low,
    single_requests,
)
from include.delivery.validation.ga4_rulings import RESENDABLE_FOR, Ruling, days_of, joined, rulings, unexplained_ids
from include.errors import PlatformRefused, PlatformWaits
from include.jobs.delivery_validation import Asked, Found, Validation, digest_of, failed_check
from include.jobs.request import JobRequest, JobResult
from include.platforms.client import PlatformClient, Reply
from include.platforms.http_status import json_of
from include.storage.gates import Gate
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

UNSEEN_REASON = "events that were sent are not seen at the property: check api_secret, measurement id and filters"

_REPORT, _REALTIME = "ga4_report", "ga4_realtime"
_UNSEEN = "destination_unseen"
_RECENT = timedelta(days=5)
"""Confirmed rows that are looked at again: a second copy may come as long as an event may be sent."""
_OWN_FACT = frozenset({DUPLICATED, VALUE_DIFFERS, ID_MISMATCH, REQUEUED, _UNSEEN})


def validate_ga4_delivery(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Compare each live GA4 destination's rows with the property's reports.

    Counts: confirmed, requeued, failed, expired (rows), overtaken (moved by somebody else meanwhile), facts, days_read.
    """
    return Validation("ga4", _check)(session, clients, tenant, request)


@dataclass
class _Reading:
    """Days as they were read in one currency, and why reading stopped. batches: not refused so far."""

    days: dict[date, DayReport] = field(default_factory=dict)
    digests: dict[date, str] = field(default_factory=dict)
    stopped: Exception | None = None
    batches: bool = True


def _check(asked: Asked) -> Found:
    now = asked.request.now
    rows = asked.posted(asked.start, asked.end, confirmed_from=now - _RECENT)
    client = asked.client(reports=True)
    property_id = client.connection.needs("property_id")
    canary, canary_alerts, unseen_twice = _canary(asked, client, property_id, rows)
    readings = {
        currency: _read(client, property_id, currency, days_of(_of(rows, currency), now))
        for currency in sorted({row.currency for row in rows})
    }
    foreign = _foreign(asked, rows, readings.values())
    ruled = [
        ruling
        for currency, reading in readings.items()
        for ruling in rulings(_of(rows, currency), joined(reading.days.values(), asked.tenant.timezone), now, foreign)
    ]
    stopped = next((one.stopped for one in readings.values() if one.stopped is not None), None)
    facts = [*canary, *_event_facts(ruled), *_day_facts(rows, readings, foreign)]
    alerts = [*canary_alerts, *_alerts(asked, ruled)]
    if stopped is not None:
        fact, failed_alerts = failed_check(asked, _REPORT, stopped)
        facts.append(fact)
        alerts.extend(failed_alerts)
    unseen = unseen_twice or _newly_unseen(asked, ruled)
    return Found(
        "event",
        checked=stopped is None,
        facts=tuple(facts),
        changes=tuple(ruling.change for ruling in ruled if ruling.change is not None),
        alerts=tuple(alerts),
        closes=Gate("paused", None, UNSEEN_REASON) if unseen else None,
        waiting=int(stopped is not None),
        tally={"days_read": sum(len(reading.days) for reading in readings.values())},
    )


def _read(client: PlatformClient, property_id: str, currency: str, days: Sequence[date]) -> _Reading:
    """Read days, the oldest first: they have the least time left. Stops where the vendor, or its budget, says so."""
    reading, left = _Reading(), deque(days)
    while left and reading.stopped is None:
        try:
            report, replies, low = _read_day(client, property_id, currency, left[0], batches=reading.batches)
        except (PlatformWaits, PlatformRefused) as error:
            if reading.batches and _refuses_batches(error):
                reading.batches = False
            else:
                reading.stopped = error
            continue
        day = left.popleft()
        reading.days[day] = report
        reading.digests[day] = digest_of(replies)
        if low and left:
            reading.stopped = PlatformRefused("less than a tenth of the property's budget is left", again_later=True)
    return reading


def _refuses_batches(error: Exception) -> bool:
    """A refused request, and not a stumble or a property that may not be read, is perhaps refused for being a batch."""
    return isinstance(error, PlatformRefused) and not error.again_later and not error.account_only


def _read_day(
    client: PlatformClient, property_id: str, currency: str, day: date, *, batches: bool
) -> tuple[DayReport, list[Reply], bool]:
    if batches:
        replies = [client.call(day_request(property_id, day, currency))]
        value = json_of(replies[0].body)
    else:
        replies = [client.call(request) for request in single_requests(property_id, day, currency)]
        value = {"reports": [json_of(reply.body) for reply in replies]}
    pages = pages_of_batch(value)
    if pages is None:
        raise PlatformRefused("ga4: a batch of three reports came back in another shape", again_later=True)
    whole: dict[str, list[Page]] = {PURCHASE: [pages[0]], REFUND: [pages[2]]}
    for event, read in whole.items():
        while (rows := sum(len(page.rows) for page in read)) < read[0].row_count and read[-1].rows:
            replies.append(client.call(page_request(property_id, day, currency, event, rows)))
            value = json_of(replies[-1].body)
            read.append(page_of(value))
    return day_report(day, currency, whole[PURCHASE], pages[1], whole[REFUND]), replies, quota_is_low(value)


def _canary(
    asked: Asked, client: PlatformClient, property_id: str, rows: Sequence[Posted]
) -> tuple[list[Fact], list[Alert], bool]:
    """Return fact and alerts of the canary, and whether it saw nothing twice in a row."""
    now = asked.request.now
    due = due_by_now(rows, now)
    if not due:
        return [], [], False
    window = (now - timedelta(minutes=MINUTES), now)
    try:
        reply = client.call(realtime_request(property_id))
    except (PlatformWaits, PlatformRefused) as error:
        fact, alerts = failed_check(asked, _REALTIME, error)
        return [fact], list(alerts), False
    shown = events_shown(json_of(reply.body))
    verdict = verdict_of(len(due), shown)
    fact = Fact(
        _REALTIME, verdict, Proof.PLAUSIBLE, *window, expected=len(due), observed=shown, digest=digest_of([reply])
    )
    if verdict != "not_seen":
        return [fact], [], False
    before = asked.session.row(
        "delivery_validation/select_last_verdict",
        destination_id=asked.destination.destination_id,
        method=_REALTIME,
        run_id=asked.request.run_id,
    )
    return (
        [fact],
        [asked.alarm(UNSEEN, f"{worth(due)}: {UNSEEN_REASON}")],
        before is not None and before.verdict == verdict,
    )


def _foreign(asked: Asked, rows: Sequence[Posted], readings: Any) -> frozenset[str]:
    """Return the transaction ids with a purchase that are in no row of the ledger."""
    shown = {
        key
        for reading in readings
        for key in unexplained_ids(joined(reading.days.values(), asked.tenant.timezone), rows)
    }
    if not shown:
        return frozenset()
    known = asked.session.rows(
        "delivery_validation/select_known_ids",
        destination_id=asked.destination.destination_id,
        event_ids=sorted(shown),
    )
    return frozenset(shown - {row.event_id for row in known})


def _newly_unseen(asked: Asked, ruled: Sequence[Ruling]) -> bool:
    """Return whether an order is unseen that no earlier run told of.

    A person who has repaired the destination opens its gate; what was lost before must not close it again.
    """
    unseen = [ruling.row.order_id for ruling in ruled if ruling.verdict == _UNSEEN]
    told = asked.session.rows(
        "delivery_validation/select_orders_told_of",
        destination_id=asked.destination.destination_id,
        order_ids=unseen,
        verdict=_UNSEEN,
        run_id=asked.request.run_id,
    )
    return bool(set(unseen) - {row.order_id for row in told})


def _event_facts(ruled: Sequence[Ruling]) -> list[Fact]:
    """Return facts about single events: what is remarkable about them, and what they were found missing for."""
    return [
        Fact(
            _REPORT,
            ruling.verdict,
            Proof.EVENT,
            ruling.row.event_time,
            ruling.row.event_time + timedelta(microseconds=1),
            expected=1,
            observed=ruling.observed,
            guards=tuple(sorted(ruling.guards)),
            row=ruling.row,
            observed_minor=ruling.observed_minor,
        )
        for ruling in ruled
        if (ruling.verdict in _OWN_FACT or ruling.verdict.startswith("missing"))
        and (ruling.change is None or ruling.change.is_news)
    ]


def _day_facts(rows: Sequence[Posted], readings: Mapping[str, _Reading], foreign: frozenset[str]) -> list[Fact]:
    """Return one fact per day of the property that was read."""
    made: dict[date, Fact] = {}
    for reading in readings.values():
        for day, report in reading.days.items():
            if day in made:
                continue
            start, end = _bounds(report)
            ours = [row for row in rows if row.event_name == PURCHASE and start <= row.event_time < end]
            strangers = sum(seen.purchases for key, seen in report.purchases.items() if key in foreign)
            shown = sum(seen.purchases for seen in report.purchases.values())
            made[day] = Fact(
                _REPORT,
                "guards_failed" if report.guards else "clean",
                Proof.EVENT,
                start,
                end,
                expected=len(ours),
                observed=shown,
                guards=tuple(sorted(report.guards)),
                digest=reading.digests[day],
                detail={"day": day.isoformat(), "foreign": strangers, "without_id": report.without_id},
            )
    return list(made.values())


def _bounds(report: DayReport) -> tuple[datetime, datetime]:
    if report.timezone is None:
        start = datetime.combine(report.day, time.min, tzinfo=UTC)
        return start, start + timedelta(days=1)
    return day_bounds(report.timezone, report.day, report.day + timedelta(days=1))


def _alerts(asked: Asked, ruled: Sequence[Ruling]) -> list[Alert]:
    missing = [ruling.row for ruling in ruled if ruling.verdict.startswith("missing") or ruling.verdict == ID_MISMATCH]
    unseen = [ruling.row for ruling in ruled if ruling.verdict == _UNSEEN]
    hidden = [
        ruling.row
        for ruling in ruled
        if ruling.verdict == "unknown" and asked.request.now >= ruling.row.event_time + RESENDABLE_FOR
    ]
    made = []
    if hidden:
        made.append(asked.alarm(UNDECIDED, f"{worth(hidden)}: GA4's reports hide whether they arrived; see guards"))
    if missing:
        made.append(asked.alarm(MISSING, f"{worth(missing)} sent and not in GA4's report: delivery_facts says which"))
    if unseen:
        made.append(asked.alarm(UNSEEN, f"{worth(unseen)}: {UNSEEN_REASON}"))
    return made


def _of(rows: Sequence[Posted], currency: str) -> list[Posted]:
    return [row for row in rows if row.currency == currency]
