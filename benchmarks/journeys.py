"""Seeded journeys for the kernel bench: 200,000 journeys with about 1.2 million touches, power-law length 1 to 50."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

JOURNEYS = 200_000
_LONGEST = 50
_EXPONENT = 1.437
_CHANNELS = 12
_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class BenchJourneys:
    """CSR journeys (offsets int64[n+1], touch_time and channel [m]), times in microseconds, values in minor units."""

    offsets: npt.NDArray[np.int64]
    touch_time: npt.NDArray[np.int64]
    conversion_time: npt.NDArray[np.int64]
    channel: npt.NDArray[np.int64]
    value_minor: npt.NDArray[np.int64]


def bench_journeys(seed: int = 7) -> BenchJourneys:
    """Return the same journeys for the same seed."""
    random = np.random.default_rng(seed)
    sizes = np.arange(1, _LONGEST + 1)
    chances = sizes**-_EXPONENT
    lengths = random.choice(sizes, JOURNEYS, p=chances / chances.sum())
    offsets = np.zeros(JOURNEYS + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    conversion_time = random.integers(0, 90 * _DAY_US, JOURNEYS) + 1_700_000_000_000_000
    age = random.integers(0, 30 * _DAY_US, offsets[-1])
    journey = np.repeat(np.arange(JOURNEYS), lengths)
    touch_time = conversion_time[journey] - age
    touch_time = touch_time[np.lexsort((touch_time, journey))]
    channel = random.integers(0, _CHANNELS, offsets[-1])
    return BenchJourneys(offsets, touch_time, conversion_time, channel, random.integers(500, 50_000, JOURNEYS))
