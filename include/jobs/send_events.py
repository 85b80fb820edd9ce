"""The delivery ledger drained for one vendor: what the three senders, and the send steps of job 1, have in common.

A pass goes once over the tenant's destinations of the vendor, each in steps that are committed one by one: what may not
be sent any more leaves the queue, claims of dead tasks are judged, then claims (event_claims.py) and requests
(event_posts.py) take turns. A closed gate lets nothing through, and one event once its time has come. What waits is a
result, not a failure; a destination that is configured wrongly fails the tenant after the others had their turn.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from include import clock
from include.alerts.alerts import Alert
from include.alerts.delivery import (
    EVENTS_EXPIRED,
    EVENTS_IN_DOUBT,
    EVENTS_REFUSED,
    Worth,
    alert_of_events,
    alert_of_gate,
    is_about_credential,
    rules_of,
)
from include.alerts.failure import AlertingFailure
from include.delivery.ledger import Why, orphaned, resends
from include.delivery.purchase import Destination, Vendor
from include.delivery.windows import IN_FLIGHT, REPEAT_OVER, REPEAT_WINDOW, WINDOWS, last_instant
from include.errors import HostRefused, InvalidInput
from include.jobs.event_claims import START, Claimed, Place, claim_events
from include.jobs.event_posts import PAUSE, Posted, Sender, give_back, post_each, post_group
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.platforms.client import OpenClient, PlatformClient
from include.platforms.connections import (
    Ga4Connection,
    MetaAdsConnection,
    PlatformConnection,
    ShopifyConnection,
    TikTokAdsConnection,
)
from include.storage.deadline import Deadline
from include.storage.gates import Gate, close_gate, standing_gate
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant, TenantDestination

ONLY_RUN = "only_run"
"""Option of a request: send only what this run enqueued, and open no alert; the sender's own job owns waiting."""

CLAIMED_AT_ONCE = 1_000
"""Events of one claim: a request of Meta and TikTok, some seconds of GA4."""
REFUSED_IN_A_ROW = 20
"""Events refused one by one, and none accepted, after which it is not the events."""


@dataclass(frozen=True)
class _Pass:
    """Where a pass stands: destinations still to do, the first one under way after a place of its queue.

    waiting, alerts, faults: found so far. refused, accepted: events of this destination.
    """

    vendor: Vendor
    left: tuple[TenantDestination, ...]
    after: Place = START
    waiting: int = 0
    alerts: tuple[Alert, ...] = ()
    faults: tuple[str, ...] = ()
    refused: int = 0
    accepted: int = 0

    def next_destination(self) -> "_Pass":
        return replace(self, left=self.left[1:], after=START, refused=0, accepted=0)

    def with_fault(self, fault: str) -> "_Pass":
        return replace(self, faults=(*self.faults, fault))

    def with_alert(self, alert: Alert) -> "_Pass":
        return replace(self, alerts=(*self.alerts, alert))


def send_events(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest, vendor: Vendor
) -> JobResult:
    """Send what is due to the tenant's destinations of a vendor, by the clock and not by the run's dates.

    With dry_run the first claim of each destination is decided and nothing is written or sent. Option only_run: events
    that one run enqueued.
    """
    if request.dry_run:
        return _rehearse(session, clients, tenant, vendor)
    going, now = _Pass(vendor, destinations_of(tenant, vendor)), clock.now()
    counts: Counter[str] = Counter()
    for config in going.left:
        cleared, lost = _clear_up(session, config, now)
        counts += cleared
        if lost:
            what = "were not sent in time and are expired"
            going = going.with_alert(alert_of_events(vendor, EVENTS_EXPIRED, config.destination_id, lost, what))
    return JobResult(counts=counts, then=partial(_claim, going=going))


def destinations_of(tenant: Tenant, vendor: Vendor) -> tuple[TenantDestination, ...]:
    """Return the tenant's enabled destinations of a vendor."""
    return tuple(one for one in tenant.destinations if one.destination == vendor)


def _claim(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest, *, going: _Pass
) -> JobResult:
    """Claim the next events of the pass, to be sent by the next step."""
    if not going.left:
        return _finish(request, going)
    if _is_late(session.deadline):
        # Nobody is to blame and nothing is wrong: the next run goes on.
        left = sum(_queued(session, one).events for one in going.left)
        return _finish(request, replace(going, waiting=going.waiting + left))
    config, now = going.left[0], clock.now()
    gate = standing_gate(session, config.destination_id)
    if gate is not None and not _may_try(gate, now):
        return _next(_behind(session, going, gate, now))
    try:
        destination, client = _resolve(tenant, clients, config)
        claim = claim_events(
            session,
            tenant,
            destination,
            after=going.after,
            limit=1 if gate else CLAIMED_AT_ONCE,
            now=now,
            run_id=request.options.get(ONLY_RUN),
        )
    except (InvalidInput, HostRefused) as error:
        return _next(_settled(session, going.with_fault(str(error))))
    if claim.last is None:
        return _next(_settled(session, going))
    going = replace(going, after=claim.last)
    counts = Counter({f"events_{reason}": count for reason, count in claim.ended.items()})
    if not claim.events or client is None:
        return JobResult(counts=counts, then=partial(_claim, going=going))
    sender = Sender(destination, client, resends(going.vendor, config.in_doubt), gate.strikes if gate else 0)
    return JobResult(counts=counts, then=partial(_post, going=going, sender=sender, groups=(claim.events,)))


def _post(
    session: TenantSession,
    clients: Mapping[str, object],
    tenant: Tenant,
    request: JobRequest,
    *,
    going: _Pass,
    sender: Sender,
    groups: tuple[tuple[Claimed, ...], ...],
) -> JobResult:
    """Send one request, or GA4's many, and settle what became of its events before anything else is sent."""
    posted = post_each(session, sender, groups[0]) if going.vendor == "ga4" else post_group(session, sender, groups)
    counts = {f"events_{what}" if what != "requests" else what: number for what, number in posted.counts.items()}
    going = replace(
        going,
        refused=going.refused + posted.counts.get("failed", 0),
        accepted=going.accepted + posted.counts.get("accepted", 0),
    )
    if posted.unsent:
        first = posted.unsent[0].place
        going = replace(going, after=replace(first, event_seq=first.event_seq - 1))
    if going.refused >= REFUSED_IN_A_ROW and not going.accepted and not posted.stopped:
        posted = _pause(session, sender, posted)
    if posted.stopped:
        now = clock.now()
        gate = standing_gate(session, sender.destination.destination_id)
        behind = _behind(session, going, gate, now) if gate else _settled(session, going)
        return replace(_next(behind), counts=counts)
    if posted.left:
        return JobResult(counts=counts, then=partial(_post, going=going, sender=sender, groups=posted.left))
    # One event went through a gate that was closed: the rest may follow.
    return JobResult(counts=counts, then=partial(_claim, going=going))


def _pause(session: TenantSession, sender: Sender, posted: Posted) -> Posted:
    """Leave a destination alone that refuses everything: something it wants has changed, and more would be lost."""
    now = clock.now()
    reason = f"{REFUSED_IN_A_ROW} events refused one after another and none accepted; see last_code of failed events"
    close_gate(session, sender.destination.destination_id, Gate("paused", now + PAUSE, reason))
    given_back = give_back(session, sender.destination, posted.left, now)
    return replace(posted, counts=given_back, left=(), stopped=True)


def _may_try(gate: Gate, now: datetime) -> bool:
    """A dead credential is kept from being used by the client, who knows when it was replaced."""
    return gate.not_before is not None and (gate.not_before <= now or is_about_credential(gate.reason))


def _behind(session: TenantSession, going: _Pass, gate: Gate, now: datetime) -> _Pass:
    """Count what waits behind a closed gate, say until when it may wait, and go on to the next destination."""
    config = going.left[0]
    queued = _queued(session, config)
    until = last_instant(going.vendor, queued.oldest) if queued.oldest else None
    alert = alert_of_gate(going.vendor, config.destination_id, gate.state, gate.reason, queued.worth, until, now)
    return _doubts(session, replace(going, waiting=going.waiting + queued.events).with_alert(alert)).next_destination()


def _settled(session: TenantSession, going: _Pass) -> _Pass:
    """Count what of a destination is not due yet, and go on to the next one."""
    waiting = going.waiting + _queued(session, going.left[0]).events
    return _doubts(session, replace(going, waiting=waiting)).next_destination()


def _doubts(session: TenantSession, going: _Pass) -> _Pass:
    destination_id = going.left[0].destination_id
    doubtful = _worth(session.rows("delivery/sum_in_doubt", destination_id=destination_id))
    if doubtful:
        what = f"may have been received; validate_{going.vendor}_delivery decides, else a person"
        going = going.with_alert(alert_of_events(going.vendor, EVENTS_IN_DOUBT, destination_id, doubtful, what))
    if going.refused:
        detail = f"{going.refused} events refused by the vendor and failed; see last_code in conversion_events"
        going = going.with_alert(Alert(f"{going.vendor}_{EVENTS_REFUSED}", destination_id, detail))
    return going


def _next(going: _Pass) -> JobResult:
    return JobResult(then=partial(_claim, going=going))


def _finish(request: JobRequest, going: _Pass) -> JobResult:
    if request.options.get(ONLY_RUN):
        return JobResult(counts={"events_waiting": going.waiting})
    if going.faults:
        raise AlertingFailure("; ".join(going.faults), going.alerts)
    return JobResult(waiting=going.waiting, alerts=going.alerts, alert_rules=rules_of(going.vendor))


@dataclass(frozen=True)
class _Queued:
    events: int
    oldest: datetime | None
    worth: tuple[Worth, ...]


def _queued(session: TenantSession, config: TenantDestination) -> _Queued:
    rows = session.rows("delivery/sum_queued", destination=config.destination, destination_id=config.destination_id)
    return _Queued(sum(row.events for row in rows), min((row.oldest for row in rows), default=None), _worth(rows))


def _worth(rows: list[Any]) -> tuple[Worth, ...]:
    return tuple(Worth(row.currency, row.orders, row.value_minor) for row in rows)


def _clear_up(
    session: TenantSession, config: TenantDestination, now: datetime
) -> tuple[Counter[str], tuple[Worth, ...]]:
    """End what may not be sent any more, judge the claims of dead tasks; return counts, and what was lost."""
    vendor, key = config.destination, {"destination_id": config.destination_id}
    window, oldest = WINDOWS[vendor], now - WINDOWS[vendor].age + IN_FLIGHT
    orphans = orphaned(resend=resends(vendor, config.in_doubt))
    counts = Counter(
        orphans=session.execute(
            "delivery/recover_orphans", destination=vendor, state=orphans.state, reason=orphans.reason, **key
        )
    )
    expired = session.rows(
        "delivery/expire_events",
        destination=vendor,
        oldest=oldest,
        # GA4 knows a transaction id as long as the event's date can be kept.
        oldest_repeat=oldest if vendor == "ga4" else now - REPEAT_WINDOW + IN_FLIGHT,
        too_old=window.reason,
        repeat_over=REPEAT_OVER,
        **key,
    )
    for row in expired:
        counts[f"events_{row.state}"] += row.events
        counts[f"{row.state}_minor_{row.currency}"] += row.value_minor
    if vendor == "ga4":
        counts["events_skipped"] += session.execute(
            "delivery/skip_orphaned_refunds", reason=Why.PURCHASE_NOT_SENT, **key
        )
        session.execute("delivery/drop_proven_payloads", oldest=oldest, **key)
    return counts, _worth([row for row in expired if row.state == "expired"])


def _resolve(
    tenant: Tenant, clients: Mapping[str, object], config: TenantDestination
) -> tuple[Destination, PlatformClient | None]:
    """Return a destination as its events are built for it, with its client; a shadow needs none.

    Raises InvalidInput or HostRefused for a connection that cannot be used.
    """
    platforms: OpenClient = clients["platforms"]  # type: ignore[assignment]
    client = platforms(config.conn_id) if config.mode == "live" else None
    destination = Destination(
        destination_id=config.destination_id,
        destination=config.destination,
        conn_id=config.conn_id,
        send_from=config.send_from,
        event_id_template=config.event_id_template,
        consent_policy=config.consent_policy,
        mode=config.mode,
        source_id=_source_id(config, client.connection) if client else "",
        site=_site(tenant, platforms) if config.destination != "ga4" else None,
    )
    return destination, client


def _source_id(config: TenantDestination, connection: PlatformConnection) -> str:
    if config.destination == "ga4" and isinstance(connection, Ga4Connection):
        return connection.needs("measurement_id")
    if config.destination == "meta" and isinstance(connection, MetaAdsConnection):
        return connection.needs("pixel_id")
    if config.destination == "tiktok" and isinstance(connection, TikTokAdsConnection):
        return connection.needs("pixel_code")
    raise InvalidInput(
        f"destination {config.destination_id} is {config.destination}, but its connection {config.conn_id} has type "
        f"{connection.conn_type}; name another connection in the tenant's file"
    )


def _site(tenant: Tenant, platforms: OpenClient) -> str | None:
    """Return where the shop's pages are, None when nobody knows: orders that name their page need no such help."""
    if tenant.shop_conn_id is None:
        return None
    try:
        connection = platforms(tenant.shop_conn_id).connection
    except (InvalidInput, HostRefused):
        return None
    return f"https://{connection.shop_domain}" if isinstance(connection, ShopifyConnection) else None


def _is_late(deadline: Deadline) -> bool:
    return deadline.remaining() * 4 < deadline.seconds


def _rehearse(session: TenantSession, clients: Mapping[str, object], tenant: Tenant, vendor: Vendor) -> JobResult:
    """Decide the first claim of each destination and write nothing; the transaction is rolled back anyway."""
    counts: Counter[str] = Counter()
    sample: tuple[Mapping[str, Any], ...] = ()
    now = clock.now()
    for config in destinations_of(tenant, vendor):
        cleared, _ = _clear_up(session, config, now)
        destination, _ = _resolve(tenant, clients, replace(config, mode="shadow"))
        claim = claim_events(
            session,
            tenant,
            replace(destination, mode=config.mode),
            after=START,
            limit=CLAIMED_AT_ONCE,
            now=now,
            dry_run=True,
        )
        counts += cleared + Counter({f"events_{reason}": number for reason, number in claim.ended.items()})
        counts += Counter(events_queued=_queued(session, config).events, events_to_send=len(claim.events))
        sample = (*sample, *claim.sample)
    return JobResult(counts=counts, sample=sample[:SAMPLE_ROWS])
