"""The world as the CSV files that `make import` reads: touchpoints and orders as known at an instant, and the books.

The same world and instant give the same bytes, and a later touchpoints file starts with an earlier one's bytes.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from include.money import minor_unit_exponent
from sandbox.world.draws import Ints
from sandbox.world.external_ids import click_ids, customer_ids, order_ids, touch_ids, visitor_ids
from sandbox.world.local_time import NEVER, instant_us
from sandbox.world.order_events import order_events
from sandbox.world.order_state import FINANCIAL_STATUS
from sandbox.world.population import CONSENT, DENIED
from sandbox.world.touches import Touches
from sandbox.world.world import World, WorldState

_ROWS_AT_ONCE = 100_000
_CLICK_IDS = ("gclid", "gbraid", "wbraid", "fbclid", "ttclid")
_LEFT_BY_PLACEMENT = ("source", "medium", "campaign", "content", "term", "utm_id")
_PLAIN = csv.WriteOptions(include_header=False, quoting_style="none")


def write_touchpoints_csv(world: World, path: Path, as_of: datetime) -> int:
    """Write the touches known at an aware instant, in the order in which they became known; return their number."""
    touches = world.as_of(as_of).touches
    placement_columns = {
        name: pa.array([getattr(one, name) or None for one in world.placements], pa.string())
        for name in ("type", *_LEFT_BY_PLACEMENT, "click_id", "landing_page", "referrer")
    }
    return _write(path, (_touch_table(world, batch, placement_columns) for batch in _batches(touches)))


def write_orders_csv(
    world: World,
    path: Path,
    as_of: datetime,
    since: datetime | None = None,
    *,
    webhooks_since: datetime | None = None,
) -> int:
    """Write the orders known at an aware instant, in order of placed_at, with their total and status as of then.

    since keeps only orders that arrived or changed after that instant. webhooks_since leaves out every order that
    `deliveries(world, webhooks_since, as_of)` tells of, so that the two together are all orders. Refunds change the
    status, never the total. Returns the number of orders.
    """
    table = _order_table(world.as_of(as_of), since)
    if webhooks_since is not None:
        told = order_events(world).known(instant_us(webhooks_since), instant_us(as_of))
        table = table.filter(pc.invert(pc.is_in(table["order_id"], order_ids(np.unique(told.order)))))
    return _write(path, iter([table]))


def shop_totals_table(state: WorldState) -> pa.Table:
    """Return the shop's books: slug, day (shop-local), currency, orders, and major units as decimal text."""
    shop, totals = state.world.shop, state.shop_totals
    days = len(totals.day)
    return pa.table(
        {
            "slug": [shop.slug] * days,
            "day": pa.array(totals.day).cast(pa.date32()).cast(pa.string()),
            "currency": [shop.currency] * days,
            "orders": pa.array(totals.orders),
            "gross": _major(totals.gross_minor, shop.currency),
            "cancelled": _major(totals.cancelled_minor, shop.currency),
            "refunds": _major(totals.refunds_minor, shop.currency),
            "net": _major(totals.net_minor, shop.currency),
        }
    )


def write_shop_totals_csv(states: list[WorldState], path: Path) -> None:
    """Write the books of several shops into one file."""
    _write(path, (shop_totals_table(state) for state in states))


def _batches(touches: Touches) -> Iterator[Touches]:
    # At least one batch, so that a shop nobody has visited yet still gets a file with a header.
    for start in range(0, max(len(touches), 1), _ROWS_AT_ONCE):
        yield touches.take(slice(start, start + _ROWS_AT_ONCE))


def _touch_table(world: World, touches: Touches, placement_columns: dict[str, pa.Array]) -> pa.Table:
    placement = pa.array(touches.placement)
    left = {name: column.take(placement) for name, column in placement_columns.items()}
    consent = world.people.visitor_consent[touches.visitor]
    # Without consent the pixel keeps no click id.
    kind = pc.if_else(pa.array(consent == DENIED), pa.scalar(None, pa.string()), left["click_id"])
    click = click_ids(touches.click, world.seed)
    nothing = pa.scalar(None, pa.string())
    return pa.table(
        {
            "visitor_id": visitor_ids(touches.visitor, world.seed),
            "occurred_at": _iso(touches.occurred_at, "ms"),
            "touch_id": touch_ids(touches.number),
            "customer_id": customer_ids(touches.customer),
            "type": left["type"],
            "channel": pa.nulls(len(touches), pa.string()),
            **{name: left[name] for name in _LEFT_BY_PLACEMENT},
            **{name: pc.if_else(pc.equal(kind, name), click, nothing) for name in _CLICK_IDS},
            "landing_page": left["landing_page"],
            "referrer": left["referrer"],
            "consent": pa.array(CONSENT).take(pa.array(consent)),
        }
    )


def _order_table(state: WorldState, since: datetime | None) -> pa.Table:
    world, known = state.world, state.orders
    rows = np.arange(len(known.order))
    if since is not None:
        rows = np.flatnonzero(known.changed_at > instant_us(since))
    order = known.order[rows]
    return pa.table(
        {
            "order_id": order_ids(order),
            "placed_at": _iso(world.orders.placed_at[order], "s"),
            "currency": [world.shop.currency] * len(order),
            "total": _major(known.total_minor[rows], world.shop.currency),
            "customer_id": customer_ids(world.orders.customer[order]),
            "visitor_id": visitor_ids(world.orders.visitor[order], world.seed),
            "financial_status": pa.array(FINANCIAL_STATUS).take(pa.array(known.status[rows])),
            "test": pa.array(world.orders.test[order]).cast(pa.string()),
            "cancelled_at": _iso(known.cancelled_at[rows], "s"),
        }
    )


def _write(path: Path, tables: Iterator[pa.Table]) -> int:
    rows = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for table in tables:
            if not file.tell():
                file.write((",".join(table.column_names) + "\n").encode())
            csv.write_csv(table, file, _PLAIN)
            rows += table.num_rows
    return rows


def _iso(instants: Ints, unit: str) -> pa.StringArray:
    never = pa.array(instants == NEVER)
    stamps = pa.array(np.where(instants == NEVER, 0, instants)).cast(pa.timestamp("us", tz="UTC"))
    text = pc.replace_substring(stamps.cast(pa.timestamp(unit, tz="UTC")).cast(pa.string()), " ", "T")
    return pc.if_else(never, pa.scalar(None, pa.string()), text)


def _major(minor: Ints, currency: str) -> pa.StringArray:
    exponent = minor_unit_exponent(currency)
    sign = pc.if_else(pa.array(minor < 0), "-", "")
    whole, rest = np.divmod(np.abs(minor), 10**exponent)
    if not exponent:
        return pc.binary_join_element_wise(sign, pa.array(whole).cast(pa.string()), "")
    decimals = pc.utf8_lpad(pa.array(rest).cast(pa.string()), exponent, "0")
    return pc.binary_join_element_wise(sign, pa.array(whole).cast(pa.string()), ".", decimals, "")
