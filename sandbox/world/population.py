"""The people who visit a shop: who buys how often, on how many devices, and what they answered to the consent banner.

A person is what the shop cannot see; it sees visitors (one per device) and customers (persons with an account).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.world.draws import Ints, power_law, stream, weighted
from sandbox.world.shop import ShopProfile

CONSENT = ("granted", "denied", "unknown")
DENIED = CONSENT.index("denied")

_MOST_ORDERS = 40
_DEVICES = (0.0, 0.62, 0.27, 0.08, 0.03)
_SHARED_TERMINAL_DEVICES = 25
_PERSONS_PER_SHARED_TERMINAL = 2_000
_GUEST_SHARE = 0.12
_NOBODY_SHARE = 0.02
_PHONE_SHARE = 0.02
_KNOWN_BROWSERS = 0.15


@dataclass(frozen=True)
class Population:
    """Persons 0..n-1; the first are buyers. Arrays are aligned by the index that their name starts with."""

    buyers: int
    device_offsets: Ints
    """int64[persons + 1]: person p's visitors are device_offsets[p] .. device_offsets[p + 1] (exclusive)."""
    visitor_consent: npt.NDArray[np.int8]
    """Code into CONSENT."""
    person_is_guest: npt.NDArray[np.bool_]
    """Guests never make an account: their orders name a visitor and no customer."""
    order_person: Ints
    """Person of each order, -1 for an order of nobody."""
    order_is_by_phone: npt.NDArray[np.bool_]
    """The order names a customer and no visitor."""
    browse_person: Ints
    """Person of each journey that ends without an order."""

    @property
    def visitors(self) -> int:
        return int(self.device_offsets[-1])

    def device(self, person: Ints, draw: npt.NDArray[np.float64]) -> Ints:
        """Return a visitor of each person; draw in [0, 1) picks among the person's devices."""
        first = self.device_offsets[person]
        return first + ((self.device_offsets[person + 1] - first) * draw).astype(np.int64)


def populate(shop: ShopProfile, seed: int, orders: int) -> Population:
    """Draw the people behind this many orders and the shop's share of journeys without one."""
    random = stream(seed, shop.slug, "people")
    order_person, buyers = _buyers(random, orders)
    browse_person = _browsers(random, round(orders * shop.browsers_per_order), buyers)
    persons = max(buyers, int(browse_person.max(initial=-1)) + 1)
    devices = weighted(random, persons, _DEVICES)
    # Somebody's device at the counter of every shop: one customer, more visitors than stitching accepts.
    devices[::_PERSONS_PER_SHARED_TERMINAL] = _SHARED_TERMINAL_DEVICES
    offsets = np.zeros(persons + 1, dtype=np.int64)
    np.cumsum(devices, out=offsets[1:])
    consent = (shop.consent_granted, shop.consent_denied, max(1 - shop.consent_granted - shop.consent_denied, 0.0))
    channel = random.random(orders)
    order_person[channel < _NOBODY_SHARE] = -1
    is_guest = random.random(persons) < _GUEST_SHARE
    is_guest[::_PERSONS_PER_SHARED_TERMINAL] = False
    by_phone = (channel > 1 - _PHONE_SHARE) & ~is_guest[order_person]
    return Population(
        buyers=buyers,
        device_offsets=offsets,
        visitor_consent=weighted(random, int(offsets[-1]), consent).astype(np.int8),
        person_is_guest=is_guest,
        order_person=order_person,
        order_is_by_phone=by_phone,
        browse_person=browse_person,
    )


def _buyers(random: np.random.Generator, orders: int) -> tuple[Ints, int]:
    # Orders per person follow a power law; the last person drawn keeps what is left.
    per_person = power_law(random, orders, 2.5, _MOST_ORDERS)
    person = np.repeat(np.arange(orders), per_person)[:orders]
    return random.permutation(person), int(person[-1]) + 1 if orders else 0


def _browsers(random: np.random.Generator, journeys: int, buyers: int) -> Ints:
    known = random.random(journeys) < _KNOWN_BROWSERS if buyers else np.zeros(journeys, dtype=bool)
    person = buyers + np.cumsum(~known) - 1
    person[known] = random.integers(0, max(buyers, 1), int(known.sum()))
    return person
