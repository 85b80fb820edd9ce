"""The project's reader of webhooks finds in them what the world put there, and refuses every damaged one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from include.errors import InvalidInput
from include.orders.shopify import parse_delivery
from sandbox.world import World, generate
from sandbox.world.faults import damages
from sandbox.world.local_time import instant_us
from sandbox.world.order_state import FINANCIAL_STATUS
from sandbox.world.profiles import DEMO_END, DEMO_SHOPS, DEMO_START, EDGE_SHOPS, scaled
from sandbox.world.webhooks import Delivery, deliveries, full_read
from tests.unit.world.conftest import AFTER_ALL

SHOPS = [*(scaled(shop, 0.05) for shop in DEMO_SHOPS), *(scaled(shop, 0.3) for shop in EDGE_SHOPS)]


def _read(one: Delivery) -> Any:
    return parse_delivery(one.topic, one.payload, tenant_id=1, triggered_at=one.triggered_at, now=AFTER_ALL)


@pytest.fixture(scope="module", params=SHOPS, ids=lambda shop: shop.slug)
def shop_world(request: pytest.FixtureRequest) -> World:
    return generate(request.param, 7, DEMO_START, DEMO_END)


def test_orders_are_read_with_the_world_s_totals_times_and_statuses(shop_world: World) -> None:
    state, orders = shop_world.as_of(AFTER_ALL).orders, shop_world.orders
    read = [_read(one) for one in full_read(shop_world, AFTER_ALL)]
    assert [order.total_minor for order in read] == state.total_minor.tolist()
    assert [order.financial_status for order in read] == [FINANCIAL_STATUS[code] for code in state.status]
    assert [instant_us(order.placed_at) for order in read] == orders.placed_at[state.order].tolist()
    assert [order.shipping_minor for order in read] == orders.shipping_minor[state.order].tolist()
    assert {order.currency for order in read} == {shop_world.shop.currency}
    assert all(order.updated_at <= datetime(2027, 3, 1, tzinfo=UTC) for order in read)


def test_refunds_are_read_with_the_world_s_amounts_alone_and_within_their_order(shop_world: World) -> None:
    refunds = shop_world.refunds
    sent = deliveries(shop_world, None, AFTER_ALL)
    alone = [_read(one) for one in sent if one.topic == "refunds/create"]
    amounts = (refunds.goods_minor, refunds.tax_minor, refunds.shipping_minor, refunds.restocked)
    assert [(one.goods_minor, one.tax_minor, one.shipping_minor, one.restocked) for one in alone] == list(
        zip(*(column.tolist() for column in amounts), strict=True)
    )
    within = {
        refund.refund_id: refund.row_digest
        for order in map(_read, full_read(shop_world, AFTER_ALL))
        for refund in order.refunds
    }
    assert {one.refund_id: one.row_digest for one in alone} == within


@pytest.mark.parametrize("damage", damages)
def test_every_damage_is_refused(damage: Any, world: World) -> None:
    first = {one.topic: one for one in reversed(list(deliveries(world, None, datetime(2026, 1, 20, tzinfo=UTC))))}
    assert len(first) == 6
    for one in first.values():
        with pytest.raises(InvalidInput):
            _read(damage(one))
