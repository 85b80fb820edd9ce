"""Who sees what of the ledger: the listing what is due, readers all but the payload, nobody another tenant's rows."""

from datetime import timedelta

import psycopg
import pytest

from include.jobs.due import tenants_with_work
from tests.integration.delivery.shops import HOUR, MINUTE, Shop


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.destination("meta")
    shop.sell(1)
    shop.credit()
    return shop


def due(shop: Shop, destination: str = "meta", after: timedelta = timedelta(0)) -> bool:
    url, now = shop.world.database.control_url, shop.world.now + after
    found = tenants_with_work(url, "conversion_events", [shop.tenant_id], now, {"destination": destination})
    return found == {shop.tenant_id}


def test_a_tenant_is_due_for_the_vendor_that_it_has_events_for(shop: Shop) -> None:
    assert due(shop)
    assert not due(shop, "tiktok")
    shop.send("meta")
    assert not due(shop)


def test_a_tenant_is_due_again_once_a_row_may_be_tried_or_a_claim_ran_out(shop: Shop) -> None:
    shop.world.select("update analytics.conversion_events set not_before = %s", shop.world.now + HOUR)
    assert not due(shop)
    assert due(shop, after=HOUR)
    claim = "update analytics.conversion_events set state = 'sending', payload = 'x', lease_until = now() + %s"
    shop.world.select(claim, MINUTE)
    assert not due(shop, after=2 * HOUR)
    shop.world.select(claim, -MINUTE)
    assert due(shop)


@pytest.mark.parametrize("column", ["payload", "value_minor", "event_id"])
def test_the_listing_sees_what_is_due_and_not_what_is_in_it(shop: Shop, column: str) -> None:
    with (
        psycopg.connect(shop.world.database.control_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"select {column} from analytics.conversion_events")


def test_a_reader_sees_every_column_of_its_tenants_but_the_payload(shop: Shop) -> None:
    shop.world.insert("control.reader_tenants", role="analytics_reader", tenant_id=shop.tenant_id)
    hidden = {"payload", "lease_until", "fence"}
    names = {
        row["column_name"]
        for row in shop.world.select(
            "select column_name from information_schema.columns"
            " where table_schema = 'analytics' and table_name = 'conversion_events'"
        )
    }
    with psycopg.connect(shop.world.database.reader_url, autocommit=True) as connection:
        rows = connection.execute(
            f"select {', '.join(sorted(names - hidden))} from analytics.conversion_events"
        ).fetchall()
        assert len(rows) == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select payload from analytics.conversion_events")
    shop.world.select("delete from control.reader_tenants")
