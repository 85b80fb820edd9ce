"""A sandbox in a process of its own, once per session; every test starts it afresh at one instant."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.sandbox.client import NOW, Sandbox

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def origin() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.server", "--port", "0", "--scale", "0.1", "--now", NOW],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("sandbox: "), f"the sandbox did not start: {line!r}"
    yield line.split()[1]
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="session")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def fresh(origin: str, http: requests.Session) -> str:
    http.post(f"{origin}/_sandbox/reset", json={"now": NOW}).raise_for_status()
    return origin


@pytest.fixture
def sandbox(fresh: str, http: requests.Session) -> Sandbox:
    return Sandbox(fresh, http)
