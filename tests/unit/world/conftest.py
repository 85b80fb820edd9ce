"""One small world of the demo's first shop, and the instants at which the tests look at it."""

from datetime import UTC, datetime

import pytest

from sandbox.world import World, generate
from sandbox.world.profiles import DEMO_END, DEMO_START, NORTHWIND_OUTDOOR, scaled

AFTER_ALL = datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def world() -> World:
    return generate(scaled(NORTHWIND_OUTDOOR, 0.25), 7, DEMO_START, DEMO_END)
