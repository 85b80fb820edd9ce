"""What refunds and a cancellation take back from credit, per touch, on the weights of the sale.

Taking back is cumulative: after each event a touch has lost its share of everything taken back so far, and the event's
adjustment is the difference. So parts always sum exactly, a full refund in any number of parts leaves nothing on any
touch, and weights are those of the sale for ever. When a refund happened and what it is worth is left to orders.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from include.attribution.journey import Float64, Int64
from include.attribution.minor_units import allocate_minor_units


@dataclass(frozen=True)
class Events:
    """Refunds and cancellations of conversions, grouped by conversion and in order of their time.

    conversion int64[k]: index of the conversion, ascending. amount_minor int64[k]: money given back, >= 0, minor units
    of the conversion's currency; ignored for a cancellation. cancels bool[k]: the event takes back whatever is left,
    and later refunds of the conversion only pay out what it took.
    """

    conversion: Int64
    amount_minor: Int64
    cancels: npt.NDArray[np.bool_]


def taken_back(events: Events, values_minor: Int64) -> tuple[Int64, Int64]:
    """Return, per event, what was taken back of its conversion's value before it and after it (int64[k] each)."""
    before = np.zeros(len(events.conversion), dtype=np.int64)
    after = np.zeros(len(events.conversion), dtype=np.int64)
    current, taken, cancelled = -1, 0, False
    for index, conversion in enumerate(events.conversion.tolist()):
        if conversion != current:
            current, taken, cancelled = conversion, 0, False
        before[index] = taken
        if events.cancels[index]:
            taken, cancelled = int(values_minor[conversion]), True
        elif not cancelled:
            taken += int(events.amount_minor[index])
        after[index] = taken
    return before, after


def adjust_credit(offsets: Int64, weights: Float64, values_minor: Int64, events: Events) -> Int64:
    """Return the signed change of credit of every touch by every event, event by event.

    offsets int64[n+1], weights float64[m] and values_minor int64[n] are those of the sale. The result is laid out as
    `event_offsets` says: one entry per touch of the event's conversion. Per event the entries sum to what it takes
    back, negative for a refund. Raises InvalidInput as `allocate_minor_units`.
    """
    before, after = taken_back(events, values_minor)
    spread = event_offsets(offsets, events)
    shares = weights[touches_of_events(offsets, events)]
    return allocate_minor_units(spread, shares, before) - allocate_minor_units(spread, shares, after)


def event_offsets(offsets: Int64, events: Events) -> Int64:
    """Return CSR offsets int64[k+1] of the events' entries: each has one per touch of its conversion."""
    lengths = (offsets[1:] - offsets[:-1])[events.conversion]
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))


def touches_of_events(offsets: Int64, events: Events) -> Int64:
    """Return the touch of every entry, an index into the sale's weights."""
    spread = event_offsets(offsets, events)
    lengths = np.diff(spread)
    return np.arange(spread[-1]) - np.repeat(spread[:-1] - offsets[:-1][events.conversion], lengths)
