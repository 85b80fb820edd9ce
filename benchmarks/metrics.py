"""Daily aggregation of a tenant-year against bare sequential-scan sums of the tables it reads.

A million orders, as many conversions, five million credit rows of forty campaigns. Ours is both jobs over all days of a
year, written to empty tables; the other one sum per table, each a sequential scan as the jobs' role.
"""

import os
import time
from datetime import UTC, date, datetime

import psycopg

from benchmarks.loaded_tenant import TENANT, LoadedTenant, bench_server, fresh_database
from benchmarks.report import Row
from include.jobs.aggregate_daily_metrics import aggregate_daily_metrics
from include.jobs.attribution_daily_metrics import attribution_daily_metrics
from include.jobs.request import Job, JobRequest
from include.storage.session import tenant_transaction

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
"""Share of the million orders."""

ORDERS = int(1_000_000 * SCALE)
_YEAR = (date(2025, 6, 1), date(2026, 6, 1))
_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_ORDERS = """
insert into analytics.orders (
    tenant_id, order_id, external_id, source, placed_at, processed_at, financial_status, currency, gross_minor,
    discounts_minor, shipping_minor, tax_minor, total_minor, row_digest)
select %(tenant)s, n, n::text, 'shopify', at, at, 'paid', 'USD', 4000 + n %% 900, 300, 500, 320, 4520 + n %% 900, n
from generate_series(1, %(orders)s) as n
cross join lateral (select '2025-06-01Z'::timestamptz + n * (interval '365 days' / %(orders)s) as at) as times
"""
_CONVERSIONS = """
insert into analytics.conversions (tenant_id, conversion_id, order_id, visitor_id, occurred_at, value_minor, currency,
                                   is_new_customer, status)
select tenant_id, order_id, order_id, order_id, placed_at, total_minor, currency, order_id %% 3 > 0, 'attributed'
from analytics.orders
"""
_TOUCHES = """
insert into analytics.touchpoints (
    tenant_id, touchpoint_id, source_system, visitor_id, occurred_at, channel, channel_rule, campaign, exposure_key)
select %(tenant)s, order_id * 5 + place, 'pixel', order_id, placed_at - place * interval '30 hours',
       'Channel ' || campaign %% 12, 'bench', 'campaign ' || campaign, 1
from analytics.orders
cross join generate_series(0, 4) as place
cross join lateral (select (order_id * 7 + place * 3) %% 40 as campaign) as named
"""
_CREDITS = """
insert into analytics.attribution_credits (
    tenant_id, conversion_id, touchpoint_id, position, attribution_first, attribution_last, attribution_linear,
    attribution_time_decay, attribution_position, amount_first_minor, amount_last_minor, amount_linear_minor,
    amount_time_decay_minor, amount_position_minor)
select %(tenant)s, order_id, order_id * 5 + place, 5 - place,
       case place when 4 then 1 else 0 end, case place when 0 then 1 else 0 end, 0.2, 0.2, 0.2,
       case place when 4 then total_minor else 0 end, case place when 0 then total_minor else 0 end,
       part.minor, part.minor, part.minor
from analytics.orders
cross join generate_series(0, 4) as place
cross join lateral (
    select total_minor / 5 + case when place < total_minor %% 5 then 1 else 0 end as minor
) as part
"""
_SUMS = (
    "select sum(total_minor) from analytics.orders",
    "select sum(value_minor) from analytics.conversions",
    "select sum(amount_linear_minor) from analytics.attribution_credits",
    "select sum(priority) from analytics.touchpoints",
)


def measure() -> list[Row]:
    """Return the row of the bench table."""
    with bench_server() as server:
        loaded = fresh_database(server, "bench_metrics")
        _fill(loaded)
        bare = min(_bare_seconds(loaded.jobs_url) for _ in range(3))
        ours = sum(_seconds(loaded.jobs_url, job) for job in (aggregate_daily_metrics, attribution_daily_metrics))
    size = f"{ORDERS:,} orders, {5 * ORDERS:,} credit rows"
    return [Row(f"daily aggregation of a tenant-year ({size})", f"{ours:.1f} s", f"scan {bare:.1f} s", ours / bare, 3)]


def _fill(loaded: LoadedTenant) -> None:
    with psycopg.connect(loaded.superuser_url, autocommit=True) as connection:
        for statement in (_ORDERS, _CONVERSIONS, _TOUCHES, _CREDITS):
            connection.execute(statement, {"tenant": TENANT.tenant_id, "orders": ORDERS})
        connection.execute("vacuum analyze")


def _bare_seconds(url: str) -> float:
    begun = time.perf_counter()
    with psycopg.connect(url) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(TENANT.tenant_id),))
        connection.execute("set local enable_indexscan = off")
        connection.execute("set local enable_bitmapscan = off")
        for statement in _SUMS:
            connection.execute(statement).fetchall()
    return time.perf_counter() - begun


def _seconds(url: str, job: Job) -> float:
    request = JobRequest("metrics", "bench", _NOW, *_YEAR)
    begun = time.perf_counter()
    with tenant_transaction(url, TENANT.tenant_id) as session:
        job(session, {}, TENANT, request)
    return time.perf_counter() - begun
