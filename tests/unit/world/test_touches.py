"""Touches look like a shop's: heavy-tailed journeys, several devices, and everything journey building must decide."""

import numpy as np

from include.attribution.channels import ChannelInput, group_channel
from sandbox.world import World, generate
from sandbox.world.draws import power_law, stream
from sandbox.world.local_time import DAY, HOUR, SECOND
from sandbox.world.placements import Placement
from sandbox.world.population import CONSENT
from sandbox.world.profiles import DEMO_END, DEMO_SHOPS, DEMO_START, scaled
from sandbox.world.touches import LONGEST_JOURNEY

# Campaigns of these tactics keep their channel when the tags are lost, or lose it with them.
CHANNELS = {
    "direct": {"Direct"},
    "meta": {"Paid Social", "Organic Social"},
    "google_search": {"Paid Search"},
    "google_shopping": {"Paid Shopping", "Paid Search"},
    "google_pmax": {"Cross-network", "Paid Search"},
    "tiktok": {"Paid Social"},
    "organic_search": {"Organic Search"},
    "organic_social": {"Organic Social"},
    "organic_video": {"Organic Video"},
    "email": {"Email"},
    "sms": {"SMS"},
    "affiliate": {"Affiliates"},
    "referral": {"Referral"},
    "ai_assistant": {"AI Assistant"},
}


def _ages(world: World) -> np.ndarray:
    """Return the age of every touch of an order's own visitor at that order, in microseconds."""
    touches, orders = world.touches, world.orders
    with_visitor = np.flatnonzero(orders.visitor >= 0)
    by_visitor = np.argsort(touches.visitor, kind="stable")
    sorted_visitors = touches.visitor[by_visitor]
    first = np.searchsorted(sorted_visitors, orders.visitor[with_visitor], side="left")
    end = np.searchsorted(sorted_visitors, orders.visitor[with_visitor], side="right")
    rows = np.concatenate([by_visitor[low:high] for low, high in zip(first, end, strict=True)])
    return np.repeat(orders.placed_at[with_visitor], end - first) - touches.occurred_at[rows]


def test_journey_lengths_follow_a_power_law_up_to_fifty() -> None:
    lengths = power_law(stream(1, "shop", "lengths"), 200_000, 1.5, LONGEST_JOURNEY)
    counts = np.bincount(lengths)
    assert lengths.min() == 1
    assert lengths.max() == 50
    slope = np.polyfit(np.log(np.arange(1, 31)), np.log(counts[1:31]), 1)[0]
    assert abs(slope + 1.5) < 0.05


def test_most_visitors_come_once_and_a_few_dozens_of_times(world: World) -> None:
    visits = np.bincount(world.touches.visitor)
    visits = visits[visits > 0]
    assert np.median(visits) <= 2
    assert np.quantile(visits, 0.999) > 20


def test_touches_lie_before_the_order_in_its_second_after_it_and_beyond_the_look_back(world: World) -> None:
    ages = _ages(world)
    assert np.any(ages == 0)
    assert np.any((ages < 0) & (ages > -5 * DAY))
    assert np.any((ages > 30 * DAY) & (ages < 37 * DAY))
    in_look_back = np.count_nonzero((ages >= 0) & (ages <= 30 * DAY))
    assert 4 < in_look_back / np.count_nonzero(world.orders.visitor >= 0) < 10


def test_some_clicks_are_recorded_twice_on_both_sides_of_thirty_seconds(world: World) -> None:
    touches = world.touches
    repeated = np.flatnonzero(touches.number != touches.click)
    original = np.argsort(touches.number)[touches.click[repeated]]
    np.testing.assert_array_equal(touches.visitor[repeated], touches.visitor[original])
    np.testing.assert_array_equal(touches.placement[repeated], touches.placement[original])
    gap = touches.occurred_at[repeated] - touches.occurred_at[original]
    assert np.any(gap < 30 * SECOND)
    assert np.any(gap == 30 * SECOND)
    assert np.any(gap > 30 * SECOND)


def test_touches_of_one_visitor_share_an_instant_now_and_then(world: World) -> None:
    # Orders are placed on whole seconds: what happens between two of them shares its instant with a touch only.
    touches = world.touches
    own = (touches.number == touches.click) & (touches.occurred_at % SECOND != 0)
    pairs = np.stack([touches.visitor[own], touches.occurred_at[own]])
    assert np.unique(pairs, axis=1).shape[1] < own.sum() - 50


def test_a_touch_is_known_from_the_instant_it_becomes_available(world: World) -> None:
    at = int(world.touches.available_at[1000])
    assert len(world.touches.available(at)) == np.count_nonzero(world.touches.available_at <= at)
    assert len(world.touches.available(at - 1)) == np.count_nonzero(world.touches.available_at < at)


def test_a_touch_is_numbered_once(world: World) -> None:
    assert len(np.unique(world.touches.number)) == len(world.touches)


def test_some_touches_arrive_hours_after_they_happened(world: World) -> None:
    delay = world.touches.available_at - world.touches.occurred_at
    assert 0.005 < np.mean(delay > HOUR) < 0.05


def test_a_customer_is_seen_on_several_devices(world: World) -> None:
    devices = np.diff(world.people.device_offsets)
    signed_in = world.touches.customer >= 0
    pairs = np.unique(np.stack([world.touches.customer[signed_in], world.touches.visitor[signed_in]]), axis=1)
    assert np.bincount(pairs[0]).max() > 1
    assert 0 < np.mean(devices > 1) < 0.5
    assert devices.max() > 20


def test_every_consent_state_occurs(world: World) -> None:
    assert set(np.unique(world.people.visitor_consent[world.touches.visitor])) == set(range(len(CONSENT)))


def test_every_tactic_s_traces_are_grouped_into_its_channel() -> None:
    worlds = [generate(scaled(shop, 0.02), 7, DEMO_START, DEMO_END) for shop in DEMO_SHOPS]
    seen = {(one.tactic, _channel(one)) for world in worlds for one in world.placements}
    assert seen == {(tactic, channel) for tactic, channels in CHANNELS.items() for channel in channels}


def _channel(one: Placement) -> str:
    ids = {name: "id" if one.click_id == name else None for name in ("gclid", "gbraid", "wbraid", "fbclid", "ttclid")}
    left = {name: getattr(one, name) or None for name in ("source", "medium", "campaign", "referrer", "landing_page")}
    return group_channel(ChannelInput(**left, **ids)).channel
