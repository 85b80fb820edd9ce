"""Job 10, attribution_vta_sync: what platforms claim for views, of one ad account, into a table of its own.

Days are the account's, over the platform's restatement window up to the last whole one. A chunk is read whole before
its days are replaced, and a day that came out the same is not written. Campaigns are read every time; on the account's
Sundays ads too, and where the two do not add up a person is told: Meta's campaigns have missed purchases that their ads
had. What is counted is the adapters' (include/spend/*_views.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any, cast

from include.alerts.alerts import Alert
from include.alerts.failure import AlertingFailure
from include.alerts.platforms import RULES as PLATFORM_RULES
from include.alerts.platforms import alert_of
from include.clock import local_today
from include.errors import InvalidInput, PlatformRefused, PlatformWaits, TooMuchAsked, UntrustedReport
from include.ids import stable_id
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.jobs.spend_conversation import Conversation
from include.jobs.work import ACCOUNT
from include.platforms.client import OpenClient, PlatformClient
from include.platforms.versions import DEFAULT_VERSIONS
from include.spend.google_ads import GoogleAds
from include.spend.google_ads_views import GoogleAdsViews
from include.spend.meta import MetaSpend
from include.spend.meta_views import MetaViews
from include.spend.report import Account, Adapter, Chunk, Level
from include.spend.tiktok import TikTok
from include.spend.tiktok_views import TikTokViews
from include.spend.view_through import ViewAdapter, ViewRow, checked, differing_days
from include.spend.windows import Window, chunks, clamped, whole_until
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

DIFFERS = "views_differ"
UNTRUSTED = "views_untrusted"
RULES = (DIFFERS, UNTRUSTED, *(f"views_{rule}" for rule in PLATFORM_RULES))

_SUNDAY = 6
_ADAPTERS: Mapping[str, tuple[ViewAdapter, Adapter, int]] = {
    "meta": (MetaViews(), MetaSpend(), 28),
    "google_ads": (GoogleAdsViews(), GoogleAds(), 30),
    "tiktok": (TikTokViews(), TikTok(), 30),
}
"""platform -> how views are read, whose calendar rules hold, and for how many days a claim may still change: a view
converts within 30 days at most on Google and 7 on TikTok, and Meta restates 28."""

Clients = Mapping[str, object]


@dataclass(frozen=True)
class _Plan:
    """What is left to read of an account; rung: of the ladder, for the next chunk."""

    account: Account
    views: ViewAdapter
    chunks: tuple[Chunk, ...]
    rung: int = 0

    @property
    def next(self) -> Chunk:
        return self.chunks[0]


def attribution_vta_sync(
    platform: str, session: TenantSession, clients: Clients, tenant: Tenant, request: JobRequest
) -> JobResult:
    """Bring one account's claims up to date; request.options names it, request's days are the account's own.

    Counts: requests, rows and days written, differing_days of ads against campaigns. Raises AlertingFailure when the
    account cannot be read or is not to be believed.
    """
    account = _account(tenant, platform, request)
    views, calendar, lookback_days = _ADAPTERS[account.platform]
    account = _as_first_read(session, account)
    today = local_today(account.timezone, request.now)
    until = whole_until(account.timezone, request.now, calendar.whole_after_hour)
    if request.date_from is None or request.date_to is None:
        window = Window(until - timedelta(days=lookback_days), until)
    else:
        last = min(request.date_to, today + timedelta(days=1))
        window = Window(min(request.date_from, last), last)
    window = clamped(window, calendar.earliest(today))
    levels: tuple[Level, ...] = ("campaign", "ad") if until.weekday() == _SUNDAY else ("campaign",)
    planned = tuple(
        chunk
        for piece in chunks("campaign", window.date_from, window.date_to, views.rungs[0].days)
        for chunk in (replace(piece, level=level) for level in levels)
    )
    return JobResult(
        window_from=window.date_from,
        window_to=window.date_to,
        alert_rules=RULES,
        then=partial(_step, _Plan(account, views, planned)) if planned else None,
    )


sync_meta_views = partial(attribution_vta_sync, "meta")
sync_google_views = partial(attribution_vta_sync, "google_ads")
sync_tiktok_views = partial(attribution_vta_sync, "tiktok")
"""The job of one platform's accounts, called as any other: (session, clients, tenant, request)."""


def _step(plan: _Plan, session: TenantSession, clients: Clients, tenant: Tenant, request: JobRequest) -> JobResult:
    """Read and replace the next chunk; what no waiting cures fails the account with its alert, a wait is no failure."""
    try:
        return _read(plan, session, clients, request)
    except PlatformWaits as wait:
        return JobResult(waiting=1, alerts=_alerts(plan.account, wait), alert_rules=RULES)
    except (PlatformRefused, UntrustedReport) as error:
        alerts = _alerts(plan.account, error)
        if not alerts:
            raise
        raise AlertingFailure(f"{plan.account.platform} account {plan.account.account_id}: {error}", alerts) from error


def _read(plan: _Plan, session: TenantSession, clients: Clients, request: JobRequest) -> JobResult:
    try:
        return _replaced(plan, session, clients, request)
    except TooMuchAsked:
        return _lowered(plan)


def _replaced(plan: _Plan, session: TenantSession, clients: Clients, request: JobRequest) -> JobResult:
    client = cast(OpenClient, clients["platforms"])(plan.account.conn_id)
    rows, requests = _claims(plan, client)
    before = _stored(session, plan.account, plan.next)
    changed = _changed_days(before, rows)
    fresh = [one for one in rows if one.report_date in changed]
    if changed:
        _write(session, plan, fresh, sorted(changed), client, request)
    differing: Mapping[date, object] = {}
    if plan.next.level == "ad":
        campaigns = _stored(session, plan.account, replace(plan.next, level="campaign"))
        differing = _differing(plan.account, campaigns, rows)
    rest = replace(plan, chunks=plan.chunks[1:], rung=0)
    return JobResult(
        counts={
            "requests": requests,
            "rows": len(fresh),
            "days": len(changed),
            "differing_days": len(differing),
        },
        sample=tuple(_shown(one) for one in fresh[:SAMPLE_ROWS]),
        alerts=_differ_alert(plan.account, differing),
        alert_rules=RULES,
        then=partial(_step, rest) if rest.chunks else None,
    )


def _claims(plan: _Plan, client: PlatformClient) -> tuple[list[ViewRow], int]:
    talk = Conversation(client)
    found: list[ViewRow] = []
    claims = plan.views.claims(client.connection, plan.account, plan.next, plan.views.rungs[plan.rung])
    # A conversation hands on whatever pages its talk yields: batches of spend, here lists of rows.
    talk.hold(cast(Any, claims), cast(Any, found.extend))
    return checked(found, plan.next, plan.account), talk.requests


def _lowered(plan: _Plan) -> JobResult:
    """Return the step that asks for less, the chunk anew from its first page; raises at the end of the ladder."""
    if plan.rung + 1 == len(plan.views.rungs):
        raise UntrustedReport(f"{plan.next} of views cannot be read even in the smallest pieces")
    rung = plan.views.rungs[plan.rung + 1]
    pieces = tuple(chunks(plan.next.level, plan.next.date_from, plan.next.date_to, rung.days))
    lower = replace(plan, chunks=pieces + plan.chunks[1:], rung=plan.rung + 1)
    return JobResult(counts={"shrunk": 1}, then=partial(_step, lower))


def _stored(session: TenantSession, account: Account, chunk: Chunk) -> list[ViewRow]:
    rows = session.rows(
        "view_through/select_rows",
        platform=account.platform,
        account_id=account.account_id,
        level=chunk.level,
        date_from=chunk.date_from,
        date_to=chunk.date_to,
    )
    return [ViewRow(*row) for row in rows]


def _changed_days(before: Iterable[ViewRow], rows: Iterable[ViewRow]) -> set[date]:
    was, now = {one.key: one for one in before}, {one.key: one for one in rows}
    return {key[0] for key in {*was, *now} if was.get(key) != now.get(key)}


def _write(
    session: TenantSession,
    plan: _Plan,
    rows: Sequence[ViewRow],
    days: Sequence[date],
    client: PlatformClient,
    request: JobRequest,
) -> None:
    account = plan.account
    key = {"platform": account.platform, "account_id": account.account_id, "level": plan.next.level}
    session.execute("view_through/delete_days", **key, days=days)
    session.execute(
        "view_through/insert_rows",
        **key,
        date_basis=plan.views.date_basis,
        currency=account.currency,
        api_version=getattr(client.connection, "api_version", DEFAULT_VERSIONS[client.connection.conn_type]),
        load_id=stable_id("view_through", request.run_id, account.platform, account.account_id),
        fetched_at=request.now,
        days=[one.report_date for one in rows],
        entities=[one.entity_id for one in rows],
        campaigns=[one.campaign_id for one in rows],
        adgroups=[one.adgroup_id for one in rows],
        ads=[one.ad_id for one in rows],
        actions=[one.action for one in rows],
        windows=[one.window for one in rows],
        window_days=[one.window_days for one in rows],
        counts=[one.count for one in rows],
        amounts=[one.value for one in rows],
    )
    session.execute("view_through/queue_restatement", days=days)


def _differing(account: Account, campaigns: Sequence[ViewRow], ads: Sequence[ViewRow]) -> Mapping[date, object]:
    """Return the days on which campaigns and ads disagree; Google's campaigns may have no ads at all."""
    if account.platform == "google_ads":
        with_ads = {one.campaign_id for one in ads}
        campaigns = [one for one in campaigns if one.campaign_id in with_ads]
    return differing_days([*campaigns, *ads])


def _differ_alert(account: Account, differing: Mapping[date, object]) -> tuple[Alert, ...]:
    if not differing:
        return ()
    detail = (
        f"{account.platform} account {account.account_id}: ads and campaigns claim different view-through purchases on"
        f" {len(differing)} days from {min(differing)} to {max(differing)}; both are stored, trust the larger with care"
    )
    return (Alert(DIFFERS, account.account_id, detail),)


def _as_first_read(session: TenantSession, account: Account) -> Account:
    """Return the account with the currency and zone that its platform named, where spend was synced before."""
    stored = session.row("spend/select_account_sync", platform=account.platform, account_id=account.account_id)
    return account if stored is None else replace(account, currency=stored.currency, timezone=stored.timezone)


def _account(tenant: Tenant, platform: str, request: JobRequest) -> Account:
    wanted = request.options.get(ACCOUNT)
    for one in tenant.ad_accounts:
        if (one.platform, one.account_id) == (platform, wanted):
            return Account(one.platform, one.account_id, one.conn_id, one.currency, one.timezone)
    raise InvalidInput(f"{platform} account {wanted} is not enabled for {tenant.slug}; see its ad_accounts")


def _alerts(account: Account, error: PlatformWaits | PlatformRefused | UntrustedReport) -> tuple[Alert, ...]:
    if isinstance(error, UntrustedReport):
        return (Alert(UNTRUSTED, account.account_id, f"{account.platform} account {account.account_id}: {error}"),)
    found = alert_of(account.account_id, error)
    return () if found is None else (replace(found, rule=f"views_{found.rule}"),)


def _shown(one: ViewRow) -> Mapping[str, object]:
    return {
        "day": one.report_date.isoformat(),
        one.level: one.entity_id,
        "action": one.action,
        "window": one.window,
        "count": str(one.count),
    }
