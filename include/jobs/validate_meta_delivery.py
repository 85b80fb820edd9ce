"""Job 25, validate_meta_delivery: Meta's hourly counts decide sets of rows, its dataset quality raises alarms.

Source: validation_apis L3. No single event and no value can be read back, so that a row is confirmed, or put back into
the queue, only together with all others of its hours. The rules are include/delivery/validation/sets.py and meta_*.py.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from include.alerts.alerts import Alert
from include.alerts.validation import QUALITY
from include.delivery.purchase import PURCHASE
from include.delivery.validation.facts import CHECK_FAILED, Fact, Proof
from include.delivery.validation.meta_quality import (
    checks_request,
    failed_checks,
    is_unavailable,
    node_request,
    quality_of,
    quality_request,
)
from include.delivery.validation.meta_stats import (
    MOST_PAGES,
    HourlyCounts,
    first_hour,
    hourly_counts,
    next_cursor,
    settled_hours,
    stats_request,
)
from include.delivery.validation.sets import changes, check_sets
from include.errors import PlatformRefused, PlatformWaits
from include.jobs.delivery_sets import set_alerts, set_facts, unverifiable
from include.jobs.delivery_validation import Asked, Found, Validation, digest_of
from include.jobs.request import JobRequest, JobResult
from include.platforms.client import PlatformClient, Reply
from include.platforms.http_status import json_of
from include.platforms.meta import served_version
from include.storage.gates import Gate
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

UNAVAILABLE_REASON = "dataset is unavailable at the vendor"

_STATS, _DATASET = "meta_stats", "meta_dataset"
_OLDEST_EVENT = timedelta(days=15)
"""Event times of rows that can have been posted within the week that is read, and one more for those that cannot."""
_INVALID_PARAMETER = "100"


def validate_meta_delivery(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Compare each live Meta destination's rows of the last week with the dataset's counts.

    Counts: confirmed, requeued, expired (rows), overtaken (moved by somebody else meanwhile), facts, sets.
    """
    return Validation("meta", _check)(session, clients, tenant, request)


def _check(asked: Asked) -> Found:
    now = asked.request.now
    client = asked.client()
    connection = client.connection
    pixel_id, version = connection.needs("pixel_id"), connection.needs("api_version")
    hourly, replies = _hourly(client, version, pixel_id, now)
    guards = hourly.guards | ({"version"} if any(_other_version(reply, version) for reply in replies) else set())
    # Rows are read after the counts: what was posted meanwhile is too young to be compared.
    rows = [row for row in asked.posted(now - _OLDEST_EVENT, now) if row.event_name == PURCHASE]
    counts = asked.counts([(hour, hourly.by_hour.get(hour.start, 0)) for hour in settled_hours(hourly, now)])
    checks = check_sets(counts, rows, asked.settled(first_hour(now)), guards)
    requeue = asked.destination.in_doubt == "prove"
    changed = [change for check in checks for change in changes(check, "meta", now, requeue=requeue)]
    changed += unverifiable(rows, changed, first_hour(now))
    facts = set_facts(_STATS, checks, digest_of(replies))
    quality, quality_alerts, unavailable = _quality(asked, client, version, pixel_id, hourly.browser)
    return Found(
        "set",
        facts=(*facts, *quality),
        changes=tuple(changed),
        counts=tuple(counts),
        alerts=(*set_alerts(asked, checks, rows, changed), *quality_alerts),
        closes=Gate("paused", None, UNAVAILABLE_REASON) if unavailable else None,
        opens=UNAVAILABLE_REASON if unavailable is False else None,
        tally={"sets": len(checks)},
    )


def _hourly(client: PlatformClient, version: str, pixel_id: str, now: datetime) -> tuple[HourlyCounts, list[Reply]]:
    replies: list[Reply] = []
    pages: list[Any] = []
    after: str | None = None
    while len(pages) < MOST_PAGES:
        replies.append(client.call(stats_request(version, pixel_id, now, after)))
        pages.append(json_of(replies[-1].body))
        after = next_cursor(pages[-1])
        if after is None:
            break
    return hourly_counts(pages), replies


def _other_version(reply: Reply, asked: str) -> bool:
    """An expired version is served by another, without a word but this header's."""
    served = served_version(reply.headers)
    return served is not None and served != asked


def _quality(
    asked: Asked, client: PlatformClient, version: str, pixel_id: str, browser_events: int
) -> tuple[list[Fact], list[Alert], bool | None]:
    """Return fact and alerts about the dataset, and whether it is unavailable (None: not known).

    Plausibility is not worth a failed validation: a token that may count need not be allowed to read it.
    """
    now = asked.request.now
    try:
        node = client.call(node_request(version, pixel_id))
        checks = client.call(checks_request(version, pixel_id))
        quality = _quality_reply(client, version, pixel_id)
    except (PlatformWaits, PlatformRefused):
        return [Fact(_DATASET, CHECK_FAILED, Proof.NONE, now, now)], [], None
    unavailable = is_unavailable(json_of(node.body))
    found = quality_of(json_of(quality.body), browser_events=browser_events)
    complaints = [*found.complaints, *(f"check {key} failed" for key in failed_checks(json_of(checks.body)))]
    if unavailable:
        complaints.append(UNAVAILABLE_REASON)
    fact = Fact(
        _DATASET,
        "unavailable" if unavailable else "poor" if complaints else "good",
        Proof.PLAUSIBLE,
        now,
        now,
        digest=digest_of([node, checks, quality]),
        detail={**found.figures, "complaints": len(complaints)},
    )
    alerts = [asked.alarm(QUALITY, "; ".join(complaints))] if complaints else []
    return [fact], alerts, unavailable


def _quality_reply(client: PlatformClient, version: str, pixel_id: str) -> Reply:
    """Return the answer about match quality; a dataset may lack a field, and then the request is refused as a whole."""
    whole = client.send(quality_request(version, pixel_id))
    if whole.classified.ok:
        return whole
    reduced = quality_request(version, pixel_id, reduced=True)
    if whole.classified.code == _INVALID_PARAMETER and whole.classified.subcode is None:
        return client.call(reduced)
    return client.call(quality_request(version, pixel_id))
