"""`python -m include.attribution.warm_up`: compile the kernels into their cache before a deadline pays for it."""

from datetime import timedelta

import numpy as np

from include.attribution.credits import credit_all
from include.attribution.journeys import (
    ConversionColumns,
    IdentityColumns,
    JourneyRules,
    TouchColumns,
    build_journeys,
)


def warm_up() -> None:
    """Credit one conversion with one touch, with and without touch weights."""
    one = np.array([1], dtype=np.int64)
    touches = TouchColumns(one, one, one, one.astype(np.int16), one, np.zeros(1, dtype=np.int8))
    for view_weight in (0.0, 0.5):
        table = build_journeys(
            touches,
            ConversionColumns(one, one, one, one),
            IdentityColumns(one, one),
            JourneyRules(view_weight=view_weight),
        )
        credit_all(table.journeys, one, half_life=timedelta(days=1), touch_weight=table.touch_weight)


if __name__ == "__main__":
    warm_up()
