"""What analysts read: a view per domain, only of the tenants they were granted, and adding up to the tables."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from include.jobs.generate_daily_pnl import generate_daily_pnl
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

VIEWS = (
    "v_sales_daily", "v_customers_daily", "v_marketing_daily", "v_channels_daily", "v_profit_daily", "v_cohorts",
)  # fmt: skip


@pytest.fixture(scope="module")
def shops(database: Database) -> list[MeasuredShop]:
    """Two tenants with the same day; the reader is granted the first."""
    made = [measured_shop(database, 41), measured_shop(database, 42)]
    for shop in made:
        shop.sell("1", datetime(2026, 4, 10, 12, tzinfo=UTC), [Piece(5000)], visitor="v")
        shop.touch("t", "v", datetime(2026, 4, 10, 11, tzinfo=UTC), "Email")
        shop.spend(datetime(2026, 4, 10, tzinfo=UTC).date(), "12.5")
        shop.credit()
        shop.aggregate()
        shop.channels()
        shop.summarise()
        shop.run(generate_daily_pnl)
    made[0].query("insert into control.reader_tenants values (41, 'analytics_reader')")
    return made


@pytest.mark.parametrize("view", VIEWS)
def test_a_reader_sees_its_tenants_rows_of_every_view_and_nobody_elses(shops: list[MeasuredShop], view: str) -> None:
    with psycopg.connect(shops[0].database.reader_url) as connection:
        found = connection.execute(f"select tenant_id, count(*) from analytics.{view} group by 1").fetchall()
    assert [tenant_id for tenant_id, _ in found] == [41]


DAY = date(2026, 4, 10)


@pytest.fixture
def brand(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """Shops of one brand that report in dollars, euros and yen on the same day, each granted to the reader."""
    with psycopg.connect(database.superuser_url, autocommit=True, row_factory=dict_row) as connection:
        for tenant_id, currency in ((51, "USD"), (52, "EUR"), (53, "JPY")):
            connection.execute(
                "insert into control.tenants (tenant_id, slug, name, brand, status, timezone, currency)"
                " values (%s, %s, 'Shop', 'Aster', 'active', 'UTC', %s)",
                (tenant_id, f"shop-{tenant_id}", currency),
            )
            connection.execute("insert into control.reader_tenants values (%s, 'analytics_reader')", (tenant_id,))
            connection.execute(*metrics_row(connection, tenant_id, currency))
        # The day itself has no quote yet: the day before's holds. The yen's last is eight days old, too old.
        connection.execute(
            "insert into control.fx_rates values ('2026-04-09', 'ecb', 'EUR', 'USD', 1.25, now()),"
            " ('2026-04-02', 'ecb', 'EUR', 'JPY', 160, now()), ('2026-04-10', 'tenant:51', 'EUR', 'USD', 9, now())"
        )
        with psycopg.connect(database.reader_url, autocommit=True, row_factory=dict_row) as reader:
            yield reader
        connection.execute("delete from control.fx_rates")
        for table in ("control.tenants", "control.reader_tenants", "analytics.metrics_daily"):
            connection.execute(f"delete from {table} where tenant_id in (51, 52, 53)")


def metrics_row(connection: psycopg.Connection[Any], tenant_id: int, currency: str) -> tuple[str, list[object]]:
    """Return an INSERT of a day of 100 of net sales and 10 of spend, from the table's own columns."""
    columns = connection.execute(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = 'analytics' and table_name = 'metrics_daily' and is_nullable = 'NO'"
    ).fetchall()
    zero = {"bigint": 0, "numeric": 0, "jsonb": "{}", "text": "x", "boolean": True, "date": DAY}
    values = {row["column_name"]: zero.get(row["data_type"], datetime(2026, 4, 10, tzinfo=UTC)) for row in columns}
    values |= {"tenant_id": tenant_id, "currency": currency, "orders": 2, "net_sales": 100, "ad_spend": 10}
    places = ", ".join(["%s"] * len(values))
    return f"insert into analytics.metrics_daily ({', '.join(values)}) values ({places})", list(values.values())


def rolled_up(reader: psycopg.Connection[Any]) -> dict[str, dict[str, Any]]:
    rows = reader.execute("select * from analytics.v_brand_daily where brand = 'Aster' and day = %s", (DAY,))
    return {row["currency"]: row for row in rows.fetchall()}


def test_a_brands_shops_add_up_in_each_of_their_currencies_at_the_days_rates(
    database: Database, brand: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("update control.fx_rates set rate_date = '2026-04-09' where quote = 'JPY'")
    found = rolled_up(brand)
    assert {currency: (row["net_sales"], row["ad_spend"], row["mer"]) for currency, row in found.items()} == {
        # 100 USD are 80 EUR, 100 JPY 0.625 EUR.
        "EUR": (Decimal("180.625"), Decimal("18.0625"), 10),
        "USD": (Decimal("225.78125"), Decimal("22.578125"), 10),
        "JPY": (Decimal(28900), Decimal(2890), 10),
    }
    assert all((row["shops"], row["orders"], row["incomplete"]) == (3, 6, None) for row in found.values())
    assert {row["rates_from"] for row in found.values()} == {date(2026, 4, 9)}


def test_a_shop_without_a_rate_of_the_week_leaves_the_brands_money_unknown_with_its_name(
    brand: psycopg.Connection[Any],
) -> None:
    found = rolled_up(brand)["EUR"]
    assert (found["net_sales"], found["mer"], found["orders"]) == (None, None, 6)
    assert found["incomplete"] == "shop-53: no euro reference rate of the week before"


def test_a_shop_whose_day_is_not_stored_leaves_the_brands_day_unknown_with_its_name(
    database: Database, brand: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "update analytics.metrics_daily set day = %s where tenant_id = 52", (DAY - timedelta(days=1),)
        )
        connection.execute(
            "update analytics.metrics_daily set day = %s where tenant_id = 53", (DAY + timedelta(days=1),)
        )
    found = rolled_up(brand)["USD"]
    # The third shop began a day later: nothing of it is missing.
    assert (found["shops"], found["incomplete"]) == (2, "shop-52: day not stored")
    assert (found["net_sales"], found["ad_spend"], found["mer"], found["orders"]) == (None, None, None, None)
    assert found["is_final"] is False
    before = brand.execute(
        "select * from analytics.v_brand_daily where brand = 'Aster' and currency = 'EUR' and day = %s",
        (DAY - timedelta(days=1),),
    ).fetchall()
    assert [(row["shops"], row["net_sales"], row["orders"], row["incomplete"]) for row in before] == [(1, 100, 2, None)]


def test_a_shop_that_was_not_granted_is_not_in_its_brands_figures(
    database: Database, brand: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("delete from control.reader_tenants where tenant_id in (52, 53)")
    assert {currency: row["net_sales"] for currency, row in rolled_up(brand).items()} == {"USD": 100}
