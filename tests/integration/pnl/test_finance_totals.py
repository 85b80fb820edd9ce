"""Net sales and orders of the demo's shops are those of the shops' own finance reports, to the unit."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest

from include.clock import local_today
from include.ids import tenant_id_of
from include.imports.load import import_orders
from include.jobs.aggregate_daily_metrics import aggregate_daily_metrics
from include.jobs.generate_daily_pnl import generate_daily_pnl
from include.jobs.request import JobRequest
from include.jobs.steps import run_steps
from include.jobs.webhook_queue import drain_webhooks
from include.money import minor_unit_exponent
from include.tenants.reading import read_tenant_files
from include.tenants.record import DATED
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, InForce, SettingsFrom, Tenant
from sandbox.world.csv_files import write_orders_csv
from sandbox.world.finance import finance_totals
from sandbox.world.product_costs import store, unit_costs
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_SHOPS, DEMO_START, DEMO_WEBHOOKS_SINCE, scaled
from sandbox.world.receiver import receive
from sandbox.world.shop import ShopProfile
from sandbox.world.webhooks import deliveries
from sandbox.world.world import generate
from tests.integration.conftest import Database

_FILES = {file.slug: file for file in read_tenant_files(Path(__file__).resolve().parents[3] / "tenants")}


def tenant_of(shop: ShopProfile) -> Tenant:
    """Return a demo shop as its committed file describes it, without ad accounts."""
    file = _FILES[shop.slug]
    histories = {
        part: tuple(InForce(FROM_THE_BEGINNING, entry.settings()) for entry in getattr(file, part))
        for part in DATED
        if part != "attribution"
    }
    return Tenant(
        tenant_id=tenant_id_of(shop.slug),
        slug=shop.slug,
        name=shop.name,
        status="active",
        timezone=shop.timezone,
        currency=shop.currency,
        db_conn_id="analytics_db",
        settings_history=(SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),),
        formula_history=histories["formulas"],
        cost_history=histories["costs"],
        cogs_history=histories["cogs"],
    )


@pytest.mark.parametrize("shop", DEMO_SHOPS, ids=lambda shop: shop.slug)
def test_net_sales_and_orders_of_whole_days_are_those_of_the_shops_finance_report(
    shop: ShopProfile, database: Database, tmp_path: Path
) -> None:
    world = generate(scaled(shop, 0.25), 7, DEMO_START, DEMO_END)
    tenant = tenant_of(shop)
    write_orders_csv(world, tmp_path / "orders.csv", DEMO_NOW, webhooks_since=DEMO_WEBHOOKS_SINCE)
    import_orders(database.jobs_url, tenant, tmp_path / "orders.csv", DEMO_NOW, lambda read: None)
    receive(database.ingest_url, tenant.tenant_id, deliveries(world, DEMO_WEBHOOKS_SINCE, DEMO_NOW))
    store(database.jobs_url, tenant.tenant_id, shop.currency, unit_costs(shop, 7))
    today = local_today(shop.timezone, DEMO_NOW)
    first = local_today(shop.timezone, DEMO_WEBHOOKS_SINCE) + timedelta(days=1)
    drain = JobRequest("attribution_webhook_queue", "run", DEMO_NOW)
    days = JobRequest("generate_daily_pnl", "run", DEMO_NOW, first, today + timedelta(days=1))
    list(run_steps(database.jobs_url, tenant, drain_webhooks, drain))
    for job in (aggregate_daily_metrics, generate_daily_pnl):
        list(run_steps(database.jobs_url, tenant, job, days))
    report = finance_totals(world.as_of(DEMO_NOW))
    for number in range((today - first).days + 1):
        day = first + timedelta(days=number)
        (index,) = np.flatnonzero(report.day == (day - date(1970, 1, 1)).days)
        told = int(report.orders[index]), int(report.net_sales[index])
        assert (orders_of(database, tenant, day), net_sales_of(database, tenant, day)) == told, day


def orders_of(database: Database, tenant: Tenant, day: date) -> int:
    with psycopg.connect(database.superuser_url) as connection:
        ((orders, net_sales),) = connection.execute(
            "select orders, net_sales from analytics.metrics_daily where tenant_id = %s and day = %s",
            (tenant.tenant_id, day),
        ).fetchall()
    # The snapshot of the day and its profit and loss cannot disagree on sales.
    assert net_sales.scaleb(minor_unit_exponent(tenant.currency)) == net_sales_of(database, tenant, day)
    return int(orders)


def net_sales_of(database: Database, tenant: Tenant, day: date) -> int:
    with psycopg.connect(database.superuser_url) as connection:
        ((amount,),) = connection.execute(
            "select amount_minor from analytics.pnl_daily where tenant_id = %s and day = %s and line = 'net_sales'",
            (tenant.tenant_id, day),
        ).fetchall()
    return int(amount)
