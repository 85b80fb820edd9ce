"""What all vendors of one sandbox share: the virtual clock, the credentials, the seeded shops."""

from dataclasses import dataclass, field
from datetime import datetime

from include.errors import InvalidInput
from sandbox.server.clock import VirtualClock
from sandbox.server.tokens import Tokens
from sandbox.world.profiles import DEMO_END, DEMO_SHOPS, DEMO_START, EDGE_SHOPS, scaled
from sandbox.world.shop import ShopProfile
from sandbox.world.world import World, WorldState, generate

_SHOPS = {shop.slug: shop for shop in (*DEMO_SHOPS, *EDGE_SHOPS)}


class Shops:
    """The worlds of the simulated shops, made when first asked for, and kept over resets."""

    def __init__(self, seed: int, scale: float = 1.0) -> None:
        self.seed = seed
        self.scale = scale
        self._worlds: dict[str, World] = {}
        self._states: dict[str, WorldState] = {}

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(_SHOPS)

    def profile(self, slug: str) -> ShopProfile:
        """Raises InvalidInput when no such shop is simulated."""
        if slug not in _SHOPS:
            raise InvalidInput(f"unknown shop {slug!r}; simulated are {', '.join(_SHOPS)}")
        return _SHOPS[slug]

    def world(self, slug: str) -> World:
        """Return all that ever happens to the shop; takes a second the first time."""
        if slug not in self._worlds:
            self._worlds[slug] = generate(scaled(self.profile(slug), self.scale), self.seed, DEMO_START, DEMO_END)
        return self._worlds[slug]

    def at(self, slug: str, instant: datetime) -> WorldState:
        """Return what is known of the shop at an instant; the last state asked for is kept."""
        state = self.world(slug).as_of(instant)
        kept = self._states.get(slug)
        if kept is None or kept.instant != state.instant:
            self._states[slug] = kept = state
        return kept


@dataclass
class House:
    """Shared by all surfaces of a sandbox; a reset makes another with the same shops."""

    clock: VirtualClock
    shops: Shops
    tokens: Tokens = field(default_factory=Tokens)

    def shop_now(self, slug: str) -> WorldState:
        """Return the shop as it is at the virtual clock."""
        return self.shops.at(slug, self.clock.now)
