"""Seeded shops, simulated: `generate(shop, seed, start, end)` gives a World; profiles.py has the demo's three shops."""

from sandbox.world.shop import AccountProfile, ShopProfile
from sandbox.world.world import World, WorldState, generate

__all__ = ["AccountProfile", "ShopProfile", "World", "WorldState", "generate"]
