"""`python -m sandbox.world --out DIR --as-of ISO [--scale 1.0] [--seed 7]`: the demo shops as CSV files.

Writes DIR/<slug>/touchpoints.csv and orders.csv in the import format, and DIR/shop_totals.csv, the shops' own books.
With --webhooks-since ISO, orders of which a webhook tells after that instant are left to `sandbox.world.receiver`.
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from include.errors import InvalidInput
from sandbox.world.csv_files import write_orders_csv, write_shop_totals_csv, write_touchpoints_csv
from sandbox.world.local_time import parse_instant
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_SHOPS, DEMO_START, scaled
from sandbox.world.world import WorldState, generate


def main(arguments: list[str] | None = None) -> int:
    """Write the files, print one line per shop, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.world", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write into; made if absent")
    parser.add_argument("--as-of", default=DEMO_NOW.isoformat(), help="ISO 8601 instant, no offset = UTC")
    parser.add_argument("--scale", type=float, default=1.0, help="times the demo's number of orders")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another world")
    parser.add_argument(
        "--webhooks-since", default="", help="ISO 8601 instant, exclusive: later news are not in the CSV"
    )
    asked = parser.parse_args(arguments)
    try:
        since = parse_instant("--webhooks-since", asked.webhooks_since) if asked.webhooks_since else None
        states = _write_shops(asked.out, parse_instant("--as-of", asked.as_of), since, asked.scale, asked.seed)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_shop_totals_csv(states, asked.out / "shop_totals.csv")
    return 0


def _write_shops(out: Path, as_of: datetime, since: datetime | None, scale: float, seed: int) -> list[WorldState]:
    if not 0 < scale <= 1000 or seed < 0:
        raise InvalidInput(f"--scale {scale} must be above 0, at most 1000, and --seed {seed} not below 0")
    states = []
    for shop in DEMO_SHOPS:
        world = generate(scaled(shop, scale), seed, DEMO_START, DEMO_END)
        touches = write_touchpoints_csv(world, out / shop.slug / "touchpoints.csv", as_of)
        orders = write_orders_csv(world, out / shop.slug / "orders.csv", as_of, webhooks_since=since)
        print(f"{shop.slug}: {orders:,} orders, {touches:,} touchpoints as of {as_of.isoformat()}")
        states.append(world.as_of(as_of))
    return states


if __name__ == "__main__":
    sys.exit(main())
