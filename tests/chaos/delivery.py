"""kill -9 around claim, POST and settlement of a delivery, and at random times: what the vendor got against the ledger.

A shop's purchases are queued for three destinations in a database that is copied for every kill. The task is killed,
its claims run out, the same task instance is retried to its end, and then the books must balance: each purchase in one
state with its value, nothing accepted that the vendor did not get, nothing got twice that the vendor does not drop.
What Meta may have is in doubt then. Hours later its validation and one more delivery have to leave nothing in doubt,
and every purchase received exactly once.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import psycopg

from dev import databases
from include.ids import tenant_id_of
from include.jobs.request import JobRequest
from include.money import to_major_units
from include.storage.session import TenantSession
from sandbox.world.receiver import receive
from sandbox.world.webhooks import Delivery
from tests.chaos.delivery_sandbox import SHOP, Got, Vendors, vendors
from tests.chaos.report import Row, summed
from tests.chaos.shop import ATTRIBUTION, QUEUE, Ground
from tests.chaos.victim import Ended, Reached, Strike, Victim, Work, kill_myself, watch_transactions
from tests.unit.orders import payloads

CLAIMING = "claim, not committed"
CLAIMED = "claimed, nothing sent"
POSTING = "before the POST"
POSTED = "the vendor has it, no reply read"
ANSWERED = "reply read, nothing settled"
SETTLING = "settled, not committed"
AT_RANDOM = "at a random time"
SEAMS = (CLAIMING, CLAIMED, POSTING, POSTED, ANSWERED, SETTLING)

JOBS: Mapping[str, str] = {"send_ga4_purchase": "ga4", "send_meta_purchase": "meta", "send_tiktok_event": "tiktok"}
TEMPLATE = "deliveries"
NOW = datetime(2026, 3, 1, 18, 20, tzinfo=UTC)
READ_AT = (NOW + timedelta(hours=8), NOW + timedelta(hours=10))
"""When Meta's counts are read: those of an hour trail by six, and a figure counts once it was read twice."""
ORDERS = 60
SIZES: Mapping[str, Any] = {"include.jobs.send_events:CLAIMED_AT_ONCE": 20}
"""So that a few orders take several claims and requests."""

_SLUG = "kills"
_TENANT_ID = tenant_id_of(_SLUG)
_MOST_ATTEMPTS = 6


@dataclass(frozen=True)
class Series:
    """One destination's job killed at one seam, at a pass among nths; seam None: within so many seconds."""

    job: str
    point: str
    seam: str | None
    nths: Sequence[int] = ()
    seconds: float = 0.0


def fill(ground: Ground) -> None:
    """Make the database whose purchases are queued for all three destinations, by way of webhooks and crediting."""
    databases.create_analytics(ground.server, ground.passwords, TEMPLATE)
    with psycopg.connect(ground.superuser_url(TEMPLATE), autocommit=True) as connection:
        connection.execute(
            "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
            " values (%s, %s, 'Kills', 'active', 'Europe/Paris', 'EUR')",
            (_TENANT_ID, _SLUG),
        )
        for job, vendor in JOBS.items():
            connection.execute(
                "insert into control.tenant_destinations"
                " (tenant_id, destination_id, destination, conn_id, send_from, mode, in_doubt)"
                " values (%s, %s, %s, %s, '2026-01-01', 'live', 'prove')",
                (_TENANT_ID, job, vendor, _connection_of(vendor)),
            )
    receive(ground.ingest_url(TEMPLATE), _TENANT_ID, _webhooks())
    for job in (QUEUE, ATTRIBUTION):
        ended = Victim(Work(ground.jobs_url(TEMPLATE), _SLUG, JobRequest(job, "filled", NOW))).wait()
        assert ended.succeeded, ended.outcome


def half_at_random(kills: int) -> dict[str, int]:
    """Return point -> kills: half of them spread over the seams, half at random times."""
    return {**dict.fromkeys(SEAMS, -(-kills // (2 * len(SEAMS)))), AT_RANDOM: -(-kills // 2)}


def all_series(ground: Ground, pool: ProcessPoolExecutor, job: str) -> list[Series]:
    """Return the series of a destination's job: every seam, and random times."""
    passes, seconds = pool.submit(_census, ground, job).result()
    lost = [seam for seam in SEAMS if not passes.get(seam)]
    assert not lost, f"{job} never came past {', '.join(lost)}: where the victim is watched has moved"
    named = [Series(job, seam, seam, range(1, passes[seam] + 1)) for seam in SEAMS]
    return [*named, Series(job, AT_RANDOM, None, seconds=seconds)]


def kill_series(
    ground: Ground, pool: ProcessPoolExecutor, series: Iterable[Series], kills: Mapping[str, int], seed: int
) -> list[Row]:
    """Kill at least so many times at each point (by name) and return a row per point."""
    chosen = list(series)
    rows = [Row(one.job, one.point) for one in chosen]
    for number in range(_MOST_ATTEMPTS):
        done = {row.point: row.kills for row in summed(rows)}
        trials = [one for one in chosen for _ in range(max(kills[one.point] - done[one.point], 0))]
        seeds = [f"{seed} {number} {place}" for place in range(len(trials))]
        rows += pool.map(kill_once, [ground] * len(trials), trials, seeds)
    return summed(rows)


def kill_once(ground: Ground, series: Series, seed: str) -> Row:
    """Kill a delivery once, let retries finish it, and hold the ledger against what the vendor got."""
    chance, running = random.Random(seed), vendors(NOW)
    killed = attempts = 0
    with ground.copied(TEMPLATE) as database:
        running.forget(NOW)
        work = _work(ground, database, series.job)
        ended = _struck(work, series, chance)
        while True:
            attempts += 1
            killed += ended.killed
            if ended.succeeded or attempts == _MOST_ATTEMPTS:
                break
            _let_claims_run_out(ground.superuser_url(database))
            ended = Victim(work).wait()
        notes = tuple(_faults(ground.superuser_url(database), series.job, running, ended))
        if JOBS[series.job] == "meta" and not notes:
            notes = tuple(_faults_of_validation(ground, database, running))
        return Row(series.job, series.point, killed, attempts - 1, len(notes), notes=notes)


def books(superuser_url: str, destination_id: str) -> list[Any]:
    """Return the ledger of a destination: event, state, reason, value_minor, sent_value_minor, currency."""
    with psycopg.connect(superuser_url) as connection:
        return connection.execute(
            "select event_name || ' ' || event_id, state, reason, value_minor, sent_value_minor, currency"
            " from analytics.conversion_events where tenant_id = %s and destination_id = %s",
            (_TENANT_ID, destination_id),
        ).fetchall()


def faults_of(ledger: Sequence[Any], got: Got, vendor: str) -> Iterator[str]:
    """Yield what is wrong between a ledger whose task has ended and what the vendor got; names and numbers only."""
    if len(ledger) != ORDERS:
        yield f"{len(ledger)} of {ORDERS} orders in the ledger"
    states = Counter(state for _, state, *_ in ledger)
    if unfinished := states["queued"] + states["sending"]:
        yield f"{unfinished} still queued or sending"
    arrived = {event for event, copies in got.copies.items() if copies}
    for event, state, _, value, sent, _ in ledger:
        if event not in arrived and not (state == "in_doubt" and value > 0 and sent):
            yield f"{state}, never received"
        if event in arrived and state not in ("accepted", "confirmed", "in_doubt"):
            yield f"{state}, but received"
    if vendor != "meta" and states["in_doubt"]:
        yield f"{states['in_doubt']} in doubt, although the vendor recognises a repeat"
    if changed := sum(len(copies) > 1 for copies in got.copies.values()):
        yield f"{changed} repeated with other bytes"
    repeated = sum(copies.total() > 1 for copies in got.copies.values())
    if vendor == "meta" and repeated:
        yield f"{repeated} repeated to Meta"
    yield from _faults_of_figures(ledger, arrived, got)


def _faults_of_figures(ledger: Sequence[Any], arrived: set[str], got: Got) -> Iterator[str]:
    if got.counted_twice:
        yield f"{got.counted_twice} counted twice by the vendor"
    if got.purchases != len(arrived):
        yield f"the vendor counts {got.purchases} of {len(arrived)} received"
    value = sum(
        to_major_units(sent, currency) for event, _, _, _, sent, currency in ledger if event in arrived and sent
    )
    if sum(got.value.values()) != value:
        yield "the vendor's value is another"
    for rule, number in got.violations.items():
        if number:
            yield f"rule {rule} broken {number} times"


def _faults(superuser_url: str, job: str, running: Vendors, ended: Ended) -> Iterator[str]:
    if not ended.succeeded:
        yield "no retry succeeded"
    yield from Counter(faults_of(books(superuser_url, job), running.got(JOBS[job]), JOBS[job]))


def _faults_of_validation(ground: Ground, database: str, running: Vendors) -> Iterator[str]:
    """Validate Meta's deliveries, send what is proven not to have arrived, and yield what is wrong after that."""
    job = "send_meta_purchase"
    for now in READ_AT:
        running.move_to(now)
        ended = Victim(_work(ground, database, "validate_meta_delivery", now)).wait()
    if ended.succeeded:
        ended = Victim(_work(ground, database, job, now)).wait()
    yield from _faults(ground.superuser_url(database), job, running, ended)
    ledger = books(ground.superuser_url(database), job)
    if doubtful := sum(state == "in_doubt" for _, state, *_ in ledger):
        yield f"{doubtful} in doubt after validation"


def _work(ground: Ground, database: str, job: str, now: datetime = NOW) -> Work:
    """Return a job's work at an instant; victims read clock and first database from their environment."""
    os.environ.update({"ATTRIBUTION_NOW": now.isoformat(), "ANALYTICS_DB_URL": ground.jobs_url(database)})
    request = JobRequest(job, f"run of {now:%H:%M}", now)
    return Work(ground.jobs_url(database), _SLUG, request, SIZES, clients=_clients, watch=_watch_delivery)


def _clients() -> Mapping[str, object]:
    from attribution_airflow.clients import job_clients

    return job_clients()


def _struck(work: Work, series: Series, chance: random.Random) -> Ended:
    if series.seam is None:
        return Victim(work).kill_after(chance.uniform(0, series.seconds))
    return Victim(work, Strike(series.seam, chance.choice(series.nths), kill_myself)).wait()


def _census(ground: Ground, job: str) -> tuple[Mapping[str, int], float]:
    """Return how often an undisturbed run passes each seam, and its seconds; it has to leave balanced books itself."""
    running = vendors(NOW)
    with ground.copied(TEMPLATE) as database:
        running.forget(NOW)
        begun = monotonic()
        ended = Victim(_work(ground, database, job)).wait()
        seconds = monotonic() - begun
        assert not list(_faults(ground.superuser_url(database), job, running, ended)), ended.outcome
    return ended.passes, seconds


def _let_claims_run_out(superuser_url: str) -> None:
    """Let the machine time pass after which a dead task's claims are nobody's."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute(
            "update analytics.conversion_events set lease_until = clock_timestamp() - interval '1 second'"
            " where lease_until is not null"
        )


def _watch_delivery(reached: Reached) -> None:
    from attribution_airflow.hooks import http, transport

    execute, exchange, read = TenantSession.execute, http.exchange, transport._read
    seams = {"delivery/claim_events": CLAIMING, "delivery/settle_events": SETTLING}

    def watched_execute(session: TenantSession, name: str, **parameters: Any) -> int:
        count = execute(session, name, **parameters)
        if name in seams:
            reached(seams[name])
            session.__dict__["claimed"] = name == "delivery/claim_events"
        return count

    def committed(session: TenantSession) -> None:
        if session.__dict__.get("claimed"):
            reached(CLAIMED)

    def watched_exchange(*arguments: Any) -> Any:
        reached(POSTING)
        answer = exchange(*arguments)
        reached(ANSWERED)
        return answer

    def watched_read(*arguments: Any) -> Any:
        # The headers of a reply are here: the vendor has done its work.
        reached(POSTED)
        return read(*arguments)

    watch_transactions(lambda: None, committed)
    TenantSession.execute = watched_execute  # type: ignore[method-assign]
    http.exchange = watched_exchange  # type: ignore[attr-defined]
    transport._read = watched_read


def _webhooks() -> Iterator[Delivery]:
    """Yield paid orders of this day by buyers who agreed, each of another value."""
    for number in range(1, ORDERS + 1):
        placed = NOW - timedelta(hours=6) + timedelta(minutes=number)
        line = payloads.line(number, price=f"{20 + number}.00", quantity=1, current_quantity=1)
        order = payloads.order(
            number,
            created_at=placed.isoformat(),
            processed_at=placed.isoformat(),
            updated_at=placed.isoformat(),
            order_status_url=f"https://shop.example/orders/{number}",
            line_items=[line],
            note_attributes=[
                {"name": "_ga", "value": f"GA1.1.{1_000_000_000 + number}.1772000000"},
                {"name": "_fbp", "value": f"fb.1.1772000000000.{2_000_000_000 + number}"},
                {"name": "consent_analytics", "value": "true"},
                {"name": "consent_marketing", "value": "true"},
            ],
        )
        yield Delivery(
            topic="orders/paid",
            webhook_id=f"kill-{number}",
            event_id=f"kill-event-{number}",
            triggered_at=placed,
            received_at=placed,
            payload=json.dumps(order).encode(),
        )


def _connection_of(vendor: str) -> str:
    kinds = {"ga4": "ga4", "meta": "meta_ads", "tiktok": "tiktok_ads"}
    return f"{SHOP.replace('-', '_')}_{kinds[vendor]}"
