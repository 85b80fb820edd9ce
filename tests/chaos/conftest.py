"""One server with the shop that is struck, and the lanes that strike it, for as long as this folder's tests run."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.chaos import kills, shop


@pytest.fixture(scope="package")
def ground() -> Iterator[shop.Ground]:
    with shop.ground() as made:
        yield made


@pytest.fixture(scope="package")
def lanes() -> Iterator[ProcessPoolExecutor]:
    with kills.lanes() as pool:
        yield pool
