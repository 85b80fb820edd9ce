"""The world of the speed benchmarks: one large tenant as bare columns, without campaigns, money events or text.

Its proportions are those of a shop with a long tail: most journeys are short, some people buy again and share touches
between orders, most visitors never buy. Writing the columns to a database and timing anything is left to benchmarks/.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from sandbox.world.draws import Ints, power_law, stream, weighted
from sandbox.world.local_time import DAY, SECOND, midnight_utc

BENCH_CHANNELS = (
    "Direct",
    "Paid Social",
    "Paid Search",
    "Organic Search",
    "Email",
    "Paid Shopping",
    "Cross-network",
    "Organic Social",
    "Referral",
    "Affiliates",
    "SMS",
    "Organic Video",
)
_CHANNEL_SHARES = (18, 17, 14, 13, 10, 8, 6, 5, 4, 2, 2, 1)

_LOOKBACK = 30 * DAY
_LONGEST = 50
_CONVERTING_EXPONENT = 1.5
_BROWSING_EXPONENT = 2.25
_BUYERS_PER_CONVERSION = 0.85
_SECOND_DEVICE_SHARE = 0.3
_SAME_SECOND_SHARE = 0.02
# Per touch inside the look-back: what journey building has to leave out again.
_OLDER_PER_TOUCH = 8 / 88
_LATER_PER_TOUCH = 4 / 88


@dataclass(frozen=True)
class BenchWorld:
    """Touches and conversions in ascending time order; instants are int64 microseconds since 1970 UTC."""

    touch_visitor: Ints
    touch_at: Ints
    touch_channel: npt.NDArray[np.int8]
    """Index into BENCH_CHANNELS."""
    conversion_visitor: Ints
    conversion_customer: Ints
    conversion_at: Ints
    value_minor: Ints
    """Minor units of a currency with two decimals, 1.00 and more."""
    visitor_customer: Ints
    """int64[visitors]: the customer a visitor belongs to, -1 for the visitors who never buy."""


def bench_world(
    conversions: int = 200_000,
    *,
    browsers: int = 300_000,
    start: date = date(2026, 1, 1),
    days: int = 80,
    seed: int = 7,
) -> BenchWorld:
    """Draw a tenant with this many conversions on the UTC days [start, start + days).

    The defaults give about 1.9 million touches, 2,500 conversions a day and six touches in the 30 days before a
    conversion. A tenant n times as large has n times the conversions and browsers.
    """
    random = stream(seed, "bench", f"{conversions} conversions")
    first, last = midnight_utc(start), midnight_utc(start) + days * DAY
    devices, conversion_customer = _customers(random, conversions)
    conversion_at = _conversion_times(random, conversion_customer, first, last)
    order = np.argsort(conversion_at, kind="stable")
    conversion_customer, conversion_at = conversion_customer[order], conversion_at[order]

    journey, converting_at = _converting_touches(random, conversion_at)
    browser, browsing_at = _browsing_touches(random, browsers, first, last)
    offsets = np.concatenate(([0], np.cumsum(devices)))
    touch_visitor = np.concatenate((_device(random, offsets, conversion_customer[journey]), offsets[-1] + browser))
    touch_at = np.concatenate((converting_at, browsing_at))
    arrival = np.argsort(touch_at, kind="stable")
    visitor_customer = np.full(offsets[-1] + browsers, -1, dtype=np.int64)
    visitor_customer[: offsets[-1]] = np.repeat(np.arange(len(devices)), devices)
    return BenchWorld(
        touch_visitor=touch_visitor[arrival],
        touch_at=touch_at[arrival],
        touch_channel=weighted(random, len(touch_at), _CHANNEL_SHARES).astype(np.int8),
        conversion_visitor=_device(random, offsets, conversion_customer),
        conversion_customer=conversion_customer,
        conversion_at=conversion_at,
        value_minor=100 + random.lognormal(8.4, 0.7, conversions).astype(np.int64),
        visitor_customer=visitor_customer,
    )


def _customers(random: np.random.Generator, conversions: int) -> tuple[Ints, Ints]:
    """Return the devices of each customer and the customer of each conversion; every customer buys at least once."""
    buyers = max(round(conversions * _BUYERS_PER_CONVERSION), min(conversions, 1))
    devices = 1 + (random.random(buyers) < _SECOND_DEVICE_SHARE).astype(np.int64)
    again = random.integers(0, buyers, conversions - buyers)
    return devices, np.concatenate((np.arange(buyers), again))


def _conversion_times(random: np.random.Generator, customer: Ints, first: int, last: int) -> Ints:
    at = random.integers(first, last, len(customer))
    # A repeat order follows its customer's first one within weeks, so that the two share touches.
    again = np.arange(len(customer)) != customer
    gap = random.exponential(21 * DAY, int(again.sum())).astype(np.int64)
    at[again] = first + (at[customer[again]] + gap - first) % (last - first)
    return at


def _converting_touches(random: np.random.Generator, conversion_at: Ints) -> tuple[Ints, Ints]:
    """Return the conversion that each touch leads to, and its time: inside the look-back, older, or after the order."""
    lengths = power_law(random, len(conversion_at), _CONVERTING_EXPONENT, _LONGEST)
    inside = np.repeat(np.arange(len(conversion_at)), lengths)
    age = (_LOOKBACK * random.random(len(inside)) ** 2.5).astype(np.int64)
    same_second = random.random(len(inside)) < _SAME_SECOND_SHARE
    age[same_second] = random.integers(0, conversion_at[inside[same_second]] % SECOND + 1)
    older = random.choice(inside, round(len(inside) * _OLDER_PER_TOUCH))
    older_age = random.integers(_LOOKBACK + 1, 2 * _LOOKBACK, len(older))
    later = random.choice(inside, round(len(inside) * _LATER_PER_TOUCH))
    later_age = -random.integers(1, 3 * DAY, len(later))
    journey = np.concatenate((inside, older, later))
    return journey, conversion_at[journey] - np.concatenate((age, older_age, later_age))


def _browsing_touches(random: np.random.Generator, browsers: int, first: int, last: int) -> tuple[Ints, Ints]:
    browser = np.repeat(np.arange(browsers), power_law(random, browsers, _BROWSING_EXPONENT, _LONGEST))
    begun = random.integers(first - _LOOKBACK, last, browsers)
    return browser, begun[browser] + (_LOOKBACK * random.random(len(browser)) ** 2.5).astype(np.int64)


def _device(random: np.random.Generator, offsets: Ints, customer: Ints) -> Ints:
    begin = offsets[customer]
    return begin + ((offsets[customer + 1] - begin) * random.random(len(customer))).astype(np.int64)
