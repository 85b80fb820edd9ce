"""What is kept of deliveries that come in any order, any number of times, or never."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from include.orders.shopify import parse_delivery
from include.orders.state import Delivery, ShopStates
from tests.unit.orders.payloads import Json, body, order, refund

NOW = datetime(2026, 5, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def read(topic: str, document: Json, triggered_at: datetime) -> Delivery:
    return parse_delivery(topic, body(document), tenant_id=7, triggered_at=triggered_at, now=NOW)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Delivery], Delivery]:
    """Draw an order's webhooks, some in the same second, and the full re-read after all of them."""
    at, refunds, deliveries = START, [], []
    document: Json = {}
    for number in range(draw(st.integers(1, 6))):
        at += timedelta(seconds=draw(st.integers(0, 2)))
        if draw(st.booleans()):
            refunds.append(refund(number, created_at=at.isoformat()))
            deliveries.append(read("refunds/create", refunds[-1], at))
        document = order(updated_at=at.isoformat(), note=str(number), name=f"#{number}", refunds=list(refunds))
        deliveries.append(read("orders/updated", document, at + timedelta(milliseconds=number)))
    return deliveries, read("orders/updated", document, NOW)


def kept(deliveries: list[Delivery]) -> tuple[object, object]:
    states = ShopStates()
    for delivery in deliveries:
        states.add(delivery)
    return states.orders, states.refunds


@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_any_order_duplication_and_loss_before_a_full_reread_leaves_what_the_reread_says(
    history: tuple[list[Delivery], Delivery], data: st.DataObject
) -> None:
    deliveries, reread = history
    arrived = data.draw(st.lists(st.sampled_from(deliveries), max_size=12))
    assert kept([*arrived, reread]) == kept([reread])
    assert kept([reread, *arrived]) == kept([reread])


@settings(max_examples=100, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters(history: tuple[list[Delivery], Delivery], random: Random) -> None:
    deliveries, _ = history
    shuffled = [*deliveries, *deliveries]
    random.shuffle(shuffled)
    assert kept(shuffled) == kept(deliveries)
