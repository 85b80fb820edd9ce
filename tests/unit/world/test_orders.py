"""Orders add up: lines to totals, totals and refunds to the shop's books."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from sandbox.world import World, generate
from sandbox.world.local_time import DAY, NEVER
from sandbox.world.order_state import FINANCIAL_STATUS
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_START, MAISON_LUMIERE, NORTHWIND_OUTDOOR, scaled
from tests.unit.world.conftest import AFTER_ALL


def test_the_sum_of_lines_tax_and_shipping_is_the_total(world: World) -> None:
    state, lines = world.as_of(AFTER_ALL).orders, world.lines
    expected = world.orders.shipping_minor.tolist()
    for row in np.flatnonzero(lines.removed_at == NEVER).tolist():
        goods = lines.quantity[row] * lines.unit_price_minor[row] - lines.discount_minor[row]
        expected[lines.order[row]] += int(goods + lines.tax_minor[row])
    np.testing.assert_array_equal(state.total_minor, np.array(expected)[state.order])


def test_an_edit_changes_the_total_from_its_instant_on(world: World) -> None:
    added = np.flatnonzero(world.lines.added_at != world.orders.placed_at[world.lines.order])[0]
    order, at = world.lines.order[added], int(world.lines.added_at[added])
    amount = int(world.lines.amount_minor[added] + world.lines.tax_minor[added])
    edited = datetime.fromtimestamp(at // 1_000_000, UTC)
    before, after = (world.as_of(edited + shift).orders for shift in (timedelta(0), timedelta(seconds=5)))
    row_before, row_after = (np.searchsorted(state.order, order) for state in (before, after))
    assert after.total_minor[row_after] - before.total_minor[row_before] == amount


def test_a_line_is_part_of_its_order_from_its_addition_until_its_removal(world: World) -> None:
    lines = world.lines
    added, removed = lines.added_at, lines.removed_at
    edited = removed != NEVER
    assert np.any(edited)
    assert np.all(lines.live(added))
    assert not np.any(lines.live(added - 1))
    assert np.all(lines.live(removed - 1))
    assert not np.any(lines.live(removed)[edited])


def test_tax_is_inside_prices_that_include_it_and_on_top_of_prices_that_do_not() -> None:
    inside = generate(scaled(MAISON_LUMIERE, 0.1), 7, DEMO_START, DEMO_END)
    on_top = generate(scaled(NORTHWIND_OUTDOOR, 0.1), 7, DEMO_START, DEMO_END)
    # 20 % of the net price is a sixth of the price that includes it.
    np.testing.assert_allclose(inside.lines.tax_minor, inside.lines.amount_minor / 6, atol=0.51)
    rates = [float(rate) for rate in NORTHWIND_OUTDOOR.tax_rates]
    by_rate = np.abs(on_top.lines.tax_minor[:, None] - on_top.lines.amount_minor[:, None] * rates)
    assert np.all(by_rate.min(axis=1) <= 0.51)
    state = inside.as_of(AFTER_ALL).orders
    amounts = np.zeros(len(state.order), dtype=np.int64)
    kept = inside.lines.removed_at == NEVER
    np.add.at(amounts, inside.lines.order[kept], inside.lines.amount_minor[kept])
    np.testing.assert_array_equal(state.total_minor, amounts + inside.orders.shipping_minor)


def test_a_refund_comes_after_the_last_edit_of_its_order() -> None:
    world = generate(NORTHWIND_OUTDOOR, 7, DEMO_START, DEMO_END)
    last_edit = world.orders.placed_at.copy()
    for edit in (world.lines.added_at, np.where(world.lines.removed_at == NEVER, 0, world.lines.removed_at)):
        np.maximum.at(last_edit, world.lines.order, edit)
    edited = last_edit[world.refunds.order] > world.orders.placed_at[world.refunds.order]
    assert edited.sum() > 10
    assert np.all(world.refunds.refunded_at > last_edit[world.refunds.order])


def test_a_refund_never_changes_the_total(world: World) -> None:
    refunded = np.unique(world.refunds.order)
    at_last = world.as_of(AFTER_ALL).orders
    edited_until = np.where(world.lines.removed_at == NEVER, world.lines.added_at, world.lines.removed_at)
    for order in refunded[:20].tolist():
        instant = int(edited_until[world.lines.order == order].max()) // 1_000_000 + 6
        then = world.as_of(datetime.fromtimestamp(instant, UTC)).orders
        if order in then.order:
            assert then.total_minor[then.order == order] == at_last.total_minor[at_last.order == order]


def test_nobody_gets_back_more_than_they_paid(world: World) -> None:
    refunded = np.zeros(len(world.orders.placed_at), dtype=np.int64)
    np.add.at(refunded, world.refunds.order, world.refunds.amount_minor(world.shop.taxes_included))
    state = world.as_of(AFTER_ALL).orders
    assert np.all(refunded[state.order] <= state.total_minor)
    assert np.all(world.refunds.amount_minor(world.shop.taxes_included) > 0)


def test_refunds_are_partial_or_full_and_some_come_after_two_hundred_days(world: World) -> None:
    assert 0 < world.refunds.is_full.sum() < len(world.refunds.order)
    wait = world.refunds.refunded_at - world.orders.placed_at[world.refunds.order]
    assert np.any(wait > 200 * DAY)
    assert np.median(wait) < 30 * DAY


def test_every_kind_of_order_occurs(world: World) -> None:
    state, orders = world.as_of(DEMO_NOW).orders, world.orders
    assert set(np.unique(state.status)) == set(range(len(FINANCIAL_STATUS)))
    assert np.any(orders.test)
    assert np.any(orders.cancelled_at != NEVER)
    nobody = (orders.visitor < 0) & (orders.customer < 0)
    guest = (orders.visitor >= 0) & (orders.customer < 0)
    by_phone = (orders.visitor < 0) & (orders.customer >= 0)
    assert np.any(nobody)
    assert np.any(guest)
    assert np.any(by_phone)


def test_most_customers_order_once_and_a_few_very_often(world: World) -> None:
    customers = np.bincount(world.orders.customer[world.orders.customer >= 0])
    per_customer = customers[customers > 0]
    assert np.median(per_customer) == 1
    assert per_customer.max() >= 10


def test_the_shop_s_books_equal_its_orders_day_by_day(world: World) -> None:
    """Booked again one by one, with the calendar of the standard library."""
    state, orders, zone = world.as_of(DEMO_NOW), world.orders, ZoneInfo(world.shop.timezone)
    books: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0, 0])

    def day(at: int) -> date:
        return datetime.fromtimestamp(at / 1_000_000, zone).date()

    for row, order in enumerate(state.orders.order.tolist()):
        if FINANCIAL_STATUS[state.orders.status[row]] in ("pending", "voided") or orders.test[order]:
            continue
        total, cancelled_at = int(state.orders.total_minor[row]), int(state.orders.cancelled_at[row])
        books[day(int(orders.placed_at[order]))][0] += 1
        books[day(int(orders.placed_at[order]))][1] += total
        if cancelled_at != NEVER:
            books[day(cancelled_at)][2] += total
    for refund in state.orders.refund.tolist():
        amount = sum(
            int(column[refund])
            for column in (world.refunds.goods_minor, world.refunds.tax_minor, world.refunds.shipping_minor)
        )
        books[day(int(world.refunds.refunded_at[refund]))][3] += amount

    totals = state.shop_totals
    epoch = date(1970, 1, 1)
    kept = {
        epoch + timedelta(days=int(number)): list(map(int, row))
        for number, *row in zip(
            totals.day, totals.orders, totals.gross_minor, totals.cancelled_minor, totals.refunds_minor, strict=True
        )
    }
    assert kept == {one: books[one] for one in kept}
    assert books.keys() <= kept.keys()
    np.testing.assert_array_equal(
        totals.net_minor, [gross - cancelled - refunds for _, gross, cancelled, refunds in kept.values()]
    )
