"""Job 21, sync_fx_rates: what the sources published is stored, and what follows for a tenant's figures put in force.

Quotes are kept as published, in control.fx_rates; those of the European Central Bank are fetched by the first tenant of
a night that needs them. analytics.exchange_rates then says, for every currency in which the tenant has figures and
every day, what a unit is worth in the tenant's currency, or why nobody can say. A day whose worth changed is restated;
conversions that waited for a rate are due for credit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import cast

from include.alerts.alerts import Alert
from include.alerts.failure import AlertingFailure
from include.alerts.platforms import RULES as PLATFORM_RULES
from include.alerts.platforms import alert_of
from include.clock import day_bounds, local_today
from include.errors import AttributionError, HostRefused, InvalidInput, PlatformRefused, PlatformWaits
from include.fx import ecb
from include.fx.rates import NoRate, Quote, Rate, RateBook
from include.fx.rates_csv import parse_rates
from include.jobs.rate_book import FxSource, fx_sources, rate_book
from include.jobs.request import SAMPLE_ROWS, JobRequest, JobResult
from include.orders.rates import reopen_rated_conversions
from include.platforms.client import OpenClient
from include.platforms.request import PlatformRequest
from include.storage.session import TenantSession, tenant_transaction
from include.tenants.tenant import Tenant

NO_RATE = "no_rate"
RULES = (NO_RATE, *(f"fx_{rule}" for rule in PLATFORM_RULES))
"""Those about sources are the rates' own: other jobs settle the platforms' rules for all subjects of a tenant."""

Clients = Mapping[str, object]


@dataclass(frozen=True)
class _Trouble:
    """What some sources would not give: errors that fail the tenant in the end, and how many said to wait."""

    errors: tuple[AttributionError, ...]
    alerts: tuple[Alert, ...]
    waits: int


def sync_fx_rates(session: TenantSession, clients: Clients, tenant: Tenant, request: JobRequest) -> JobResult:
    """Store what each of the tenant's sources has published since the last time; then put rates in force.

    A source that fails neither stops the others nor the second step: it fails the tenant at the end, and one that says
    to wait leaves it waiting. Counts rates: quotes that are new or differ.
    """
    url = _first_database(clients)
    stored: list[Quote] = []
    errors: list[AttributionError] = []
    alerts: list[Alert] = []
    waits = 0
    for source in fx_sources(url, tenant.tenant_id):
        try:
            stored += _fetched(url, clients, tenant, source, request)
        except PlatformWaits as error:
            waits += 1
            alerts += _alerts(source, error)
        except (PlatformRefused, HostRefused, InvalidInput) as error:
            errors.append(error)
            alerts += _alerts(source, error)
    return JobResult(
        counts={"rates": len(stored)},
        sample=tuple(_shown(stored)),
        alerts=tuple(alerts),
        then=partial(_put_in_force, _Trouble(tuple(errors), tuple(alerts), waits)),
    )


def _put_in_force(
    trouble: _Trouble, session: TenantSession, clients: Clients, tenant: Tenant, request: JobRequest
) -> JobResult:
    """Write what differs of the rates in force, queue the days that it concerns, and tell of what is missing.

    Rates go up to the tenant's tomorrow, by the last quotes there are, so that its orders need not wait for the next
    night. Counts changed_rates: (currency, day) whose worth is another now; restated_days: queued; reopened:
    conversions that no longer wait for a rate.
    """
    url = _first_database(clients)
    today = local_today(tenant.timezone, request.now)
    last = today + timedelta(days=1)
    first = last - timedelta(days=ecb.KEPT_DAYS - 1)
    book = rate_book(url, tenant.tenant_id, fx_sources(url, tenant.tenant_id), first, last)
    wanted = list(_wanted(book, _currencies(session, tenant), tenant.currency, first, last))
    before = {(row.currency, row.day): row for row in session.rows("fx/select_rates_in_force", first=first, last=last)}
    changed = [one for one in wanted if _differs(before.get((one.base, one.day)), one)]
    worth = [one for one in changed if _worth_of(before.get((one.base, one.day))) != _value(one)]
    _write(session, changed)
    restated = _queue_restatement(session, tenant, [one for one in worth if one.base != tenant.currency])
    reopened = reopen_rated_conversions(session, tenant)
    missing = [one for one in wanted if one.day == today and isinstance(one, NoRate)]
    return JobResult(
        counts={"changed_rates": len(worth), "restated_days": restated, "reopened": reopened},
        waiting=trouble.waits,
        alerts=tuple(Alert(NO_RATE, one.base, one.reason) for one in missing),
        alert_rules=RULES,
        then=partial(_fail, trouble) if trouble.errors else None,
    )


def _queue_restatement(session: TenantSession, tenant: Tenant, worth: Sequence[Rate | NoRate]) -> int:
    if not worth:
        return 0
    days = [one.day for one in worth]
    start, end = day_bounds(tenant.timezone, min(days), max(days) + timedelta(days=1))
    scope = {
        "currencies": [one.base for one in worth],
        "days": days,
        "start": start,
        "end": end,
        "timezone": tenant.timezone,
    }
    return session.execute("fx/queue_restatement", **scope) + session.execute("fx/queue_cost_restatement", **scope)


def _fail(
    trouble: _Trouble, session: TenantSession, clients: Clients, tenant: Tenant, request: JobRequest
) -> JobResult:
    """Fail the tenant for its sources' sake, once everything else of it is committed."""
    raise AlertingFailure("; ".join(str(error) for error in trouble.errors), trouble.alerts)


def _fetched(url: str, clients: Clients, tenant: Tenant, source: FxSource, request: JobRequest) -> list[Quote]:
    """Return what a source has that is not stored, or stored otherwise; stored unless this is a dry run."""
    oldest = request.now.date() - timedelta(days=ecb.KEPT_DAYS)
    with tenant_transaction(url, tenant.tenant_id) as shared:
        newest = shared.rows("fx/select_newest_day", source=source.name)[0].newest
    if source.name == ecb.SOURCE:
        if newest is not None and newest >= ecb.last_published(request.now):
            return []
        quotes = ecb.parse_file(_file(clients, source, ecb.paths(newest, request.now.date())))
    else:
        today = local_today(tenant.timezone, request.now)
        quotes = parse_rates(_file(clients, source, [source.path or "/"]), today)
    kept = [one for one in quotes if one.rate_date >= oldest]
    return _stored(url, tenant, source, kept, request)


def _file(clients: Clients, source: FxSource, paths: Sequence[str]) -> bytes:
    """Return the first of the files that the source has."""
    client = cast(OpenClient, clients["platforms"])(source.conn_id)
    for path in paths[:-1]:
        try:
            return client.call(PlatformRequest("GET", path)).body
        except PlatformRefused as error:
            # Not there, or not served so: a mirror may hold only some of the bank's files.
            if error.again_later or error.account_only:
                raise
    return client.call(PlatformRequest("GET", paths[-1])).body


def _stored(url: str, tenant: Tenant, source: FxSource, quotes: list[Quote], request: JobRequest) -> list[Quote]:
    days = [one.rate_date for one in quotes]
    with tenant_transaction(url, tenant.tenant_id) as shared:
        rows = shared.rows("fx/select_rates", sources=[source.name], first=min(days), last=max(days)) if days else []
        known = {(row.rate_date, row.base, row.quote): row.rate for row in rows}
        fresh = [one for one in quotes if known.get((one.rate_date, one.base, one.quote)) != one.rate]
        if request.dry_run:
            return fresh
        if source.path is not None:
            # A tenant's file is all that it says; the bank's hold the days that they are for.
            shared.execute("fx/delete_withdrawn_rates", source=source.name, **_keys(quotes))
        if fresh:
            shared.execute(
                "fx/upsert_rates",
                source=source.name,
                fetched_at=request.now,
                **_keys(fresh),
                rates=[one.rate for one in fresh],
            )
    return fresh


def _keys(quotes: Sequence[Quote]) -> dict[str, object]:
    return {
        "days": [one.rate_date for one in quotes],
        "bases": [one.base for one in quotes],
        "quotes": [one.quote for one in quotes],
    }


def _currencies(session: TenantSession, tenant: Tenant) -> list[str]:
    """Return the tenant's own currency and those in which it has accounts or figures."""
    facts = {row.currency for row in session.rows("fx/select_currencies_of_facts")}
    return sorted({tenant.currency, *facts, *(account.currency for account in tenant.ad_accounts)})


def _wanted(book: RateBook, currencies: Sequence[str], own: str, first: date, last: date) -> Iterator[Rate | NoRate]:
    for currency in currencies:
        for back in range((last - first).days + 1):
            yield book.rate(currency, own, first + timedelta(days=back))


def _differs(before: object | None, now: Rate | NoRate) -> bool:
    names = ("rate", "rate_date", "source", "settled", "reason")
    return before is None or tuple(getattr(before, name) for name in names) != _columns(now)


def _columns(one: Rate | NoRate) -> tuple[object, ...]:
    if isinstance(one, NoRate):
        return None, None, None, False, one.reason
    return one.value, one.rate_date, one.source, one.settled, None


def _worth_of(before: object | None) -> object:
    return getattr(before, "rate", None)


def _value(one: Rate | NoRate) -> object:
    return one.value if isinstance(one, Rate) else None


def _write(session: TenantSession, changed: Sequence[Rate | NoRate]) -> None:
    columns = [_columns(one) for one in changed]
    session.execute(
        "fx/upsert_rates_in_force",
        currencies=[one.base for one in changed],
        days=[one.day for one in changed],
        rates=[one[0] for one in columns],
        rate_dates=[one[1] for one in columns],
        sources=[one[2] for one in columns],
        settled=[one[3] for one in columns],
        reasons=[one[4] for one in columns],
    )


def _shown(quotes: Sequence[Quote]) -> Iterator[Mapping[str, object]]:
    for one in quotes[-SAMPLE_ROWS:]:
        yield {"day": one.rate_date.isoformat(), "base": one.base, "quote": one.quote, "rate": str(one.rate)}


def _alerts(source: FxSource, error: AttributionError) -> list[Alert]:
    found = alert_of(source.conn_id, error) if isinstance(error, PlatformWaits | PlatformRefused) else None
    return [replace(found, rule=f"fx_{found.rule}")] if found else []


def _first_database(clients: Clients) -> str:
    return cast(Callable[[], str], clients["first_database"])()
