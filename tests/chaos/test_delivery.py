"""Deliveries in small: three kills at every point of every destination; and that books that do not balance are seen."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.chaos import delivery
from tests.chaos.delivery import AT_RANDOM, JOBS, ORDERS, SEAMS, faults_of
from tests.chaos.delivery_sandbox import Got
from tests.chaos.shop import Ground

KILLS = 3
SEED = 11


@pytest.fixture(scope="module")
def filled(ground: Ground) -> Ground:
    delivery.fill(ground)
    return ground


@pytest.mark.parametrize("job", JOBS)
def test_a_delivery_killed_anywhere_loses_nothing_and_doubles_nothing_that_the_vendor_does_not_drop(
    filled: Ground, lanes: ProcessPoolExecutor, job: str
) -> None:
    kills = dict.fromkeys((*SEAMS, AT_RANDOM), KILLS)
    rows = delivery.kill_series(filled, lanes, delivery.all_series(filled, lanes, job), kills, SEED)
    assert {row.point for row in rows} == set(kills)
    assert all(row.kills >= KILLS and row.retries >= KILLS for row in rows), rows
    assert [row for row in rows if not row.clean] == []


LEDGER = [(f"purchase {number}", "accepted", None, 5_000, 4_000, "EUR") for number in range(ORDERS)]
GOT = Got(
    copies={f"purchase {number}": Counter(["bytes"]) for number in range(ORDERS)},
    purchases=ORDERS,
    counted_twice=0,
    value={"EUR": Decimal(40 * ORDERS)},
    violations={},
)


def changed(**fields: Any) -> list[Any]:
    event, state, reason, value, sent, currency = LEDGER[0]
    row = {"event": event, "state": state, "reason": reason, "value": value, "sent": sent, "currency": currency}
    return [tuple((row | fields).values()), *LEDGER[1:]]


def without_the_first() -> Got:
    copies = {event: found for event, found in GOT.copies.items() if event != "purchase 0"}
    return replace(GOT, copies=copies, purchases=ORDERS - 1, value={"EUR": Decimal(40 * ORDERS - 40)})


def with_first(*copies: str) -> Got:
    return replace(GOT, copies={**GOT.copies, "purchase 0": Counter(copies)})


def test_balanced_books_have_no_fault() -> None:
    assert list(faults_of(LEDGER, GOT, "ga4")) == []
    assert list(faults_of(changed(state="in_doubt"), without_the_first(), "meta")) == []
    assert list(faults_of(LEDGER, with_first("bytes", "bytes"), "tiktok")) == []


@pytest.mark.parametrize(
    ("ledger", "got", "vendor", "fault"),
    [
        (LEDGER, without_the_first(), "ga4", "accepted, never received"),
        (changed(state="in_doubt", value=0), without_the_first(), "meta", "in_doubt, never received"),
        (changed(state="failed"), GOT, "tiktok", "failed, but received"),
        (changed(state="sending"), GOT, "tiktok", "1 still queued or sending"),
        (LEDGER[1:], without_the_first(), "ga4", f"{ORDERS - 1} of {ORDERS} orders in the ledger"),
        (changed(state="in_doubt"), GOT, "tiktok", "1 in doubt, although the vendor recognises a repeat"),
        (LEDGER, with_first("bytes", "bytes"), "meta", "1 repeated to Meta"),
        (LEDGER, with_first("bytes", "other"), "ga4", "1 repeated with other bytes"),
        (LEDGER, replace(GOT, counted_twice=1), "ga4", "1 counted twice by the vendor"),
        (LEDGER, replace(GOT, value={"EUR": Decimal(1)}), "ga4", "the vendor's value is another"),
        (LEDGER, replace(GOT, violations={"ga4.A3.too-old": 2}), "ga4", "rule ga4.A3.too-old broken 2 times"),
    ],
)
def test_books_that_do_not_balance_are_named(ledger: list[Any], got: Got, vendor: str, fault: str) -> None:
    assert fault in list(faults_of(ledger, got, vendor))
