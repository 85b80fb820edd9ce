"""Which goods cost what: returned in part, without lines, without a rate, before their first cost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.jobs.pnl_days import queue_cost_changes
from include.pnl.cost_settings import CogsSettings
from include.storage.session import tenant_transaction
from include.tenants.tenant import FROM_THE_BEGINNING, InForce
from tests.integration.conftest import Database
from tests.integration.pnl.pnl_shop import NOW, Piece, PnlShop, shop_in

FIRST, SECOND, THIRD, END = (date(2026, 3, day) for day in (10, 11, 12, 13))
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
_tenants = count(32_000)


@pytest.fixture
def shop(database: Database) -> PnlShop:
    return shop_in(database)


def test_of_a_refund_the_cost_of_the_lines_comes_back_that_went_back_to_stock(shop: PnlShop) -> None:
    shop.cost("mug", 1000)
    shop.cost("cup", 500)
    order = shop.order("one", NOON, [Piece("mug", 10000), Piece("cup", 5000)])
    back = {"mug": (1, 10000), "cup": (1, 5000)}
    shop.refund(order, NOON + DAY, back, each_restocked={"mug": True, "cup": False})
    shop.run(FIRST, THIRD)
    assert (shop.amounts(FIRST)["cogs"], shop.amounts(SECOND)["cogs"]) == (-1500, 1000)


@pytest.mark.parametrize(("given_back", "cost"), [(15000, 1500), (7500, 750), (20000, 1500)])
def test_goods_that_came_back_without_lines_are_each_lines_as_far_as_it_was_refunded(
    shop: PnlShop, given_back: int, cost: int
) -> None:
    shop.cost("mug", 1000)
    shop.cost("cup", 500)
    order = shop.order("one", NOON, [Piece("mug", 10000), Piece("cup", 5000)])
    shop.refund(order, NOON + DAY, {}, goods=given_back)
    shop.run(FIRST, THIRD)
    assert shop.amounts(SECOND)["cogs"] == cost
    assert shop.amounts(SECOND)["fulfilment"] == -200


def test_money_given_back_without_goods_leaves_their_cost_and_takes_nothing_from_sales_that_no_margin_counts(
    shop: PnlShop,
) -> None:
    shop.cost("mug", 1000)
    order = shop.order("one", NOON, [Piece("mug", 10000), Piece("cup", 10000)])
    shop.refund(order, NOON + DAY, {}, goods=6000, restocked=False)
    shop.run(FIRST, THIRD)
    assert (shop.amounts(FIRST)["sales_without_cost"], shop.amounts(FIRST)["cm1"]) == (-10000, 9000)
    second = shop.amounts(SECOND)
    assert (second["net_sales"], second["sales_without_cost"], second["cm1"]) == (-6000, 3000, -3000)
    assert "cogs" not in second


def test_what_a_shop_keeps_of_a_return_stays_out_of_the_margin_with_the_goods(shop: PnlShop) -> None:
    shop.cost("mug", 1000)
    order = shop.order("one", NOON, [Piece("mug", 10000), Piece("cup", 10000)])
    shop.refund(order, NOON + DAY, {"cup": (1, 10000)}, goods=9500)
    shop.run(FIRST, THIRD)
    assert (shop.amounts(SECOND)["net_sales"], shop.amounts(SECOND)["sales_without_cost"]) == (-9500, 9500)
    assert "cm1" not in shop.amounts(SECOND)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(1, 20_000), st.booleans(), st.integers(0, 2)), min_size=1, max_size=4),
    st.integers(0, 9_000),
    st.booleans(),
)
def test_what_margins_count_of_an_order_is_the_net_sales_of_goods_with_a_cost_whatever_was_given_back(
    shop: PnlShop, pieces: Sequence[tuple[int, bool, int]], goodwill: int, cancelled: bool
) -> None:
    shop.tenant = replace(shop.tenant, tenant_id=next(_tenants))
    shop.cost("known", 0)
    goods = [Piece(f"sku-{number}", price, quantity=2) for number, (price, _, _) in enumerate(pieces)]
    for piece, (_, has_cost, _) in zip(goods, pieces, strict=True):
        if has_cost:
            shop.cost(piece.sku, 100)
    order = shop.order(
        "one", NOON, [*goods, Piece("known", 10_000)], cancelled_at=NOON + 2 * DAY if cancelled else None
    )
    back = {f"sku-{number}": (times, times * price) for number, (price, _, times) in enumerate(pieces) if times}
    if back:
        shop.refund(order, NOON + DAY, back)
    if goodwill:
        shop.refund(order, NOON + DAY + timedelta(hours=1), {}, goods=goodwill, restocked=False)
    shop.run(FIRST, END)
    days = [shop.amounts(day) for day in (FIRST, SECOND, THIRD)]
    left_out = -sum(day.get("sales_without_cost") or 0 for day in days)
    sold = 10_000 + sum(2 * price for price, _, _ in pieces)
    uncosted = sum(2 * price for price, has_cost, _ in pieces if not has_cost)
    returned = sum(times * price for price, has_cost, times in pieces if not has_cost)
    expected = 0 if cancelled else uncosted - returned - Decimal(goodwill) * uncosted / sold
    assert abs(left_out - expected) <= Decimal("1.5")
    cost = sum(100 * (2 - times) for _, has_cost, times in pieces if has_cost)
    assert -sum(day.get("cogs") or 0 for day in days) == (0 if cancelled else cost)


def test_goods_and_parcels_of_an_order_without_a_rate_are_left_out_as_its_sales_are_and_named(shop: PnlShop) -> None:
    shop.cost("mug", 1000)
    shop.order("one", NOON, [Piece("mug", 10000)])
    shop.order("two", NOON, [Piece("mug", 10000)], currency="EUR")
    shop.order("three", NOON + DAY, [Piece("mug", 10000)], currency="EUR")
    shop.run(FIRST, THIRD)
    rows = shop.day(FIRST)
    assert [rows[line]["amount_minor"] for line in ("net_sales", "cogs", "cm1", "fulfilment")] == [
        10000, -1000, 9000, -450,
    ]  # fmt: skip
    for line in ("cogs", "fulfilment"):
        assert rows[line]["coverage"] == Decimal("0.5")
        assert rows[line]["incomplete"] == "no rate of EUR on 2026-03-10: run sync_fx_rates"
        # Of a day of which nothing has a rate nothing is known.
        assert shop.day(SECOND)[line]["amount_minor"] is None


@pytest.mark.parametrize("policy", ["zero", "default_percent"])
def test_a_unit_cost_without_a_rate_is_not_a_missing_one(shop: PnlShop, policy: str) -> None:
    shop.set(missing_cost_policy=policy)
    chosen = CogsSettings(default_percent=Decimal(40))
    shop.tenant = replace(shop.tenant, cogs_history=(InForce(FROM_THE_BEGINNING, chosen),))
    shop.cost("mug", 1000, currency="EUR")
    shop.order("one", NOON, [Piece("mug", 10000)])
    shop.run(FIRST, SECOND)
    assert shop.day(FIRST)["cogs"]["amount_minor"] is None
    assert shop.day(FIRST)["cogs"]["incomplete"] == "no rate of EUR on 2026-03-10: run sync_fx_rates"


def test_a_cancelled_order_never_left_and_pays_for_no_return(shop: PnlShop) -> None:
    shop.cost("mug", 1000)
    order = shop.order("one", NOON, [Piece("mug", 10000)], cancelled_at=NOON + DAY)
    shop.refund(order, NOON + DAY, {"mug": (1, 10000)})
    shop.run(FIRST, THIRD)
    assert "fulfilment" not in {**shop.amounts(FIRST), **shop.amounts(SECOND)}
    assert shop.amounts(SECOND)["cogs"] == 1000


def test_the_newest_cost_is_the_newest_that_is_in_force(shop: PnlShop) -> None:
    shop.set(cost_change_policy="recalculate_history")
    shop.cost("mug", 1000, until=datetime(2026, 6, 1, tzinfo=UTC))
    shop.cost("mug", 9000, since=datetime(2026, 6, 1, tzinfo=UTC))
    shop.order("one", NOON, [Piece("mug", 10000)])
    shop.run(FIRST, SECOND)
    assert shop.amounts(FIRST)["cogs"] == -1000


def test_before_a_shops_first_known_cost_that_cost_is_assumed_and_said_to_be(shop: PnlShop) -> None:
    shop.cost("mug", 1000, since=NOON + DAY, until=NOON + 2 * DAY)
    shop.cost("mug", 1500, since=NOON + 2 * DAY)
    shop.cost("cup", 300, since=NOON + DAY, source="internal")
    shop.order("one", NOON, [Piece("mug", 10000, quantity=2)])
    shop.order("two", NOON + DAY, [Piece("mug", 10000)])
    shop.run(FIRST, THIRD)
    assert (shop.amounts(FIRST)["cogs"], shop.amounts(SECOND)["cogs"]) == (-2000, -1000)
    assert shop.day(FIRST)["cogs"]["incomplete"] == ("unit cost of 2 pieces of mug assumed: first known after the sale")
    assert shop.day(SECOND)["cogs"]["incomplete"] is None
    # The tenant's own table says from when its costs hold: before that there is none.
    own = CogsSettings(source="internal")
    shop.tenant = replace(shop.tenant, cogs_history=(InForce(FROM_THE_BEGINNING, own),))
    shop.order("three", NOON, [Piece("cup", 1000)])
    shop.run(FIRST, SECOND)
    assert "no unit cost for 1 piece of cup" in shop.day(FIRST)["cogs"]["incomplete"]


def test_a_first_cost_that_becomes_known_reaches_the_sales_before_it(shop: PnlShop) -> None:
    shop.order("one", NOON, [Piece("mug", 10000)])
    shop.run(FIRST, THIRD)
    shop.cost("mug", 1000, since=NOON + DAY)
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        assert queue_cost_changes(session, shop.tenant, NOW.date()) == 1
    shop.cost("mug", 1500, since=NOON + 2 * DAY)
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        assert queue_cost_changes(session, shop.tenant, NOW.date()) == 0


def test_pieces_that_were_taken_back_are_called_returned(shop: PnlShop) -> None:
    order = shop.order("one", NOON, [Piece("mug", 10000, quantity=2)])
    shop.refund(order, NOON + DAY, {"mug": (1, 10000)})
    shop.edit(shop.order("two", NOON, [Piece("cup", 5000)]), NOON + DAY, "cup", -1)
    shop.run(FIRST, THIRD)
    assert shop.day(FIRST)["cogs"]["incomplete"] == "no unit cost for 4 pieces of cup, mug"
    assert shop.day(SECOND)["cogs"]["incomplete"] == "no unit cost for 2 returned pieces of cup, mug"
