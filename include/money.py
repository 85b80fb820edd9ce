"""Money as integer minor units of an ISO 4217 currency; never float."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from iso4217 import Currency

from include.errors import InvalidInput

MAX_MINOR_UNITS = 2**53
"""Largest amount of one order, either sign: float64 quotas of credit are exact integers up to here."""


_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


@cache
def minor_unit_exponent(currency: str) -> int:
    """Return the number of decimals of an ISO 4217 code (USD 2, JPY 0, KWD 3).

    Raises InvalidInput for a code that is not a currency of ISO 4217 with minor units (XAU and XXX have none).
    """
    try:
        exponent = Currency(currency).exponent
    except ValueError as error:
        raise InvalidInput(f"currency {currency[:10]!r} is not an ISO 4217 code") from error
    if exponent is None:
        raise InvalidInput(f"currency {currency!r} has no minor units in ISO 4217")
    return int(exponent)


@cache
def minor_unit_exponents() -> Mapping[str, int]:
    """Return the number of decimals of every currency of ISO 4217 that has minor units, by code."""
    return {one.code: int(one.exponent) for one in Currency if one.exponent is not None}


def to_minor_units(amount: str | Decimal, currency: str) -> int:
    """Return a decimal amount in major units as integer minor units, exactly.

    Raises InvalidInput when amount is not a finite decimal, has more decimals than the currency, or is larger than
    MAX_MINOR_UNITS: rounding an order's total is the shop's decision, not ours.
    """
    exponent = minor_unit_exponent(currency)
    text = str(amount)
    if text.strip("+-").lower() in ("nan", "snan", "inf", "infinity"):
        raise InvalidInput(f"amount {text!r} is not finite")
    if not _DECIMAL.fullmatch(text):
        raise InvalidInput(f"amount {text[:40]!r} is not a decimal number")
    value = Decimal(text)
    # Beyond the precision of decimal's context a digit would be rounded away without a word.
    if len(value.as_tuple().digits) > 28 or abs(value.adjusted()) > 30:
        raise InvalidInput(f"amount {text[:40]!r} is out of range")
    scaled = value.scaleb(exponent)
    if scaled != scaled.to_integral_value():
        raise InvalidInput(f"amount {str(amount)[:40]!r} has more than {exponent} decimals of {currency}")
    if abs(scaled) > MAX_MINOR_UNITS:
        raise InvalidInput(f"amount {str(amount)[:40]!r} is larger than any order")
    return int(scaled)


def to_major_units(minor: int, currency: str) -> Decimal:
    """Return integer minor units as a decimal amount in major units."""
    return Decimal(minor).scaleb(-minor_unit_exponent(currency))
