"""Rows that a person or another tool inserts with the columns of the data model alone: accepted, and not mistaken."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest

from include.attribution.channels import exposure_key
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

_IDS = count(7500)
AT = datetime(2026, 4, 10, 12, tzinfo=UTC)


@pytest.fixture
def shop(database: Database) -> MeasuredShop:
    return measured_shop(database, next(_IDS))


def by_hand(shop: MeasuredShop, table: str, **columns: Any) -> None:
    shop.insert(table, {"tenant_id": shop.tenant.tenant_id, **columns})


def test_an_order_without_a_digest_is_rewritten_by_the_next_writer(shop: MeasuredShop) -> None:
    by_hand(
        shop, "orders", order_id=shop.order_id("one"), external_id="one", placed_at=AT, financial_status="paid",
        currency="USD", total_minor=1,
    )  # fmt: skip
    shop.sell("one", AT, [Piece(5000)])
    (order,) = shop.query("select total_minor, row_digest from analytics.orders where tenant_id = %(tenant_id)s")
    assert (order["total_minor"], order["row_digest"] != 0) == (5000, True)


def touch(shop: MeasuredShop, number: int, channel: str, campaign: str | None) -> int:
    """Insert a touch a few seconds after the one before and return the key that it got."""
    by_hand(
        shop, "touchpoints", touchpoint_id=number, source_system="tool", visitor_id=7, channel=channel,
        occurred_at=AT + timedelta(seconds=number), campaign=campaign,
    )  # fmt: skip
    (row,) = shop.query(
        "select exposure_key, channel_rule from analytics.touchpoints"
        " where tenant_id = %(tenant_id)s and touchpoint_id = %(number)s",
        number=number,
    )
    assert row["channel_rule"] == "unknown"
    return int(row["exposure_key"])


def test_touches_without_a_key_are_one_where_channel_and_campaign_are_equal_and_only_there(shop: MeasuredShop) -> None:
    spring = touch(shop, 1, "Email", "Spring")
    assert touch(shop, 2, "Email", " spring ") == spring
    assert len({spring, touch(shop, 3, "Email", "summer"), touch(shop, 4, "Meta Ads", "spring")}) == 3
    assert touch(shop, 5, "Email", None) == touch(shop, 6, "Email", "(not set)")


def test_a_key_that_the_writer_gives_stands(shop: MeasuredShop) -> None:
    shop.touch("t", "v", AT, "Email")
    (row,) = shop.query("select exposure_key from analytics.touchpoints where tenant_id = %(tenant_id)s")
    assert row["exposure_key"] not in (None, exposure_key("Email", "x"))


def test_the_receiver_may_leave_the_key_out_too(database: Database, shop: MeasuredShop) -> None:
    with psycopg.connect(database.ingest_url) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(shop.tenant.tenant_id),))
        connection.execute(
            "insert into analytics.touchpoints"
            " (tenant_id, touchpoint_id, source_system, visitor_id, occurred_at, channel)"
            " values (%s, 1, 'tool', 7, %s, 'Email')",
            (shop.tenant.tenant_id, AT),
        )


def test_a_day_of_spend_needs_no_zone_and_no_version_of_the_fields(shop: MeasuredShop) -> None:
    by_hand(
        shop, "ad_spend_daily", platform="meta", account_id="1", report_date=AT.date(), level="account", entity_id="1",
        spend="10", impressions=1, clicks=1, currency="USD", is_final=True, api_version="v1", load_id=1, fetched_at=AT,
    )  # fmt: skip
    shop.sell("one", AT, [Piece(5000)])
    shop.aggregate()
    assert shop.days()[AT.date()]["ad_spend"] == 10
