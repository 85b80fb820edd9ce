"""Job 26, validate_tiktok_delivery: TikTok's counts per UTC day, as far as its API allows.

Source: validation_apis L4. What it cannot prove stays accepted with reason unverifiable_by_api: shown as unproven,
never as delivered. The rules are include/delivery/validation/sets.py and tiktok_counts.py.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from include.alerts.validation import CHECK_FAILED as UNCHECKED
from include.delivery.purchase import PURCHASE
from include.delivery.validation.facts import CHECK_FAILED, UNVERIFIABLE, Change, Fact, Posted, Proof
from include.delivery.validation.sets import changes, check_sets
from include.delivery.validation.tiktok_counts import (
    counts_request,
    day_counts,
    days_to_read,
    pixel_id_of,
    pixel_request,
)
from include.errors import PlatformRefused
from include.jobs.delivery_sets import set_alerts, set_facts, unverifiable
from include.jobs.delivery_validation import Asked, Found, Validation, digest_of
from include.jobs.request import JobRequest, JobResult
from include.platforms.client import PlatformClient
from include.platforms.http_status import json_of
from include.storage.session import TenantSession, tenant_transaction
from include.tenants.tenant import Tenant

_COUNTS = "tiktok_counts"
_OLDEST_EVENT = timedelta(days=15)


def validate_tiktok_delivery(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Compare each live TikTok destination's rows with the pixel's counts of the last seven UTC days that are settled.

    Counts: confirmed, requeued, expired (rows), overtaken (moved by somebody else meanwhile), facts, sets, unverifiable
    (rows that nothing can prove).
    """
    return Validation("tiktok", _check)(session, clients, tenant, request)


def _check(asked: Asked) -> Found:
    now = asked.request.now
    rows = [row for row in asked.posted(now - _OLDEST_EVENT, now) if row.event_name == PURCHASE]
    client = asked.client()
    pixel_code = client.connection.needs("pixel_code")
    try:
        advertiser_id, pixel_id = _pixel(asked, client, pixel_code)
    except PlatformRefused as error:
        if not error.account_only:
            raise
        return _not_to_be_proven(asked, rows, str(error))
    days = days_to_read(now)
    replies = [client.call(counts_request(advertiser_id, pixel_id, day.start.date())) for day in days]
    learnt = asked.session.rows(
        "delivery_validation/select_vendor_events", destination_id=asked.destination.destination_id
    )
    read = day_counts([json_of(reply.body) for reply in replies], pixel_id, [row.vendor_event for row in learnt])
    guards = frozenset().union(*(day.guards for day in read))
    counts = asked.counts([(day, one.received) for day, one in zip(days, read, strict=True)])
    checks = check_sets(counts, rows, asked.settled(days[0].start), guards)
    changed = [change for check in checks for change in changes(check, "tiktok", now, requeue=True)]
    hopeless = [row for check in checks if check.received is None for row in check.rows if row.state == "accepted"]
    changed += unverifiable(rows, changed, days[0].start)
    changed += [Change(row, row.state, UNVERIFIABLE) for row in hopeless]
    return Found(
        "set",
        facts=tuple(set_facts(_COUNTS, checks, digest_of(replies))),
        changes=tuple(changed),
        counts=tuple(counts),
        vendor_events=tuple(one.name for one in read),
        alerts=tuple(set_alerts(asked, checks, rows, changed)),
        tally={"sets": len(checks), "unverifiable": sum(change.reason == UNVERIFIABLE for change in changed)},
    )


def _pixel(asked: Asked, client: PlatformClient, pixel_code: str) -> tuple[str, str]:
    """Return advertiser and number of the pixel; raises PlatformRefused(account_only) where no advertiser shows it."""
    for advertiser_id in _advertisers(asked):
        try:
            answer: Any = json_of(client.call(pixel_request(advertiser_id, pixel_code)).body)
        except PlatformRefused as error:
            # A token may read some of the tenant's accounts and not others.
            if not error.account_only:
                raise
            continue
        pixel_id = pixel_id_of(answer, pixel_code)
        if pixel_id is not None:
            return advertiser_id, pixel_id
    raise PlatformRefused(
        f"{asked.destination.conn_id}: no TikTok ad account of the tenant shows its pixel to this token;"
        " add one to ad_accounts, or let the token read it",
        account_only=True,
    )


def _advertisers(asked: Asked) -> list[str]:
    """Return the tenant's TikTok ad accounts, those of the destination's own connection first."""
    first_database: Callable[[], str] = asked.clients["first_database"]  # type: ignore[assignment]
    with tenant_transaction(first_database(), asked.tenant.tenant_id, asked.session.deadline) as session:
        accounts = [
            row for row in session.rows("tenants/select_ad_accounts") if row.platform == "tiktok" and row.enabled
        ]
    ordered = sorted(accounts, key=lambda row: (row.conn_id != asked.destination.conn_id, row.account_id))
    return [row.account_id for row in ordered]


def _not_to_be_proven(asked: Asked, rows: list[Posted], why: str) -> Found:
    now = asked.request.now
    accepted = [row for row in rows if row.state == "accepted"]
    return Found(
        "nothing",
        facts=(Fact(_COUNTS, CHECK_FAILED, Proof.NONE, now, now, guards=("refused",)),),
        changes=tuple(Change(row, row.state, UNVERIFIABLE) for row in accepted),
        alerts=(asked.alarm(UNCHECKED, f"deliveries cannot be proven: {why}"),),
        tally={"sets": 0, "unverifiable": len(accepted)},
    )
