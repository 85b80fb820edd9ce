"""A tenant's own rates: read whole or refused with line and column."""

from datetime import date
from decimal import Decimal

import pytest

from include.errors import InvalidInput
from include.fx.rates import Quote
from include.fx.rates_csv import parse_rates

TODAY = date(2026, 3, 31)


def test_columns_may_stand_in_any_order_and_others_are_ignored() -> None:
    body = "\ufeffRate,Quote,Base,Date,Note\r\n151.25,JPY,USD,2026-03-01,budget\r\n0.0066,USD,JPY,2026-04-01,\r\n"
    assert parse_rates(body.encode(), TODAY) == [
        Quote(date(2026, 3, 1), "USD", "JPY", Decimal("151.25")),
        Quote(date(2026, 4, 1), "JPY", "USD", Decimal("0.0066")),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1.3.2026,USD,JPY,151", "rates: line 2: date: must be a day such as 2026-03-01, got '1.3.2026'"),
        ("1926-03-01,USD,JPY,151", "rates: line 2: date: must be within the last 40 years or the next, got 1926-03-01"),
        ("2026-03-01,usd,JPY,151", "rates: line 2: base: must be an ISO 4217 code such as EUR, got 'usd'"),
        ("2026-03-01,USD,XAU,151", "rates: line 2: quote: must be an ISO 4217 code such as EUR, got 'XAU'"),
        ("2026-03-01,USD,USD,1", "rates: line 2: quote: must be another currency than base, got USD"),
        ("2026-03-01,USD,JPY,0.0", "rates: line 2: rate: must be a decimal above 0 such as 151.25, got '0.0'"),
        ("2026-03-01,USD,JPY,1e5", "rates: line 2: rate: must be a decimal above 0 such as 151.25, got '1e5'"),
        ("2026-03-01,USD,JPY", "rates: line 2: rate: must be a decimal above 0 such as 151.25, got ''"),
        (
            "2026-03-01,USD,JPY,151\n2026-03-01,USD,JPY,152",
            "rates: line 3: rate: differs from an earlier line of 2026-03-01; keep one",
        ),
    ],
)
def test_a_fault_names_line_and_column(line: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_rates(f"date,base,quote,rate\n{line}\n".encode(), TODAY)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"date,base,quote\n", "rates: column rate is missing; the head must be date,base,quote,rate"),
        (b"date,base,quote,rate\n", "rates: the file holds 0 rates; it must hold 1 to 200000"),
        (b"\xff\xfe", "rates: the file is not UTF-8 text"),
    ],
)
def test_a_file_without_rates_is_no_file(body: bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_rates(body, TODAY)
    assert str(refused.value) == message
