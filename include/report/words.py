"""Numbers as people read them: 1,234 EUR, 12.5 %, +8 %. No I/O."""

from decimal import ROUND_HALF_EVEN, Decimal

from include.money import minor_unit_exponent

UNKNOWN = "–"
_WITHOUT_DECIMALS = 1000


def amount(value: Decimal | None, currency: str) -> str:
    """Return major units with their currency; from a thousand on without decimals."""
    if value is None:
        return UNKNOWN
    decimals = 0 if abs(value) >= _WITHOUT_DECIMALS else minor_unit_exponent(currency)
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    return f"{_signed(f'{rounded:,f}')} {currency}"


def percent(share: Decimal | None) -> str:
    """Return a share of 1 in per cent; with a decimal below ten per cent."""
    if share is None:
        return UNKNOWN
    decimals = 1 if abs(share) < Decimal("0.1") else 0
    return f"{_signed(f'{share * 100:.{decimals}f}')} %"


def change_of(share: Decimal | None) -> str:
    """Return a change in per cent with its sign."""
    if share is None:
        return UNKNOWN
    text = percent(share)
    return text if text.startswith("−") else f"+{text}"


def _signed(number: str) -> str:
    return number.replace("-", "−")
