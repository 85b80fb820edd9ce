"""Times the peers inside their own environment: `python peers.py journeys.npz`, prints seconds per peer as JSON.

Runs with marketing-attribution-models 2.x and channelattribution installed, and imports nothing of this project.
"""

import contextlib
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl

_REPETITIONS = 5


def main() -> None:
    """Load the journeys, time both peers, print the medians."""
    data = np.load(sys.argv[1])
    offsets, channel = data["offsets"], data["channel"]
    hours = (np.repeat(data["conversion_time"], np.diff(offsets)) - data["touch_time"]) / 3_600_000_000
    names = np.char.add("channel_", channel.astype(str))
    bounds = list(pairwise(offsets))
    paths = [" > ".join(names[start:end]) for start, end in bounds]
    ages = [" > ".join(f"{age:.4f}" for age in hours[start:end]) for start, end in bounds]
    value = data["value_minor"] / 100
    print(json.dumps({"mam": _mam(paths, ages, value), "channelattribution": _channelattribution(paths, value)}))


def _mam(paths: list[str], ages: list[str], value: "np.ndarray") -> float:
    from mam.core import MAM

    frame = pl.DataFrame(
        {
            "journey_id": range(len(paths)),
            "journey": paths,
            "conversion": [True] * len(paths),
            "age": ages,
            "value": value,
        }
    )

    def work() -> None:
        mam = MAM(
            df=frame,
            format_type="journey",
            channels_colname="journey",
            journey_with_conv_colname="conversion",
            time_till_conv_colname="age",
            conversion_value_colname="value",
        )
        mam.run_first_click()
        mam.run_last_click()
        mam.run_linear()
        mam.run_position_based()
        mam.run_time_decay()

    return _median(work)


def _channelattribution(paths: list[str], value: "np.ndarray") -> float:
    with contextlib.redirect_stdout(io.StringIO()):
        import ChannelAttribution

    frame = pd.DataFrame({"path": paths, "conversions": 1, "value": value})

    def work() -> None:
        ChannelAttribution.heuristic_models(frame, "path", "conversions", var_value="value", flg_pro=False)

    return _median(work)


def _median(work: Callable[[], None]) -> float:
    times = []
    with contextlib.redirect_stdout(io.StringIO()):
        work()
        for _ in range(_REPETITIONS):
            begun = time.perf_counter()
            work()
            times.append(time.perf_counter() - begun)
    return statistics.median(times)


if __name__ == "__main__":
    main()
