"""How kernels are compiled: numba, cached on disk, releasing the interpreter's lock, never in parallel.

Kernels of one process may run in several threads at once (a job reads ahead while it writes), which numba's parallel
mode forbids; one core is enough. The cache lies beside the code or, where that is read-only, in a folder only this
user can enter: a cache that others could write would run their code.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def _choose_cache_folder() -> None:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    # numba tests the folder of each source file first and only falls back to a cache folder that it can write.
    if os.access(Path(__file__).parent, os.W_OK):
        return
    folder = Path(tempfile.gettempdir()) / f"attribution-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o077 == 0:
        os.environ["NUMBA_CACHE_DIR"] = str(folder)


_choose_cache_folder()

import numba  # noqa: E402 - reads NUMBA_CACHE_DIR when it is imported


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of numpy arrays on its first call with each combination of types."""
    return cast(Callable[P, R], numba.njit(nogil=True, cache=True)(function))
