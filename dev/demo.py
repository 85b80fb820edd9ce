"""`make demo`: three shops' touches, orders and ad spend loaded, credited and delivered by real DAG runs, and printed.

The world is generated for a fixed business time. Its history is written as CSV and loaded by the code that loads
anybody's CSV; what its shops told of since comes as webhooks, some of them twice or late, into the inbox. The DAGs run
under the scheduler of `make up` with their windows in the conf. A second run changes no number; DAY=+1 moves the clock
on by a day and brings what happened since. The stack is left up.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.table import Table

from dev import stack, vendors
from dev.airflow_api import AirflowApi
from dev.attribution_table import attribution_table
from dev.delivery_table import ask_stand_in, delivery_table
from dev.pnl_table import pnl_table
from dev.spend_table import spend_table
from dev.state import CHECKOUT, REPORTS, state_folder
from include.alerts.alerts import open_alerts
from include.alerts.table import alerts_table
from include.tenants.registry import TenantRow, list_tenants
from sandbox.world.profiles import DEMO_WEBHOOKS_SINCE

FIRST_DAY = "2026-01-01"
_RUN_SECONDS = 300
_ENDED = ("success", "failed")
_SPEND = (
    "sync_meta_spend_daily",
    "sync_google_spend_daily",
    "sync_tiktok_spend_daily",
    "attribution_vta_sync",
)
"""Independent of each other and of sync_fx_rates; the touches they meet are loaded before."""
_SEND = ("send_ga4_purchase", "send_meta_purchase", "send_tiktok_event")
"""What the run of process_attribution could not send is theirs."""

_VALIDATE = ("validate_ga4_delivery", "validate_meta_delivery", "validate_tiktok_delivery")
_FIGURES = ("aggregate_daily_metrics", "attribution_daily_metrics", "generate_daily_pnl")

# The tables need this width; a narrower terminal scrolls rather than cuts figures.
console = Console(highlight=False, width=max(126, Console().width))


def main() -> None:
    """Run the demo; exits 0 when every run succeeded, nothing waits, and the vendors count what was sent to them."""
    parser = argparse.ArgumentParser(prog="python -m dev.demo", description=__doc__)
    parser.add_argument("--day", type=int, default=0, help="days to move the demo's clock on, such as +1")
    moved = parser.parse_args().day
    if moved < 0:
        parser.error("DAY moves the clock on, never back; start over with make down and a new ATTRIBUTION_STATE")
    begun = time.monotonic()
    day = max(stack.demo_day(), 0) + moved
    clock = stack.demo_clock(day)
    console.rule(f"attribution demo, business time {clock}")
    with _step("Airflow, PostgreSQL, tenants"):
        variables = stack.up(clock=clock)
    world = state_folder() / "world"
    webhooks_since = DEMO_WEBHOOKS_SINCE.isoformat()
    with _step("a world of three shops"):
        asked = ["--out", str(world), "--as-of", clock, "--webhooks-since", webhooks_since]
        _run([sys.executable, "-m", "sandbox.world", *asked], variables)
    (state_folder() / "demo.day").write_text(str(day), encoding="utf-8")
    for folder in sorted(path for path in world.iterdir() if path.is_dir()):
        with _step(f"import {folder.name}"):
            files = ["--touchpoints", str(folder / "touchpoints.csv"), "--orders", str(folder / "orders.csv")]
            _run([sys.executable, "-m", "include.imports", "--tenant", folder.name, *files], variables)
        with _step(f"webhooks of {folder.name}"):
            told = ["--since", webhooks_since, "--until", clock, "--duplicates", "0.1", "--reorder"]
            _run([sys.executable, "-m", "sandbox.world.receiver", "--tenant", folder.name, *told], variables)
        with _step(f"unit costs of {folder.name}"):
            _run([sys.executable, "-m", "sandbox.world.product_costs", "--tenant", folder.name], variables)
    api = AirflowApi(variables["AIRFLOW_API_URL"], variables["AIRFLOW_USER"], variables["AIRFLOW_PASSWORD"])
    window = {"date_from": FIRST_DAY, "date_to": _day_after(clock)}
    _run_dags(api, {"sync_fx_rates": {}, **dict.fromkeys(_SPEND, window)})
    _run_dag(api, "attribution_webhook_queue", {})
    _run_dag(api, "process_attribution", window)
    _run_dag(api, "attribution_order_reconciliation", {})
    _run_dag(api, "attribution_recalculate_recent", {})
    _run_dags(api, {dag_id: {} for dag_id in _SEND})
    _run_dags(api, {dag_id: {} for dag_id in _VALIDATE})
    _run_dags(api, {dag_id: {} for dag_id in _FIGURES})
    _run_dag(api, "hourly_metrics_rollup", {})
    _run_dag(api, "weekly_metrics_summary", {})
    _print_result(variables, datetime.fromisoformat(clock), begun)


def _run_dag(api: AirflowApi, dag_id: str, conf: dict[str, str]) -> None:
    _run_dags(api, {dag_id: conf})


def _run_dags(api: AirflowApi, confs: Mapping[str, dict[str, str]]) -> None:
    """Trigger DAGs with their confs, all at once, and wait until each has ended well."""
    with _step(f"DAG {', '.join(confs)}") as status:
        run_id = f"demo__{datetime.now().astimezone().isoformat(timespec='seconds')}"
        runs = {dag_id: api.trigger(dag_id, conf, run_id=run_id) for dag_id, conf in confs.items()}
        deadline = time.monotonic() + _RUN_SECONDS
        while running := [dag_id for dag_id in runs if api.run(dag_id, runs[dag_id])["state"] not in _ENDED]:
            if time.monotonic() > deadline:
                raise SystemExit(f"still running: {', '.join(running)}, run {run_id}; look at {api.url}")
            done = [task["state"] for dag_id in runs for task in api.task_instances(dag_id, runs[dag_id])]
            status.update(f"DAG {', '.join(running)}: {done.count('success')} of {len(done)} tasks done")
            time.sleep(0.5)
    for dag_id, run in runs.items():
        if api.run(dag_id, run)["state"] != "success":
            failed = [task["task_id"] for task in api.task_instances(dag_id, run) if task["state"] == "failed"]
            raise SystemExit(f"{dag_id} run {run} failed in {', '.join(failed)}; open {api.url}")


def _print_result(variables: dict[str, str], now: datetime, begun: float) -> None:
    tenants = list_tenants(variables["ANALYTICS_CONTROL_URL"])
    tables = [attribution_table(variables["ANALYTICS_DB_URL"], tenant) for tenant in tenants]
    for table in (*tables, *(spend_table(variables["ANALYTICS_DB_URL"], tenant, now) for tenant in tenants)):
        if table is not None:
            console.print(table)
    differences = _print_deliveries(variables, tenants)
    differences += _print_profits(variables, tenants, now)
    console.print(alerts_table(open_alerts(variables["ANALYTICS_CONTROL_URL"])))
    guide = Table.grid(padding=(0, 2))
    guide.add_row("Airflow", f"{variables['AIRFLOW_API_URL']}  (user admin, password {variables['AIRFLOW_PASSWORD']})")
    guide.add_row("last week", f"{REPORTS}/<shop>/week-*.html: open one in a browser, on a phone too")
    guide.add_row("tables", "set -a; . .run/env; psql $ANALYTICS_DB_URL  -> analytics.v_conversion_attribution")
    guide.add_row("rules", "docs/attribution.md: every rule with its test;  DAGS.md: every job with its schedule")
    guide.add_row("your data", "make import TENANT=northwind-outdoor TOUCHPOINTS=file.csv ORDERS=file.csv")
    guide.add_row("next", "make demo DAY=+1 moves the clock on a day;  make down stops everything")
    console.print(guide)
    console.print(f"done in {time.monotonic() - begun:.0f} s")
    if differences:
        raise SystemExit("\n".join(["figures differ from what vendors and shops count:", *differences]))


def _print_deliveries(variables: dict[str, str], tenants: list[TenantRow]) -> list[str]:
    """Print what became of the purchases, and return where that differs from what the vendors' stand-in says."""
    stand_in = ask_stand_in(variables["SANDBOX_URL"])
    differences = [f"rule {rule} was broken {count} times" for rule, count in sorted(stand_in.broken.items())]
    for tenant in tenants:
        table, differing = delivery_table(variables["ANALYTICS_DB_URL"], tenant, stand_in)
        differences += differing if vendors.remembers_all() else []
        if table is not None:
            console.print(table)
    if not vendors.remembers_all():
        console.print("the vendors' stand-in was started anew since the first run and counts only what came after")
    elif not differences:
        console.print("the vendors count what was sent, none of it twice; no rule of theirs was broken")
    console.print(f"what they received: {variables['SANDBOX_URL']}\n")
    return differences


def _print_profits(variables: dict[str, str], tenants: list[TenantRow], now: datetime) -> list[str]:
    """Print yesterday's profit and loss of each tenant, and return where it differs from the shop's own report."""
    differences: list[str] = []
    for tenant in tenants:
        table, differing = pnl_table(variables["ANALYTICS_DB_URL"], tenant, now)
        differences += differing
        if table is not None:
            console.print(table)
    if not differences:
        console.print("net sales and orders are those of the shops' own finance reports\n")
    return differences


def _run(command: list[str], variables: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=CHECKOUT, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    (state_folder() / "logs" / f"demo-{Path(command[2]).name}.log").write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        console.print(done.stdout[-2000:] + done.stderr[-2000:], markup=False)
        raise SystemExit(f"{' '.join(command[1:4])} failed")


def _day_after(clock: str) -> str:
    # One day more than the calendar's: in the east the tenants' today is ahead of UTC.
    return (datetime.fromisoformat(clock) + timedelta(days=2)).date().isoformat()


@contextmanager
def _step(label: str) -> Iterator[Status]:
    begun = time.monotonic()
    with console.status(label) as status:
        yield status
    console.print(f"  [green]done[/green]  {label}  [dim]{time.monotonic() - begun:.1f} s[/dim]")


if __name__ == "__main__":
    main()
