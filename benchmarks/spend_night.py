"""A night over 300 ad accounts against the strict sandbox: its own count of what was asked, against published quotas.

A shop's three accounts are synced a hundred times each in one virtual night, every time for another tenant, so that
all is asked anew, through the hooks with the state and pace that workers share. Google counts operations per project
and TikTok calls per app, which add up over all accounts; Meta counts calls per account, so its count is of one account.
A rule that is broken, such as a call before a wait is over, ends the measurement.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

from benchmarks.report import Row
from dev.dag_bag import prepare_airflow
from dev.state import CHECKOUT

_NOW = datetime(2026, 3, 31, 15, tzinfo=UTC)
_SHOP = "northwind-outdoor"
_TIMES = 100


@dataclass(frozen=True)
class _Quota:
    """What a vendor publishes, and where the sandbox shows how much of it was asked for. per: syncs that share it."""

    subject: str
    counted: str
    published: int
    per: int


_QUOTAS: Mapping[str, _Quota] = {
    "google_ads": _Quota(
        "100 accounts of Google Ads, operations of a night | a day of Explorer access",
        "operations_of_the_day",
        2_880,
        _TIMES,
    ),
    "tiktok": _Quota(
        "100 accounts of TikTok, calls of a night | a day of the basic tier",
        "report_calls_of_the_day",
        864_000,
        _TIMES,
    ),
    "meta": _Quota(
        "one account of Meta, calls of a night | an hour of limited access",
        "most_calls_of_an_account_in_an_hour",
        600,
        1,
    ),
}
"""Source: source_apis.md B.2, C.8 and A.11, Meta's without a single active ad."""


def measure() -> list[Row]:
    """Return how much of each vendor's quota the night asked for."""
    from benchmarks.loaded_tenant import bench_server, fresh_database

    with bench_server() as server:
        jobs_url = fresh_database(server, "bench_night").jobs_url
        command = [sys.executable, "-m", "benchmarks.spend_night", jobs_url]
        child = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, timeout=1_800, check=True)
    counts = json.loads(child.stdout.splitlines()[-1])
    return [
        Row(quota.subject, f"{asked:,}", f"{quota.published:,}", asked / quota.published, 1.0)
        for vendor, quota in _QUOTAS.items()
        for asked in [-(-counts[vendor] * quota.per // _TIMES)]
    ]


def _night(jobs_url: str) -> dict[str, int]:
    """Sync all accounts, one platform beside the other, and return vendor -> the sandbox's count."""
    import requests
    from cryptography.fernet import Fernet

    command = [sys.executable, "-m", "sandbox.server", "--port", "0", "--scale", "0.02", "--now", _NOW.isoformat()]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    try:
        origin = process.stdout.readline().split()[-1] if process.stdout else ""
        os.environ["ALLOWED_PLATFORM_HOSTS"] = origin.removeprefix("http://")
        os.environ["ATTRIBUTION_NOW"] = _NOW.isoformat()
        os.environ["ANALYTICS_DB_URL"] = jobs_url
        os.environ["ATTRIBUTION_FERNET_KEY"] = Fernet.generate_key().decode()
        shown = requests.get(f"{origin}/_sandbox/connections", params={"shop": _SHOP}, timeout=60).json()
        for conn_id, fields in shown.items():
            os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(fields)
        # A report of the sandbox is ready at its second poll, ten seconds after the first: nobody counts those.
        at_once = {"vendor": "meta", "kind": "quirk", "params": {"async_states": ["Job Completed"]}}
        requests.post(f"{origin}/_sandbox/faults", json=at_once, timeout=30).raise_for_status()
        _sync_all(jobs_url)
        state = requests.get(f"{origin}/_sandbox/state", timeout=30).json()
    finally:
        process.terminate()
        process.wait()
    if broken := {rule: number for rule, number in state["violations"].items() if number}:
        raise RuntimeError(f"rules of vendors were broken: {broken}")
    return {vendor: _counted(state["vendors"][vendor], quota.counted) for vendor, quota in _QUOTAS.items()}


def _sync_all(jobs_url: str) -> None:
    from attribution_airflow.clients import job_clients

    failed: list[str] = []

    def _lane(vendor: str) -> None:
        try:
            clients = job_clients()
            for number in range(_TIMES):
                _sync(jobs_url, clients, vendor, number)
        except Exception as error:  # noqa: BLE001 - told by the thread that waits for this one
            failed.append(f"{vendor}: {error}")

    lanes = [threading.Thread(target=_lane, args=(vendor,)) for vendor in _QUOTAS]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    if failed:
        raise RuntimeError("; ".join(failed))


def _sync(jobs_url: str, clients: Mapping[str, object], vendor: str, number: int) -> None:
    from benchmarks.loaded_tenant import TENANT
    from include.jobs.request import JobRequest, JobResult
    from include.jobs.steps import run_steps
    from include.jobs.sync_google_spend_daily import sync_google_spend_daily
    from include.jobs.sync_meta_spend_daily import sync_meta_spend_daily
    from include.jobs.sync_tiktok_spend_daily import sync_tiktok_spend_daily
    from include.tenants.tenant import TenantAdAccount
    from sandbox.world.profiles import NORTHWIND_OUTDOOR

    jobs = {
        "meta": ("northwind_outdoor_meta_ads", sync_meta_spend_daily),
        "google_ads": ("northwind_outdoor_google_ads", sync_google_spend_daily),
        "tiktok": ("northwind_outdoor_tiktok_ads", sync_tiktok_spend_daily),
    }
    conn_id, job = jobs[vendor]
    profile = next(one for one in NORTHWIND_OUTDOOR.accounts if one.platform == vendor)
    account = TenantAdAccount(vendor, profile.account_id, conn_id, profile.currency, profile.timezone)  # type: ignore[arg-type]
    tenant = replace(TENANT, tenant_id=1 + number, ad_accounts=(account,))
    request = JobRequest(f"sync_{vendor}", f"night {number}", _NOW, options={"account": account.account_id})
    steps = run_steps(jobs_url, tenant, job, request, clients=clients)
    result: JobResult = reduce(JobResult.followed_by, steps, JobResult())
    if result.waiting or not result.counts.get("rows"):
        raise RuntimeError(f"account {number} was not synced: {dict(result.counts)}")


def _counted(shown: Mapping[str, Any], name: str) -> int:
    """Return the count where a vendor's state has it, whatever it is listed under."""
    found = [value[name] for value in shown.values() if isinstance(value, dict) and name in value]
    found += [shown[name]] if name in shown else []
    return max(int(one) for one in found)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="attribution-bench-") as home:
        prepare_airflow(Path(home))
        print(json.dumps(_night(sys.argv[1])))
