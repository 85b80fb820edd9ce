"""A shop's webhooks: Shopify's shapes, the same truth as the orders' CSV, the same bytes for the same seed."""

import csv
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from include.errors import InvalidInput
from sandbox.world import World, generate
from sandbox.world.csv_files import write_orders_csv
from sandbox.world.edge_worlds import EDGE_WORLDS, edge_world
from sandbox.world.local_time import NEVER, instant_us
from sandbox.world.profiles import (
    DEMO_END,
    DEMO_NOW,
    DEMO_SHOPS,
    DEMO_START,
    EDGE_SHOPS,
    MAISON_LUMIERE,
    NORTHWIND_OUTDOOR,
    SAKURA_GOODS,
    scaled,
)
from sandbox.world.webhooks import Delivery, deliveries, full_read
from tests.unit.world.conftest import AFTER_ALL

ORDER_TOPICS = {"orders/create", "orders/paid", "orders/updated", "orders/cancelled"}


def _json(payload: bytes) -> dict[str, Any]:
    # As a careful receiver reads it: the numbers of a refund's lines keep their digits.
    decoded: dict[str, Any] = json.loads(payload, parse_float=Decimal)
    return decoded


def _as_csv_rows(orders: dict[int, dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return orders as the rows that their CSV has."""
    return {
        str(number): {
            "order_id": str(number),
            "placed_at": _utc(order["created_at"]),
            "currency": order["currency"],
            "total": order["total_price"],
            "customer_id": str(order["customer"]["id"]) if order["customer"] else "",
            "visitor_id": _noted(order).get("visitor_id", ""),
            "financial_status": order["financial_status"],
            "test": str(order["test"]).lower(),
            "cancelled_at": _utc(order["cancelled_at"]) if order["cancelled_at"] else "",
        }
        for number, order in orders.items()
    }


def _utc(stamp: str) -> str:
    return datetime.fromisoformat(stamp).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _noted(order: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in order["note_attributes"]}


def _csv_rows(world: World, instant: datetime, path: Path) -> dict[str, dict[str, str]]:
    write_orders_csv(world, path, instant)
    with path.open(encoding="utf-8", newline="") as file:
        return {row["order_id"]: row for row in csv.DictReader(file)}


def _newest(sent: list[Delivery]) -> dict[int, dict[str, Any]]:
    newest: dict[int, tuple[datetime, dict[str, Any]]] = {}
    for one in sent:
        if one.topic in ORDER_TOPICS:
            order = _json(one.payload)
            known = newest.get(order["id"])
            if known is None or known[0] <= one.triggered_at:
                newest[order["id"]] = (one.triggered_at, order)
    return {number: order for number, (_, order) in newest.items()}


@pytest.fixture(scope="module")
def world() -> World:
    """A thousand orders: smaller than the folder's, since every one becomes several bodies."""
    return generate(scaled(NORTHWIND_OUTDOOR, 0.08), 7, DEMO_START, DEMO_END)


@pytest.fixture(scope="module")
def sent(world: World) -> list[Delivery]:
    return list(deliveries(world, None, DEMO_NOW))


@pytest.fixture(scope="module")
def everything(world: World) -> list[Delivery]:
    return list(deliveries(world, None, AFTER_ALL))


@pytest.fixture(scope="module")
def read(world: World) -> dict[int, dict[str, Any]]:
    return {order["id"]: order for order in (_json(one.payload) for one in full_read(world, DEMO_NOW))}


def test_a_full_read_says_what_the_orders_csv_says(
    world: World, read: dict[int, dict[str, Any]], tmp_path: Path
) -> None:
    assert _as_csv_rows(read) == _csv_rows(world, DEMO_NOW, tmp_path / "orders.csv")


def test_the_newest_webhook_of_each_order_says_what_a_full_read_says(
    sent: list[Delivery], read: dict[int, dict[str, Any]]
) -> None:
    assert _newest(sent) == read


def test_two_windows_that_meet_give_the_webhooks_of_both(world: World, sent: list[Delivery]) -> None:
    half = DEMO_NOW - timedelta(days=11, hours=3)
    assert [*deliveries(world, None, half), *deliveries(world, half, DEMO_NOW)] == sent


def test_the_state_known_at_any_instant_is_that_of_the_csv(tmp_path: Path) -> None:
    world = generate(scaled(SAKURA_GOODS, 0.1), 7, DEMO_START, DEMO_END)
    # Around an edit, when the order's own totals move, and long after everything.
    edited = np.flatnonzero(world.lines.removed_at != NEVER)[0]
    edit = datetime.fromtimestamp(int(world.lines.removed_at[edited]) // 1_000_000, UTC)
    for instant in (edit + timedelta(seconds=4), edit + timedelta(seconds=5), DEMO_NOW, AFTER_ALL):
        rows = _as_csv_rows(_newest(list(deliveries(world, None, instant))))
        assert rows == _csv_rows(world, instant, tmp_path / "orders.csv")


def test_a_csv_that_leaves_the_last_days_to_webhooks_and_these_webhooks_are_all_orders(
    world: World, sent: list[Delivery], tmp_path: Path
) -> None:
    # The instant right after an order's arrival and before the second at which its payment counts as a change.
    arrival = int(world.orders.available_at[world.orders.placed_at < instant_us(DEMO_NOW - timedelta(days=2))][-1])
    since = datetime.fromtimestamp(arrival // 1_000_000 + 1, UTC)
    write_orders_csv(world, tmp_path / "rest.csv", DEMO_NOW, webhooks_since=since)
    with (tmp_path / "rest.csv").open(encoding="utf-8", newline="") as file:
        rest = {row["order_id"]: row for row in csv.DictReader(file)}
    told = _as_csv_rows(_newest([one for one in sent if one.received_at > since]))
    assert not rest.keys() & told.keys()
    assert rest | told == _csv_rows(world, DEMO_NOW, tmp_path / "orders.csv")
    assert 0 < len(told) < len(rest)


def test_deliveries_arrive_in_order_and_never_before_their_event(sent: list[Delivery]) -> None:
    assert [one.received_at for one in sent] == sorted(one.received_at for one in sent)
    assert all(one.triggered_at < one.received_at <= DEMO_NOW for one in sent)


def test_the_same_seed_gives_the_same_webhooks_and_another_seed_others() -> None:
    shop = scaled(SAKURA_GOODS, 0.1)
    first, again, other = (
        list(deliveries(generate(shop, seed, DEMO_START, DEMO_END), None, DEMO_NOW)) for seed in (7, 7, 8)
    )
    assert again == first
    assert not {one.webhook_id for one in first} & {one.webhook_id for one in other}


def test_webhook_ids_are_unique_and_the_topics_of_one_event_share_its_id(sent: list[Delivery]) -> None:
    assert len({one.webhook_id for one in sent}) == len(sent)
    topics = defaultdict(set)
    for one in sent:
        topics[one.event_id].add(one.topic)
    assert {frozenset(found) for found in topics.values()} == {
        frozenset({"orders/create"}),
        frozenset({"orders/paid"}),
        frozenset({"orders/updated"}),
        frozenset({"orders/edited", "orders/updated"}),
        frozenset({"orders/cancelled", "orders/updated"}),
        frozenset({"refunds/create", "orders/updated"}),
    }


def test_two_shops_of_one_seed_share_order_numbers_but_no_webhook_id() -> None:
    first, second = (list(deliveries(generate(shop, 7, DEMO_START, DEMO_END), None, DEMO_NOW)) for shop in EDGE_SHOPS)
    assert {_json(one.payload).get("id") for one in first} & {_json(one.payload).get("id") for one in second}
    assert not {one.webhook_id for one in first} & {one.webhook_id for one in second}


def test_every_event_of_the_world_is_sent_once(world: World, everything: list[Delivery]) -> None:
    orders, refunds = world.orders, world.refunds
    topics = Counter(one.topic for one in everything)
    edits = np.count_nonzero(world.lines.removed_at != NEVER) + np.count_nonzero(
        world.lines.added_at != orders.placed_at[world.lines.order]
    )
    assert topics == {
        "orders/create": len(orders.placed_at),
        "orders/paid": np.count_nonzero(orders.paid_at != NEVER),
        "orders/cancelled": np.count_nonzero(orders.cancelled_at != NEVER),
        "orders/edited": edits,
        "refunds/create": len(refunds.order),
        "orders/updated": edits
        + len(refunds.order)
        + np.count_nonzero(orders.cancelled_at != NEVER)
        + np.count_nonzero(orders.voided_at != NEVER),
    }


@pytest.mark.parametrize("shop", DEMO_SHOPS, ids=lambda shop: shop.slug)
def test_the_amounts_of_an_order_add_up(shop: Any) -> None:
    world = generate(scaled(shop, 0.1), 7, DEMO_START, DEMO_END)
    orders = [_json(one.payload) for one in full_read(world, AFTER_ALL)]
    for order in orders:
        live = [line for line in order["line_items"] if line["current_quantity"] or _returned(order, line["id"])]
        goods = sum(line["quantity"] * Decimal(line["price"]) for line in live)
        discount = sum(Decimal(one["amount"]) for line in live for one in line["discount_allocations"])
        tax = sum(Decimal(one["price"]) for line in live for one in line["tax_lines"])
        shipping = Decimal(order["total_shipping_price_set"]["shop_money"]["amount"])
        assert (goods, discount, tax) == tuple(
            Decimal(order[name]) for name in ("total_line_items_price", "total_discounts", "total_tax")
        )
        assert goods - discount == Decimal(order["subtotal_price"])
        total = goods - discount + shipping + (0 if order["taxes_included"] else tax)
        assert total == Decimal(order["total_price"])
        assert order["total_price"] == order["total_price_set"]["shop_money"]["amount"]
        back = sum(Decimal(one["amount"]) for refund in order["refunds"] for one in refund["transactions"])
        assert Decimal(order["current_total_price"]) == total - back
    assert {len(order["refunds"]) for order in orders} == {0, 1}
    decimals = {"." in order["total_price"] for order in orders}
    assert decimals == {shop.currency != "JPY"}


def _returned(order: dict[str, Any], line_id: int) -> int:
    return sum(
        one["quantity"]
        for refund in order["refunds"]
        for one in refund["refund_line_items"]
        if one["line_item_id"] == line_id
    )


@pytest.mark.parametrize("shop", DEMO_SHOPS, ids=lambda shop: shop.slug)
def test_a_refund_gives_back_its_lines_their_tax_and_its_shipping(shop: Any) -> None:
    world = generate(scaled(shop, 0.2), 7, DEMO_START, DEMO_END)
    refunds = [_json(one.payload) for one in deliveries(world, None, AFTER_ALL) if one.topic == "refunds/create"]
    amounts = []
    for refund in refunds:
        lines = refund["refund_line_items"]
        goods, tax = (sum(Decimal(line[name]) for line in lines) for name in ("subtotal", "total_tax"))
        shipping = -sum(Decimal(one["amount"]) for one in refund["order_adjustments"])
        (transaction,) = refund["transactions"]
        assert Decimal(transaction["amount"]) == goods + shipping + (0 if shop.taxes_included else tax)
        assert (transaction["kind"], transaction["status"]) == ("refund", "success")
        assert all(line["line_item"]["id"] == line["line_item_id"] for line in lines)
        assert {line["restock_type"] for line in lines} == {"return" if refund["restock"] else "no_restock"}
        amounts.append(Decimal(transaction["amount"]).scaleb(0 if shop.currency == "JPY" else 2))
    assert amounts == world.refunds.amount_minor(shop.taxes_included).tolist()
    assert any(refund["order_adjustments"] for refund in refunds)
    assert {type(line["subtotal"]) for refund in refunds for line in refund["refund_line_items"]} <= {Decimal, int}


def test_an_edit_names_the_lines_that_the_order_gained_or_lost(everything: list[Delivery]) -> None:
    updated = {one.event_id: _json(one.payload) for one in everything if one.topic == "orders/updated"}
    created = {order["id"]: order for order in (_json(o.payload) for o in everything if o.topic == "orders/create")}
    kinds = Counter[str]()
    for one in everything:
        if one.topic != "orders/edited":
            continue
        edit = _json(one.payload)["order_edit"]
        before, after = created[edit["order_id"]], updated[one.event_id]
        assert datetime.fromisoformat(edit["committed_at"]) == one.triggered_at
        delta = _by_line(after) - _by_line(before), _by_line(before) - _by_line(after)
        changes = edit["line_items"]
        assert (
            tuple(Counter({line["id"]: line["delta"] for line in changes[name]}) for name in ("additions", "removals"))
            == delta
        )
        moved = Decimal(after["total_price"]) - Decimal(before["total_price"])
        assert moved > 0 if changes["additions"] else moved < 0
        kinds["added" if changes["additions"] else "removed"] += 1
    assert min(kinds["added"], kinds["removed"]) > 5


def _by_line(order: dict[str, Any]) -> Counter[int]:
    return Counter({line["id"]: line["current_quantity"] for line in order["line_items"]})


def test_some_edits_come_days_after_their_order(everything: list[Delivery]) -> None:
    edits = {one.event_id: one.triggered_at for one in everything if one.topic == "orders/edited"}
    waits = [
        edits[one.event_id] - datetime.fromisoformat(_json(one.payload)["created_at"])
        for one in everything
        if one.topic == "orders/updated" and one.event_id in edits
    ]
    assert max(waits) > timedelta(days=5)


def test_times_carry_the_offset_of_the_shop_and_updated_at_is_the_event(sent: list[Delivery], world: World) -> None:
    zone = ZoneInfo(world.shop.timezone)
    offsets = set()
    for one in sent:
        if one.topic in ORDER_TOPICS:
            order = _json(one.payload)
            stamp = datetime.fromisoformat(order["updated_at"])
            assert stamp == one.triggered_at
            assert stamp.utcoffset() == one.triggered_at.astimezone(zone).utcoffset()
            offsets.add(stamp.utcoffset())
    # The window holds the change to summer time.
    assert offsets == {timedelta(hours=-5), timedelta(hours=-4)}


def test_an_order_carries_its_browser_only_as_far_as_its_visitor_agreed() -> None:
    world = generate(scaled(MAISON_LUMIERE, 0.3), 7, DEMO_START, DEMO_END)
    answers = Counter[str]()
    for one in full_read(world, DEMO_NOW):
        order = _json(one.payload)
        noted = _noted(order)
        cookies = noted.keys() & {"_ga", "_fbp", "_fbc", "ttclid"}
        answer = noted.get("consent_marketing", "unknown" if noted else "no browser")
        answers[answer] += 1
        assert bool(cookies) == (answer == "granted")
        assert noted.get("consent_analytics") == noted.get("consent_marketing")
        assert (order["client_details"] is None) == (answer == "no browser") == ("visitor_id" not in noted)
        assert (order["source_name"] == "web") == (answer != "no browser")
        if "_fbc" in noted:
            assert noted["_fbc"].split(".")[3] == order["landing_site"].split("fbclid=")[1]
    assert set(answers) == {"granted", "denied", "unknown", "no browser"}


def test_a_landing_page_is_that_of_the_visitor_s_last_click_before_the_order(world: World) -> None:
    touches, orders = world.touches, world.orders
    read = [_json(one.payload) for one in full_read(world, AFTER_ALL)]
    for order in np.flatnonzero(orders.visitor >= 0)[:200].tolist():
        before = (touches.visitor == orders.visitor[order]) & (touches.occurred_at <= orders.placed_at[order])
        clicks = [
            row for row in np.flatnonzero(before).tolist() if world.placements[touches.placement[row]].type == "click"
        ]
        landing = read[order]["landing_site"]
        if not clicks:
            assert landing is None
            continue
        last = max(touches.occurred_at[clicks])
        pages = {
            world.placements[touches.placement[row]].landing_page for row in clicks if touches.occurred_at[row] == last
        }
        assert f"https://{world.shop.slug}.example{landing.split('?')[0]}" in pages


def test_nobody_in_a_payload_can_be_written_to_or_called(sent: list[Delivery]) -> None:
    for one in sent:
        if one.topic in ORDER_TOPICS:
            order = _json(one.payload)
            assert order["email"] == "" or order["email"].endswith("@example.com")
            assert order["phone"] is None or order["phone"].startswith("+120255501")
            assert order["browser_ip"] is None or order["browser_ip"].startswith(("203.0.113.", "2001:db8::"))


def test_a_guest_leaves_an_address_and_an_order_of_nobody_leaves_nothing(read: dict[int, dict[str, Any]]) -> None:
    guests = [order for order in read.values() if order["customer"] is None and order["email"]]
    nobody = [order for order in read.values() if order["customer"] is None and not order["email"]]
    assert guests
    assert nobody
    assert all(order["billing_address"] and _noted(order)["visitor_id"] for order in guests)
    assert {(order["billing_address"], order["source_name"]) for order in nobody} == {(None, "pos")}


def test_an_instant_without_a_time_zone_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match="has no time zone"):
        deliveries(world, None, DEMO_NOW.replace(tzinfo=None))


@pytest.mark.parametrize("name", EDGE_WORLDS)
def test_a_full_read_of_every_hard_world_says_what_its_csv_says(name: str, tmp_path: Path) -> None:
    edge = edge_world(name, 7)
    read = {order["id"]: order for order in (_json(one.payload) for one in full_read(edge.world, edge.known_at))}
    assert len(read) > 100
    assert _as_csv_rows(read) == _csv_rows(edge.world, edge.known_at, tmp_path / "orders.csv")


@pytest.mark.parametrize(
    ("name", "offsets"), [("spring_forward", ["+01:00", "+02:00"]), ("fall_back", ["+02:00", "+01:00"])]
)
def test_orders_on_the_day_the_clocks_change_carry_both_offsets(name: str, offsets: list[str]) -> None:
    edge = edge_world(name, 7)
    changed = "2026-03-29" if name == "spring_forward" else "2026-10-25"
    stamps = [_json(one.payload)["created_at"] for one in full_read(edge.world, edge.known_at)]
    assert [stamp[-6:] for stamp in stamps] == sorted((stamp[-6:] for stamp in stamps), key=offsets.index)
    assert {stamp[-6:] for stamp in stamps if stamp.startswith(changed)} == set(offsets)


@pytest.mark.parametrize(("name", "offset"), [("kiritimati", "+14:00"), ("niue", "-11:00")])
def test_at_the_edges_of_the_calendar_an_order_s_day_is_not_that_of_utc(name: str, offset: str) -> None:
    edge = edge_world(name, 7)
    stamps = [_json(one.payload)["created_at"] for one in full_read(edge.world, edge.known_at)]
    assert {stamp[-6:] for stamp in stamps} == {offset}
    shifted = [stamp for stamp in stamps if stamp[:10] != _utc(stamp)[:10]]
    assert len(shifted) > len(stamps) / 4
    # Across New Year the same instant has two years.
    assert {stamp[:4] for stamp in stamps} == {"2025", "2026"}


def test_late_refunds_come_after_two_hundred_days() -> None:
    edge = edge_world("late_refunds", 7)
    waits = [
        one.triggered_at - datetime.fromisoformat(_json(one.payload)["created_at"])
        for one in deliveries(edge.world, None, edge.known_at)
        if one.topic == "orders/updated" and _json(one.payload)["refunds"]
    ]
    assert sum(wait > timedelta(days=200) for wait in waits) > 3


def test_an_unknown_hard_world_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="unknown world 'moon'; known are spring_forward, fall_back"):
        edge_world("moon", 7)
