"""Until when an event may be sent, and sent again."""

from datetime import timedelta

import pytest

from include.delivery.purchase import Vendor
from include.delivery.windows import IN_FLIGHT, REPEAT_OVER, fate_of, last_instant, last_repeat
from tests.unit.delivery.purchases import PLACED

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("vendor", "hours", "reason"),
    [("ga4", 72, "older_than_72_hours"), ("meta", 168, "older_than_7_days"), ("tiktok", 48, "older_than_48_hours")],
)
def test_each_vendor_takes_an_event_up_to_its_own_age_less_the_time_a_request_takes(
    vendor: Vendor, hours: int, reason: str
) -> None:
    last = PLACED + hours * HOUR - IN_FLIGHT
    assert fate_of(vendor, PLACED, last).state == "sendable"
    late = fate_of(vendor, PLACED, last + timedelta(seconds=1))
    assert (late.state, late.reason, late.until) == ("expired", reason, last_instant(vendor, PLACED))


@pytest.mark.parametrize("vendor", ["ga4", "meta", "tiktok"])
def test_an_event_of_the_future_waits_until_it_has_happened(vendor: Vendor) -> None:
    assert fate_of(vendor, PLACED, PLACED - timedelta(seconds=1)).state == "early"
    assert fate_of(vendor, PLACED, PLACED).state == "sendable"


def test_a_repeat_for_meta_is_over_48_hours_after_the_first_may_have_arrived() -> None:
    first = PLACED + 5 * HOUR
    last = last_repeat("meta", PLACED, first)
    assert last == first + 48 * HOUR - IN_FLIGHT
    assert fate_of("meta", PLACED, last, first_sent_at=first).state == "sendable"
    late = fate_of("meta", PLACED, last + IN_FLIGHT, first_sent_at=first)
    assert (late.state, late.reason) == ("expired", REPEAT_OVER)
    assert fate_of("meta", PLACED, last + IN_FLIGHT).state == "sendable"


def test_a_repeat_never_outlives_the_events_own_window() -> None:
    first = PLACED + 7 * 24 * HOUR - HOUR
    assert last_repeat("meta", PLACED, first) == last_instant("meta", PLACED)
    assert last_repeat("tiktok", PLACED, PLACED + HOUR) == last_instant("tiktok", PLACED)


def test_ga4_may_be_told_again_as_long_as_the_date_can_be_kept() -> None:
    first = PLACED + HOUR
    assert fate_of("ga4", PLACED, PLACED + 71 * HOUR, first_sent_at=first).state == "sendable"
    assert fate_of("ga4", PLACED, PLACED + 72 * HOUR, first_sent_at=first).reason == "older_than_72_hours"
