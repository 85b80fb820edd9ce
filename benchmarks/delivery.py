"""Deliveries from the ledger to a sink, against posting the same bytes without a ledger.

Ours claims due events, builds and freezes their bytes, sends them, classifies the answers and settles every event, a
transaction per step, through row-level security. The other has the same bodies in memory and posts them with requests
at the same concurrency; for GA4 it is the loop that anybody would write, one request after the other. The sink reads
and returns a canned reply. Each side has a process of its own, whose wall time and CPU are counted; PostgreSQL's and
the sink's are not. Bounded is what sending frozen batches costs beside their bare POST; what the ledger costs on top,
which the other does not keep, is shown beside it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial, reduce
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from benchmarks.loaded_tenant import TENANT, LoadedTenant, bench_server, fresh_database
from benchmarks.report import Row
from dev.dag_bag import prepare_airflow
from dev.state import CHECKOUT
from include.jobs.request import JobRequest, JobResult
from include.jobs.send_events import send_events
from include.jobs.steps import run_steps
from include.storage.deadline import Deadline
from include.tenants.tenant import TenantDestination

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_LATENCY = 0.02
_GA4_SEQUENTIAL = 1_000
_GA4_EVENTS = 6_000
_EVENTS = 20_000
_ROUNDS = 10
"""Twenty requests take a few hundredths of a second: where nothing is settled, they are sent again."""
_FEW, _MANY = 10_000, 1_000_000
_PASS_SECONDS = 60.0
"""A pass ends at its deadline, as a task's does, with what is left of a million events still queued."""
_REPETITIONS = 3
_CONNECTIONS = {
    "ga4": {"conn_type": "ga4", "extra": {"measurement_id": "G-BENCH"}},
    "meta": {"conn_type": "meta_ads", "extra": {"pixel_id": "555", "api_version": "v26.0"}},
    "tiktok": {"conn_type": "tiktok_ads", "extra": {"pixel_code": "CBENCH"}},
}


@dataclass(frozen=True)
class _Cost:
    """Of one run: seconds of wall time and CPU, and peak resident memory in KB."""

    wall: float
    cpu: float
    peak: int


def measure() -> list[Row]:
    """Return the ratios of medians, and of peak memory at a hundred times the queue."""
    with bench_server() as server:
        database = fresh_database(server, "bench_delivery")
        with _sink(_LATENCY) as port:
            rows = [_ga4_row(database, port)]
        with _sink(0.0) as port:
            for vendor in ("meta", "tiktok"):
                rows += _batched_rows(database, vendor, port)
            peaks = []
            for number in (_FEW, _MANY):
                _queue(database, "tiktok", number)
                peaks.append(_run("part", database, "tiktok", port).peak)
    few, many = peaks
    subject = f"peak memory of a delivery, {_MANY:,} queued | {_FEW:,} queued"
    return [*rows, Row(subject, f"{many / 1024:.0f} MB", f"{few / 1024:.0f} MB", many / few, 1.25)]


def _ga4_row(database: LoadedTenant, port: str) -> Row:
    _queue(database, "ga4", _GA4_EVENTS)
    ours, loop = [], []
    for _ in range(_REPETITIONS):
        loop.append(_run("post", database, "ga4", port).wall / _GA4_SEQUENTIAL)
        _set_back(database)
        ours.append(_run("ours", database, "ga4", port).wall / _GA4_EVENTS)
        _set_back(database)
    mine, other = median(ours), median(loop)
    subject = f"GA4, {_LATENCY * 1000:.0f} ms away, 16 connections | one after the other"
    return Row(subject, f"{1 / mine:,.0f}/s", f"{1 / other:,.0f}/s", other / mine, 12.0, at_least=True)


def _batched_rows(database: LoadedTenant, vendor: str, port: str) -> Iterator[Row]:
    _queue(database, vendor, _EVENTS)
    costs: dict[str, list[_Cost]] = {"ours": [], "send": [], "post": []}
    for _ in range(_REPETITIONS):
        for how, found in costs.items():
            found.append(_run(how, database, vendor, port))
            _set_back(database)
    for how, subject, bound in (("ours", "from the ledger", None), ("send", "frozen batches sent", True)):
        for figure, most in (("wall", 1.5), ("cpu", 2.0)):
            mine = median(getattr(cost, figure) for cost in costs[how]) / (1 if how == "ours" else _ROUNDS)
            other = median(getattr(cost, figure) for cost in costs["post"]) / _ROUNDS
            yield Row(
                f"{vendor}, {subject}, {'wall time' if figure == 'wall' else 'client CPU'} | the same bytes posted",
                f"{mine / _EVENTS * 1e6:.1f} us",
                f"{other / _EVENTS * 1e6:.1f} us",
                mine / other,
                most if bound else None,
            )


@contextmanager
def _sink(seconds: float) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.delivery_sink", str(seconds)]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def _run(how: str, database: LoadedTenant, vendor: str, port: str) -> _Cost:
    """Run one side in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.delivery", how, vendor, database.jobs_url, port]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True, timeout=1_200)
    return _Cost(**json.loads(done.stdout.splitlines()[-1]))


def _queue(database: LoadedTenant, vendor: str, number: int) -> None:
    """Leave so many orders, each with two lines and all that is known of its buyer, queued for one destination."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(f"truncate {', '.join(_TABLES)}")
        for table, columns in _TABLES.items():
            names, values = ", ".join(columns), ", ".join(columns.values())
            connection.execute(
                f"insert into {table} (tenant_id, {names}) select %(tenant_id)s, {values}"
                " from generate_series(1, %(number)s::bigint) as n",
                {"tenant_id": TENANT.tenant_id, "number": number * _ROWS.get(table, 1), "now": NOW, "vendor": vendor},
            )
            connection.execute(f"vacuum analyze {table}")
        connection.execute("checkpoint")


def _set_back(database: LoadedTenant) -> None:
    """Queue everything again, as if nothing had been sent."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "update analytics.conversion_events set state = 'queued', payload = null, payload_sha256 = null,"
            " attempts = 0, lease_until = null, sent_at = null, accepted_at = null"
        )
        connection.execute("vacuum full analyze analytics.conversion_events")
        connection.execute("checkpoint")


_TABLES: Mapping[str, Mapping[str, str]] = {
    "analytics.orders": {
        "order_id": "n * 7919",
        "external_id": "(5400000000000 + n)::text",
        "source": "'shopify'",
        "name": "'#' || n",
        "placed_at": "%(now)s - interval '6 hours' + n * interval '10 milliseconds'",
        "processed_at": "%(now)s - interval '6 hours' + n * interval '10 milliseconds'",
        "financial_status": "'paid'",
        "source_name": "'web'",
        "customer_id": "n * 31",
        "currency": "'USD'",
        "gross_minor": "5980",
        "discounts_minor": "400",
        "shipping_minor": "500",
        "tax_minor": "480",
        "total_minor": "6560",
        "taxes_included": "false",
        "row_digest": "n",
    },
    "analytics.order_lines": {
        "order_id": "(n + 1) / 2 * 7919",
        "line_id": "n",
        "product_id": "(8100000000000 + n %% 500)::text",
        "variant_id": "(44000000000000 + n %% 500)::text",
        "sku": "'SKU-' || n %% 500",
        "quantity": "1 + n %% 3",
        "unit_price_minor": "1990",
        "discount_minor": "200",
        "tax_minor": "240",
    },
    "analytics.order_context": {
        "order_id": "n * 7919",
        "ga_client_id": "(1000000000 + n) || '.1780000000'",
        "ga_session_id": "(1780000000 + n)::text",
        "fbp": "'fb.1.1780000000000.' || (2000000000 + n)",
        "ttclid": "'E.C.P.' || md5(n::text)",
        "ip": "'203.0.113.' || (1 + n %% 250)",
        "user_agent": "'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36'",
        "landing_url": "'https://shop.example/products/' || n %% 500 || '?utm_source=x'",
        "identifiers": (
            "(select jsonb_object_agg(vendor, fields) from (select vendor, jsonb_object_agg(field,"
            " encode(sha256((field || n)::bytea), 'hex')) as fields from (values ('ga4', 'sha256_email_address'),"
            " ('ga4', 'sha256_phone_number'), ('meta', 'em'), ('meta', 'ph'), ('meta', 'fn'), ('meta', 'ln'),"
            " ('meta', 'zp'), ('tiktok', 'email'), ('tiktok', 'phone')) as known (vendor, field) group by vendor) as v)"
        ),
        "consent": '\'{"analytics": "granted", "marketing": "granted"}\'::jsonb',
    },
    "analytics.customers": {"customer_id": "n * 31", "external_id": "(7000000000000 + n)::text"},
    "analytics.conversion_events": {
        "destination_id": "'bench'",
        "destination": "%(vendor)s",
        "order_id": "n * 7919",
        "event_name": "'purchase'",
        "event_id": "(5400000000000 + n)::text",
        "event_time": "%(now)s - interval '6 hours' + n * interval '10 milliseconds'",
        "state": "'queued'",
        "value_minor": "6560",
        "currency": "'USD'",
    },
}
"""Table -> column -> what it holds of the n-th row."""
_ROWS = {"analytics.order_lines": 2}
"""Rows per order."""


def _main(how: str, vendor: str, url: str, port: str) -> None:
    """Run one side and print what it cost."""
    with tempfile.TemporaryDirectory(prefix="attribution-bench-") as home:
        prepare_airflow(Path(home))
        fields = {"host": "127.0.0.1", "schema": "http", "port": int(port), "password": "bench", **_CONNECTIONS[vendor]}
        os.environ["AIRFLOW_CONN_BENCH"] = json.dumps(fields)
        os.environ["ANALYTICS_DB_URL"] = url
        os.environ["ALLOWED_PLATFORM_HOSTS"] = f"127.0.0.1:{port}"
        os.environ["ATTRIBUTION_NOW"] = NOW.isoformat()
        work = {"ours": _deliver, "part": _deliver_part, "send": _send, "post": _post}[how](vendor, url, port)
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # Not ru_maxrss, which a process inherits from the one that started it.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": int(peak)}))


def _deliver(vendor: Any, url: str, port: str) -> Callable[[], None]:
    """Return a whole pass over the ledger."""
    deliver = _pass(vendor, url)

    def work() -> None:
        result = deliver(3_600.0)
        if not result.counts.get("events_accepted") or result.waiting or result.alerts:
            raise RuntimeError(f"not everything was accepted: {result}")

    return work


def _deliver_part(vendor: Any, url: str, port: str) -> Callable[[], None]:
    """Return a pass as far as it comes."""
    deliver = _pass(vendor, url)

    def work() -> None:
        if not deliver(_PASS_SECONDS).counts.get("events_accepted"):
            raise RuntimeError("nothing was accepted")

    return work


def _pass(vendor: Any, url: str) -> Callable[[float], JobResult]:
    """Return a pass with a deadline in seconds; what a task imports is imported."""
    from attribution_airflow.clients import job_clients

    destination = TenantDestination("bench", vendor, "bench", datetime(2026, 1, 1, tzinfo=UTC))
    tenant, clients = replace(TENANT, destinations=(destination,)), job_clients()
    open_client: Any = clients["platforms"]
    open_client("bench")
    job, request = partial(send_events, vendor=vendor), JobRequest("send", "bench", NOW)

    def deliver(seconds: float) -> JobResult:
        steps = run_steps(url, tenant, job, request, clients=clients, deadline=Deadline(seconds))
        return reduce(JobResult.followed_by, steps, JobResult())

    return deliver


def _send(vendor: Any, url: str, port: str) -> Callable[[], None]:
    """Return the sending of claimed batches: envelope, credential, gate, POST, class of the answer, settlements."""
    from attribution_airflow.clients import job_clients
    from include.delivery import meta_payload, tiktok_payload
    from include.delivery.ledger import answer_of, settle

    batches, destination = _claimed(vendor, url), _destination(vendor)
    open_client: Any = job_clients()["platforms"]
    client = open_client("bench")

    def send(batch: Any) -> None:
        bodies = [event.body for event in batch]
        if vendor == "meta":
            reply = client.send(meta_payload.request_of(bodies, destination, "v26.0"))
        else:
            reply = client.send(tiktok_payload.request_of(bodies, destination))
        answer = answer_of(vendor, reply, len(batch))
        if settle(answer, resend=False, attempts=0).state != "accepted":
            raise RuntimeError(f"not accepted: {reply}")

    # Connections are kept: the first request opens them.
    send(batches[0])
    return lambda: _each(send, batches * _ROUNDS)


def _post(vendor: Any, url: str, port: str) -> Callable[[], None]:
    """Return the posting of the same bodies, built before, with a bare session."""
    import requests

    from include.delivery import meta_payload, tiktok_payload

    claimed, origin = _claimed(vendor, url), f"http://127.0.0.1:{port}"
    headers = {"Content-Type": "application/json"}
    if vendor == "ga4":
        bodies = [event.body for batch in claimed for event in batch][:_GA4_SEQUENTIAL]
        address = f"{origin}/mp/collect?measurement_id=G-BENCH&api_secret=bench"
    elif vendor == "meta":
        bodies = [meta_payload.batch([event.body for event in batch]) for batch in claimed]
        address, headers["Authorization"] = f"{origin}/v26.0/555/events", "Bearer bench"
    else:
        bodies = [tiktok_payload.batch([event.body for event in batch], "CBENCH") for batch in claimed]
        address, headers["Access-Token"] = f"{origin}/open_api/v1.3/event/track/", "bench"
    session = requests.Session()
    session.trust_env = False

    def post(body: bytes) -> None:
        session.post(address, data=body, headers=headers, timeout=(5, 30)).raise_for_status()

    post(bodies[0])
    return lambda: _each(post, bodies if vendor == "ga4" else bodies * _ROUNDS)


def _each(work: Callable[[Any], None], items: Sequence[Any]) -> None:
    for item in items:
        work(item)


def _claimed(vendor: Any, url: str) -> list[Any]:
    """Return the batches that a pass would send; the claim is rolled back."""
    from include.jobs.event_claims import Place, claim_events
    from include.jobs.send_events import CLAIMED_AT_ONCE
    from include.storage.session import tenant_transaction

    batches, place = [], Place()
    with tenant_transaction(url, TENANT.tenant_id) as session:
        while True:
            claim = claim_events(
                session, TENANT, _destination(vendor), after=place, limit=CLAIMED_AT_ONCE, now=NOW, dry_run=True
            )
            if claim.last is None:
                return batches
            batches.append(claim.events)
            place = claim.last


def _destination(vendor: Any) -> Any:
    from include.delivery.purchase import Destination

    source = next(iter(_CONNECTIONS[vendor]["extra"].values()))
    return Destination("bench", vendor, "bench", datetime(2026, 1, 1, tzinfo=UTC), source_id=source)


if __name__ == "__main__":
    _main(*sys.argv[1:])
