"""Processes that a command started and a later one has to find again."""

from contextlib import suppress

import psutil


def still_running(pid: int, created: float) -> psutil.Process | None:
    """Return the process of an id started at `created` (epoch seconds), or None; a reused id is somebody else."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None
