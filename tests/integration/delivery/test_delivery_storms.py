"""Storms on the virtual clock: throttles, a revoked credential, two days without a vendor; other tenants on time."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.integration.delivery.shops import HOUR, MINUTE, START, Shop, World, received

TEN_MINUTES = 10 * MINUTE
VENDORS = ("ga4", "meta", "tiktok")
VALUE = 4500
"""Of each order, minor units."""


@pytest.fixture
def shops(world: World) -> list[Shop]:
    """A shop that the storm hits and one that it does not: it sends to another vendor, by other credentials."""
    hit, spared = Shop(world), Shop(world, "maison-lumiere")
    for vendor in VENDORS:
        hit.destination(vendor)
        spared.destination(vendor)
    return [hit, spared]


def balance(shop: Shop, vendor: str, sold: int) -> dict[str, int]:
    """Return orders by state, once it is sure that each is in one and none of its value is missing."""
    rows = shop.ledger(vendor)
    assert len(rows) == len({row["order_id"] for row in rows}) == sold
    assert sum(row["value_minor"] for row in rows) == sold * VALUE
    return dict(Counter(row["state"] for row in rows))


def numbers(shop: Shop, vendor: str, *states: str) -> set[str]:
    return {row["event_id"] for row in shop.ledger(vendor) if row["state"] in states}


@pytest.mark.parametrize("vendor", ["meta", "tiktok"])
def test_a_throttle_storm_costs_no_attempt_and_nothing_is_lost(shops: list[Shop], vendor: str) -> None:
    hit, _ = shops
    world, sold = hit.world, 0
    for tick in range(6):
        number = world.fault(vendor, "vendor_error") if tick % 3 else None
        hit.sell(*range(sold + 1, sold + 6))
        sold += 5
        hit.credit()
        hit.send(vendor)
        if number is not None:
            world.cure(number)
        world.advance(TEN_MINUTES)
    # TikTok's third throttle in a row is the day's quota, until midnight.
    for _ in range(7):
        world.advance(2 * HOUR)
        hit.send(vendor)
    assert balance(hit, vendor, sold) == {"accepted": sold}
    assert max(row["attempts"] for row in hit.ledger(vendor)) == 1
    assert received(world, vendor) == Counter(numbers(hit, vendor, "accepted"))
    assert world.told("violations") == []
    assert not any(rule.startswith(vendor) for rule in world.alerts())


@pytest.mark.parametrize("vendor", ["meta", "tiktok"])
def test_a_credential_revoked_for_an_hour_pauses_keeps_the_backlog_and_says_what_is_at_stake(
    shops: list[Shop], vendor: str
) -> None:
    hit, _ = shops
    world, sold = hit.world, 0
    world.fault(vendor, "auth_revoked", until=(START + HOUR).isoformat())
    asked = []
    for _ in range(6):
        hit.sell(*range(sold + 1, sold + 6))
        sold += 5
        hit.credit()
        assert hit.send(vendor).status == "waiting"
        asked.append(world.requests_of(vendor))
        world.advance(TEN_MINUTES)
    assert asked == [1] * 6
    assert balance(hit, vendor, sold) == {"queued": sold}
    alert = world.alerts()[f"{vendor}_credential_dead"]
    hours = {"meta": 167, "tiktok": 47}[vendor]
    assert alert.startswith(f"{sold} orders, value {sold * 45}.00 EUR, expire in {hours} hours: ")
    assert len(world.select("select 1 from control.alerts where rule = %s", f"{vendor}_credential_dead")) == 1
    assert world.select("select state from analytics.destination_gates") == [{"state": "paused"}]
    world.advance(HOUR)
    hit.send(vendor)
    assert balance(hit, vendor, sold) == {"accepted": sold}
    assert world.alerts() == {}
    assert received(world, vendor) == Counter(numbers(hit, vendor, "accepted"))


OUTAGES = [
    ("ga4", {"kind": "status", "status": 503}),
    ("ga4", {"kind": "reset_before"}),
    ("meta", {"kind": "status", "status": 503}),
    ("meta", {"kind": "vendor_error", "params": {"code": 2}}),
    ("tiktok", {"kind": "vendor_error", "params": {"code": 50000}}),
    ("tiktok", {"kind": "reset_before"}),
]


@pytest.mark.parametrize(("vendor", "fault"), OUTAGES, ids=lambda part: part if isinstance(part, str) else part["kind"])
def test_after_two_days_without_a_vendor_every_order_is_accounted_for_with_its_value(
    shops: list[Shop], vendor: str, fault: dict[str, object]
) -> None:
    hit, _ = shops
    world, sold = hit.world, 0
    number = world.fault(vendor, **fault)  # type: ignore[arg-type]
    for _ in range(8):
        hit.sell(*range(sold + 1, sold + 5))
        sold += 4
        hit.credit()
        hit.send(vendor)
        world.advance(6 * HOUR)
    assert set(balance(hit, vendor, sold)) <= {"queued", "in_doubt", "expired"}
    world.cure(number)
    for _ in range(4):
        world.advance(HOUR)
        hit.send(vendor)
    states = balance(hit, vendor, sold)
    assert states.get("accepted", 0) > 0
    assert not states.keys() & {"queued", "sending", "failed"}
    # What the vendor has is exactly what the ledger says, and nothing twice that it does not drop.
    got = received(world, vendor)
    assert numbers(hit, vendor, "accepted") <= set(got)
    assert set(got) <= numbers(hit, vendor, "accepted", "in_doubt")
    if vendor == "meta":
        assert max(got.values()) == 1
    assert world.told("violations") == []
    lost = sum(row["value_minor"] for row in hit.ledger(vendor) if row["state"] == "expired")
    assert lost == states.get("expired", 0) * VALUE


def test_few_events_are_put_in_doubt_while_a_vendor_is_silent(shops: list[Shop]) -> None:
    hit, _ = shops
    world = hit.world
    hit.sell(*range(1, 31))
    hit.credit()
    world.fault("meta", "reset_before")
    hit.send("meta")
    hit.sell(*range(101, 137))
    hit.credit()
    for _ in range(35):
        world.advance(TEN_MINUTES)
        hit.send("meta")
    doubts = balance(hit, "meta", 66)["in_doubt"]
    # One batch when it fell silent; then single events, at most one an hour in the end.
    assert 30 < doubts <= 30 + 10
    assert balance(hit, "meta", 66)["queued"] == 66 - doubts


def test_a_storm_on_one_tenant_leaves_the_others_on_time(shops: list[Shop]) -> None:
    hit, spared = shops
    world = hit.world
    for tick in range(3):
        for shop in shops:
            shop.sell(*range(tick * 3 + 1, tick * 3 + 4))
            shop.credit()
        faults = [world.fault(vendor, "status", status=503) for vendor in VENDORS]
        for vendor in VENDORS:
            hit.send(vendor)
        for number in faults:
            world.cure(number)
        for vendor in VENDORS:
            assert spared.send(vendor).status == "succeeded"
            assert balance(spared, vendor, tick * 3 + 3) == {"accepted": tick * 3 + 3}
        world.advance(TEN_MINUTES)
    assert "accepted" not in balance(hit, "meta", 9)


def test_a_silent_vendor_keeps_no_tenant_longer_than_its_deadline(shops: list[Shop]) -> None:
    hit, spared = shops
    hit.sell(*range(1, 41))
    hit.credit()
    hit.world.fault("ga4", "latency", seconds=0.5, count=40)
    outcome = hit.run("ga4", seconds=4.0)
    assert outcome.seconds < 6.0
    assert set(balance(hit, "ga4", 40)) <= {"accepted", "queued"}
    assert timedelta(seconds=outcome.seconds) < MINUTE
    assert spared.send("ga4").status == "succeeded"
