"""Load a CSV of touches, orders or unit costs into a tenant: staged, merged in one transaction, counted.

Bad rows go to quarantine with their line and reason and stop nothing; a second import of the same file writes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.errors import InvalidInput
from include.ids import stable_id
from include.imports import cost_rows, order_rows, touchpoint_rows
from include.imports.csv_rows import BadRow, Columns, CsvRow, read_header, read_rows, refused
from include.orders.settle import begin
from include.orders.stages import ORDER_SCHEMA
from include.orders.touchpoints import TOUCHPOINT_SCHEMA, TouchCounts, merge_staged_touchpoints
from include.orders.upsert import OrderCounts, merge_staged_orders
from include.storage.session import TenantSession, tenant_transaction
from include.tenants.tenant import Tenant

_BATCH_ROWS = 20_000
_QUARANTINE_SCHEMA_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("quarantine_id", pa.int64(), nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("ref", pa.string(), nullable=False),
    pa.field("reason", pa.string(), nullable=False),
    pa.field("payload", pa.binary(), nullable=False),
]
_QUARANTINE_SCHEMA = pa.schema(_QUARANTINE_SCHEMA_FIELDS)

Progress = Callable[[int], None]
_COST_COLUMNS = ("variant_id", "sku", "valid_from", "valid_to", "unit_cost_minor", "currency")
Parse = Callable[[Any, Tenant, datetime], dict[str, object]]


@dataclass
class Quarantined:
    """Rows that were put aside: how many per reason, and the first line of each."""

    rows: list[BadRow] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    first_lines: dict[str, int] = field(default_factory=dict)

    def add(self, row: BadRow) -> None:
        """Put a row aside; like reasons are counted together, whatever value they quote."""
        kind = row.reason.split(" ", 1)[0] if "'" in row.reason else row.reason
        self.counts[kind] += 1
        self.first_lines.setdefault(kind, row.line)
        self.rows.append(row)


@dataclass(frozen=True)
class Imported:
    """What became of a file: read = new + changed + unchanged + superseded + quarantined."""

    file: str
    read: int
    new: int
    changed: int
    unchanged: int
    superseded: int
    quarantined: Quarantined
    ignored_columns: tuple[str, ...]
    work_waits: bool


def import_touchpoints(url: str, tenant: Tenant, path: Path, now: datetime, progress: Progress) -> Imported:
    """Import a touchpoints CSV in one transaction.

    url: the jobs' role on the tenant's database. now: business time, UTC. progress is called with rows read so far.
    Raises InvalidInput when the file cannot be read or lacks a column; then nothing was imported.
    """
    return _import(
        url,
        tenant,
        path,
        now,
        progress,
        _Kind("touchpoints", touchpoint_rows.COLUMNS, touchpoint_rows.parse_touchpoint, TOUCHPOINT_SCHEMA),
        merge_staged_touchpoints,
    )


def import_orders(url: str, tenant: Tenant, path: Path, now: datetime, progress: Progress) -> Imported:
    """Import an orders CSV in one transaction; arguments and errors as for touchpoints."""
    return _import(
        url,
        tenant,
        path,
        now,
        progress,
        _Kind("orders", order_rows.COLUMNS, order_rows.parse_order, ORDER_SCHEMA),
        merge_staged_orders,
    )


def import_costs(url: str, tenant: Tenant, path: Path, now: datetime, progress: Progress) -> Imported:
    """Import a CSV of unit costs in one transaction; arguments and errors as for touchpoints.

    Of rows for the same goods and instant the last one counts. What is stored and not in the file stays.
    """
    ignored = read_header(path, cost_rows.COLUMNS)
    quarantined, latest, read = Quarantined(), dict[tuple[object, ...], dict[str, object]](), 0
    with tenant_transaction(url, tenant.tenant_id) as session:
        session.execute("imports/drop_stage_of_quarantine")
        session.execute("imports/create_stage_of_quarantine")
        parsed = _parsed(read_rows(path, cost_rows.COLUMNS), tenant, now, cost_rows.parse_cost, quarantined)
        for row in parsed:
            read += 1
            latest[row["variant_id"], row["sku"], row["valid_from"]] = row
        progress(read)
        columns = {name: [row[name] for row in latest.values()] for name in _COST_COLUMNS}
        stored = session.rows("pnl/upsert_product_costs", source=cost_rows.SOURCE, **columns)
        _store_quarantine(session, "import:costs", quarantined.rows)
    new = sum(row.is_new for row in stored)
    return Imported(
        file=path.name,
        read=read + len(quarantined.rows),
        new=new,
        changed=len(stored) - new,
        unchanged=len(latest) - len(stored),
        superseded=read - len(latest),
        quarantined=quarantined,
        ignored_columns=ignored,
        # The next hourly run reworks the days that the changed costs reach.
        work_waits=False,
    )


@dataclass(frozen=True)
class _Kind:
    name: str
    columns: Columns
    parse: Parse
    schema: pa.Schema


def _import(
    url: str,
    tenant: Tenant,
    path: Path,
    now: datetime,
    progress: Progress,
    kind: _Kind,
    merge: Callable[[TenantSession, Tenant, int], TouchCounts | OrderCounts],
) -> Imported:
    ignored = read_header(path, kind.columns)
    quarantined = Quarantined()
    with tenant_transaction(url, tenant.tenant_id) as session:
        begin(session, tenant)
        session.execute("imports/drop_stage_of_quarantine")
        session.execute("imports/create_stage_of_quarantine")
        parsed = _parsed(read_rows(path, kind.columns), tenant, now, kind.parse, quarantined)
        staged = session.copy(f"stage_{kind.name}", _batches(parsed, kind.schema, progress), kind.schema)
        read = staged + len(quarantined.rows)
        counts = merge(session, tenant, staged)
        for collision in counts.collisions:
            quarantined.add(BadRow(collision.line, collision.reason, collision.external_id.encode()))
        _store_quarantine(session, f"import:{kind.name}", quarantined.rows)
    return Imported(
        file=path.name,
        read=read,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        superseded=counts.superseded,
        quarantined=quarantined,
        ignored_columns=ignored,
        work_waits=counts.consequences.any_waits,
    )


def _parsed(
    rows: Iterable[CsvRow | BadRow], tenant: Tenant, now: datetime, parse: Parse, quarantined: Quarantined
) -> Iterator[dict[str, object]]:
    for row in rows:
        if isinstance(row, BadRow):
            quarantined.add(row)
            continue
        try:
            parsed = parse(row.fields, tenant, now)
        except InvalidInput as error:
            quarantined.add(refused(row, str(error)))
            continue
        parsed["line"] = row.line
        yield parsed


def _batches(rows: Iterator[dict[str, object]], schema: pa.Schema, progress: Progress) -> Iterator[pa.RecordBatch]:
    read = 0
    while batch := list(islice(rows, _BATCH_ROWS)):
        columns = [pa.array([row[name] for row in batch], schema.field(name).type) for name in schema.names]
        read += len(batch)
        progress(read)
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _store_quarantine(session: TenantSession, source: str, rows: list[BadRow]) -> None:
    if not rows:
        return
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array([stable_id(source, row.line, row.reason, row.payload.hex()) for row in rows], pa.int64()),
            pa.array([source] * len(rows), pa.string()),
            pa.array([f"line {row.line}" for row in rows], pa.string()),
            pa.array([row.reason for row in rows], pa.string()),
            pa.array([row.payload for row in rows], pa.binary()),
        ],
        schema=_QUARANTINE_SCHEMA,
    )
    session.copy("stage_quarantine", [batch], _QUARANTINE_SCHEMA)
    session.execute("imports/insert_quarantine")
