"""Which rate holds on a day: order of sources, working days, inverse and cross rates, and when there is none."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.errors import InvalidInput
from include.fx.rates import NoRate, Quote, Rate, RateBook, SourceQuotes, converted

THURSDAY, FRIDAY, SUNDAY, MONDAY = (date(2026, 3, day) for day in (26, 27, 29, 30))
ECB = (
    Quote(THURSDAY, "EUR", "USD", Decimal("1.1600")),
    Quote(FRIDAY, "EUR", "USD", Decimal("1.1700")),
    Quote(FRIDAY, "EUR", "JPY", Decimal("181.35")),
    Quote(MONDAY, "EUR", "USD", Decimal("1.1800")),
)


def book(*sources: SourceQuotes) -> RateBook:
    return RateBook(sources or (SourceQuotes("ecb", 7, ECB),))


def rate(base: str, quote: str, day: date, of: RateBook | None = None) -> Rate:
    found = (of or book()).rate(base, quote, day)
    assert isinstance(found, Rate), found
    return found


def test_a_working_day_takes_its_own_quotes_and_is_settled() -> None:
    found = rate("EUR", "USD", FRIDAY)
    assert (found.value, found.rate_date, found.source, found.settled) == (Decimal("1.1700"), FRIDAY, "ecb", True)


def test_a_weekend_takes_the_last_working_days_quotes_and_is_settled_once_the_source_went_on() -> None:
    assert rate("EUR", "USD", SUNDAY).value == Decimal("1.1700")
    assert rate("EUR", "USD", SUNDAY).settled
    before_monday = book(SourceQuotes("ecb", 7, ECB[:3]))
    assert not rate("EUR", "USD", SUNDAY, before_monday).settled


def test_the_quotes_of_a_later_day_are_never_used() -> None:
    assert isinstance(book().rate("EUR", "USD", THURSDAY - timedelta(days=1)), NoRate)


def test_the_other_direction_is_the_inverse() -> None:
    assert rate("USD", "EUR", FRIDAY).value * Decimal("1.1700") == pytest.approx(Decimal(1))


def test_two_currencies_meet_across_a_third_of_the_same_day() -> None:
    assert rate("USD", "JPY", FRIDAY).value == Decimal("155")
    # Monday has dollars but no yen: a cross rate of two days would be a rate of none.
    assert rate("USD", "JPY", MONDAY).rate_date == FRIDAY


def test_equal_currencies_need_no_source() -> None:
    assert rate("SEK", "SEK", FRIDAY, RateBook([])).value == 1


def test_a_rate_that_is_too_old_is_no_rate_and_the_reason_names_it() -> None:
    last_day = MONDAY + timedelta(days=7)
    assert rate("EUR", "USD", last_day).rate_date == MONDAY
    missing = book().rate("EUR", "USD", last_day + timedelta(days=1))
    assert isinstance(missing, NoRate)
    assert missing.reason == (
        "no rate EUR to USD for 2026-04-07: the last of ecb is of 2026-03-30, more than 7 days before"
    )


def test_a_currency_that_no_source_quotes_has_a_reason_and_no_rate() -> None:
    missing = book().rate("BGN", "EUR", FRIDAY)
    assert isinstance(missing, NoRate)
    assert missing.reason == "no rate BGN to EUR for 2026-03-27: ecb has none"
    nobody = RateBook([]).rate("USD", "EUR", FRIDAY)
    assert isinstance(nobody, NoRate)
    assert "no source is configured" in nobody.reason


def test_the_first_source_with_a_rate_decides_and_the_next_one_fills_its_gaps() -> None:
    own = SourceQuotes("tenant:7", 31, (Quote(date(2026, 3, 1), "USD", "JPY", Decimal(150)),))
    both = book(own, SourceQuotes("ecb", 7, ECB))
    assert (rate("USD", "JPY", FRIDAY, both).value, rate("USD", "JPY", FRIDAY, both).source) == (150, "tenant:7")
    assert rate("EUR", "USD", FRIDAY, both).source == "ecb"
    turned = book(SourceQuotes("ecb", 7, ECB), own)
    assert rate("USD", "JPY", FRIDAY, turned).source == "ecb"
    assert rate("USD", "JPY", date(2026, 3, 20), turned).source == "tenant:7"


def test_yen_and_euros_convert_to_six_decimals_rounded_half_even() -> None:
    assert converted(Decimal("1000"), rate("JPY", "EUR", FRIDAY)) == Decimal("5.514199")
    half = Rate("A", "B", FRIDAY, Decimal("0.5"), "s", FRIDAY, settled=True)
    assert converted(Decimal("0.000001"), half) == Decimal("0.000000")
    assert converted(Decimal("0.000003"), half) == Decimal("0.000002")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+30"])
def test_an_amount_that_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(InvalidInput):
        converted(Decimal(amount), rate("EUR", "USD", FRIDAY))


RATES = st.decimals("0.0001", "50000", places=4)
AMOUNTS = st.decimals("-1000000", "1000000", places=2)


@given(usd=RATES, jpy=RATES, amount=AMOUNTS)
def test_there_and_back_is_the_same_to_the_last_cent(usd: Decimal, jpy: Decimal, amount: Decimal) -> None:
    quotes = (Quote(FRIDAY, "EUR", "USD", usd), Quote(FRIDAY, "EUR", "JPY", jpy))
    there, back = (rate(*pair, FRIDAY, book(SourceQuotes("s", 7, quotes))) for pair in (("USD", "JPY"), ("JPY", "USD")))
    # Six decimals in one currency are worth this much in the other.
    tolerance = Decimal("0.000001") * (1 + back.value)
    assert abs(converted(converted(amount, there), back) - amount) <= tolerance


@given(st.lists(st.integers(0, 40), min_size=1, unique=True), st.integers(0, 60), st.integers(1, 20))
def test_a_rate_is_the_latest_not_after_the_day_within_its_age(published: list[int], day: int, age: int) -> None:
    start = date(2026, 1, 1)
    quotes = [Quote(start + timedelta(days=at), "EUR", "USD", Decimal(1 + at)) for at in published]
    found = book(SourceQuotes("s", age, quotes)).rate("EUR", "USD", start + timedelta(days=day))
    allowed = [at for at in published if at <= day <= at + age]
    assert (found.value if isinstance(found, Rate) else None) == (1 + max(allowed) if allowed else None)
