"""`python -m sandbox.world --out DIR --as-of ISO [--scale 1.0] [--seed 7]`: the demo shops as CSV files.

Writes DIR/<slug>/touchpoints.csv and orders.csv in the import format, and DIR/shop_totals.csv, the shops' own books.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from include.errors import InvalidInput
from sandbox.world.csv_files import write_orders_csv, write_shop_totals_csv, write_touchpoints_csv
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_SHOPS, DEMO_START, scaled
from sandbox.world.world import WorldState, generate


def main(arguments: list[str] | None = None) -> int:
    """Write the files, print one line per shop, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.world", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write into; made if absent")
    parser.add_argument("--as-of", default=DEMO_NOW.isoformat(), help="ISO 8601 instant, no offset = UTC")
    parser.add_argument("--scale", type=float, default=1.0, help="times the demo's number of orders")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another world")
    asked = parser.parse_args(arguments)
    try:
        states = _write_shops(asked.out, _instant(asked.as_of), asked.scale, asked.seed)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_shop_totals_csv(states, asked.out / "shop_totals.csv")
    return 0


def _write_shops(out: Path, as_of: datetime, scale: float, seed: int) -> list[WorldState]:
    if not 0 < scale <= 1000 or seed < 0:
        raise InvalidInput(f"--scale {scale} must be above 0, at most 1000, and --seed {seed} not below 0")
    states = []
    for shop in DEMO_SHOPS:
        world = generate(scaled(shop, scale), seed, DEMO_START, DEMO_END)
        touches = write_touchpoints_csv(world, out / shop.slug / "touchpoints.csv", as_of)
        orders = write_orders_csv(world, out / shop.slug / "orders.csv", as_of)
        print(f"{shop.slug}: {orders:,} orders, {touches:,} touchpoints as of {as_of.isoformat()}")
        states.append(world.as_of(as_of))
    return states


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"--as-of {text!r} is not ISO 8601; write 2026-03-31T12:00:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


if __name__ == "__main__":
    sys.exit(main())
