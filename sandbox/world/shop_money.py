"""Amounts as Shopify's REST Admin API writes them: decimal text in major units, and sets of shop and buyer money."""

from functools import lru_cache
from typing import Any

from include.money import minor_unit_exponent


class ShopMoney:
    """Writes amounts given in minor units of one currency; buyers pay in the shop's."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._exponent = minor_unit_exponent(currency)
        self.pair = lru_cache(maxsize=10_000)(self._pair)
        """Return the amount as a money set: shop_money and presentment_money."""

    def text(self, minor: int) -> str:
        """Return the amount as decimal text with the currency's decimals: "-7.95", "3800"."""
        sign, whole = "-" if minor < 0 else "", abs(minor)
        if not self._exponent:
            return f"{sign}{whole}"
        major, rest = divmod(whole, 10**self._exponent)
        return f"{sign}{major}.{rest:0{self._exponent}d}"

    def number(self, minor: int) -> float:
        """Return the amount as the JSON number that a refund's lines carry; its shortest digits are exact."""
        return float(self.text(minor))

    def both(self, name: str, minor: int) -> dict[str, Any]:
        """Return the two fields that carry one amount: `name` as text and `name`_set as a money set."""
        return {name: self.text(minor), f"{name}_set": self.pair(minor)}

    def _pair(self, minor: int) -> dict[str, dict[str, str]]:
        money = {"amount": self.text(minor), "currency_code": self.currency}
        return {"shop_money": money, "presentment_money": money}
