"""`python -m sandbox.world.receiver --tenant SLUG --since ISO --until ISO`: a shop's webhooks into the inbox.

Stands in for the receiver that answers the shop: it adds deliveries as the role analytics_ingest and nothing else, and
a delivery whose key is there already changes nothing. Verifying signatures is left to the real receiver.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import psycopg

from include.errors import InvalidInput
from include.ids import tenant_id_of
from include.storage.sql import statement
from sandbox.world.accounts import with_later_accounts
from sandbox.world.faults import Faults, disturbed
from sandbox.world.local_time import parse_instant
from sandbox.world.profiles import DEMO_END, DEMO_SHOPS, DEMO_START, EDGE_SHOPS, scaled
from sandbox.world.webhooks import Delivery, deliveries
from sandbox.world.world import World, generate

# A batch is one transaction and about 7 MB.
_AT_ONCE = 1000
_LATE = timedelta(days=1)


@dataclass(frozen=True)
class Received:
    """What became of deliveries: those that arrived, those of them whose key was new, and the bytes of all bodies."""

    arrived: int
    stored: int
    size: int


def receive(url: str, tenant_id: int, arriving: Iterable[Delivery]) -> Received:
    """Store deliveries in the tenant's inbox through the ingest role's URL, a thousand per transaction.

    Stored rows are queued; received_at is the database's clock, as for any receiver. Raises psycopg.Error.
    """
    insert = statement("webhooks/insert_delivery")
    received = Received(0, 0, 0)
    with psycopg.connect(url) as connection:
        for batch in _batches(iter(arriving)):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute("select set_config('app.tenant_id', %s, true)", (str(tenant_id),))
                cursor.executemany(insert, [_row(tenant_id, one) for one in batch])
                received = Received(
                    received.arrived + len(batch),
                    received.stored + cursor.rowcount,
                    received.size + sum(len(one.payload) for one in batch),
                )
    return received


def main(arguments: list[str] | None = None) -> int:
    """Send the webhooks, print one line, return the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        received = _send(asked)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except psycopg.Error as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        print(f"error: inbox: {first}; is the stack up, and does ANALYTICS_INGEST_URL name it?", file=sys.stderr)
        return 1
    known = received.arrived - received.stored
    print(
        f"{asked.tenant}: {received.arrived:,} webhooks arrived, {received.stored:,} stored, {known:,} known already,"
        f" {received.size / 1e6:,.1f} MB"
    )
    return 0


def _send(asked: argparse.Namespace) -> Received:
    url = os.environ.get("ANALYTICS_INGEST_URL", "")
    if not url:
        raise InvalidInput("ANALYTICS_INGEST_URL is not set; run: set -a; . .run/env")
    since = parse_instant("--since", asked.since) if asked.since else None
    until = parse_instant("--until", asked.until)
    faults = Faults(
        redelivered=asked.duplicates,
        sent_twice=asked.duplicates,
        lost=asked.loss,
        malformed=asked.malformed,
        late=_LATE if asked.reorder else timedelta(0),
    )
    world = _world(asked)
    arriving = disturbed(deliveries(world, since, until), faults, asked.seed)
    return receive(url, tenant_id_of(asked.tenant), arriving)


def _world(asked: argparse.Namespace) -> World:
    shops = {shop.slug: shop for shop in (*DEMO_SHOPS, *EDGE_SHOPS)}
    if asked.tenant not in shops:
        raise InvalidInput(f"unknown shop {asked.tenant!r}; simulated are {', '.join(sorted(shops))}")
    if not 0 < asked.scale <= 1000 or asked.seed < 0:
        raise InvalidInput(f"--scale {asked.scale} must be above 0, at most 1000, and --seed {asked.seed} not below 0")
    world = generate(scaled(shops[asked.tenant], asked.scale), asked.seed, DEMO_START, DEMO_END)
    return with_later_accounts(world, asked.later_accounts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.world.receiver", description=__doc__)
    parser.add_argument("--tenant", required=True, help="slug of a simulated shop")
    parser.add_argument("--since", default="", help="ISO 8601 instant, exclusive, no offset = UTC; default: all")
    parser.add_argument("--until", required=True, help="ISO 8601 instant, inclusive, no offset = UTC")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another world with other faults")
    parser.add_argument("--scale", type=float, default=1.0, help="times the shop's number of orders")
    parser.add_argument("--duplicates", type=float, default=0.0, help="share redelivered, and share sent twice")
    parser.add_argument("--reorder", action="store_true", help="delay each delivery by up to a day")
    parser.add_argument("--loss", type=float, default=0.0, help="share never delivered")
    parser.add_argument("--malformed", type=float, default=0.0, help="share damaged")
    parser.add_argument(
        "--later-accounts", type=float, default=0.0, help="share of repeat customers who first buy as guests"
    )
    return parser


def _batches(arriving: Iterator[Delivery]) -> Iterator[list[Delivery]]:
    while batch := list(islice(arriving, _AT_ONCE)):
        yield batch


def _row(tenant_id: int, one: Delivery) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "topic": one.topic,
        "webhook_id": one.webhook_id,
        "event_id": one.event_id,
        "triggered_at": one.triggered_at,
        "payload": one.payload,
    }


if __name__ == "__main__":
    sys.exit(main())
