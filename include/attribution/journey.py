"""Journeys in CSR form: what every rule of credit works on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from include.errors import InvalidInput

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Journeys:
    """n journeys with m touches in all.

    offsets int64[n+1]: touches of journey j are offsets[j] .. offsets[j+1]-1. touch_time int64[m]: microseconds UTC,
    ascending within a journey. conversion_time int64[n]: microseconds UTC.
    Raises InvalidInput when the arrays do not fit together.
    """

    offsets: Int64
    touch_time: Int64
    conversion_time: Int64

    def __post_init__(self) -> None:
        for name in ("offsets", "touch_time", "conversion_time"):
            object.__setattr__(self, name, kernel_array(getattr(self, name), np.int64))
        check_offsets(self.offsets, len(self.touch_time))
        if len(self.conversion_time) != len(self.offsets) - 1:
            raise InvalidInput(
                f"conversion_time has {len(self.conversion_time)} entries for {len(self.offsets) - 1} journeys"
            )


def kernel_array(values: Any, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Return values as a contiguous, writable array of dtype, copied only where they are not.

    Kernels are compiled per type of array, and a read-only one (as Arrow gives them) is another type: without this a
    task could meet a combination that nobody compiled before.
    """
    return np.require(values, dtype=dtype, requirements=["C", "W"])


def check_offsets(offsets: Int64, touches: int) -> None:
    """Raise InvalidInput unless offsets start at 0, never fall, and end at the number of touches."""
    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != touches:
        raise InvalidInput(f"offsets must start at 0 and end at the number of touches, {touches}")
    if np.any(offsets[1:] < offsets[:-1]):
        raise InvalidInput("offsets must not fall")
