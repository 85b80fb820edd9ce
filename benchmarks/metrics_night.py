"""The night of metrics and profit of 300 shops, against the same mapped tasks with nothing to do.

A mapped task is a process that imports Airflow, parses its DAG, and runs its batch with leases and records; the other
one does all of that around a job that does nothing. What a scheduler adds is left out of both, so that the ratio is an
upper bound of a night's under it. Batches are those of 300 tenants; a sample of them is measured, one beside the other.
Every shop has about 45 orders a day, three months of history, and one new day to write.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

import psycopg

from benchmarks.report import Row
from dev.dag_bag import DAGS, PLUGINS, prepare_airflow
from dev.state import CHECKOUT
from include.ids import tenant_id_of

_NIGHT = datetime(2026, 3, 31, 12, tzinfo=UTC)
_TENANTS = 300
_SAMPLE = 8
_SCALE = 1 / 3
_JOBS = {
    "aggregate_daily_metrics": "include.jobs.aggregate_daily_metrics:aggregate_daily_metrics",
    "attribution_daily_metrics": "include.jobs.attribution_daily_metrics:attribution_daily_metrics",
    "generate_daily_pnl": "include.jobs.generate_daily_pnl:generate_daily_pnl",
}
_NOTHING = "benchmarks.metrics_night:do_nothing"
_CLONED = (
    "visitors",
    "customers",
    "visitor_identities",
    "touchpoints",
    "orders",
    "order_lines",
    "order_edits",
    "refunds",
    "conversions",
    "attribution_credits",
    "credit_adjustments",
    "product_costs",
    "ad_spend_daily",
)


def measure() -> list[Row]:
    """Return the time of the night's tasks over that of tasks with nothing to do."""
    from benchmarks.loaded_tenant import bench_server

    with bench_server() as server, tempfile.TemporaryDirectory(prefix="attribution-bench-") as home:
        batches, environment = _load(server)
        prepare_airflow(Path(home))
        environment |= {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW")}
        run = partial(_task, environment)
        # The first night computes everything; the measured one has a day to write.
        for job in _JOBS:
            run(job, _JOBS[job], [slug for batch in batches for slug in batch], _NIGHT - timedelta(days=1))
        ours = others = 0.0
        for dag_id, job in _JOBS.items():
            for batch in batches:
                others += run(dag_id, _NOTHING, batch, _NIGHT)
                ours += run(dag_id, job, batch, _NIGHT)
    tasks = len(batches) * len(_JOBS)
    subject = f"night of {_TENANTS} tenants, three jobs of metrics and profit | the same tasks with nothing to do"
    return [Row(subject, f"{ours / tasks:.2f} s a task", f"{others / tasks:.2f} s a task", ours / others, 1.2)]


def do_nothing(session: object, clients: object, tenant: object, request: object) -> object:
    """Be a job that finds nothing to do."""
    from include.jobs.request import JobResult

    return JobResult()


def _task(environment: Mapping[str, str], dag_id: str, job: str, slugs: Sequence[str], now: datetime) -> float:
    """Run one mapped task as a process of its own and return its seconds."""
    run_id = f"{job.rpartition(':')[2]} {now.isoformat()}"
    command = [sys.executable, "-m", "benchmarks.metrics_night", dag_id, job, run_id, now.isoformat(), *slugs]
    begun = time.perf_counter()
    done = subprocess.run(
        command, cwd=CHECKOUT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{dag_id} of {', '.join(slugs)} failed: {done.stderr[-2000:]}")
    return time.perf_counter() - begun


def _work(dag_id: str, job: str, run_id: str, now: str, slugs: Sequence[str]) -> None:
    """Be the process of a mapped task: parse the DAG, run the batch, fail if a tenant failed."""
    sys.path.insert(0, str(PLUGINS))
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.sdk.module_loading import import_string

    from attribution_airflow.clients import job_clients
    from attribution_airflow.connections import database_url
    from include.jobs.batch import Batch, run_batch
    from include.jobs.request import JobRequest
    from include.storage.leases import Holder

    bag = BundleDagBag(dag_folder=str(DAGS / f"{dag_id}.py"), bundle_path=DAGS, bundle_name="dags-folder")
    if dag_id not in bag.dags:
        raise RuntimeError(f"{dag_id} was not parsed: {bag.import_errors}")
    batch = Batch(
        job=import_string(job.replace(":", ".")),
        request=JobRequest(dag_id, run_id, datetime.fromisoformat(now)),
        holder=Holder(dag_id, run_id, "bench", 0),
        database=database_url,
        deadline_seconds=600,
        clients=job_clients(),
    )
    failed = [outcome for outcome in run_batch(batch, list(slugs)) if outcome.status != "succeeded"]
    if failed:
        raise RuntimeError(f"{failed[0].name}: {failed[0].error}")


def _load(server: object) -> tuple[list[list[str]], dict[str, str]]:
    """Make a database with the sample's shops and return their batches and the URLs as the environment has them."""
    from benchmarks.loaded_tenant import fresh_database

    sys.path.insert(0, str(PLUGINS))
    from attribution_airflow.batches import batches_of

    loaded = fresh_database(server, "bench_metrics")  # type: ignore[arg-type]
    slugs = [f"shop-{number:03d}" for number in range(_TENANTS)]
    batches = batches_of(slugs, timedelta(days=1))[:_SAMPLE]
    sample = list(chain.from_iterable(batches))
    _load_first(loaded.jobs_url, loaded.superuser_url, sample[0])
    with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
        for slug in sample:
            _configure(connection, slug)
        for table in _CLONED:
            for slug in sample[1:]:
                _clone(connection, table, tenant_id_of(sample[0]), tenant_id_of(slug))
        connection.execute("delete from analytics.attribution_queue")
        connection.execute("delete from analytics.product_cost_changes")
        connection.execute("vacuum analyze")
    return batches, {"ANALYTICS_DB_URL": loaded.jobs_url, "AIRFLOW_CONN_ANALYTICS_DB": loaded.jobs_url}


def _load_first(jobs_url: str, superuser_url: str, slug: str) -> None:
    from benchmarks.loaded_tenant import TENANT
    from include.jobs.process_attribution import process_attribution
    from include.jobs.request import JobRequest
    from include.jobs.steps import run_steps
    from include.jobs.webhook_queue import drain_webhooks
    from sandbox.world.product_costs import store, unit_costs
    from sandbox.world.profiles import NORTHWIND_OUTDOOR, scaled
    from sandbox.world.receiver import receive
    from sandbox.world.webhooks import deliveries
    from sandbox.world.world import generate

    shop = scaled(NORTHWIND_OUTDOOR, _SCALE)
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    world = generate(shop, 7, begun.date(), _NIGHT.date())
    tenant = replace(TENANT, tenant_id=tenant_id_of(slug), slug=slug, timezone=shop.timezone)
    receive(superuser_url, tenant.tenant_id, deliveries(world, begun - timedelta(days=1), _NIGHT))
    for job in (drain_webhooks, process_attribution):
        days = JobRequest("load", slug, _NIGHT, begun.date(), _NIGHT.date())
        list(run_steps(jobs_url, tenant, job, days))
    store(jobs_url, tenant.tenant_id, shop.currency, unit_costs(shop, 7))


def _configure(connection: "psycopg.Connection[tuple[object, ...]]", slug: str) -> None:
    connection.execute(
        "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
        " values (%s, %s, %s, 'active', 'America/New_York', 'USD')",
        (tenant_id_of(slug), slug, slug),
    )
    connection.execute(
        "insert into control.tenant_cost_config (tenant_id, valid_from, settings, cost_version)"
        " values (%s, '1970-01-01', %s, 1)",
        (tenant_id_of(slug), '{"payment_rates": [{"gateway": "*", "percent": "2.9", "fixed": "0.3"}],'
         ' "fulfilment": {"per_order": "4", "per_item": "0.5", "per_return": "2"}}'),
    )  # fmt: skip


def _clone(connection: "psycopg.Connection[tuple[object, ...]]", table: str, source: int, target: int) -> None:
    rows = connection.execute(
        "select column_name from information_schema.columns where table_schema = 'analytics' and table_name = %s"
        " and column_name <> 'tenant_id' and is_generated = 'NEVER' order by ordinal_position",
        (table,),
    ).fetchall()
    columns = ", ".join(f'"{name}"' for (name,) in rows)
    connection.execute(
        f"insert into analytics.{table} (tenant_id, {columns})"  # type: ignore[arg-type]
        f" select %s, {columns} from analytics.{table} where tenant_id = %s",
        (target, source),
    )


if __name__ == "__main__":
    _work(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
