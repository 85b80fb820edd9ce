"""What crediting a selection of conversions reads, slice of time by slice, as columns from one snapshot.

Slices are read in ascending order: few conversions through the indexes of their people, many by scanning windows.
Touches of the look-back are carried over, stored digests are read for many slices at once: memory does not grow with
the selection. What is credited, and what becomes of it, is left to credit_conversions.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from include.attribution.journeys import IdentityColumns, TouchColumns
from include.jobs.prefetch import Prefetch
from include.storage.session import Companion, TenantSession
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import Tenant

BY_PERSON_CONVERSIONS = 10_000
"""Up to here touches are read through the visitors' index; beyond, scanning the window is faster."""

_SLICE_CONVERSIONS = 50_000
"""Conversions of one slice: enough to fill array operations, little enough to keep memory flat."""
_FIRST_SLICE_CONVERSIONS = 10_000
"""The first slice is small, because nothing is written while it is read; each later one is up to twice as large."""
_DIGEST_CONVERSIONS = 400_000
_FLAG_BITS = 3
_NO_DIGESTS = pa.table({"conversion_id": pa.array([], pa.int64()), "digest": pa.array([], pa.int64())})
_BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
_END = datetime(2300, 1, 1, tzinfo=UTC)

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Selection:
    """Which conversions to credit: start <= occurred_at < end (UTC); with due_at only pending ones due then; with ids
    only those."""

    start: datetime = _BEGINNING
    end: datetime = _END
    due_at: datetime | None = None
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Slice:
    """Conversions with start <= occurred_at < end (UTC), all under the same settings."""

    start: datetime
    end: datetime
    settings: AttributionSettings
    conversions: int


@dataclass(frozen=True)
class SliceInputs:
    """A slice as read. stored: (conversion_id, digest) of the credit rows that are there, of any conversions.

    seconds: machine time by step.
    """

    part: Slice
    conversions: pa.Table
    touches: TouchColumns
    identities: IdentityColumns
    stored: pa.Table
    seconds: dict[str, float]


class InputReader:
    """Reads the slices of one selection, each once and in ascending order; by_person: it has few conversions."""

    def __init__(self, session: TenantSession, tenant: Tenant, selection: Selection) -> None:
        self._session = session
        self._scope: dict[str, Any] = {
            "due_at": selection.due_at,
            "ids": _due_ids(session, selection),
        }
        hours = session.columns(
            "attribution/count_conversions_by_hour", start=selection.start, end=selection.end, **self._scope
        )
        self.slices: Sequence[Slice] = tuple(slices_of(hours, tenant, selection))
        self._by_person = sum(part.conversions for part in self.slices) <= BY_PERSON_CONVERSIONS
        self._digests: pa.Table | None = None
        self._digests_end = _BEGINNING

    def read(self) -> Iterator[SliceInputs]:
        """Yield every slice's inputs; the session may be written to meanwhile, but not read as columns."""
        return self._by_people() if self._by_person else self._by_windows()

    def _by_people(self) -> Iterator[SliceInputs]:
        for part in self.slices:
            begun = time.perf_counter()
            conversions = self._conversions(part)
            stored = self._session.columns("attribution/select_digests", **self._bounds(part))
            got = time.perf_counter()
            identities = self._session.columns("attribution/select_identities_of_conversions", **self._bounds(part))
            touches = self._session.columns(
                "attribution/select_touchpoints_of_conversions", **self._bounds(part), **_touch_bounds(part)
            )
            yield _inputs(part, conversions, touches, identities, stored, got - begun, time.perf_counter() - got)

    def _by_windows(self) -> Iterator[SliceInputs]:
        identities: pa.Table | None = None
        # Touches are most of what is read: they come over a connection of their own, beside everything else.
        with Prefetch(map(_TouchWindow(self._session.companion()).read, self.slices)) as touches_of:
            for number, part in enumerate(self.slices):
                begun = time.perf_counter()
                conversions = self._conversions(part)
                stored = self._read_digests(number, conversions)
                if identities is None:
                    identities = self._session.columns("attribution/select_identities")
                got = time.perf_counter()
                touches = next(touches_of)
                yield _inputs(part, conversions, touches, identities, stored, got - begun, time.perf_counter() - got)

    def _bounds(self, part: Slice) -> dict[str, Any]:
        return {"start": part.start, "end": part.end, **self._scope}

    def _conversions(self, part: Slice) -> pa.Table:
        return self._session.columns(
            "attribution/select_conversions",
            **self._bounds(part),
            excluded_sources=list(part.settings.excluded_sources),
        )

    def _read_digests(self, number: int, conversions: pa.Table) -> pa.Table:
        part = self.slices[number]
        if not pc.any(conversions["credited_before"]).as_py():
            return _NO_DIGESTS
        if self._digests is None and self._asks_for_most():
            self._digests, self._digests_end = self._session.columns("attribution/select_all_digests"), _END
        if self._digests is None or part.end > self._digests_end:
            # One pass for many slices, because a pass may read all credit there is.
            total, self._digests_end = 0, part.end
            for later in self.slices[number:]:
                total += later.conversions
                if total > _DIGEST_CONVERSIONS:
                    break
                self._digests_end = later.end
            bounds = {**self._bounds(part), "end": self._digests_end}
            self._digests = self._session.columns("attribution/select_digests", **bounds)
        return self._digests

    def _asks_for_most(self) -> bool:
        asked = sum(part.conversions for part in self.slices)
        stored = self._session.columns("attribution/count_conversions")["conversions"][0].as_py()
        return asked <= _DIGEST_CONVERSIONS and 2 * asked >= stored


class _TouchWindow:
    """Touches of ascending slices; those of the look-back are carried over to the next slice, not read again."""

    def __init__(self, companion: Companion) -> None:
        self._companion = companion
        self._held: pa.Table | None = None
        self._held_until = _BEGINNING
        self._consent = ""

    def read(self, part: Slice) -> pa.Table:
        bounds = _touch_bounds(part)
        start = bounds["touch_start"]
        if self._held is None or self._consent != bounds["consent"] or self._held_until < start:
            self._held, self._held_until, self._consent = None, start, bounds["consent"]
        fresh = self._companion.columns(
            "attribution/select_touchpoints_in_window",
            **{**bounds, "touch_start": self._held_until, "end": part.end},
        )
        if self._held is not None:
            recent = pc.greater_equal(self._held["occurred_at"], pa.scalar(start))
            fresh = pa.concat_tables([self._held.filter(recent), fresh])
        self._held, self._held_until = fresh, part.end
        return fresh


def _touch_bounds(part: Slice) -> dict[str, Any]:
    return {"touch_start": part.start - part.settings.lookback, "consent": part.settings.consent}


def _inputs(
    part: Slice,
    conversions: pa.Table,
    touches: pa.Table,
    identities: pa.Table,
    stored: pa.Table,
    get_conversions: float,
    find_touchpoints: float,
) -> SliceInputs:
    return SliceInputs(
        part=part,
        conversions=conversions,
        touches=_touch_columns(touches),
        identities=_identity_columns(identities),
        stored=stored,
        seconds={"get_conversions": get_conversions, "find_touchpoints": find_touchpoints},
    )


def _due_ids(session: TenantSession, selection: Selection) -> list[int] | None:
    """Return the ids to select by: those given, or the due ones where they are few enough to be looked up singly."""
    if selection.due_at is None or selection.ids is not None:
        return None if selection.ids is None else list(selection.ids)
    limit = BY_PERSON_CONVERSIONS + 1
    due = session.rows("attribution/select_due_conversions", due_at=selection.due_at, limit=limit)
    return None if len(due) == limit else [row.conversion_id for row in due]


def slices_of(hours: pa.Table, tenant: Tenant, selection: Selection) -> Iterator[Slice]:
    """Pack hours (hour, conversions) into slices that neither cross a change of settings nor span a long gap."""
    starts = cast(list[datetime], hours["hour"].to_pylist())
    numbers = cast(list[int], hours["conversions"].to_pylist())
    if not starts:
        return
    first, last = max(starts[0], selection.start), min(starts[-1] + timedelta(hours=1), selection.end)
    hour_long = timedelta(hours=1)
    most = _FIRST_SLICE_CONVERSIONS
    for lower, upper, settings in tenant.settings_between(first, last):
        begin, end, size = lower, lower, 0
        for hour, number in zip(starts, numbers, strict=True):
            if not lower - hour_long < hour < upper:
                continue
            if size and (size + number > most or hour - end > settings.lookback):
                yield Slice(begin, end, settings, size)
                begin, size, most = max(hour, lower), 0, min(2 * most, _SLICE_CONVERSIONS)
            end, size = min(hour + hour_long, upper), size + number
        if size:
            yield Slice(begin, end, settings, size)


def int64_of(table: pa.Table, name: str) -> Int64:
    """Return a column of integers, or of instants as microseconds UTC."""
    column = table[name]
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: Int64 = column.to_numpy()
    return values


def _touch_columns(table: pa.Table) -> TouchColumns:
    marks = table["marks"].to_numpy()
    return TouchColumns(
        touchpoint_id=int64_of(table, "touchpoint_id"),
        visitor_id=int64_of(table, "visitor_id"),
        occurred_at=int64_of(table, "occurred_at"),
        priority=(marks >> _FLAG_BITS).astype(np.int16),
        exposure_key=int64_of(table, "exposure_key"),
        flags=(marks & (2**_FLAG_BITS - 1)).astype(np.int8),
    )


def _identity_columns(table: pa.Table) -> IdentityColumns:
    return IdentityColumns(visitor_id=int64_of(table, "visitor_id"), customer_id=int64_of(table, "customer_id"))
