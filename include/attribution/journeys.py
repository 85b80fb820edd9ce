"""From columns of touches, conversions and identities to journeys: who is whose, what counts, in which order.

Rules (docs/attribution.md has each with its test): a conversion's touches are those of all visitors stitched to its
customer, and of the visitor that placed it; both ends of the look-back count, to the microsecond; order is time,
priority, id; the same channel and campaign within 30 s of the kept touch is the same touch; direct steps back where
anything else is known. Everything is decided inside one conversion's own window, so that neither what else was loaded
nor the order of any input matters. What a touch is worth is the business of weights.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from include.attribution.compiled import kernel
from include.attribution.journey import Float64, Int64, Journeys, kernel_array

Int16 = npt.NDArray[np.int16]
Int8 = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]

DIRECT = 1
VIEW = 2
WITHHELD = 4
"""Flag of a touch whose visitor's consent does not allow it to count."""
_NOBODY = 0
_SMALL = 48


@dataclass(frozen=True)
class TouchColumns:
    """Touches of one tenant in any order; one touchpoint_id may occur twice and counts once.

    touchpoint_id, visitor_id int64; occurred_at int64, microseconds UTC; priority int16; exposure_key int64, equal for
    equal (channel, campaign); flags int8, of DIRECT, VIEW and WITHHELD.
    """

    touchpoint_id: Int64
    visitor_id: Int64
    occurred_at: Int64
    priority: Int16
    exposure_key: Int64
    flags: Int8

    def __post_init__(self) -> None:
        for name in ("touchpoint_id", "visitor_id", "occurred_at", "exposure_key"):
            object.__setattr__(self, name, kernel_array(getattr(self, name), np.int64))
        object.__setattr__(self, "priority", kernel_array(self.priority, np.int16))
        object.__setattr__(self, "flags", kernel_array(self.flags, np.int8))


@dataclass(frozen=True)
class ConversionColumns:
    """Conversions in any order; customer_id and visitor_id int64, 0 where unknown; occurred_at microseconds UTC."""

    conversion_id: Int64
    occurred_at: Int64
    customer_id: Int64
    visitor_id: Int64

    def __post_init__(self) -> None:
        for name in ("conversion_id", "occurred_at", "customer_id", "visitor_id"):
            object.__setattr__(self, name, kernel_array(getattr(self, name), np.int64))


@dataclass(frozen=True)
class IdentityColumns:
    """The current map: one customer per visitor, any order."""

    visitor_id: Int64
    customer_id: Int64

    def __post_init__(self) -> None:
        for name in ("visitor_id", "customer_id"):
            object.__setattr__(self, name, kernel_array(getattr(self, name), np.int64))


@dataclass(frozen=True)
class JourneyRules:
    """A tenant's settings of journeys. view_weight 0 means that views do not exist."""

    lookback: timedelta = timedelta(days=30)
    view_lookback: timedelta = timedelta(hours=24)
    same_touch: timedelta = timedelta(seconds=30)
    direct: Literal["ignore_if_other", "keep"] = "ignore_if_other"
    view_weight: float = 0.0
    max_visitors_per_customer: int = 20


@dataclass(frozen=True)
class JourneyTable:
    """One journey per conversion, in the order of the conversions.

    journeys: offsets and times. touch_row int64[m]: row of the touch in TouchColumns. touch_weight float64[m] or None
    when every touch weighs 1. withheld bool[n]: whether consent kept a touch in the window from counting.
    capped_customers: customers of these conversions with more visitors than allowed, not stitched.
    """

    journeys: Journeys
    touch_row: Int64
    touch_weight: Float64 | None
    withheld: Bools
    capped_customers: int


def build_journeys(
    touches: TouchColumns, conversions: ConversionColumns, identities: IdentityColumns, rules: JourneyRules
) -> JourneyTable:
    """Return the journeys of all conversions; one without touches has an empty journey."""
    customers = _customer_of(conversions, identities)
    sizes, members, capped = _stitched_visitors(identities, customers, rules.max_visitors_per_customer)
    visitor_offsets, visitor_ids = _visitors_of_conversions(
        customers, conversions.visitor_id, sizes[0], sizes[1], members
    )
    known, places = _places(visitor_ids)
    row_offsets, rows = _rows_by_visitor(
        known,
        places,
        touches.visitor_id,
        touches.occurred_at,
        touches.priority,
        touches.touchpoint_id,
        len(visitor_ids),
    )
    view_lookback = rules.view_lookback if rules.view_weight > 0 else timedelta(microseconds=-1)
    withheld = np.zeros(len(conversions.occurred_at), dtype=np.bool_)
    offsets, touch_row = _journeys(
        conversions.occurred_at,
        visitor_offsets,
        _look_up(known, places, visitor_ids),
        row_offsets,
        rows,
        touches.occurred_at,
        touches.priority,
        touches.touchpoint_id,
        touches.exposure_key,
        touches.flags,
        _microseconds(rules.lookback),
        _microseconds(view_lookback),
        _microseconds(rules.same_touch),
        rules.direct == "ignore_if_other",
        withheld,
    )
    weight = None
    if rules.view_weight > 0 and rules.view_weight != 1.0:
        weight = np.where(touches.flags[touch_row] & VIEW, rules.view_weight, 1.0)
    journeys = Journeys(offsets, touches.occurred_at[touch_row], conversions.occurred_at)
    return JourneyTable(journeys, touch_row, weight, withheld, capped)


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _stitched_visitors(
    identities: IdentityColumns, customers: Int64, limit: int
) -> tuple[tuple[Int64, Int64], Int64, int]:
    """Return ((customers ascending, offsets), visitors by customer, number of customers over the limit left out).

    Of the customers asked for only: the whole map may be a hundred times as large, and is not sorted.
    """
    wanted = _is_among(np.unique(customers), identities.customer_id)
    customer, visitor = identities.customer_id[wanted], identities.visitor_id[wanted]
    order = np.lexsort((visitor, customer))
    customer, visitor = customer[order], visitor[order]
    starts = np.flatnonzero(np.r_[True, customer[1:] != customer[:-1]]) if len(customer) else np.empty(0, np.int64)
    counts = np.diff(np.r_[starts, len(customer)])
    allowed = counts <= limit
    members = visitor[np.repeat(allowed, counts)]
    offsets = np.r_[0, np.cumsum(counts[allowed])].astype(np.int64)
    return (customer[starts][allowed], offsets), members, int((~allowed).sum())


def _is_among(ascending: Int64, values: Int64) -> Bools:
    place = np.searchsorted(ascending, values)
    place[place == len(ascending)] = 0
    return ascending[place] == values if len(ascending) else np.zeros(len(values), dtype=np.bool_)


def _customer_of(conversions: ConversionColumns, identities: IdentityColumns) -> Int64:
    """Return each conversion's customer: its own, else the one its visitor is stitched to, else 0."""
    if len(identities.visitor_id) == 0:
        return conversions.customer_id
    wanted = _is_among(np.unique(conversions.visitor_id), identities.visitor_id)
    visitors, owners = identities.visitor_id[wanted], identities.customer_id[wanted]
    if len(visitors) == 0:
        return conversions.customer_id
    order = np.argsort(visitors, kind="stable")
    visitors, owners = visitors[order], owners[order]
    place = np.searchsorted(visitors, conversions.visitor_id)
    place[place == len(visitors)] = 0
    stitched = np.where(visitors[place] == conversions.visitor_id, owners[place], _NOBODY)
    return np.where(conversions.customer_id != _NOBODY, conversions.customer_id, stitched)


@kernel
def _visitors_of_conversions(
    customers: Int64, own_visitors: Int64, stitched: Int64, offsets: Int64, members: Int64
) -> tuple[Int64, Int64]:
    """Return CSR offsets and visitor ids per conversion: its customer's visitors and its own, each once."""
    places = np.searchsorted(stitched, customers)
    result_offsets = np.zeros(len(customers) + 1, dtype=np.int64)
    for row in range(len(customers)):
        size = 1 if own_visitors[row] != 0 else 0
        place = places[row]
        if place < len(stitched) and stitched[place] == customers[row]:
            for index in range(offsets[place], offsets[place + 1]):
                if members[index] != own_visitors[row]:
                    size += 1
        result_offsets[row + 1] = result_offsets[row] + size
    visitors = np.empty(result_offsets[-1], dtype=np.int64)
    for row in range(len(customers)):
        at = result_offsets[row]
        if own_visitors[row] != 0:
            visitors[at] = own_visitors[row]
            at += 1
        place = places[row]
        if place < len(stitched) and stitched[place] == customers[row]:
            for index in range(offsets[place], offsets[place + 1]):
                if members[index] != own_visitors[row]:
                    visitors[at] = members[index]
                    at += 1
    return result_offsets, visitors


@kernel
def _places(visitor_ids: Int64) -> tuple[Int64, Int64]:
    """Return an open-addressing table (ids, place of each id) of the distinct visitors; ids are hashes already."""
    size = 16
    while size < 2 * len(visitor_ids):
        size *= 2
    known = np.zeros(size, dtype=np.int64)
    places = np.full(size, -1, dtype=np.int64)
    taken = 0
    for visitor in visitor_ids:
        slot = (visitor ^ (visitor >> 32)) & (size - 1)
        while places[slot] >= 0 and known[slot] != visitor:
            slot = (slot + 1) & (size - 1)
        if places[slot] < 0:
            known[slot] = visitor
            places[slot] = taken
            taken += 1
    return known, places


@kernel
def _look_up(known: Int64, places: Int64, visitor_ids: Int64) -> Int64:
    """Return the place of each visitor, -1 for one that is not in the table."""
    result = np.empty(len(visitor_ids), dtype=np.int64)
    mask = len(known) - 1
    for row in range(len(visitor_ids)):
        visitor = visitor_ids[row]
        slot = (visitor ^ (visitor >> 32)) & mask
        while places[slot] >= 0 and known[slot] != visitor:
            slot = (slot + 1) & mask
        result[row] = places[slot]
    return result


@kernel
def _rows_by_visitor(
    known: Int64,
    places: Int64,
    visitor_ids: Int64,
    times: Int64,
    priorities: Int16,
    ids: Int64,
    at_most: int,
) -> tuple[Int64, Int64]:
    """Return CSR offsets and touch rows per visitor place, ordered by (time, priority, id)."""
    place_of = _look_up(known, places, visitor_ids)
    offsets = np.zeros(at_most + 1, dtype=np.int64)
    for place in place_of:
        if place >= 0:
            offsets[place + 1] += 1
    for place in range(at_most):
        offsets[place + 1] += offsets[place]
    rows = np.empty(offsets[-1], dtype=np.int64)
    following = offsets[:-1].copy()
    for row in range(len(place_of)):
        place = place_of[row]
        if place >= 0:
            rows[following[place]] = row
            following[place] += 1
    for place in range(at_most):
        _order_rows(rows[offsets[place] : offsets[place + 1]], times, priorities, ids)
    return offsets, rows


@kernel
def _before(one: int, other: int, times: Int64, priorities: Int16, ids: Int64) -> bool:
    if times[one] != times[other]:
        return bool(times[one] < times[other])
    if priorities[one] != priorities[other]:
        return bool(priorities[one] < priorities[other])
    return bool(ids[one] < ids[other])


@kernel
def _order_rows(rows: Int64, times: Int64, priorities: Int16, ids: Int64) -> None:
    """Sort rows in place by (time, priority, id); rows that already are cost one pass."""
    ordered = True
    for index in range(1, len(rows)):
        if _before(rows[index], rows[index - 1], times, priorities, ids):
            ordered = False
            break
    if ordered:
        return
    if len(rows) <= _SMALL:
        for index in range(1, len(rows)):
            row, at = rows[index], index
            while at > 0 and _before(row, rows[at - 1], times, priorities, ids):
                rows[at] = rows[at - 1]
                at -= 1
            rows[at] = row
        return
    rows[:] = rows[np.argsort(ids[rows], kind="mergesort")]
    rows[:] = rows[np.argsort(priorities[rows], kind="mergesort")]
    rows[:] = rows[np.argsort(times[rows], kind="mergesort")]


@kernel
def _first_at(rows: Int64, times: Int64, instant: int) -> int:
    """Return the index of the first row whose time is not before instant."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        if times[rows[middle]] < instant:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _take_counting(
    rows: Int64, window: Int64, size: int, times: Int64, flags: Int8, views_from: int
) -> tuple[int, bool]:
    """Append the touches that may count to window; return its new size, and whether consent kept any back."""
    kept_back = False
    for row in rows:
        if flags[row] & VIEW and times[row] < views_from:
            continue
        if flags[row] & WITHHELD:
            kept_back = True
            continue
        window[size] = row
        size += 1
    return size, kept_back


@kernel
def _journeys(
    conversion_times: Int64,
    visitor_offsets: Int64,
    visitor_places: Int64,
    row_offsets: Int64,
    rows: Int64,
    times: Int64,
    priorities: Int16,
    ids: Int64,
    exposure_keys: Int64,
    flags: Int8,
    lookback: int,
    view_lookback: int,
    same_touch: int,
    direct_steps_back: bool,
    withheld: Bools,
) -> tuple[Int64, Int64]:
    """Return CSR offsets and touch rows of each conversion's journey; mark conversions with withheld touches."""
    offsets = np.zeros(len(conversion_times) + 1, dtype=np.int64)
    result = np.empty(max(16, 2 * len(conversion_times)), dtype=np.int64)
    window = np.empty(1024, dtype=np.int64)
    for conversion in range(len(conversion_times)):
        end = conversion_times[conversion]
        size, sources = 0, 0
        for index in range(visitor_offsets[conversion], visitor_offsets[conversion + 1]):
            place = visitor_places[index]
            mine = rows[row_offsets[place] : row_offsets[place + 1]]
            first, last = _first_at(mine, times, end - lookback), _first_at(mine, times, end + 1)
            sources += last > first
            if size + last - first > len(window):
                window = np.concatenate((window, np.empty(len(window) + last - first, dtype=np.int64)))
            size, kept_back = _take_counting(mine[first:last], window, size, times, flags, end - view_lookback)
            withheld[conversion] |= kept_back
        if sources > 1:
            _order_rows(window[:size], times, priorities, ids)
        kept = _same_touches_once(window[:size], times, exposure_keys, same_touch)
        if direct_steps_back:
            kept = _without_direct(window[:kept], flags)
        at = offsets[conversion]
        while at + kept > len(result):
            result = np.concatenate((result, np.empty(len(result), dtype=np.int64)))
        result[at : at + kept] = window[:kept]
        offsets[conversion + 1] = at + kept
    return offsets, result[: offsets[-1]].copy()


@kernel
def _same_touches_once(window: Int64, times: Int64, keys: Int64, same_touch: int) -> int:
    """Keep, in place, the earliest of touches with one key within same_touch; return how many were kept."""
    if len(window) > _SMALL:
        return _same_touches_once_sorted(window, times, keys, same_touch)
    kept = 0
    for index in range(len(window)):
        row = window[index]
        repeated, back = False, kept - 1
        while not repeated and back >= 0 and times[row] - times[window[back]] <= same_touch:
            repeated = keys[row] == keys[window[back]]
            back -= 1
        if not repeated:
            window[kept] = row
            kept += 1
    return kept


@kernel
def _same_touches_once_sorted(window: Int64, times: Int64, keys: Int64, same_touch: int) -> int:
    """The same for long windows, by key instead of by looking back: a bot's million touches stay linear."""
    by_key = np.argsort(keys[window], kind="mergesort")
    dropped = np.zeros(len(window), dtype=np.bool_)
    held = -1
    for index in by_key:
        row = window[index]
        if held >= 0 and keys[window[held]] == keys[row] and times[row] - times[window[held]] <= same_touch:
            dropped[index] = True
        else:
            held = index
    kept = 0
    for index in range(len(window)):
        if not dropped[index]:
            window[kept] = window[index]
            kept += 1
    return kept


@kernel
def _without_direct(window: Int64, flags: Int8) -> int:
    """Remove, in place, direct touches where any other remains; return how many are left."""
    others = 0
    for row in window:
        if not flags[row] & DIRECT:
            others += 1
    if others == 0 or others == len(window):
        return len(window)
    kept = 0
    for row in window:
        if not flags[row] & DIRECT:
            window[kept] = row
            kept += 1
    return kept
