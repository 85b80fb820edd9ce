"""The vendors that chaos delivers to: a strict sandbox in a process of its own, one per lane, emptied for every trial.

It keeps every request whole, so what a vendor got can be held against what the ledger says.
"""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import requests

from dev.dag_bag import prepare_airflow
from dev.state import CHECKOUT

SHOP = "northwind-outdoor"
"""Whose pixels and streams are used; events of orders that its world does not know are as good as others."""


@dataclass(frozen=True)
class Got:
    """What a vendor got, and what it makes of it.

    copies: event -> its copies by their bytes. purchases, counted_twice, value: in the vendor's own figures, the value
    by currency in major units. violations: by rule.
    """

    copies: Mapping[str, Counter[str]]
    purchases: int
    counted_twice: int
    value: Mapping[str, Decimal]
    violations: Mapping[str, int]


@dataclass(frozen=True)
class Vendors:
    """A running sandbox. connections: as for AIRFLOW_CONN_<id>."""

    origin: str
    connections: Mapping[str, Any]

    def forget(self, now: datetime) -> None:
        """Start anew at an instant of virtual time."""
        self._post("reset", now=now.isoformat())

    def move_to(self, now: datetime) -> None:
        """Let virtual time pass."""
        self._post("clock", now=now.isoformat())

    def got(self, vendor: str) -> Got:
        """Return what a vendor got since the last `forget`."""
        copies: dict[str, Counter[str]] = {}
        for request in self._get("received", vendor=vendor, limit="20000"):
            if request["method"] == "POST" and set(request["effects"]) & {"accepted", "deduplicated", "merged"}:
                for event_id, event in _events(vendor, json.loads(request["body"])):
                    copies.setdefault(event_id, Counter())[json.dumps(event, sort_keys=True)] += 1
        state = self._get("state", vendor=vendor)
        shown = next(iter(state["vendors"][vendor].values()), {})
        value = {currency: Decimal(amount) for currency, amount in shown.get("value", {}).items()}
        twice = shown.get("purchases_counted_twice", 0)
        return Got(copies, shown.get("purchases", 0), twice, value, state["violations"])

    def _post(self, what: str, **body: Any) -> None:
        _http().post(f"{self.origin}/_sandbox/{what}", json=body, timeout=30).raise_for_status()

    def _get(self, what: str, **asked: str) -> Any:
        return _http().get(f"{self.origin}/_sandbox/{what}", params=asked, timeout=30).json()


@cache
def vendors(now: datetime) -> Vendors:
    """Return this process's sandbox and point Airflow's connections of the shop at it; it ends with the process."""
    home = Path(tempfile.mkdtemp(prefix="attribution-chaos-airflow-"))
    prepare_airflow(home)
    # Paid once by the process that forks the victims, not by each of them.
    for module in ("clients", "hooks.by_type"):
        importlib.import_module(f"attribution_airflow.{module}")
    command = [sys.executable, "-m", "sandbox.server", "--port", "0", "--scale", "0.02", "--now", now.isoformat()]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    # Not atexit, which the processes of a pool do not run.
    Finalize(None, _end, (process, home), exitpriority=10)
    assert process.stdout is not None
    origin = process.stdout.readline().split()[-1]
    shown = _http().get(f"{origin}/_sandbox/connections", params={"shop": SHOP}, timeout=60).json()
    os.environ["ALLOWED_PLATFORM_HOSTS"] = origin.removeprefix("http://")
    os.environ["ATTRIBUTION_NOW"] = now.isoformat()
    for conn_id, fields in shown.items():
        os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(fields)
    return Vendors(origin, shown)


def _end(process: "subprocess.Popen[str]", home: Path) -> None:
    process.kill()
    process.wait()
    shutil.rmtree(home, ignore_errors=True)


@cache
def _http() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _events(vendor: str, body: Any) -> Iterator[tuple[str, Any]]:
    if vendor == "ga4":
        for event in body["events"]:
            yield f"{event['name']} {event['params']['transaction_id']}", body
    else:
        for event in body["data"]:
            yield f"purchase {event['event_id']}", event
