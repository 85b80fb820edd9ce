"""A night of spend from pre-rendered pages, against bare downloading plus COPY of the same rows.

Ours asks as for any account: facts, control total, campaigns, an ordered report of ads; checks every row, holds sums
against the total and replaces whole days through row-level security. The other downloads the same pages with a bare
session and does not read them; the rows that ours has stored are copied, as bytes that were encoded beforehand, into a
table with the same columns, key and index, without policies, one commit per account: what no program that stores the
rows can do without. The second row copies the pages themselves, as lines of text, into a temporary table without a key.
Shared state is left out, as in the hook's bench: a credential's pace would be all that is measured.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial, reduce
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks import spend_night
from benchmarks.report import Row
from dev.dag_bag import prepare_airflow
from dev.state import CHECKOUT

_NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
_FIRST, _DAYS = date(2026, 3, 1), 30
_ACCOUNTS, _ADS = 200, 167
_CAMPAIGNS = 10
_LARGE_ADS, _SMALL_ADS = 33_400, 1_670
_PAGE = 500
_REPETITIONS = 3
_PLACE = b"000000000000000"
_TABLES = (
    "analytics.ad_spend_daily, analytics.ad_spend_restatements, analytics.ad_entities, analytics.ad_account_syncs,"
    " analytics.ad_report_runs, analytics.restate_queue"
)


def measure() -> list[Row]:
    """Return the ratio of the medians of runs in turn, of peak memory at twenty times the account, and of quotas."""
    from benchmarks.loaded_tenant import bench_server, fresh_database

    served = _module("serve")
    try:
        port = str(served.stdout.readline().strip()) if served.stdout else ""
        with bench_server() as server:
            database = fresh_database(server, "bench_spend")
            urls = (database.jobs_url, database.superuser_url)
            ours, keyed, raw, rows = _answer_of("compare", port, *urls)
            small, large = (_answer_of("peak", port, *urls, str(ads))[0] for ads in (_SMALL_ADS, _LARGE_ADS))
    finally:
        served.kill()
        served.wait()
    return [
        Row(
            f"spend, {rows:,} rows of {_ACCOUNTS} accounts synced | download and COPY of the rows",
            f"{ours:.1f} s",
            f"{keyed:.1f} s",
            ours / keyed,
            1.5,
        ),
        Row(
            "the same | download and COPY of the pages as text, no key",
            f"{ours:.1f} s",
            f"{raw:.1f} s",
            ours / raw,
            None,
        ),
        Row(
            f"peak memory of a sync, {_LARGE_ADS * _DAYS:,} rows of one account | {_SMALL_ADS * _DAYS:,}",
            f"{large / 1024:.0f} MB",
            f"{small / 1024:.0f} MB",
            large / small,
            1.25,
        ),
        *spend_night.measure(),
    ]


def _module(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.spend", *arguments]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


def _answer_of(*arguments: str) -> list[Any]:
    child = _module(*arguments)
    output = child.communicate(timeout=1_800)[0]
    if child.returncode:
        raise RuntimeError(f"benchmarks.spend {arguments[0]} ended with {child.returncode}")
    answer: list[Any] = json.loads(output.splitlines()[-1])
    return answer


# In the child: ours and the other's


def _account_id(ads: int, number: int) -> str:
    """Return an id that tells the server how many ads the account has."""
    return f"9{ads:06d}{number:08d}"


def _compare(port: int, jobs_url: str, superuser_url: str) -> tuple[float, float, float, int]:
    """Return the median seconds of ours and of both others, and how many rows were synced."""
    accounts = [_account_id(_ADS, number) for number in range(_ACCOUNTS)]
    ours, keyed, raw = [], [], []
    _sync(port, jobs_url, accounts[:2])
    for _ in range(_REPETITIONS):
        _empty(superuser_url)
        ours.append(_timed(partial(_sync, port, jobs_url, accounts)))
        encoded = _encoded(superuser_url, accounts)
        keyed.append(_timed(partial(_download_and_copy, port, superuser_url, encoded)))
        raw.append(_timed(partial(_download_and_copy_pages, port, superuser_url, accounts)))
        rows = _count(superuser_url)
    middle = _REPETITIONS // 2
    return sorted(ours)[middle], sorted(keyed)[middle], sorted(raw)[middle], rows


def _peak(port: int, jobs_url: str, superuser_url: str, ads: int) -> tuple[int]:
    """Return the peak resident memory, in KB, of this process once it has synced one account."""
    _empty(superuser_url)
    _sync(port, jobs_url, [_account_id(ads, 0)])
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return (int(peak),)


def _sync(port: int, jobs_url: str, accounts: list[str]) -> None:
    from benchmarks.loaded_tenant import TENANT
    from include.jobs.request import JobRequest, JobResult
    from include.jobs.steps import run_steps
    from include.jobs.sync_meta_spend_daily import sync_meta_spend_daily
    from include.tenants.tenant import TenantAdAccount

    tenant = replace(TENANT, ad_accounts=tuple(TenantAdAccount("meta", one, "bench", "USD", "UTC") for one in accounts))
    clients = {"platforms": _platforms(port), "first_database": lambda: jobs_url}
    for account in accounts:
        request = JobRequest(
            "sync_meta_spend_daily",
            "bench",
            _NOW,
            date_from=_FIRST,
            date_to=_FIRST + timedelta(days=_DAYS),
            options={"account": account},
        )
        steps = run_steps(jobs_url, tenant, sync_meta_spend_daily, request, clients=clients)
        result = reduce(JobResult.followed_by, steps, JobResult())
        if result.waiting or result.alerts or not result.counts.get("rows"):
            raise RuntimeError(f"account {account} was not synced: {result.counts}")


@cache
def _platforms(port: int) -> Callable[[str], Any]:
    fields = {"conn_type": "meta_ads", "host": "127.0.0.1", "schema": "http", "port": port, "password": "bench"}
    os.environ["AIRFLOW_CONN_BENCH"] = json.dumps(fields)
    os.environ["ALLOWED_PLATFORM_HOSTS"] = f"127.0.0.1:{port}"
    from attribution_airflow.hooks.meta_ads import MetaAdsHook

    hook = MetaAdsHook("bench", None)
    return lambda conn_id: hook


def _encoded(superuser_url: str, accounts: list[str]) -> dict[str, bytes]:
    """Return account -> its stored rows as a binary COPY, and leave an empty table of the same shape for them."""
    import psycopg

    found = {}
    with psycopg.connect(superuser_url) as connection:
        for account in accounts:
            rows = "copy (select * from analytics.ad_spend_daily where account_id = '{}') to stdout (format binary)"
            with connection.cursor().copy(rows.format(account)) as copy:  # type: ignore[arg-type]
                found[account] = b"".join(map(bytes, copy))
        connection.execute("drop table if exists public.bare")
        connection.execute("create table public.bare (like analytics.ad_spend_daily including all)")
    return found


def _download_and_copy(port: int, superuser_url: str, encoded: Mapping[str, bytes]) -> None:
    """Download the pages of each account, then copy its rows into the table of the same shape."""
    import psycopg

    session = _session()
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for account, rows in encoded.items():
            for path in _paths(account):
                _ = session.get(f"http://127.0.0.1:{port}/v26.0/{path}", timeout=(5, 30)).content
            with connection.cursor().copy("copy public.bare from stdin (format binary)") as copy:
                copy.write(rows)


def _download_and_copy_pages(port: int, superuser_url: str, accounts: list[str]) -> None:
    """Download the pages of each account and copy them as the bytes they came in, a line for every row."""
    import psycopg

    session = _session()
    lines = "copy bare from stdin (format csv, quote e'\\x01', delimiter e'\\x02')"
    with psycopg.connect(superuser_url) as connection:
        connection.execute("create temporary table bare (line text) on commit drop")
        for account in accounts:
            with connection.cursor().copy(lines) as copy:
                for path in _paths(account):
                    body = session.get(f"http://127.0.0.1:{port}/v26.0/{path}", timeout=(5, 30)).content
                    copy.write(body.replace(b"}, {", b"}\n{") + b"\n")


def _session() -> Any:
    import requests

    session = requests.Session()
    session.headers["Authorization"] = "Bearer bench"
    session.trust_env = False
    return session


def _paths(account: str) -> Iterator[str]:
    yield f"act_{account}/insights?level=account"
    yield f"act_{account}/insights?level=campaign"
    for page in range(_pages(int(account[1:7]))):
        yield f"9{account}/insights?after={page}"


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _empty(superuser_url: str) -> None:
    import psycopg

    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(f"truncate {_TABLES}")
        connection.execute("checkpoint")


def _count(superuser_url: str) -> int:
    import psycopg

    with psycopg.connect(superuser_url) as connection:
        row = connection.execute("select count(*) from analytics.ad_spend_daily").fetchone()
    return int(row[0]) if row else 0


# The server of pre-rendered pages


def _pages(ads: int) -> int:
    return -(-ads * _DAYS // _PAGE)


def _day(number: int) -> str:
    return (_FIRST + timedelta(days=number)).isoformat()


def _row(day: str, spend: int, **entity: str) -> dict[str, str]:
    return {
        "account_id": _PLACE.decode(),
        "account_currency": "USD",
        **entity,
        "spend": f"{spend / 100:.2f}",
        "impressions": "5210",
        "clicks": "97",
        "date_start": day,
        "date_stop": day,
    }


@cache
def _rendered(ads: int) -> Mapping[str, list[bytes]]:
    """Return level -> the pages of an account with so many ads; _PLACE stands for its id."""
    account = [_row(_day(day), 1_000 * _CAMPAIGNS) for day in range(_DAYS)]
    campaigns = [
        _row(_day(day), 1_000, campaign_id=f"1202000000{campaign:05d}", campaign_name=f"Prospecting | {campaign}")
        for day in range(_DAYS)
        for campaign in range(_CAMPAIGNS)
    ]
    listed = (
        _row(
            _day(number % _DAYS),
            number % 9_973,
            campaign_id=f"1202000000{number % _CAMPAIGNS:05d}",
            adset_id=f"1203000{number // _DAYS % 997:08d}",
            ad_id=f"1204000{number // _DAYS:08d}",
            ad_name=f"Carousel | Spring | {number // _DAYS}",
        )
        for number in range(ads * _DAYS)
    )
    return {"account": _bodies(iter(account)), "campaign": _bodies(iter(campaigns)), "ad": _bodies(listed)}


def _bodies(rows: Iterator[dict[str, str]]) -> list[bytes]:
    pages: list[list[dict[str, str]]] = [[]]
    for row in rows:
        if len(pages[-1]) == _PAGE:
            pages.append([])
        pages[-1].append(row)
    last = len(pages) - 1
    return [
        json.dumps(
            {"data": page, "paging": {"cursors": {"after": str(n + 1)}} | ({"next": "https://x"} if n < last else {})}
        ).encode()
        for n, page in enumerate(pages)
    ]


def _serve() -> None:
    """Print a port and answer as the Graph does, from memory."""
    listening = socket.create_server(("127.0.0.1", 0))
    _rendered(_ADS)
    print(listening.getsockname()[1], flush=True)
    while True:
        connection, _ = listening.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_attend, args=(connection,), daemon=True).start()


def _attend(connection: socket.socket) -> None:
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
        head, end, rest = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not end or (length and len(rest) < int(length[1])):
            continue
        received = b""
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        body = _answer(method, path)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nfacebook-api-version: v26.0\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )


def _answer(method: str, path: str) -> bytes:
    asked = urlsplit(path)
    query = parse_qs(asked.query)
    of, _, edge = asked.path.removeprefix("/v26.0/").partition("/")
    account = of.removeprefix("act_") if of.startswith("act_") else of[1:]
    if method == "POST":
        return json.dumps({"report_run_id": f"9{account}"}).encode()
    if not edge:
        return json.dumps({"currency": "USD", "timezone_name": "UTC", "async_status": "Job Completed"}).encode()
    level = query["level"][0] if of.startswith("act_") else "ad"
    page = int(query.get("after", ["0"])[0])
    return _rendered(int(account[1:7]))[level][page].replace(_PLACE, account.encode())


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve()
    else:
        with tempfile.TemporaryDirectory(prefix="attribution-bench-") as home:
            prepare_airflow(Path(home))
            port, jobs, superuser = int(sys.argv[2]), sys.argv[3], sys.argv[4]
            if sys.argv[1] == "compare":
                print(json.dumps(_compare(port, jobs, superuser)))
            else:
                print(json.dumps(_peak(port, jobs, superuser, int(sys.argv[5]))))
