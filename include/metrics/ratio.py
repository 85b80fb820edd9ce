"""Sums and quotients of figures: null, never 0 or infinity, where the denominator is 0 or a part is not known."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

Figure = Decimal | int | None
"""A sum over days in the unit its metric names; None where it is not known."""

_PLACES = Decimal("0.000001")
_EXACTLY = Context(prec=50, rounding=ROUND_HALF_EVEN)


def total(figures: Sequence[Figure]) -> Decimal | None:
    """Return the sum of figures; None where one of them is not known."""
    known = [Decimal(figure) for figure in figures if figure is not None]
    return sum(known, Decimal(0)) if len(known) == len(figures) else None


def quotient(numerator: Figure, denominator: Figure, scale: int = 1) -> Decimal | None:
    """Return numerator / denominator x scale to six decimals, half even; None where there is none.

    A negative denominator, such as spend that a platform credited back, has no meaningful quotient either.
    """
    if numerator is None or denominator is None or denominator <= 0:
        return None
    with localcontext(_EXACTLY):
        return (Decimal(numerator) * scale / Decimal(denominator)).quantize(_PLACES)
