"""The demo's last table: the ledger beside what the stand-in itself counted."""

import pytest

from dev.delivery_table import ask_stand_in, delivery_table
from include.tenants.registry import list_tenants
from tests.integration.validation.conftest import Shop

VENDOR = "meta"


def differences(shop: Shop) -> list[str]:
    (tenant,) = list_tenants(shop.database.control_url)
    table, found = delivery_table(shop.database.jobs_url, tenant, ask_stand_in(shop.origin))
    assert table is not None
    return found


@pytest.fixture(autouse=True)
def _in_euros(shop: Shop) -> None:
    """The template's event is worth 39.80 EUR."""
    shop.order(1, currency="EUR")


def test_both_agree_where_everything_arrived(shop: Shop) -> None:
    shop.order(2, currency="EUR", state="in_doubt")
    shop.order(3, arrives=False, state="skipped", sent_at=None, payload=None, reason="before_cutover")
    assert differences(shop) == []
    assert ask_stand_in(shop.origin).broken == {}


def test_a_lost_event_another_value_and_a_double_are_differences(shop: Shop) -> None:
    shop.order(2, arrives=False, currency="EUR")
    assert differences(shop) == ["northwind-outdoor meta: 2 sent (79.60 EUR), the vendor counts 1 (39.80 EUR)"]
    shop.post(2, **{"body.data.0.custom_data.value": 39.81})
    assert differences(shop) == ["northwind-outdoor meta: 2 sent (79.60 EUR), the vendor counts 2 (79.61 EUR)"]
    shop.quirk(merges_server_repeats=False)
    shop.post(1)
    assert "northwind-outdoor meta: the vendor counts 1 twice" in differences(shop)
    assert ask_stand_in(shop.origin).broken == {"meta.B8.server-repeat": 1}


def test_a_stand_in_that_was_started_anew_has_nothing_to_compare(shop: Shop) -> None:
    shop.control("reset", now=shop.now.isoformat())
    assert differences(shop) == []
