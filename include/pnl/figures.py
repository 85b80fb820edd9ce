"""Amounts of a profit and loss that may be known in part, and how they add up.

A figure without an amount is not zero: it says why it is not known, and so does every sum that would need it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

WHOLE = Decimal(1)
_COVERAGE = Decimal("0.000001")


@dataclass(frozen=True)
class Figure:
    """minor: signed minor units of the tenant's currency, None where not known. coverage: share known, 0 to 1.

    reasons: why something is missing, one line each. parts: what it is made of, by name, in minor units; a part that is
    not known is left out.
    """

    minor: int | None
    coverage: Decimal = WHOLE
    reasons: tuple[str, ...] = ()
    parts: Mapping[str, int] = field(default_factory=dict)

    def negated(self) -> "Figure":
        """Return the figure with its sign, and its parts' signs, turned: a cost as a layer takes it."""
        minor = None if self.minor is None else -self.minor
        return Figure(minor, self.coverage, self.reasons, {name: -part for name, part in self.parts.items()})


def total(figures: Iterable[Figure]) -> Figure:
    """Return the sum: not known as soon as one of them is not, covered as far as the least covered one."""
    known, coverage, reasons = 0, WHOLE, dict[str, None]()
    complete = True
    for figure in figures:
        complete = complete and figure.minor is not None
        known += figure.minor or 0
        coverage = min(coverage, figure.coverage)
        reasons |= dict.fromkeys(figure.reasons)
    return Figure(known if complete else None, coverage, tuple(reasons))


def share(known: Decimal | int, whole: Decimal | int) -> Decimal:
    """Return known / whole, six decimals, 1 where there is nothing to know and never outside 0 to 1."""
    if whole <= 0:
        return WHOLE
    return min(max(Decimal(known) / Decimal(whole), Decimal(0)), WHOLE).quantize(_COVERAGE)


def whole_minor(amount: Decimal) -> int:
    """Return an amount in minor units, rounded half to even."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
