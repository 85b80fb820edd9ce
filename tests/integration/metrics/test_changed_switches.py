"""Every switch of the formulas that moves a figure of the last full month is seen to move it before it is applied."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from rich.console import Console

from include.jobs.figure_changes import FigureChange, MonthLine, MonthMetric, figure_change, show
from include.metrics.preferences import FormulaPreferences
from include.pnl.cost_settings import CostSettings, Fulfilment, OperatingCost, PaymentRate
from include.tenants.tenant import FROM_THE_BEGINNING, InForce, TenantAdAccount
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

_IDS = count(7100)
MARCH = [date(2026, 3, 1) + timedelta(days=number) for number in range(31)]


@pytest.fixture(scope="module")
def shop(database: Database) -> MeasuredShop:
    """Four orders of three customers in February and March, one refunded; spend of 10 a day in March; paths of two."""
    made = measured_shop(
        database, next(_IDS), timezone="UTC", accounts=(TenantAdAccount("meta", "1", "meta", "USD", "UTC"),)
    )
    made.tenant = replace(
        made.tenant,
        cost_history=(
            InForce(
                FROM_THE_BEGINNING,
                CostSettings(
                    payment_rates=(PaymentRate(gateway="*", percent=Decimal(3), fixed=Decimal(0)),),
                    fulfilment=Fulfilment(per_order=Decimal(4)),
                ),
            ),
        ),
        operating_costs=(OperatingCost("magazine", "marketing", Decimal(5), "day", date(1970, 1, 1)),),
    )
    made.prefer(missing_cost_policy="zero")
    for name, visitor, day in (("one", "ann", 10), ("two", "bob", 41), ("three", "bob", 42), ("four", "cay", 43)):
        at = datetime(2026, 2, 1, 12, tzinfo=UTC) + timedelta(days=day)
        made.touch(f"{name} first", visitor, at - timedelta(days=20 if name == "two" else 0, hours=20), "Paid Social")
        made.touch(f"{name} last", visitor, at - timedelta(hours=2), "Email")
        made.sell(name, at, [Piece(10000, discount=1000, tax=900)], shipping=500, visitor=visitor)
    made.refund("back", "three", datetime(2026, 3, 20, 12, tzinfo=UTC), [(0, 1, 9000, 900)])
    made.credit()
    for day in MARCH:
        made.spend(day, "10")
    return made


def changed(shop: MeasuredShop, **switches: Any) -> FigureChange:
    """Return what switches do beside those that the shop has."""
    stored = shop.tenant.formulas_on(MARCH[0])
    chosen = FormulaPreferences.model_validate({**stored.model_dump(), **switches})
    proposed = replace(shop.tenant, formula_history=(InForce(FROM_THE_BEGINNING, chosen),))
    change = figure_change(shop.database.jobs_url, shop.tenant, proposed, shop.now)
    assert change is not None
    return change


@pytest.mark.parametrize(
    ("switch", "value", "figure", "old", "new"),
    [
        # Three orders, 90 each after discounts, one of them taken back; 310 of spend.
        ("roas_revenue_basis", "gross", "roas", Decimal("0.580645"), Decimal("0.967742")),
        ("mer_orientation", "spend_over_revenue", "mer", Decimal("0.580645"), Decimal("1.722222")),
        ("aov_basis", "gross", "aov", Decimal(90), Decimal(100)),
        # Bob and Cay, with 155 of marketing: 310 / 2 and 465 / 2.
        ("cac_spend_scope", "fully_loaded", "cac", Decimal(155), Decimal("232.5")),
        ("margin_denominator", "gross_sales", "margin of cm1", Decimal(1), Decimal("0.6")),
    ],
)
def test_a_switch_of_a_quotient_shows_it_old_against_new(
    shop: MeasuredShop, switch: str, value: str, figure: str, old: Decimal, new: Decimal
) -> None:
    change = changed(shop, **{switch: value})
    assert change.moves
    assert change.switches == (f"{switch}: {getattr(FormulaPreferences(), switch)} -> {value}",)
    before, after = change.old[figure], change.new[figure]
    assert isinstance(before, MonthMetric)
    assert isinstance(after, MonthMetric)
    assert (before.value, after.value) == (old, new)


def test_the_model_and_the_clock_of_headline_credit_show_who_is_credited(shop: MeasuredShop) -> None:
    by_model = changed(shop, attribution_model="first_touch")
    assert by_model.old["credited to Email"] == MonthLine(31200, 0)
    assert by_model.new["credited to Paid Social"] == MonthLine(31200, 0)
    assert "credited to Email" not in by_model.new
    # The first touch of both of Bob's orders lies in February.
    by_clock = changed(shop, attribution_model="first_touch", attribution_clock="touch")
    assert by_clock.new["credited to Paid Social"] == MonthLine(10400, 0)


def test_what_a_customer_is_worth_is_shown_by_the_basis_of_both(shop: MeasuredShop) -> None:
    # The newest cohort of 30 days is February's, of Ann: 90 of net sales; 4 of packing and 3 % of 104 paid go off.
    change = changed(shop, ltv_basis="net_sales")
    assert change.new["ltv 30 days (2026-02)"] == MonthMetric(Decimal(90), "money")
    old = change.old["ltv 30 days (2026-02)"]
    assert isinstance(old, MonthMetric)
    assert old.value is not None
    assert Decimal(80) < old.value < Decimal(90)


def test_orders_that_no_longer_count_are_taken_from_the_number_of_orders(shop: MeasuredShop) -> None:
    change = changed(shop, excluded_sources=("web",))
    assert change.old["orders"] == MonthMetric(Decimal(3), "count")
    assert change.new["orders"] == MonthMetric(Decimal(0), "count")


def test_a_switch_that_moves_no_figure_says_so_in_one_sentence(
    shop: MeasuredShop, capsys: pytest.CaptureFixture[str]
) -> None:
    change = changed(shop, gift_card_treatment="counted_at_sale")
    assert not change.moves
    show(change, Console(width=200, force_terminal=False))
    assert capsys.readouterr().out == (
        f"{shop.tenant.slug}: gift_card_treatment: excluded_at_sale -> counted_at_sale moves no figure of 2026-03\n"
    )


def test_the_changed_switches_stand_above_the_table(shop: MeasuredShop, capsys: pytest.CaptureFixture[str]) -> None:
    show(
        changed(shop, mer_orientation="spend_over_revenue", aov_basis="gross"), Console(width=200, force_terminal=False)
    )
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"{shop.tenant.slug}: aov_basis: after_discounts -> gross"
    assert printed[1] == f"{shop.tenant.slug}: mer_orientation: revenue_over_spend -> spend_over_revenue"
    assert next(line.split() for line in printed if line.split()[:1] == ["mer"]) == [
        "mer",
        "0.5806",
        "1.7222",
        "+1.1416",
    ]
