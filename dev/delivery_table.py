"""What became of each shop's purchases at its destinations, beside what the vendors' stand-in itself counted.

The stand-in is another program that speaks the vendors' HTTP and knows nothing of the ledger: where both say the same,
nothing was lost and nothing counted twice. What it was told is in its memory only; one that was started anew since has
nothing to compare.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
import requests
from psycopg.rows import namedtuple_row
from rich import box
from rich.table import Table

from include.money import minor_unit_exponent, to_major_units
from include.storage.sql import statement
from include.tenants.registry import TenantRow

_SENT = ("confirmed", "accepted", "in_doubt")
_SECONDS = 30


@dataclass(frozen=True)
class Counted:
    """Purchases that a vendor would show, with their value by currency; twice: of those, counted more than once."""

    purchases: int
    twice: int
    value: Mapping[str, Decimal]


@dataclass(frozen=True)
class StandIn:
    """What the stand-in says: (vendor, shop) -> purchases; broken: rule -> how often a client broke it."""

    counted: Mapping[tuple[str, str], Counted]
    broken: Mapping[str, int]


def ask_stand_in(origin: str) -> StandIn:
    """Return the stand-in's own counts and its log of broken rules; origin: its address."""
    vendors = _get(origin, "state")["vendors"]
    counted = {
        (vendor, shown["shop"]): Counted(
            shown["purchases"],
            shown["purchases_counted_twice"],
            {currency: Decimal(value) for currency, value in shown["value"].items()},
        )
        for vendor, state in vendors.items()
        if vendor in ("ga4", "meta", "tiktok")
        for shown in state.values()
        # Beside its streams and pixels a vendor shows what was asked of its quotas.
        if isinstance(shown, dict) and "purchases" in shown
    }
    return StandIn(counted, Counter(one["rule"] for one in _get(origin, "violations")))


def delivery_table(jobs_url: str, tenant: TenantRow, stand_in: StandIn) -> tuple[Table | None, list[str]]:
    """Return a table destination x state with events and value, None if empty; and where the two counts differ.

    Values are in major units: of the sent ones as their payloads state them, of the others what the orders are worth.
    """
    with psycopg.connect(jobs_url, row_factory=namedtuple_row) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(tenant.tenant_id),))
        rows = connection.execute(
            statement("delivery_validation/sum_deliveries"), {"tenant_id": tenant.tenant_id}
        ).fetchall()
    if not rows:
        return None, []
    table = Table(
        title=f"{tenant.slug}  ·  purchases delivered",
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for name in ("destination", "state", "reason"):
        table.add_column(name, no_wrap=True)
    for name in ("events", "value", "the vendor counts", "value there"):
        table.add_column(name, justify="right", no_wrap=True)
    differences: list[str] = []
    for destination_id, of_destination in _by_destination(rows).items():
        there = stand_in.counted.get((of_destination[0].destination, tenant.slug))
        differences += _add_destination(table, tenant.slug, destination_id, of_destination, there)
    return table, differences


def _add_destination(table: Table, slug: str, destination_id: str, rows: list[Any], there: Counted | None) -> list[str]:
    sent = [row for row in rows if row.event_name == "purchase" and row.state in _SENT]
    value: Counter[str] = Counter()
    for row in sent:
        value[row.currency] += row.sent_value_minor
    ours = sum(row.events for row in sent)
    amounts = {currency: to_major_units(minor, currency) for currency, minor in value.items()}
    shown = (f"{there.purchases:,}", _amounts(there.value)) if there else ("-", "-")
    table.add_row(destination_id, "sent", "", f"{ours:,}", _amounts(amounts), *shown, style="bold")
    for row in rows:
        minor = row.sent_value_minor if row in sent else row.value_minor
        name = row.state if row.event_name == "purchase" else f"{row.event_name} {row.state}"
        worth = _amounts({row.currency: to_major_units(minor, row.currency)})
        table.add_row("", name, row.reason or "", f"{row.events:,}", worth, "", "")
    table.add_section()
    if there is None:
        return []
    made = []
    if there.purchases != ours or dict(there.value) != amounts:
        made.append(
            f"{slug} {destination_id}: {ours:,} sent ({_amounts(amounts)}), the vendor counts {there.purchases:,}"
            f" ({_amounts(there.value)})"
        )
    if there.twice:
        made.append(f"{slug} {destination_id}: the vendor counts {there.twice:,} twice")
    return made


def _by_destination(rows: list[Any]) -> dict[str, list[Any]]:
    made: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        made[row.destination_id].append(row)
    return made


def _amounts(values: Mapping[str, Decimal]) -> str:
    shown = (f"{value:,.{minor_unit_exponent(currency)}f} {currency}" for currency, value in sorted(values.items()))
    return " + ".join(shown) or "-"


def _get(origin: str, what: str) -> Any:
    answer = requests.get(f"{origin}/_sandbox/{what}", timeout=_SECONDS)
    answer.raise_for_status()
    return answer.json()
