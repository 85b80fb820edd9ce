"""`python -m sandbox.world.product_costs --tenant SLUG`: what a demo shop's goods cost, into analytics.product_costs.

Stands in for the sync of unit costs from the shop. A cost is a share of the product's price, rose for some products in
the middle of March, and is missing for two: nobody entered it. Costs are the shop's, in its currency.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from include.errors import InvalidInput
from include.ids import tenant_id_of
from include.storage.sql import statement
from sandbox.world.baskets import catalogue, sku
from sandbox.world.draws import stream
from sandbox.world.profiles import DEMO_SHOPS
from sandbox.world.shop import ShopProfile

_FIRST_SNAPSHOT = datetime(2026, 1, 1, tzinfo=UTC)
_PRICE_RISE = datetime(2026, 3, 15, tzinfo=UTC)
_NEVER_ENTERED = (37, 61)
_SHARE_OF_PRICE = (0.28, 0.52)


@dataclass(frozen=True)
class UnitCost:
    """What one piece of a product costs in [valid_from, valid_to) (UTC), minor units of the shop's currency."""

    sku: str
    valid_from: datetime
    valid_to: datetime | None
    unit_cost_minor: int


def unit_costs(shop: ShopProfile, seed: int) -> Iterator[UnitCost]:
    """Yield the unit costs of a shop's products, by product and time."""
    prices = catalogue(shop, seed)
    random = stream(seed, shop.slug, "unit costs")
    shares = random.uniform(*_SHARE_OF_PRICE, len(prices))
    rose = random.random(len(prices)) < 0.25
    for product, price in enumerate(prices.tolist()):
        if product in _NEVER_ENTERED:
            continue
        cost = max(round(price * shares[product]), 1)
        if not rose[product]:
            yield UnitCost(sku(product), _FIRST_SNAPSHOT, None, cost)
            continue
        yield UnitCost(sku(product), _FIRST_SNAPSHOT, _PRICE_RISE, cost)
        yield UnitCost(sku(product), _PRICE_RISE, None, cost + max(cost // 12, 1))


def store(url: str, tenant_id: int, currency: str, costs: Iterator[UnitCost]) -> int:
    """Store unit costs through the jobs' role and return how many were new or changed."""
    rows = list(costs)
    with psycopg.connect(url) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(tenant_id),))
        return connection.execute(
            statement("pnl/upsert_product_costs"),
            {
                "tenant_id": tenant_id,
                "source": "shopify",
                "variant_id": [""] * len(rows),
                "sku": [row.sku for row in rows],
                "valid_from": [row.valid_from for row in rows],
                "valid_to": [row.valid_to for row in rows],
                "unit_cost_minor": [row.unit_cost_minor for row in rows],
                "currency": [currency] * len(rows),
            },
        ).rowcount


def main(arguments: list[str] | None = None) -> int:
    """Store the costs, print one line, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.world.product_costs", description=__doc__)
    parser.add_argument("--tenant", required=True, help="slug of a demo shop")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another world")
    asked = parser.parse_args(arguments)
    try:
        shop = next((shop for shop in DEMO_SHOPS if shop.slug == asked.tenant), None)
        url = os.environ.get("ANALYTICS_DB_URL", "")
        if shop is None or not url:
            raise InvalidInput(f"unknown demo shop {asked.tenant!r}" if shop is None else "ANALYTICS_DB_URL is not set")
        stored = store(url, tenant_id_of(shop.slug), shop.currency, unit_costs(shop, asked.seed))
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{shop.slug}: {stored} unit costs stored")
    return 0


if __name__ == "__main__":
    sys.exit(main())
