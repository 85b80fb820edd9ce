"""What the three validations have in common: one destination after the other, each in a transaction of its own.

A vendor's part reads rows, asks, and returns what it found; here facts are kept, rows are changed if they are still
what was read, and the days' results are made anew. Nothing is ever posted: "requeued" is a state, the sender sends.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from include.alerts.alerts import Alert
from include.alerts.validation import CHECK_FAILED as UNCHECKED
from include.alerts.validation import alarm, rules_of
from include.clock import day_bounds, local_today
from include.delivery.purchase import Vendor
from include.delivery.validation.facts import (
    CHECK_FAILED,
    MISSING_AT_DESTINATION,
    NOT_RECEIVED,
    NOT_SEEN,
    REQUEUED,
    Change,
    Fact,
    Posted,
    Proof,
)
from include.delivery.validation.sets import Count, Interval, Settled
from include.errors import InvalidInput, PlatformRefused, PlatformWaits, TooMuchAsked
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.platforms.client import OpenClient, PlatformClient, Reply
from include.storage.gates import Gate, close_gate, closed_gate, open_gate
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant, TenantDestination

DAYS = 14
"""Tenant-local days before today whose results a run makes anew."""

CANNOT_PROVE: Mapping[Vendor, tuple[str, ...]] = {
    "ga4": ("whether our copy or the browser's is the one that is kept",),
    "meta": ("a single event", "its value", "its match"),
    "tiktok": ("a single event", "its value and currency", "its order", "its match", "a rejection after acceptance"),
}
"""What no API of the vendor shows of what it accepted."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_UNCHANGED_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Asked:
    """One destination to validate. start, end: event times, [start, end), UTC, of the rows that may be changed."""

    session: TenantSession
    clients: Mapping[str, object]
    tenant: Tenant
    request: JobRequest
    destination: TenantDestination
    start: datetime
    end: datetime

    def client(self, *, reports: bool = False) -> PlatformClient:
        """Return the destination's client; raises InvalidInput for a connection that cannot be used."""
        platforms: OpenClient = self.clients["platforms"]  # type: ignore[assignment]
        return platforms(self.destination.conn_id, reports=reports)

    def posted(self, start: datetime, end: datetime, confirmed_from: datetime | None = None) -> list[Posted]:
        """Return the rows posted and not settled with event times in [start, end), and those confirmed since."""
        rows = self.session.rows(
            "delivery_validation/select_posted",
            destination_id=self.destination.destination_id,
            requeued=REQUEUED,
            start=start,
            end=end,
            confirmed_from=confirmed_from,
        )
        return [Posted(**row._asdict()) for row in rows]

    def settled(self, start: datetime) -> list[Settled]:
        """Return what else was posted since start and the vendor has received, or may have."""
        rows = self.session.rows(
            "delivery_validation/select_settled_posts",
            destination_id=self.destination.destination_id,
            requeued=REQUEUED,
            start=start,
        )
        return [Settled(row.sent_at, row.rows, row.certain) for row in rows]

    def counts(self, received: Sequence[tuple[Interval, int | None]]) -> list[Count]:
        """Return counts as read now; settled where an hour ago, or before, the same figure was read."""
        known = {
            row.bucket_from: row
            for row in self.session.rows(
                "delivery_validation/select_counts",
                destination_id=self.destination.destination_id,
                start=received[0][0].start if received else _LONG_AGO,
            )
        }
        latest = self.request.now - _UNCHANGED_FOR
        made = []
        for bucket, figure in received:
            before = known.get(bucket.start)
            same = before is not None and before.received == figure and before.unchanged_since <= latest
            made.append(Count(bucket, figure, settled=figure is not None and same))
        return made

    def alarm(self, kind: str, detail: str) -> Alert:
        """Return an alert about the destination."""
        return alarm(self.destination.destination, kind, self.destination.destination_id, detail)


@dataclass(frozen=True)
class Found:
    """What a vendor's part came to.

    provable: event, set or nothing, as in delivery_checks. checked: the vendor could be asked. vendor_events: names of
    counts, where the vendor has some. closes: the gate to close; opens: the reason of a gate that may be opened again.
    waiting: reads left for later.
    """

    provable: str
    checked: bool = True
    facts: tuple[Fact, ...] = ()
    changes: tuple[Change, ...] = ()
    counts: tuple[Count, ...] = ()
    vendor_events: tuple[str | None, ...] = ()
    alerts: tuple[Alert, ...] = ()
    closes: Gate | None = None
    opens: str | None = None
    waiting: int = 0
    tally: Mapping[str, int] = field(default_factory=dict)


Check = Callable[[Asked], Found]


@dataclass(frozen=True)
class Validation:
    """A vendor's validation as a job: the tenant's live destinations of it, one per step.

    The days are those asked for, else [today-14, today]. A check that fails is a fact, an alert and "waiting", never a
    missing event. destinations: those of the steps to come, None before the first. waited: reads that earlier steps
    left for later.
    """

    vendor: Vendor
    check: Check
    destinations: tuple[TenantDestination, ...] | None = None
    waited: int = 0

    def __call__(
        self, session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
    ) -> JobResult:
        live = self.destinations
        if live is None:
            live = tuple(one for one in tenant.destinations if one.destination == self.vendor and one.mode == "live")
        if not live:
            return JobResult(alert_rules=rules_of(self.vendor))
        today = local_today(tenant.timezone, request.now)
        first_day = request.date_from or today - timedelta(days=DAYS)
        end_day = request.date_to or today + timedelta(days=1)
        asked = Asked(session, clients, tenant, request, live[0], *day_bounds(tenant.timezone, first_day, end_day))
        found = self._found(asked)
        waiting = self.waited + found.waiting
        return JobResult(
            counts=_kept(asked, found),
            waiting=waiting,
            window_from=first_day,
            window_to=end_day,
            sample=_sample(found.changes),
            then=replace(self, destinations=live[1:], waited=waiting) if live[1:] else None,
            alerts=found.alerts,
            alert_rules=rules_of(self.vendor),
        )

    def _found(self, asked: Asked) -> Found:
        try:
            return self.check(asked)
        except (PlatformWaits, PlatformRefused, TooMuchAsked, InvalidInput) as error:
            fact, alerts = failed_check(asked, f"{self.vendor}_check", error)
            return Found("nothing", checked=False, facts=(fact,), alerts=alerts, waiting=1)


def failed_check(asked: Asked, method: str, error: Exception) -> tuple[Fact, tuple[Alert, ...]]:
    """Return the fact and the alert of a check that could not be made."""
    now = asked.request.now
    reason = "waits" if isinstance(error, PlatformWaits) else "refused"
    fact = Fact(method, CHECK_FAILED, Proof.NONE, now, now, guards=(reason,))
    return fact, (asked.alarm(UNCHECKED, f"deliveries cannot be checked: {error}"),)


def keep(
    session: TenantSession,
    destination_id: str,
    run_id: str,
    now: datetime,
    changes: Sequence[Change],
    facts: Iterable[Fact],
) -> int:
    """Write facts and change rows that are still what was read; return how many were. now: business time, UTC."""
    changed = session.execute("delivery_validation/update_events", destination_id=destination_id, **_arrays(changes))
    rows = json.dumps([_fact_row(fact) for fact in facts])
    session.execute(
        "delivery_validation/insert_facts", destination_id=destination_id, run_id=run_id, now=now, facts=rows
    )
    return changed


def digest_of(replies: Iterable[Reply]) -> str:
    """Return the SHA-256 of answers, in hex."""
    made = sha256()
    for reply in replies:
        made.update(reply.body)
    return made.hexdigest()


def _kept(asked: Asked, found: Found) -> dict[str, int]:
    """Write what was found and return counts."""
    session, destination_id, now = asked.session, asked.destination.destination_id, asked.request.now
    news = [change for change in found.changes if change.is_news and asked.start <= change.row.event_time < asked.end]
    changed = keep(session, destination_id, asked.request.run_id, now, news, found.facts)
    if found.counts:
        session.execute("delivery_validation/upsert_counts", destination_id=destination_id, now=now, **_buckets(found))
    session.execute(
        "delivery_validation/upsert_checks",
        destination_id=destination_id,
        destination=asked.destination.destination,
        zone=asked.tenant.timezone,
        start=asked.start,
        end=asked.end,
        requeued=REQUEUED,
        missing_reasons=[MISSING_AT_DESTINATION, NOT_SEEN, NOT_RECEIVED],
        provable=found.provable,
        checked=found.checked,
        cannot_prove=list(CANNOT_PROVE[asked.destination.destination]),
        now=now,
        run_id=asked.request.run_id,
    )
    _set_gate(asked, found)
    states = [change.state for change in news]
    return {
        "confirmed": states.count("confirmed"),
        "requeued": states.count("queued"),
        "failed": states.count("failed"),
        "expired": states.count("expired"),
        "overtaken": len(news) - changed,
        "facts": len(found.facts),
        **found.tally,
    }


def _set_gate(asked: Asked, found: Found) -> None:
    destination_id = asked.destination.destination_id
    if found.closes is not None:
        close_gate(asked.session, destination_id, found.closes)
    elif found.opens is not None:
        closed = closed_gate(asked.session, destination_id, asked.request.now)
        if closed is not None and closed.reason == found.opens:
            open_gate(asked.session, destination_id)


def _arrays(changes: Sequence[Change]) -> dict[str, list[Any]]:
    rows = [change.row for change in changes]
    return {
        "order_ids": [row.order_id for row in rows],
        "event_names": [row.event_name for row in rows],
        "event_seqs": [row.event_seq for row in rows],
        "read_states": [row.state for row in rows],
        "fences": [row.fence for row in rows],
        "states": [change.state for change in changes],
        "reasons": [change.reason for change in changes],
    }


def _buckets(found: Found) -> dict[str, list[Any]]:
    return {
        "starts": [count.bucket.start for count in found.counts],
        "ends": [count.bucket.end for count in found.counts],
        "received": [count.received for count in found.counts],
        "vendor_events": list(found.vendor_events) or [None] * len(found.counts),
    }


def _fact_row(fact: Fact) -> dict[str, Any]:
    row = fact.row
    return {
        "method": fact.method,
        "window_from": fact.window_from.isoformat(),
        "window_to": fact.window_to.isoformat(),
        "order_id": row.order_id if row else 0,
        "event_name": row.event_name if row else "",
        "event_seq": row.event_seq if row else 0,
        "verdict": fact.verdict,
        "proof": int(fact.proof),
        "expected": fact.expected,
        "observed": fact.observed,
        "expected_minor": row.value_minor if row else None,
        "observed_minor": fact.observed_minor,
        "currency": row.currency if row else None,
        "guards": sorted(fact.guards),
        "digest": fact.digest,
        "detail": dict(fact.detail),
    }


def _sample(changes: Iterable[Change]) -> tuple[Mapping[str, Any], ...]:
    news = [change for change in changes if change.is_news]
    return tuple(
        {"order_id": one.row.order_id, "from": one.row.state, "to": one.state, "reason": one.reason}
        for one in news[:SAMPLE_ROWS]
    )
