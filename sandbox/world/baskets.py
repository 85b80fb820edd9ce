"""What is in an order: products, quantities, discounts, tax, and lines that an edit adds or takes away days later.

Amounts are integer minor units of the shop's currency.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from include.money import minor_unit_exponent
from sandbox.world.draws import Ints, power_law, stream, weighted
from sandbox.world.local_time import DAY, MINUTE, NEVER, whole_seconds
from sandbox.world.shop import ShopProfile

_PRODUCTS = 80
_MOST_LINES = 8
_EDITED_SHARE = 0.03
_DISCOUNT_PERCENT = (0, 10, 15, 25)
_DISCOUNT_CHANCE = (0.72, 0.14, 0.09, 0.05)
_RATE_SCALE = 100_000


@dataclass(frozen=True)
class Lines:
    """Order lines, grouped by order in order's index.

    A line is part of its order from added_at to removed_at (exclusive): an edit adds or removes a whole line. Its
    amount is quantity * unit price - discount, and holds the tax where the shop's prices include it.
    """

    order: Ints
    product: Ints
    quantity: Ints
    unit_price_minor: Ints
    discount_minor: Ints
    tax_minor: Ints
    added_at: Ints
    removed_at: Ints

    @property
    def amount_minor(self) -> Ints:
        return self.quantity * self.unit_price_minor - self.discount_minor

    def live(self, instant: Ints | int) -> npt.NDArray[np.bool_]:
        """Return a mask of the lines that are part of their order at the instant (per line, or one for all)."""
        return (self.added_at <= instant) & (instant < self.removed_at)


def sku(product: int) -> str:
    """Return the stock keeping unit of a product number."""
    return f"SKU-{product:04d}"


def minor(amount: Decimal, currency: str) -> int:
    """Return a profile's amount in major units as minor units, rounded to the currency's decimals."""
    return int(amount.scaleb(minor_unit_exponent(currency)).to_integral_value())


def catalogue(shop: ShopProfile, seed: int) -> Ints:
    """Return the unit price of every product: spread around the shop's typical price, ending as prices do."""
    random = stream(seed, shop.slug, "catalogue")
    major = float(shop.typical_price) * random.lognormal(0.0, 0.55, _PRODUCTS)
    exponent = minor_unit_exponent(shop.currency)
    if exponent == 0:
        return np.maximum(np.rint(major / 10).astype(np.int64) * 10, 10)
    whole = np.maximum(np.rint(major).astype(np.int64), 1)
    return whole * 10**exponent - 5 * 10 ** (exponent - 2)


def fill_baskets(shop: ShopProfile, seed: int, placed_at: Ints) -> Lines:
    """Draw the lines of every order."""
    random = stream(seed, shop.slug, "baskets")
    orders = len(placed_at)
    edit = random.random(orders)
    adds, removes = edit < _EDITED_SHARE / 2, edit > 1 - _EDITED_SHARE / 2
    count = power_law(random, orders, 2.2, _MOST_LINES) + adds + removes
    order = np.repeat(np.arange(orders), count)
    last = np.cumsum(count) - 1
    edited_at = placed_at + whole_seconds(random, 20 * MINUTE, 6 * DAY, orders)
    added_at = placed_at[order]
    added_at[last[adds]] = edited_at[adds]
    removed_at = np.full(len(order), NEVER)
    removed_at[last[removes]] = edited_at[removes]
    # Half of all sales fall on a few products.
    product = weighted(random, len(order), 1.0 / np.arange(1, _PRODUCTS + 1))
    quantity = power_law(random, len(order), 3.0, 6)
    unit = catalogue(shop, seed)[product]
    percent = np.array(_DISCOUNT_PERCENT)[weighted(random, orders, _DISCOUNT_CHANCE)]
    discount = (quantity * unit * percent[order] + 50) // 100
    rates = np.array([int(rate * _RATE_SCALE) for rate in shop.tax_rates])
    rate = rates[random.integers(0, len(rates), orders)]
    tax = _tax(quantity * unit - discount, rate[order], shop.taxes_included)
    return Lines(order, product, quantity, unit, discount, tax, added_at, removed_at)


def _tax(amount: Ints, rate: Ints, included: bool) -> Ints:
    base = _RATE_SCALE + rate if included else np.full_like(rate, _RATE_SCALE)
    return (amount * rate + base // 2) // base
