"""The five models as per-touch weights, and in exact minor units, against the two peers people install today.

The peers run in an environment of their own under the state folder; both need matplotlib, which they do not declare.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.journeys import bench_journeys
from benchmarks.report import Row, median_seconds
from dev.state import state_folder
from include.attribution import MODELS, Journeys, allocate_minor_units, credit_weights

_PEERS = ("marketing-attribution-models==2.1.1", "channelattribution==2.2.5", "matplotlib")


def measure() -> list[Row]:
    """Return the three ratios of the kernel."""
    data = bench_journeys()
    journeys = Journeys(data.offsets, data.touch_time, data.conversion_time)

    def weigh() -> list[object]:
        return [credit_weights(journeys, model) for model in MODELS]

    def allocate() -> None:
        for model in MODELS:
            allocate_minor_units(data.offsets, credit_weights(journeys, model), data.value_minor)

    weights, amounts = median_seconds(weigh, 9), median_seconds(allocate, 9)
    folder = state_folder() / "bench"
    folder.mkdir(exist_ok=True)
    path = folder / "journeys.npz"
    np.savez(
        path,
        offsets=data.offsets,
        touch_time=data.touch_time,
        conversion_time=data.conversion_time,
        channel=data.channel,
        value_minor=data.value_minor,
    )
    peer = _peers(folder, path)
    touches = f"{data.offsets[-1] / 1e6:.2f} M touches"
    mam, channelattribution = peer["mam"], peer["channelattribution"]
    return [
        Row(f"5 models, weights, {touches} | MAM parse + 5", _ms(weights), _ms(mam), mam / weights, 40, True),
        Row(
            "5 models, weights | channelattribution, 3, totals only",
            _ms(weights),
            _ms(channelattribution),
            channelattribution / weights,
            8,
            True,
        ),
        Row("5 models, exact minor units | MAM parse + 5", _ms(amounts), _ms(mam), mam / amounts, 12, True),
    ]


def _peers(folder: Path, data: Path) -> dict[str, float]:
    environment = folder / "peers"
    python = environment / "bin" / "python"
    if not (environment / "ready").exists():
        uv = str(Path(sys.executable).parent / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *_PEERS], check=True)
        (environment / "ready").touch()
    script = Path(__file__).with_name("peers.py")
    done = subprocess.run([str(python), str(script), str(data)], capture_output=True, text=True, check=True)
    seconds: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return seconds


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
