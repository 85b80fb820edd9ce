"""What the report says in words: what moved, what is missing, and numbers as people read them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from include.report.week import ProfitLine, label_of, shown, what_changed, what_is_missing
from include.report.words import amount, change_of, percent
from tests.unit.report.sample_week import MONDAY, SAMPLE, channel, days, figure, line


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("48213.42", "EUR", "48,213 EUR"),
        ("999.995", "EUR", "1,000.00 EUR"),
        ("78.785", "EUR", "78.78 EUR"),
        ("-3100.5", "EUR", "−3,100 EUR"),
        ("950.4", "JPY", "950 JPY"),
        ("1.2345", "KWD", "1.234 KWD"),
        ("0", "USD", "0.00 USD"),
    ],
)
def test_money_has_its_currency_and_no_decimals_from_a_thousand_on(value: str, currency: str, text: str) -> None:
    assert amount(Decimal(value), currency) == text


def test_shares_and_changes_have_a_sign_where_they_are_changes_and_a_decimal_where_they_are_small() -> None:
    assert [percent(Decimal(share)) for share in ("0.081", "0.5", "-0.02")] == ["8.1 %", "50 %", "−2.0 %"]
    assert [change_of(Decimal(share)) for share in ("0.153", "-0.063", "0")] == ["+15 %", "−6.3 %", "+0.0 %"]


def test_what_is_not_known_is_a_dash_and_never_zero() -> None:
    assert [shown(None, unit, "EUR") for unit in ("money", "share", "ratio", "orders")] == ["–"] * 4
    assert (percent(None), change_of(None), amount(None, "EUR")) == ("–", "–", "–")


def test_what_moved_by_a_tenth_is_said_the_largest_first_and_what_moved_less_is_not() -> None:
    assert what_changed(SAMPLE) == [
        "Returns up 100 %: 8.0 % after 4.0 %.",
        "Net sales up 21 %: 48,213 EUR after 40,000 EUR.",
        "Email & <i>friends</i> lost 1,500 EUR of credited sales.",
        "Paid Social gained 2,000 EUR of credited sales.",
        "3 earlier days got new figures or became final since the week ended: late refunds, spend or costs.",
    ]


def test_a_fall_is_said_without_a_sign_and_changed_formulas_are_a_warning() -> None:
    week = replace(
        SAMPLE, figures={"orders": figure("60", "120", "orders")}, channels=[], restated_days=0, formulas_changed=True
    )
    assert what_changed(week) == [
        "Orders down 50 %: 60 after 120.",
        "The formulas changed between the two weeks: the changes above compare different rules.",
    ]


def test_a_quiet_week_says_so_and_unattributed_sales_are_no_channel_that_moves() -> None:
    quiet = replace(SAMPLE, figures={}, channels=[channel("(unattributed)", 900, before=100)], restated_days=0)
    assert what_changed(quiet) == ["Nothing moved by a tenth or more."]


def test_missing_inputs_missing_days_and_unknown_lines_are_named() -> None:
    assert what_is_missing(SAMPLE) == [
        "Fri 27 Mar: meta: no spend stored",
        "Sat 28 Mar: no figures are stored",
        "Sun 29 Mar: no figures are stored",
        "Profit and loss, ad spend: 2026-03-27: no spend stored",
    ]
    whole = replace(SAMPLE, days=days(MONDAY), profit=[line("net_profit", 5, subtotal=True)])
    assert what_is_missing(whole) == []
    assert whole.sunday == MONDAY + timedelta(days=6)


def test_lines_that_lack_the_same_are_told_once_and_a_weeks_many_reasons_shortly() -> None:
    def line(name: str, why: str) -> ProfitLine:
        return ProfitLine(name, False, None, None, Decimal(1), why)

    why = "no unit cost for 1 pieces of A; no unit cost for 2 pieces of A"
    both = replace(SAMPLE, profit=[line("cogs", why), line("sales_without_cost", why)])
    assert [said for said in what_is_missing(both) if said.startswith("Profit")] == [
        "Profit and loss, cost of goods and sales without cost: no unit cost for 1 pieces of A, and 1 more like it"
    ]


def test_contribution_margins_keep_their_capitals() -> None:
    assert [label_of(name) for name in ("cm1", "net_profit", "cogs")] == ["CM1", "Net profit", "Cost of goods"]
