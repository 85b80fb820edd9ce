"""Columns that are metrics say what the catalogue says."""

import psycopg
import pytest

from include.metrics.catalogue import METRICS, comments
from tests.integration.conftest import Database

TABLES = sorted({table for metric in METRICS for table in metric.tables})


@pytest.mark.parametrize("table", TABLES)
def test_the_comments_of_a_table_are_the_catalogues(database: Database, table: str) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        stored = dict(
            connection.execute(
                "select attname, col_description(attrelid, attnum) from pg_attribute"
                " where attrelid = ('analytics.' || %s)::regclass and attnum > 0",
                (table,),
            ).fetchall()
        )
    wanted = dict(comments(table))
    assert {name: stored.get(name) for name in wanted} == wanted


VIEWS = {
    "v_sales_daily": "metrics_daily",
    "v_customers_daily": "metrics_daily",
    "v_marketing_daily": "metrics_daily",
    "v_channels_daily": "attribution_metrics_daily",
    "v_cohorts": "metrics_cohorts",
}


@pytest.mark.parametrize("view", VIEWS)
def test_what_analysts_read_says_what_the_catalogue_says(database: Database, view: str) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        stored = dict(
            connection.execute(
                "select attname, col_description(attrelid, attnum) from pg_attribute"
                " where attrelid = ('analytics.' || %s)::regclass and attnum > 0",
                (view,),
            ).fetchall()
        )
    wanted = {name: words for name, words in comments(VIEWS[view]) if name in stored}
    assert wanted
    assert {name: stored[name] for name in wanted} == wanted
