"""Orders in any currency: credited in their own, explained by channels in the tenant's to the last minor unit."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.money import minor_unit_exponent
from include.storage.session import tenant_transaction
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

_tenants = count(90_000)
MODELS = ("first_touch", "last_touch", "linear", "time_decay", "position_based")
DAY = date(2026, 4, 8)
NOON = datetime(2026, 4, 8, 16, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 5), date(2026, 4, 15)
OPENED = datetime(2026, 4, 3, 11, tzinfo=UTC)
REASON = "EUR: no rate on 2026-04-08; run sync_fx_rates"


@pytest.fixture
def shop(database: Database) -> MeasuredShop:
    """A shop in dollars: 100.00 euros after three touches, 50.00 dollars after one and 7.77 euros after none."""
    made = measured_shop(database, next(_tenants))
    for name, hours in (("Email", 30), ("Paid Social", 2), ("Organic Search", 1)):
        made.touch(name, "phone", NOON - timedelta(hours=hours), name)
    made.touch("ad", "tablet", NOON - timedelta(hours=3), "Paid Social")
    rate(made, "EUR", DAY, "1.2345")
    made.sell("euros", NOON, [Piece(10000)], visitor="phone", currency="EUR")
    made.sell("dollars", NOON, [Piece(5000)], visitor="tablet")
    made.sell("strangers", NOON, [Piece(777)], visitor="desk", currency="EUR")
    made.credit()
    return made


def rate(shop: MeasuredShop, currency: str, day: date, value: str) -> None:
    row = {"currency": currency, "day": day, "rate": value, "rate_date": day, "source": "ecb", "settled": True}
    shop.insert("exchange_rates", {"tenant_id": shop.tenant.tenant_id, **row})


def withdraw_rates(shop: MeasuredShop) -> None:
    shop.query("delete from analytics.exchange_rates where tenant_id = %(tenant_id)s")


def channels(shop: MeasuredShop) -> list[dict[str, Any]]:
    return shop.query(
        "select * from analytics.attribution_metrics_daily where tenant_id = %(tenant_id)s"
        " order by day, clock, model, channel"
    )


def by_channel(shop: MeasuredShop, model: str, column: str = "revenue_minor") -> dict[str, Any]:
    rows = [row for row in channels(shop) if (row["clock"], row["model"]) == ("conversion", model)]
    return {row["channel"]: row[column] for row in rows}


def sums(shop: MeasuredShop, column: str) -> dict[tuple[str, str, date], int]:
    found: dict[tuple[str, str, date], int] = defaultdict(int)
    for row in channels(shop):
        found[row["clock"], row["model"], row["day"]] += row[column]
    return found


def test_an_order_in_a_currency_with_a_rate_is_credited_in_its_own(shop: MeasuredShop) -> None:
    stored = shop.query(
        "select currency, status, reason, sum(amount_linear_minor) as linear from analytics.conversions"
        " left join analytics.attribution_credits using (tenant_id, conversion_id)"
        " where conversions.tenant_id = %(tenant_id)s group by conversion_id, currency, status, reason order by linear"
    )
    assert [tuple(row.values()) for row in stored] == [
        ("USD", "attributed", None, 5000),
        ("EUR", "attributed", None, 10000),
        ("EUR", "unattributed", "no_touch_in_window", None),
    ]


def test_channels_explain_a_day_of_two_currencies_in_the_tenants(shop: MeasuredShop) -> None:
    shop.channels(DAY - timedelta(days=3), DAY + timedelta(days=1))
    shop.aggregate(DAY, DAY + timedelta(days=1))
    # 100.00 euros are 123.45 dollars; with the 7.77 of the stranger they are 133.04, which leaves 9.59 to nobody.
    day = shop.days()[DAY]
    assert (day["attributed_revenue"], day["unattributed_revenue"]) == (Decimal("173.45"), Decimal("9.59"))
    assert (day["attributed_orders"], day["unattributed_orders"], day["incomplete"]) == (2, 1, {})
    # 33.34, 33.33 and 33.33 euros run up to 41.16, 82.30 and 123.45 dollars.
    assert by_channel(shop, "linear") == {
        "Email": 4116, "Organic Search": 4114, "Paid Social": 4115 + 5000, "(unattributed)": 959
    }  # fmt: skip
    for model in MODELS:
        assert sum(by_channel(shop, model).values()) == 17345 + 959
    touched = sums(shop, "revenue_minor")
    assert touched["touch", "linear", DAY] + touched["touch", "linear", DAY - timedelta(days=1)] == 17345 + 959


def test_what_is_given_back_is_taken_at_the_rate_of_the_sale(shop: MeasuredShop) -> None:
    refunded = DAY + timedelta(days=4)
    rate(shop, "EUR", refunded, "1.5")
    shop.refund("back", "euros", NOON + timedelta(days=4), [(0, 1, 10000, 0)])
    shop.channels(DAY, refunded + timedelta(days=1))
    taken = sums(shop, "adjustments_minor")
    assert {taken["conversion", model, refunded] for model in MODELS} == {-12345}
    assert {taken["touch", model, refunded] for model in MODELS} == {-12345}


def test_credit_whose_rate_went_away_stays_and_is_named(shop: MeasuredShop) -> None:
    withdraw_rates(shop)
    shop.channels(DAY - timedelta(days=3), DAY + timedelta(days=1))
    shop.aggregate(DAY, DAY + timedelta(days=1))
    day = shop.days()[DAY]
    assert (day["attributed_orders"], day["attributed_revenue"], day["unattributed_revenue"]) == (2, 50, 0)
    assert day["incomplete"]["attribution"] == REASON
    assert by_channel(shop, "linear") == {"Email": 0, "Organic Search": 0, "Paid Social": 5000, "(unattributed)": 0}
    assert set(by_channel(shop, "linear", "incomplete").values()) == {REASON}
    of_email = [row for row in channels(shop) if (row["clock"], row["channel"]) == ("touch", "Email")]
    assert {(row["day"], row["incomplete"]) for row in of_email} == {(DAY - timedelta(days=1), REASON)}


def test_a_weeks_money_names_the_currency_that_its_credit_lacks(shop: MeasuredShop) -> None:
    withdraw_rates(shop)
    shop.now = datetime(2026, 4, 13, 12, tzinfo=UTC)
    shop.summarise()
    rows = shop.query(
        "select metric, incomplete from analytics.metrics_weekly where tenant_id = %(tenant_id)s"
        " and week_start = '2026-04-06' and metric in ('attributed_revenue', 'net_sales')"
    )
    assert {row["metric"]: row["incomplete"] for row in rows} == dict.fromkeys(
        ("attributed_revenue", "net_sales"), f"{DAY}: {REASON}"
    )


def test_spend_stays_known_where_only_credit_lacks_a_rate(shop: MeasuredShop) -> None:
    shop.spend(DAY, "40.00")
    withdraw_rates(shop)
    shop.channels(DAY, DAY + timedelta(days=1))
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        of_week = session.rows("report/sum_channels", monday=date(2026, 4, 6), clock="conversion")
        months = session.rows("metrics/sum_spend_by_channel_and_month", first=DAY, last=DAY + timedelta(days=1))
    social = [row for row in of_week if row.channel == "Paid Social"]
    assert {(row.spend_minor, row.spend_incomplete) for row in social} == {(4000, False)}
    assert {row.spend_minor for row in months if row.channel == "Paid Social"} == {4000}


@dataclass(frozen=True)
class Sale:
    """An order, minutes after the shop opened; touches hours before it, a refund of part of it hours after."""

    minutes: int
    currency: str
    value: int
    touches: tuple[int, ...]
    refunded: tuple[int, int] | None
    cancelled: int | None

    @property
    def at(self) -> datetime:
        return OPENED + timedelta(minutes=self.minutes)


CURRENCIES = ("EUR", "JPY", "KWD", "USD")
_sales = st.lists(
    st.builds(
        Sale,
        st.integers(0, 4 * 24 * 60),
        st.sampled_from(CURRENCIES),
        st.integers(1, 99_999),
        st.lists(st.integers(1, 500), max_size=4, unique=True).map(tuple),
        st.one_of(st.none(), st.tuples(st.integers(1, 99_999), st.integers(1, 100))),
        st.one_of(st.none(), st.none(), st.integers(1, 100)),
    ),
    min_size=2,
    max_size=12,
)
_rates = st.fixed_dictionaries(
    {name: st.decimals("0.0001", "200", places=6).map(str) for name in ("EUR", "JPY", "KWD", "USD")}
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.sampled_from(CURRENCIES), _sales, _rates, st.booleans())
def test_channels_sum_to_the_day_in_any_mix_of_currencies_by_both_clocks_and_any_split(
    database: Database, own: str, sold: Sequence[Sale], rates: dict[str, str], by_order_date: bool
) -> None:
    shop = measured_shop(database, next(_tenants), timezone="Europe/Paris", currency=own)
    if by_order_date:
        shop.prefer(refund_recognition="order_date")
    for currency in {sale.currency for sale in sold} - {own}:
        for number in range((LAST - FIRST).days):
            rate(shop, currency, FIRST + timedelta(days=number), rates[currency])
    _trade(shop, sold)
    shop.channels(FIRST, LAST)
    shop.aggregate(FIRST, LAST)
    rows, revenue, adjusted = channels(shop), sums(shop, "revenue_minor"), sums(shop, "adjustments_minor")
    new = sums(shop, "new_customer_revenue_minor")
    scale = Decimal(10) ** minor_unit_exponent(own)
    for day, snapshot in shop.days().items():
        wanted = _worth(sold, own, rates, day)
        assert (snapshot["attributed_revenue"] + snapshot["unattributed_revenue"]) * scale == wanted
        assert snapshot["incomplete"] == {}
        for model in MODELS:
            assert revenue["conversion", model, day] == wanted
            assert new["conversion", model, day] == new["conversion", "linear", day]
            assert adjusted["conversion", model, day] == adjusted["conversion", "linear", day]
            unattributed = sum(
                row["revenue_minor"]
                for row in rows
                if (row["clock"], row["model"], row["day"], row["channel"])
                == ("conversion", model, day, "(unattributed)")
            )
            assert unattributed == snapshot["unattributed_revenue"] * scale
    for figures in (revenue, adjusted, new):
        for model in MODELS:
            of_clocks = [
                sum(value for (clock, of, _), value in figures.items() if (clock, of) == (name, model))
                for name in ("conversion", "touch")
            ]
            assert of_clocks[0] == of_clocks[1]
    shop.query("delete from analytics.attribution_metrics_daily where tenant_id = %(tenant_id)s")
    for back in range((LAST - FIRST).days):
        shop.channels(LAST - timedelta(days=back + 1), LAST - timedelta(days=back))
    assert channels(shop) == rows


def _trade(shop: MeasuredShop, sold: Sequence[Sale]) -> None:
    for number, sale in enumerate(sold):
        # Two orders in three are of one person, so that new and returning meet on a day.
        name, visitor = f"order-{number}", "regular" if number % 3 else f"visitor-{number}"
        for touch in sale.touches:
            at = sale.at - timedelta(hours=touch)
            shop.touch(f"{name}/{touch}", visitor, at, ("Email", "Paid Social", "Organic Search")[touch % 3])
        cancelled = sale.at + timedelta(hours=sale.cancelled) if sale.cancelled else None
        shop.sell(
            name, sale.at, [Piece(sale.value)], visitor=visitor, currency=sale.currency, cancelled_at=cancelled
        )  # fmt: skip
        if sale.refunded:
            amount, hours = sale.refunded
            shop.refund(
                f"{name}/back", name, sale.at + timedelta(hours=hours), [(0, 1, min(amount, sale.value), 0)]
            )  # fmt: skip
    shop.credit()


def _worth(sold: Sequence[Sale], own: str, rates: dict[str, str], day: date) -> int:
    """Return what a day's orders are worth in the tenant's minor units, each currency's total rounded once."""
    worth = 0
    for currency in CURRENCIES:
        native = sum(
            sale.value
            for sale in sold
            # The shop's two weeks lie in summer time.
            if sale.currency == currency and (sale.at + timedelta(hours=2)).date() == day
        )
        exponent = minor_unit_exponent(own) - minor_unit_exponent(currency)
        factor = Decimal(1) if currency == own else Decimal(rates[currency]).scaleb(exponent)
        worth += int((native * factor).quantize(Decimal(1), ROUND_HALF_UP))
    return worth
