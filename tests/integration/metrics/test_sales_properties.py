"""What holds for any shop: no order lost or doubled in any zone, parts that sum, channels that explain the whole."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.jobs.hourly_metrics import write_hours
from include.jobs.request import JobRequest, JobResult
from include.metrics.days import Days
from include.money import to_major_units
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

# Each example is a tenant of its own, so that nothing has to be emptied.
_tenants = count(20_000)
_any_shop = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FIRST, LAST = date(2026, 3, 20), date(2026, 4, 15)
"""Around the night in which clocks change in Paris, 29 March; all that becomes of two weeks of orders lies in them."""
OPENED = datetime(2026, 3, 21, 11, tzinfo=UTC)
ZONES = ("Europe/Paris", "America/New_York", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu", "Africa/Cairo")
CURRENCIES = ("JPY", "USD", "KWD")
MODELS = ("first_touch", "last_touch", "linear", "time_decay", "position_based")


@dataclass(frozen=True)
class Sale:
    """An order, minutes after the shop opened, when it is processed and what becomes of it: hours after it, or None."""

    minutes: int
    pieces: tuple[Piece, ...]
    shipping: int
    refunded: int | None
    cancelled: int | None
    touches: tuple[int, ...]
    processed: int

    @property
    def at(self) -> datetime:
        return OPENED + timedelta(minutes=self.minutes)


@st.composite
def pieces(draw: st.DrawFn, taxes_included: bool, at: datetime) -> Piece:
    price, quantity = draw(st.integers(1, 99_999)), draw(st.integers(1, 4))
    discount = draw(st.integers(0, price * quantity))
    rate = draw(st.sampled_from((0, 55, 200, 210)))
    amount = price * quantity - discount
    tax = amount * rate // (1000 + rate) if taxes_included else amount * rate // 1000
    change = draw(st.sampled_from(("none", "none", "added", "removed")))
    later = at + timedelta(hours=draw(st.integers(1, 100)))
    return Piece(
        price, quantity, discount, tax,
        edited_at=later if change == "added" else None,
        removed_at=later if change == "removed" else None,
        gift_card=draw(st.sampled_from((False, False, False, True))),
    )  # fmt: skip


@st.composite
def sales(draw: st.DrawFn, taxes_included: bool) -> list[Sale]:
    made = []
    for minutes in draw(st.lists(st.integers(0, 14 * 24 * 60), min_size=1, max_size=6)):
        at = OPENED + timedelta(minutes=minutes)
        basket = draw(st.lists(pieces(taxes_included, at), min_size=1, max_size=3))
        made.append(
            Sale(
                minutes,
                tuple(basket),
                draw(st.integers(0, 999)),
                draw(st.one_of(st.none(), st.integers(101, 160))),
                draw(st.one_of(st.none(), st.none(), st.integers(1, 160))),
                tuple(draw(st.lists(st.integers(1, 500), max_size=3, unique=True))),
                draw(st.sampled_from((0, 0, 1, 30))),
            )
        )
    return made


@st.composite
def shops(draw: st.DrawFn) -> tuple[str, str, bool, list[Sale]]:
    taxes_included = draw(st.booleans())
    return (
        draw(st.sampled_from(ZONES)), draw(st.sampled_from(CURRENCIES)), taxes_included, draw(sales(taxes_included))
    )  # fmt: skip


def opened(database: Database, made: tuple[str, str, bool, list[Sale]], *, refund_all: bool = False) -> MeasuredShop:
    """Return a shop with these sales told; refund_all: whatever an order still holds goes back."""
    timezone, currency, taxes_included, sold = made
    shop = measured_shop(database, next(_tenants), timezone=timezone, currency=currency)
    shop.taxes_included = taxes_included
    for number, sale in enumerate(sold):
        name = f"order-{number}"
        for touch in sale.touches:
            at = sale.at - timedelta(hours=touch)
            shop.touch(f"{name}/{touch}", name, at, ("Email", "Paid Social", "Organic Search")[touch % 3])
        cancelled = None if refund_all or sale.cancelled is None else sale.at + timedelta(hours=sale.cancelled)
        shop.sell(
            name, sale.at, sale.pieces, shipping=sale.shipping, visitor=name, cancelled_at=cancelled,
            processed_at=sale.at + timedelta(hours=sale.processed),
        )  # fmt: skip
        kept = [(line, piece) for line, piece in enumerate(sale.pieces) if not piece.removed_at]
        if refund_all or sale.refunded is not None:
            lines = [(line, piece.quantity, piece.amount, piece.tax) for line, piece in kept]
            at = sale.at + timedelta(hours=sale.refunded or 101)
            shop.refund(f"{name}/back", name, at, lines, shipping=sale.shipping)
    return shop


def total(rows: Sequence[dict[str, object]], name: str) -> Decimal:
    return sum((Decimal(str(row[name])) for row in rows), Decimal(0))


@_any_shop
@given(shops())
def test_every_order_is_on_one_day_and_hour_and_the_parts_of_a_day_sum_in_any_currency(
    database: Database, made: tuple[str, str, bool, list[Sale]]
) -> None:
    shop = opened(database, made)
    shop.aggregate(FIRST, LAST)
    days = list(shop.days().values())
    assert total(days, "orders") == len(made[3])
    for day in days:
        assert day["net_sales"] == day["gross"] - day["discounts"] - day["returns"]
        assert (
            day["total_sales"] == day["net_sales"] + day["shipping"] + day["tax"] + day["tips"] + day["other_charges"]
        )
        assert day["known_customer_orders"] + day["unknown_customer_orders"] == day["orders"]
        # Whole minor units in every currency: nothing was rounded away on the way.
        names = ("gross", "discounts", "returns", "net_sales", "shipping", "tax", "gift_cards")
        unit = to_major_units(1, made[1])
        assert all(unit * int(day[name] / unit) == day[name] for name in names)
    shop.now = datetime(2026, 4, 20, 11, tzinfo=UTC)
    shop.run(_hours_of_all_days)
    hours = shop.query("select * from analytics.metrics_hourly where tenant_id = %(tenant_id)s")
    for name in ("orders", "net_sales", "total_sales", "sessions"):
        assert total(hours, name) == total(days, name), name


@_any_shop
@given(shops())
def test_days_add_up_to_what_is_left_of_the_orders_by_either_recognition(
    database: Database, made: tuple[str, str, bool, list[Sale]]
) -> None:
    shop = opened(database, made)
    left = sum(_left(sale, shop.taxes_included) for sale in made[3])
    sums = []
    for switches in ({}, {"refund_recognition": "order_date", "order_edit_recognition": "order_date"}):
        shop.prefer(**switches)
        shop.aggregate(FIRST, LAST)
        sums.append(total(list(shop.days().values()), "total_sales"))
    assert sums == [to_major_units(left, made[1])] * 2


@_any_shop
@given(shops(), st.data())
def test_days_add_up_to_what_is_left_whatever_preferences_change_on_whatever_day(
    database: Database, made: tuple[str, str, bool, list[Sale]], data: st.DataObject
) -> None:
    shop = opened(database, made)
    changes = data.draw(st.lists(st.sampled_from(list(Days(FIRST, LAST))), min_size=1, max_size=3, unique=True))
    for day in sorted(changes):
        shop.prefer_from(
            day,
            order_clock=data.draw(st.sampled_from(("processed_at", "created_at"))),
            refund_recognition=data.draw(st.sampled_from(("refund_date", "order_date"))),
            order_edit_recognition=data.draw(st.sampled_from(("edit_date", "order_date"))),
        )
    shop.aggregate(FIRST, LAST)
    days = list(shop.days().values())
    left = sum(_left(sale, shop.taxes_included) for sale in made[3])
    assert (total(days, "orders"), total(days, "total_sales")) == (len(made[3]), to_major_units(left, made[1]))


@_any_shop
@given(shops())
def test_after_everything_was_refunded_net_sales_are_nothing(
    database: Database, made: tuple[str, str, bool, list[Sale]]
) -> None:
    shop = opened(database, made, refund_all=True)
    shop.aggregate(FIRST, LAST)
    days = list(shop.days().values())
    names = ("net_sales", "shipping", "tax", "total_sales", "gift_cards")
    assert [total(days, name) for name in names] == [0, 0, 0, 0, 0]


@_any_shop
@given(shops())
def test_channels_with_the_unattributed_explain_the_whole_revenue_in_every_model(
    database: Database, made: tuple[str, str, bool, list[Sale]]
) -> None:
    shop = opened(database, made)
    shop.credit()
    shop.channels(date(2026, 2, 20), LAST)
    shop.aggregate(FIRST, LAST)
    rows = shop.query(
        "select clock, model, day, sum(revenue_minor) as revenue, sum(adjustments_minor) as adjustments,"
        " sum(conversions) as conversions from analytics.attribution_metrics_daily where tenant_id = %(tenant_id)s"
        " group by clock, model, day"
    )
    days = shop.days()
    for model in MODELS:
        by_day = {row["day"]: row for row in rows if (row["clock"], row["model"]) == ("conversion", model)}
        for day, snapshot in days.items():
            explained = by_day.get(day)
            wanted = snapshot["attributed_revenue"] + snapshot["unattributed_revenue"]
            assert to_major_units(int(explained["revenue"]) if explained else 0, made[1]) == wanted
            # A weight is kept to six decimals per row.
            assert abs((explained["conversions"] if explained else 0) - snapshot["eligible_orders"]) < Decimal("0.0001")
        of_clocks = [
            (sum(row["revenue"] for row in rows if (row["clock"], row["model"]) == (clock, model)),
             sum(row["adjustments"] for row in rows if (row["clock"], row["model"]) == (clock, model)))
            for clock in ("conversion", "touch")
        ]  # fmt: skip
        assert of_clocks[0] == of_clocks[1]


@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Kiritimati", "Pacific/Niue"])
def test_hours_of_a_night_in_which_clocks_change_are_each_there_once(database: Database, zone: str) -> None:
    shop = measured_shop(database, next(_tenants), timezone=zone)
    # An order every half hour from the evening of 24 October 2026 to the morning of the 26th.
    begin = datetime(2026, 10, 24, 6, tzinfo=UTC)
    instants = [begin + timedelta(minutes=30 * number) for number in range(96)]
    for number, at in enumerate(instants):
        shop.sell(f"order-{number}", at, [Piece(100)])
    shop.now = datetime(2026, 10, 28, 12, tzinfo=UTC)
    shop.run(_hours_of_all_days)
    hours = shop.query(
        "select hour, orders from analytics.metrics_hourly where tenant_id = %(tenant_id)s order by hour"
    )
    assert [row["orders"] for row in hours] == [2] * 48
    assert [row["hour"] for row in hours] == instants[::2]
    shop.aggregate(date(2026, 10, 23), date(2026, 10, 28))
    orders = {day: row["orders"] for day, row in shop.days().items()}
    wanted = Counter(at.astimezone(ZoneInfo(zone)).date() for at in instants)
    assert {day: number for day, number in orders.items() if number} == wanted
    assert wanted[date(2026, 10, 25)] == {"Europe/Paris": 50, "Pacific/Kiritimati": 48, "Pacific/Niue": 38}[zone]


def _hours_of_all_days(session: TenantSession, clients: object, tenant: Tenant, request: JobRequest) -> JobResult:
    write_hours(session, tenant, request, Days(FIRST, date(2026, 11, 1)))
    return JobResult()


def _left(sale: Sale, taxes_included: bool) -> int:
    """Return what an order is worth in the end: nothing once cancelled or wholly refunded."""
    if sale.refunded is not None or sale.cancelled is not None:
        return 0
    kept = [piece for piece in sale.pieces if not piece.removed_at]
    goods = sum(piece.amount for piece in kept if not piece.gift_card)
    # Of a gift card only its tax is in total sales.
    tax = sum(piece.tax for piece in kept if piece.gift_card or not taxes_included)
    return goods + tax + sale.shipping
