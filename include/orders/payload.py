"""Fields of a webhook's JSON body, each read with its type, its size and its range, or refused in one line.

A refusal names the field and what to do, and never quotes the value: a body holds personal data.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from include.errors import InvalidInput
from include.money import minor_unit_exponent, to_minor_units

MAX_BODY_BYTES = 4 * 2**20
MAX_ITEMS = 2_000
"""Longest list that is read: lines, refunds, taxes of a line."""
MAX_TEXT = 512
AHEAD = timedelta(days=1)
"""Business times further ahead than this are wrong clocks."""

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_MAX_ID = 2**63 - 1
_MAX_QUANTITY = 10**9
_MAX_DIGITS = 40

Object = Mapping[str, Any]


def read_body(body: bytes) -> Object:
    """Return the JSON object of a body of at most MAX_BODY_BYTES; of a repeated key the last value counts."""
    if len(body) > MAX_BODY_BYTES:
        raise InvalidInput(f"the body is larger than {MAX_BODY_BYTES} bytes; no order of a shop is")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        # The decoder's message names a place and its exception holds the body: neither is kept.
        raise InvalidInput("the body is not JSON; has the receiver stored the raw bytes?") from None
    if type(document) is not dict:
        raise InvalidInput("the body is not a JSON object; is the topic right?")
    return document


def read_object(source: Object, name: str) -> Object | None:
    """Return a nested object, or None when it is missing or null."""
    value = source.get(name)
    if value is None or type(value) is dict:
        return value
    raise InvalidInput(f"{name} is not an object; the shop's API says it is one")


def read_objects(source: Object, name: str) -> list[Object]:
    """Return a list of at most MAX_ITEMS objects, empty when it is missing or null."""
    value = source.get(name)
    if value is None:
        return []
    if type(value) is not list:
        raise InvalidInput(f"{name} is not a list; the shop's API says it is one")
    if len(value) > MAX_ITEMS:
        raise InvalidInput(f"{name} has more than {MAX_ITEMS} entries; no order of a shop has")
    for each in value:
        if type(each) is not dict:
            raise InvalidInput(f"{name} holds something that is not an object")
    return value


def read_id(source: Object, name: str, label: str) -> str:
    """Return one of the shop's ids as text; label is the field's name in a refusal."""
    found = read_optional_id(source, name, label)
    if found is None:
        raise InvalidInput(f"{label} is missing; without it the delivery cannot be told apart")
    return found


def read_optional_id(source: Object, name: str, label: str) -> str | None:
    """Return an id as text, or None when it is missing or null."""
    value = source.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 < value <= _MAX_ID:
        raise InvalidInput(f"{label} is not a positive 64-bit number; the shop's ids are")
    return str(value)


def read_text(source: Object, name: str) -> str | None:
    """Return a text of at most MAX_TEXT characters, or None when it is missing, null or empty."""
    value = source.get(name)
    if value is None:
        return None
    if type(value) is not str:
        raise InvalidInput(f"{name} is not a text")
    if len(value) > MAX_TEXT or "\x00" in value:
        raise InvalidInput(f"{name} is longer than {MAX_TEXT} characters or holds a NUL")
    return value or None


def read_flag(source: Object, name: str) -> bool:
    """Return a boolean; missing and null are false."""
    value = source.get(name)
    if value is None:
        return False
    if type(value) is not bool:
        raise InvalidInput(f"{name} is neither true nor false")
    return value


def read_quantity(source: Object, name: str, label: str, default: int | None = None) -> int:
    """Return a count of goods, 0 or more; default stands for a missing one."""
    value = source.get(name)
    if value is None and default is not None:
        return default
    if type(value) is not int or not 0 <= value <= _MAX_QUANTITY:
        raise InvalidInput(f"{label} is not a whole number from 0 to {_MAX_QUANTITY}")
    return value


def read_instant(source: Object, name: str, now: datetime) -> datetime:
    """Return an instant in UTC; it must have an offset and lie between 1990 and a day after now."""
    found = read_optional_instant(source, name, now)
    if found is None:
        raise InvalidInput(f"{name} is missing; keep it in the subscription's fields")
    return found


def read_optional_instant(source: Object, name: str, now: datetime) -> datetime | None:
    """Return an instant in UTC as read_instant does, or None when it is missing or null."""
    value = source.get(name)
    if value is None:
        return None
    if type(value) is not str or len(value) > MAX_TEXT:
        raise InvalidInput(f"{name} is not ISO 8601; 2026-03-31T12:00:00-04:00 is")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput(f"{name} is not ISO 8601; 2026-03-31T12:00:00-04:00 is") from None
    return checked_instant(instant, name, now)


def checked_instant(instant: datetime, name: str, now: datetime) -> datetime:
    """Return the instant in UTC when it has an offset and lies between 1990 and a day after now."""
    if instant.tzinfo is None:
        raise InvalidInput(f"{name} has no offset; 2026-03-31T12:00:00-04:00 has")
    # Compared before it is converted: the years 1 and 9999 have instants that UTC cannot express.
    if instant < _EARLIEST:
        raise InvalidInput(f"{name} lies before 1990; check the format of the date")
    if instant > now + AHEAD:
        raise InvalidInput(f"{name} lies in the future; check the shop's clock and this one")
    return instant.astimezone(UTC)


def read_currency(source: Object, name: str) -> str | None:
    """Return an ISO 4217 code that has minor units, or None when it is missing or null."""
    value = source.get(name)
    if value is None:
        return None
    if type(value) is not str or not _is_currency(value):
        raise InvalidInput(f"{name} is not an ISO 4217 code such as EUR")
    return value


def read_amount(source: Object, name: str, currency: str) -> int | None:
    """Return an amount, 0 or more, in minor units of currency, or None when it is missing or null.

    Where the plain field is missing, the shop's money of its `_set` counts.
    """
    value = source.get(name)
    if value is None:
        return read_shop_money(source, f"{name}_set", currency)
    return not_negative(amount_of(value, name, currency), name)


def read_shop_money(source: Object, name: str, currency: str) -> int | None:
    """Return the shop's side of a `_set`, 0 or more, in minor units of currency, or None when there is none."""
    found = read_signed_shop_money(source, name, currency)
    return None if found is None else not_negative(found, name)


def read_signed_shop_money(source: Object, name: str, currency: str) -> int | None:
    """Return the shop's side of a `_set`, either sign, in minor units of currency, or None when there is none."""
    money = source.get(name)
    if money is None:
        return None
    shop = money.get("shop_money") if type(money) is dict else None
    if type(shop) is not dict:
        raise InvalidInput(f"{name} has no shop_money")
    if shop.get("currency_code") != currency:
        raise InvalidInput(f"{name}.shop_money is in another currency than the order")
    return amount_of(shop.get("amount"), name, currency)


def amount_of(value: object, name: str, currency: str) -> int:
    """Return a decimal text or number in minor units of currency, exactly.

    A JSON number is read as the shortest decimal that stands for it, which is what the shop wrote.
    """
    if type(value) is not str and type(value) is not int and type(value) is not float:
        raise InvalidInput(f"{name} is not an amount")
    if type(value) is str and len(value) > _MAX_DIGITS:
        raise InvalidInput(f"{name} is not an amount of at most {_MAX_DIGITS} characters")
    try:
        return _minor_units(str(value), currency)
    except InvalidInput:
        raise InvalidInput(f"{name} is not an amount that {currency} can express") from None


def not_negative(amount: int, name: str) -> int:
    """Return the amount unless it is negative."""
    if amount < 0:
        raise InvalidInput(f"{name} is negative; money given back is a refund")
    return amount


# A shop's amounts repeat (0.00, its prices), and an exact decimal costs 3 us to read.
@lru_cache(maxsize=65_536)
def _minor_units(text: str, currency: str) -> int:
    return to_minor_units(text, currency)


@lru_cache(maxsize=1_024)
def _is_currency(code: str) -> bool:
    try:
        minor_unit_exponent(code)
    except InvalidInput:
        return False
    return True
