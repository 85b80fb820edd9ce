"""Seeded draws: one independent stream per shop and purpose, power-law sizes, weighted codes."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def stream(seed: int, slug: str, purpose: str) -> np.random.Generator:
    """Return the generator of one purpose; drawing more for one purpose changes no other."""
    return np.random.default_rng([seed, crc32(slug.encode()), crc32(purpose.encode())])


def power_law(random: np.random.Generator, count: int, exponent: float, longest: int) -> Ints:
    """Draw sizes 1..longest with chance proportional to size**-exponent."""
    sizes = np.arange(1, longest + 1, dtype=np.float64)
    return weighted(random, count, sizes**-exponent) + 1


def weighted(random: np.random.Generator, count: int, weights: Sequence[float] | npt.NDArray[np.float64]) -> Ints:
    """Draw codes 0..len(weights)-1 with chance proportional to weight; a zero weight is never drawn."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(edges, random.random(count) * edges[-1], side="right").astype(np.int64)


def scramble(values: Ints, seed: int) -> npt.NDArray[np.uint64]:
    """Return a bijective 64-bit mix of values (splitmix64): ids that look random and never repeat."""
    mixed = values.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
