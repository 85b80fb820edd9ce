"""Money is exact: minor units by ISO 4217, nothing rounded, nothing guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.errors import InvalidInput
from include.money import MAX_MINOR_UNITS, to_major_units, to_minor_units


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.34", "USD", 1234), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("-0.01", "EUR", -1), ("1E+2", "USD", 10000)],
)
def test_decimals_follow_the_currency(amount: str, currency: str, minor: int) -> None:
    assert to_minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "why"),
    [
        ("1.234", "USD", "more than 2 decimals"),
        ("0.5", "JPY", "more than 0 decimals"),
        ("ten", "USD", "not a decimal number"),
        ("NaN", "USD", "not finite"),
        ("Infinity", "USD", "not finite"),
        ("1e400", "USD", "out of range"),
        ("5.0000000000000000000000000000001", "EUR", "out of range"),
        ("1_000", "USD", "not a decimal number"),
        ("\u0663", "USD", "not a decimal number"),
        ("99999999999999999", "USD", "larger than any order"),
        ("1", "EURO", "not an ISO 4217 code"),
        ("1", "usd", "not an ISO 4217 code"),
        ("1", "XXX", "no minor units"),
    ],
)
def test_an_amount_that_cannot_be_exact_is_refused_with_its_reason(amount: str, currency: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        to_minor_units(amount, currency)


@given(st.integers(-MAX_MINOR_UNITS, MAX_MINOR_UNITS), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_major_and_minor_units_convert_back_and_forth(minor: int, currency: str) -> None:
    major = to_major_units(minor, currency)
    assert isinstance(major, Decimal)
    assert to_minor_units(major, currency) == minor
