"""Where exports and reports are written: a folder as pathlib knows it, on a disk or, through a plugin, in an object
store."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Folder(Protocol):
    """What exports need of pathlib.Path and its likes."""

    @property
    def name(self) -> str: ...
    def __truediv__(self, part: str, /) -> "Folder": ...
    def open(self, mode: Any, /) -> AbstractContextManager[Any]: ...
    def iterdir(self) -> "Iterator[Folder]": ...
    def exists(self) -> bool: ...
    def mkdir(self, *, parents: bool, exist_ok: bool) -> None: ...
    def unlink(self) -> None: ...
    def replace(self, target: Any, /) -> Any: ...


class OpenRoot(Protocol):
    """Opens the folder of a URL; raises InvalidInput, naming the URL, when nothing here can open it."""

    def __call__(self, url: str, /) -> Folder: ...


class OpenReports(Protocol):
    """Opens the folder that reports go to; None where there is none."""

    def __call__(self) -> Folder | None: ...


def put(folder: Folder, name: str, data: bytes) -> bool:
    """Put a file in a folder in one step, so that nobody reads half of it; return False where it is there already."""
    folder.mkdir(parents=True, exist_ok=True)
    place, beside = folder / name, folder / f"{name}.new"
    if place.exists():
        with place.open("rb") as stream:
            if stream.read() == data:
                return False
    with beside.open("wb") as stream:
        stream.write(data)
    beside.replace(place)
    return True
