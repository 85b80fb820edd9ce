"""Spend of one ad account, from any platform: the account's calendar, chunks, proof, replacement, bookmark.

The first step asks what the account is and which days are due; each chunk is a step, and so a transaction, of its own:
all its pages are staged and proven complete against the account's own total before its days are replaced. A report
that the platform computes in the background is stored under its id before anybody waits for it. What differs between
platforms is their adapter's (include/spend). Source: source_apis.md 0.3, 0.4.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import cast

from include.alerts.alerts import Alert
from include.alerts.failure import AlertingFailure
from include.clock import fixed_now, local_today, now
from include.errors import InvalidInput, PlatformRefused, PlatformWaits, TooMuchAsked, UntrustedReport
from include.ids import stable_id
from include.jobs.match_spend import match_spend
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.jobs.spend_conversation import Conversation, ReportPending
from include.jobs.spend_store import Load, Stage, Written
from include.jobs.work import ACCOUNT
from include.platforms.client import OpenClient, PlatformClient
from include.spend.reconcile import (
    ACCOUNT_CHANGED,
    CLAMPED,
    RULES,
    Residual,
    alert_for,
    changed_facts,
    partial_alert,
    require_rows,
    residual_alert,
)
from include.spend.report import Account, AccountFacts, Adapter, Chunk, ReportLost, Rung
from include.spend.windows import Window, chunks, clamped, final_before, restated_window, whole_until
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

REPORT_MINUTES = 60
"""Machine time after which a report that is being computed is given up and ordered anew."""

Clients = Mapping[str, object]


@dataclass(frozen=True)
class _Plan:
    """What is left to read of an account. chunks: the next one first. rung: how far down the ladder it had to go.

    report_id: of the next chunk, once ordered. lost: whether its report was lost before. through: last whole day.
    sample: days to show of each chunk.
    """

    adapter: Adapter
    load: Load
    window: Window
    through: date
    chunks: tuple[Chunk, ...]
    sample: int = 0
    rung: int = 0
    report_id: str | None = None
    lost: bool = False

    @property
    def next(self) -> Chunk:
        return self.chunks[0]

    @property
    def size(self) -> Rung:
        return self.adapter.rungs[self.rung]

    def cut(self) -> "_Plan":
        """Return the plan with a next chunk of no more days than its rung has."""
        if self.next.days <= self.size.days:
            return self
        pieces = tuple(chunks(self.next.level, self.next.date_from, self.next.date_to, self.size.days))
        return replace(self, chunks=pieces + self.chunks[1:])


def sync_spend(
    adapter: Adapter, session: TenantSession, clients: Clients, tenant: Tenant, request: JobRequest
) -> JobResult:
    """Bring one account of the tenant up to date; request.options names it, request's days are account-local.

    Without days: the platform's restatement window up to the last whole day. Counts: requests, rows and days written,
    restated entities, residual_days. Raises AlertingFailure when the account cannot be read or is not to be believed.
    """
    account = _account(tenant, adapter.platform, request)
    return _told(account, lambda: _begin(adapter, account, session, clients, request))


def _begin(
    adapter: Adapter, account: Account, session: TenantSession, clients: Clients, request: JobRequest
) -> JobResult:
    client = _client(clients, account)
    talk = Conversation(client)
    facts = talk.hold(adapter.facts(client.connection, account))
    stored = session.row("spend/select_account_sync", platform=account.platform, account_id=account.account_id)
    known = account if stored is None else replace(account, currency=stored.currency, timezone=stored.timezone)
    _require_unchanged(account, known, facts, request.now)
    lookback = talk.hold(adapter.lookback(client.connection, account))
    today = local_today(facts.timezone, request.now)
    until = whole_until(facts.timezone, request.now, adapter.whole_after_hour)
    earliest = adapter.earliest(today)
    if request.date_from is None or request.date_to is None:
        through = None if stored is None else stored.data_through
        window = restated_window(until, lookback, through, earliest)
    else:
        # A day that is still running may be asked for by name; it is not final and moves no bookmark.
        last = min(request.date_to, today + timedelta(days=1))
        window = clamped(Window(min(request.date_from, last), last), earliest)
    load = Load(
        account=account,
        facts=facts,
        api_version=adapter.api_version(client.connection),
        load_id=stable_id("load", request.run_id, account.platform, account.account_id),
        run_id=request.run_id,
        today=today,
        final_before=final_before(today, lookback),
        fetched_at=request.now,
    )
    if stored is None:
        session.execute(
            "spend/insert_account_sync",
            **load.key,
            currency=facts.currency,
            timezone=facts.timezone,
            status=facts.status,
            load_id=load.load_id,
            now=request.now,
        )
    begun = JobResult(
        counts={"requests": talk.requests},
        window_from=window.date_from,
        window_to=window.date_to,
        alerts=_clamped(account, window),
        alert_rules=RULES,
    )
    plan = _Plan(
        adapter, load, window, until - timedelta(days=1), _planned(adapter, window), SAMPLE_ROWS * request.dry_run
    )
    # The first chunk needs no transaction of its own: there is nothing before it that would have to stand.
    return begun.followed_by(_read(plan, session, clients)) if plan.chunks else begun


def _step(plan: _Plan, session: TenantSession, clients: Clients, tenant: Tenant, request: JobRequest) -> JobResult:
    return _told(plan.load.account, lambda: _read(plan, session, clients))


def _read(plan: _Plan, session: TenantSession, clients: Clients) -> JobResult:
    """Order the next chunk's report where it has to be ordered; else read it and put it in place."""
    plan = plan.cut()
    talk = Conversation(_client(clients, plan.load.account))
    try:
        if plan.report_id is None:
            report_id, ordered = _report_id(plan, session, talk)
            plan = replace(plan, report_id=report_id)
            if ordered:
                # Committed before anybody waits for it: a retry goes on with this report.
                return JobResult(counts={"requests": talk.requests}, then=partial(_step, plan))
        return _replaced(plan, session, talk)
    except TooMuchAsked:
        return _lowered(plan, session, talk)
    except ReportLost:
        if not plan.lost:
            _forget(plan, session)
            again = replace(plan, report_id=None, lost=True)
            return JobResult(counts={"requests": talk.requests, "lost_reports": 1}, then=partial(_step, again))
        return _lowered(plan, session, talk)


def _report_id(plan: _Plan, session: TenantSession, talk: Conversation) -> tuple[str | None, bool]:
    """Return the id of the next chunk's report, None where it is answered at once, and whether it was ordered now."""
    chunk = _key_of(plan)
    running = session.row(
        "spend/select_report_run", **chunk, api_version=plan.load.api_version, longest_minutes=REPORT_MINUTES
    )
    if running is not None:
        return str(running.report_id), False
    connection = talk.client.connection
    report_id = talk.hold(plan.adapter.order(connection, plan.load.account, plan.next, plan.size))
    if report_id is None:
        return None, False
    session.execute("spend/upsert_report_run", **chunk, report_id=report_id, api_version=plan.load.api_version)
    return report_id, True


def _replaced(plan: _Plan, session: TenantSession, talk: Conversation) -> JobResult:
    chunk, load, adapter = plan.next, plan.load, plan.adapter
    begun = time.monotonic()
    stage = Stage(session, load)
    truth = adapter.levels[0] if chunk.level == adapter.levels[0] else None
    if truth is not None:
        total = replace(chunk, level="account")
        _fetch(plan, total, None, talk, stage)
    before = stage.rows
    _fetch(plan, chunk, plan.report_id, talk, stage)
    residuals = stage.prove(chunk, truth)
    require_rows(stage.rows - before, residuals)
    fetched = time.monotonic()
    levels = ("account", truth, "residual") if truth is not None else (chunk.level,)
    written = stage.replace(chunk, levels, plan.sample)
    if plan.report_id is not None:
        _forget(plan, session)
    rest = replace(plan, chunks=plan.chunks[1:], report_id=None, lost=False)
    if rest.chunks:
        rest = _with_report(rest.cut(), session, talk)
    else:
        _advance(plan, session)
    return _result(talk, written, residuals, load.account, rest, fetched - begun, time.monotonic() - fetched)


def _with_report(plan: _Plan, session: TenantSession, talk: Conversation) -> _Plan:
    """Return the plan with its next report ordered, so that the platform computes it while this chunk is committed.

    What goes wrong is left to the next step, which asks again: what this one has read stands.
    """
    with suppress(PlatformRefused, PlatformWaits, TooMuchAsked, UntrustedReport):
        return replace(plan, report_id=_report_id(plan, session, talk)[0])
    return plan


def _fetch(plan: _Plan, chunk: Chunk, report_id: str | None, talk: Conversation, stage: Stage) -> None:
    connection = talk.client.connection
    talk.hold(
        plan.adapter.report(connection, plan.load.account, chunk, plan.size, report_id), partial(stage.take, chunk)
    )


def _result(
    talk: Conversation,
    written: Written,
    residuals: list[Residual],
    account: Account,
    rest: _Plan,
    fetch_seconds: float,
    write_seconds: float,
) -> JobResult:
    alerts = (residual_alert(account, residuals), partial_alert(account, talk.notices))
    return JobResult(
        counts={
            "requests": talk.requests,
            "rows": written.rows,
            "days": written.days,
            "restated": written.restated,
            "residual_days": sum(one.spend != 0 for one in residuals),
            "fetch_seconds": round(fetch_seconds, 3),
            "write_seconds": round(write_seconds, 3),
        },
        changed=written.days > 0,
        sample=written.sample,
        alerts=tuple(alert for alert in alerts if alert is not None),
        then=partial(_step, rest) if rest.chunks else match_spend,
    )


def _lowered(plan: _Plan, session: TenantSession, talk: Conversation) -> JobResult:
    """Return the step that asks for less, the chunk anew from its first page; raises at the end of the ladder."""
    _forget(plan, session)
    if plan.rung + 1 == len(plan.adapter.rungs):
        raise UntrustedReport(f"{plan.next} cannot be read even in the smallest pieces; nothing of it is written")
    lower = replace(plan, rung=plan.rung + 1, report_id=None, lost=False)
    return JobResult(counts={"requests": talk.requests, "shrunk": 1}, then=partial(_step, lower))


def _planned(adapter: Adapter, window: Window) -> tuple[Chunk, ...]:
    return tuple(
        chunk
        for level in adapter.levels
        for chunk in chunks(level, window.date_from, window.date_to, adapter.rungs[0].days)
    )


def _advance(plan: _Plan, session: TenantSession) -> None:
    """Move the account's bookmark: all its chunks are in place."""
    last_day = min(plan.window.date_to - timedelta(days=1), plan.through)
    if last_day < plan.window.date_from:
        return
    session.execute(
        "spend/advance_account_sync",
        **plan.load.key,
        date_from=plan.window.date_from,
        last_day=last_day,
        status=plan.load.facts.status,
        load_id=plan.load.load_id,
        now=plan.load.fetched_at,
    )


def _forget(plan: _Plan, session: TenantSession) -> None:
    session.execute("spend/delete_report_run", **_key_of(plan))


def _key_of(plan: _Plan) -> dict[str, object]:
    chunk = plan.next
    return {**plan.load.key, "level": chunk.level, "date_from": chunk.date_from, "date_to": chunk.date_to}


def _told(account: Account, work: Callable[[], JobResult]) -> JobResult:
    """Do a step; an error that no waiting cures fails the account with its alert, a wait is no failure."""
    try:
        return work()
    except ReportPending as pending:
        return JobResult(waiting=1, resume_seconds=pending.seconds)
    except PlatformWaits as wait:
        alert = alert_for(account, wait)
        return JobResult(
            waiting=1,
            alerts=() if alert is None else (alert,),
            alert_rules=RULES,
            resume_seconds=_seconds_until(wait),
        )
    except (PlatformRefused, UntrustedReport) as error:
        alert = alert_for(account, error)
        if alert is None:
            raise
        raise AlertingFailure(f"{account.platform} account {account.account_id}: {error}", (alert,)) from error


def _seconds_until(wait: PlatformWaits) -> float | None:
    """Return when the run may go on by itself; never for a dead credential, or where the clock stands still."""
    if wait.paused or fixed_now() is not None:
        return None
    return max((wait.not_before - now()).total_seconds(), 1.0)


def _require_unchanged(account: Account, known: Account, facts: AccountFacts, at: datetime) -> None:
    differs = changed_facts(account, known, facts, at)
    if differs is None:
        return
    detail = (
        f"{account.platform} account {account.account_id}: {differs}. Nothing is read until the file says what is true;"
        " rows that were stored before keep their currency and days"
    )
    raise AlertingFailure(detail, (Alert(ACCOUNT_CHANGED, account.account_id, detail),))


def _clamped(account: Account, window: Window) -> tuple[Alert, ...]:
    if not window.clamped:
        return ()
    detail = (
        f"{account.platform} account {account.account_id}: the platform reports nothing before {window.date_from};"
        " earlier days stay as they are"
    )
    return (Alert(CLAMPED, account.account_id, detail),)


def _account(tenant: Tenant, platform: str, request: JobRequest) -> Account:
    wanted = request.options.get(ACCOUNT)
    for one in tenant.ad_accounts:
        if (one.platform, one.account_id) == (platform, wanted):
            return Account(one.platform, one.account_id, one.conn_id, one.currency, one.timezone)
    raise InvalidInput(f"{platform} account {wanted} is not enabled for {tenant.slug}; see its ad_accounts")


def _client(clients: Clients, account: Account) -> PlatformClient:
    return cast(OpenClient, clients["platforms"])(account.conn_id)
