"""The one declared value of a purchase, the same for every destination: its goods after discounts, without tax,
shipping and tips. In integer minor units and exact decimals throughout.

GA4 defines it so (conversion_apis A6: the sum of price times quantity of the items), and a value that means another
thing at each vendor could not be compared. Where prices contain tax, each line's own tax is taken out of it. What a
shop notes for the order alone, a discount or a tax that is on no line, is spread over the lines by their amounts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from orjson import Fragment

from include.delivery.purchase import Purchase, Refund
from include.money import to_major_units
from include.orders.state import Line

MOST_ITEMS = 200
"""GA4 takes no more in one event; what is beyond is one item, so that the sum stays the value."""

_LONGEST_ID = 100
_NO_ID = "custom-item"
_WHOLE_ORDER = "order"
_THE_REST = "further-items"


@dataclass(frozen=True, slots=True)
class Item:
    """So many units of one product at one price: minor units, after discount, without tax."""

    item_id: str
    quantity: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Valued:
    """A value in minor units and the items that make it: the sum of price times quantity is the value, exactly.

    Raises ValueError when it is not.
    """

    value_minor: int
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        if sum(item.price_minor * item.quantity for item in self.items) != self.value_minor:
            raise ValueError("the items do not make the value")


def value_of(purchase: Purchase) -> Valued:
    """Return the value of a purchase with its items.

    An order without lines, such as an imported one, is one item of what is left of its total.
    """
    lines = _sold(purchase)
    amounts, taxes = _amounts_and_taxes(purchase, lines)
    items = [
        item
        for line, amount, tax in zip(lines, amounts, taxes, strict=True)
        for item in _priced(_id_of(line), line.quantity, max(amount - tax, 0))
    ]
    if not items:
        items = [Item(_WHOLE_ORDER, 1, _goods_of_total(purchase))]
    return _valued(items)


def refund_of(purchase: Purchase, refund: Refund) -> Valued:
    """Return the value that a refund takes back, by the same rule, with the items given back.

    Without lines, or where the shop gave back another sum than the lines say, it is one item.
    """
    included = purchase.taxes_included
    lines = {line.line_id: line for line in purchase.lines}
    goods = refund.goods_minor - (sum(line.tax_minor for line in refund.lines) if included else 0)
    value = max(goods, 0)
    items: list[Item] = []
    for back in refund.lines:
        line, net = lines.get(back.line_id), back.subtotal_minor - (back.tax_minor if included else 0)
        if back.quantity > 0 and net >= 0:
            items += _priced(_id_of(line) if line else _NO_ID, back.quantity, net)
    if not items or sum(item.price_minor * item.quantity for item in items) != value:
        items = [Item(_WHOLE_ORDER, 1, value)]
    return _valued(items)


def shipping_of(purchase: Purchase) -> int | None:
    """Return shipping without its tax, in minor units, or None when unknown.

    Where prices contain tax, the tax that is no line's is shipping's.
    """
    shipping = purchase.shipping_minor
    if shipping is None or purchase.tax_minor is None or not (purchase.taxes_included and purchase.lines):
        return shipping
    _, taxes = _amounts_and_taxes(purchase, _sold(purchase))
    return max(shipping - max(purchase.tax_minor - sum(taxes), 0), 0)


def number(minor: int, currency: str) -> Fragment:
    """Return minor units as a JSON number in major units, digit for digit."""
    return Fragment(format(to_major_units(minor, currency), "f"))


def _valued(items: Sequence[Item]) -> Valued:
    value = sum(item.price_minor * item.quantity for item in items)
    if len(items) > MOST_ITEMS:
        shown = tuple(items[: MOST_ITEMS - 1])
        rest = value - sum(item.price_minor * item.quantity for item in shown)
        return Valued(value, (*shown, Item(_THE_REST, 1, rest)))
    return Valued(value, tuple(items))


def _sold(purchase: Purchase) -> list[Line]:
    return [line for line in purchase.lines if line.quantity > 0]


def _amounts_and_taxes(purchase: Purchase, lines: Sequence[Line]) -> tuple[list[int], list[int]]:
    """Return the lines' amounts after discounts, and the tax that is within them."""
    amounts = [max(line.quantity * line.unit_price_minor - line.discount_minor, 0) for line in lines]
    if unplaced := _unplaced_discount(purchase, lines):
        amounts = [amount - part for amount, part in zip(amounts, _spread(unplaced, amounts), strict=True)]
    if not purchase.taxes_included:
        return amounts, [0] * len(lines)
    taxes = [line.tax_minor for line in lines]
    if not any(taxes) and purchase.tax_minor:
        taxes = _spread(purchase.tax_minor, [*amounts, purchase.shipping_minor or 0])[:-1]
    return amounts, taxes


def _unplaced_discount(purchase: Purchase, lines: Sequence[Line]) -> int:
    """Return the part of the order's discount that is on no line, if its total shows that it is one on goods."""
    if purchase.discounts_minor is None:
        return 0
    unplaced = purchase.discounts_minor - sum(line.discount_minor for line in lines)
    gross = sum(line.quantity * line.unit_price_minor for line in lines)
    beside = (purchase.shipping_minor or 0) + (purchase.tips_minor or 0)
    beside += 0 if purchase.taxes_included else purchase.tax_minor or 0
    return unplaced if unplaced > 0 and gross - purchase.discounts_minor + beside == purchase.total_minor else 0


def _spread(amount: int, over: Sequence[int]) -> list[int]:
    """Return parts of an amount in proportion to others, which sum to it exactly unless the others are all zero."""
    whole = sum(over)
    if not whole:
        return [0] * len(over)
    edges = [amount * part // whole for part in accumulate(over, initial=0)]
    return [after - before for before, after in pairwise(edges)]


def _priced(item_id: str, quantity: int, amount_minor: int) -> Iterator[Item]:
    """Spread an amount over units: where it does not divide, some of them cost one minor unit more."""
    price, dearer = divmod(amount_minor, quantity)
    if dearer:
        yield Item(item_id, dearer, price + 1)
    yield Item(item_id, quantity - dearer, price)


def _id_of(line: Line) -> str:
    return (line.sku or line.variant_id or line.product_id or _NO_ID)[:_LONGEST_ID]


def _goods_of_total(purchase: Purchase) -> int:
    beside = (purchase.shipping_minor or 0) + (purchase.tips_minor or 0) + (purchase.tax_minor or 0)
    return max(purchase.total_minor - beside, 0)
