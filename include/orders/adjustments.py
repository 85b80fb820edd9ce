"""credit_adjustments brought up to a conversion's refunds and cancellation, on the weights that are stored.

Called in the transaction that wrote the weights, or the refunds: net credit is right at every commit. How much each
touch loses is said in include/attribution/adjustments.py. Days whose figures move go into the restate queue.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from include.attribution.adjustments import Events, adjust_credit, event_offsets, touches_of_events
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_MODELS = ("first", "last", "linear", "time_decay", "position", "data_driven")
_KEY = ("conversion_id", "touchpoint_id", "refund_id")
_DATES = ("order_date", "refund_date")


def rewrite_adjustments(session: TenantSession, tenant: Tenant, whose: Literal["credited", "refunded"]) -> int:
    """Write the adjustments that differ and return their number.

    whose: "credited" takes the conversions in stage_conversions (their credit was just written), "refunded" those of
    which refund_changes or order_changes tell (their credit stands). The caller holds the credit lock.
    """
    adjusted = [row.conversion_id for row in session.rows(f"adjustments/select_{whose}")]
    if not adjusted:
        return 0
    session.execute("adjustments/create_adjusted_conversions")
    session.execute("adjustments/create_stage_of_adjustments")
    session.execute("adjustments/empty_stages")
    session.execute("adjustments/insert_adjusted_conversions", ids=adjusted)
    sales = session.rows("adjustments/select_sales", timezone=tenant.timezone)
    events = session.rows("adjustments/select_events", timezone=tenant.timezone)
    if events:
        rows = _adjustments(sales, events)
        session.copy("stage_adjustments", rows.to_batches(), rows.schema)
    moved = session.rows("adjustments/delete_changed_adjustments")
    moved += session.rows("adjustments/insert_missing_adjustments")
    days = sorted({day for row in moved for day in row})
    if days:
        session.execute("adjustments/queue_restatement", days=days)
    return len(moved)


def _adjustments(sales: Sequence[Any], events: Sequence[Any]) -> pa.Table:
    """Return the rows of stage_adjustments; sales and events are grouped by conversion, ascending."""
    firsts = [next(rows) for _, rows in groupby(sales, key=lambda row: row.conversion_id)]
    place = {row.conversion_id: index for index, row in enumerate(firsts)}
    _, starts = np.unique([row.conversion_id for row in sales], return_index=True)
    offsets = np.append(starts, len(sales)).astype(np.int64)
    values = np.array([row.value_minor for row in firsts], dtype=np.int64)
    happened = Events(
        conversion=np.array([place[event.conversion_id] for event in events], dtype=np.int64),
        amount_minor=np.array([event.amount_minor for event in events], dtype=np.int64),
        cancels=np.array([event.cancels for event in events], dtype=np.bool_),
    )
    touch = touches_of_events(offsets, happened)
    event = np.repeat(np.arange(len(events)), np.diff(event_offsets(offsets, happened)))
    amounts = {model: _change(model, sales, offsets, values, happened, touch) for model in _MODELS}
    kept = np.flatnonzero(np.any([np.ma.filled(change, 0) != 0 for change in amounts.values()], axis=0))
    columns: dict[str, Any] = {
        "conversion_id": [sales[index].conversion_id for index in touch[kept]],
        "touchpoint_id": [sales[index].touchpoint_id for index in touch[kept]],
        "refund_id": [events[index].refund_id for index in event[kept]],
        "order_date": [sales[index].order_date for index in touch[kept]],
        "refund_date": [events[index].refund_date for index in event[kept]],
    }
    for model, change in amounts.items():
        columns[f"amount_{model}_minor"] = pa.array(np.ma.getdata(change)[kept], mask=np.ma.getmaskarray(change)[kept])
    types = dict.fromkeys(_KEY, pa.int64()) | dict.fromkeys(_DATES, pa.date32())
    return pa.table({name: pa.array(column, types.get(name, pa.int64())) for name, column in columns.items()})


def _change(
    model: str,
    sales: Sequence[Any],
    offsets: npt.NDArray[np.int64],
    values: npt.NDArray[np.int64],
    happened: Events,
    touch: npt.NDArray[np.int64],
) -> "np.ma.MaskedArray[Any, Any]":
    """Return one model's change per entry, masked where the model does not apply to the sale."""
    weights = [getattr(row, model) for row in sales]
    known = np.array([weight is not None for weight in weights])
    filled = np.array([weight or 0.0 for weight in weights], dtype=np.float64)
    return np.ma.MaskedArray(adjust_credit(offsets, filled, values, happened), mask=~known[touch])
