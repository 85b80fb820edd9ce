"""A demo shop in a test database: its history imported, its last days drained from webhooks, its figures computed."""

from datetime import date, timedelta
from pathlib import Path

from include.clock import local_today
from include.ids import tenant_id_of
from include.imports.load import import_orders
from include.jobs.aggregate_daily_metrics import aggregate_daily_metrics
from include.jobs.generate_daily_pnl import generate_daily_pnl
from include.jobs.request import JobRequest
from include.jobs.steps import run_steps
from include.jobs.webhook_queue import drain_webhooks
from include.tenants.proposal import as_proposed
from include.tenants.reading import read_tenant_files
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom, Tenant
from sandbox.world.csv_files import write_orders_csv
from sandbox.world.product_costs import store, unit_costs
from sandbox.world.profiles import DEMO_NOW, DEMO_WEBHOOKS_SINCE
from sandbox.world.receiver import receive
from sandbox.world.shop import ShopProfile
from sandbox.world.webhooks import deliveries
from sandbox.world.world import World
from tests.integration.conftest import Database

_FILES = {file.slug: file for file in read_tenant_files(Path(__file__).resolve().parents[3] / "tenants")}


def tenant_of(shop: ShopProfile) -> Tenant:
    """Return a demo shop as its committed file describes it, without ad accounts."""
    bare = Tenant(
        tenant_id=tenant_id_of(shop.slug),
        slug=shop.slug,
        name=shop.name,
        status="active",
        timezone=shop.timezone,
        currency=shop.currency,
        db_conn_id="analytics_db",
        settings_history=(SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),),
    )
    return as_proposed(bare, _FILES[shop.slug])


def load_figures(world: World, tenant: Tenant, database: Database, folder: Path) -> list[date]:
    """Load a world as the demo does, compute its days, and return those of which every order came as a webhook."""
    shop = world.shop
    write_orders_csv(world, folder / "orders.csv", DEMO_NOW, webhooks_since=DEMO_WEBHOOKS_SINCE)
    import_orders(database.jobs_url, tenant, folder / "orders.csv", DEMO_NOW, lambda read: None)
    receive(database.ingest_url, tenant.tenant_id, deliveries(world, DEMO_WEBHOOKS_SINCE, DEMO_NOW))
    store(database.jobs_url, tenant.tenant_id, shop.currency, unit_costs(shop, 7))
    today = local_today(shop.timezone, DEMO_NOW)
    first = local_today(shop.timezone, DEMO_WEBHOOKS_SINCE) + timedelta(days=1)
    drain = JobRequest("attribution_webhook_queue", "run", DEMO_NOW)
    days = JobRequest("generate_daily_pnl", "run", DEMO_NOW, first, today + timedelta(days=1))
    list(run_steps(database.jobs_url, tenant, drain_webhooks, drain))
    for job in (aggregate_daily_metrics, generate_daily_pnl):
        list(run_steps(database.jobs_url, tenant, job, days))
    return [first + timedelta(days=number) for number in range((today - first).days + 1)]
