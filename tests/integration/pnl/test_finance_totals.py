"""Net sales and orders of the demo's shops are those of the shops' own finance reports, to the unit."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import psycopg
import pytest
from rich.console import Console

from dev.pnl_table import pnl_table
from include.money import minor_unit_exponent
from include.tenants.registry import TenantRow
from include.tenants.tenant import Tenant
from sandbox.world.finance import finance_totals
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_SHOPS, DEMO_START, SAKURA_GOODS, scaled
from sandbox.world.shop import ShopProfile
from sandbox.world.world import generate
from tests.integration.conftest import Database
from tests.integration.pnl.demo_shop import load_figures, tenant_of


@pytest.mark.parametrize("shop", DEMO_SHOPS, ids=lambda shop: shop.slug)
def test_net_sales_and_orders_of_whole_days_are_those_of_the_shops_finance_report(
    shop: ShopProfile, database: Database, tmp_path: Path
) -> None:
    world, tenant = generate(scaled(shop, 0.25), 7, DEMO_START, DEMO_END), tenant_of(shop)
    days = load_figures(world, tenant, database, tmp_path)
    report = finance_totals(world.as_of(DEMO_NOW))
    for day in days:
        (index,) = np.flatnonzero(report.day == (day - date(1970, 1, 1)).days)
        told = int(report.orders[index]), int(report.net_sales[index])
        assert (orders_of(database, tenant, day), net_sales_of(database, tenant, day)) == told, day


def test_the_demo_prints_yesterday_and_names_what_differs_from_the_shops_report(
    second_database: Database, tmp_path: Path
) -> None:
    world, tenant = generate(SAKURA_GOODS, 7, DEMO_START, DEMO_END), tenant_of(SAKURA_GOODS)
    *_, yesterday, _ = load_figures(world, tenant, second_database, tmp_path)
    row = TenantRow(tenant.tenant_id, tenant.slug, "active", tenant.timezone, tenant.currency, tenant.db_conn_id)
    table, differences = pnl_table(second_database.jobs_url, row, DEMO_NOW)
    assert differences == []
    console = Console(width=120, record=True, file=StringIO())
    console.print(table)
    printed = console.export_text()
    assert f"profit and loss of {yesterday}" in printed
    assert "net profit" in printed
    with psycopg.connect(second_database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "update analytics.pnl_daily set amount_minor = amount_minor + 1 where line = 'net_sales' and day = %s",
            (yesterday,),
        )
    _, differences = pnl_table(second_database.jobs_url, row, DEMO_NOW)
    assert len(differences) == 1
    assert "the shop's own finance report says" in differences[0]
    assert pnl_table(second_database.jobs_url, row, DEMO_NOW + timedelta(days=30))[0] is None


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
