"""What crediting a selection of conversions reads, slice of time by slice, as columns from one snapshot.

Slices are read in ascending order. Touches of the look-back are carried over to the next slice and not read again,
stored digests are read for many slices at once: memory does not grow with the selection. What is credited, and what
becomes of it, is left to credit_conversions.
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
from include.storage.session import TenantSession
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import Tenant

BY_PERSON_CONVERSIONS = 10_000
"""Up to here touches are read through the visitors' index; beyond, scanning the window is faster."""

_SLICE_CONVERSIONS = 50_000
"""Conversions of one slice: enough to fill array operations, little enough to keep memory flat."""
_FIRST_SLICE_CONVERSIONS = 15_000
"""The first slice is small, because nothing is written while it is read."""
_DIGEST_CONVERSIONS = 400_000
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

    settings: AttributionSettings
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
            "currency": tenant.currency,
            "due_at": selection.due_at,
            "ids": _due_ids(session, selection),
        }
        hours = session.columns(
            "attribution/count_conversions_by_hour", start=selection.start, end=selection.end, **self._scope
        )
        self.slices: Sequence[Slice] = tuple(slices_of(hours, tenant, selection))
        self._by_person = sum(part.conversions for part in self.slices) <= BY_PERSON_CONVERSIONS
        self._identities: IdentityColumns | None = None
        self._touches: pa.Table | None = None
        self._touches_end = _BEGINNING
        self._consent = ""
        self._digests: pa.Table | None = None
        self._digests_end = _BEGINNING

    def read(self) -> Iterator[SliceInputs]:
        """Yield every slice's inputs; the session may be written to meanwhile, but not read as columns."""
        for number, part in enumerate(self.slices):
            begun = time.perf_counter()
            bounds = {"start": part.start, "end": part.end, **self._scope}
            conversions = self._session.columns(
                "attribution/select_conversions", **bounds, excluded_sources=list(part.settings.excluded_sources)
            )
            stored = self._read_digests(number, conversions)
            got = time.perf_counter()
            touches = _touch_columns(self._read_touches(part, bounds))
            identities = self._read_identities(bounds)
            seconds = {"get_conversions": got - begun, "find_touchpoints": time.perf_counter() - got}
            yield SliceInputs(part.settings, conversions, touches, identities, stored, seconds)

    def _read_digests(self, number: int, conversions: pa.Table) -> pa.Table:
        credited = conversions.filter(conversions["credited_before"])["conversion_id"].to_pylist()
        if self._by_person or not credited:
            return self._session.columns("attribution/select_digests_of_conversions", credited_ids=credited)
        part = self.slices[number]
        if self._digests is None or part.end > self._digests_end:
            # One pass for many slices: new blocks of credit are not in the index of block ranges yet, and every pass
            # would read them all.
            total, self._digests_end = 0, part.end
            for later in self.slices[number:]:
                total += later.conversions
                if total > _DIGEST_CONVERSIONS:
                    break
                self._digests_end = later.end
            self._digests = self._session.columns("attribution/select_digests", start=part.start, end=self._digests_end)
        return self._digests

    def _read_touches(self, part: Slice, bounds: dict[str, Any]) -> pa.Table:
        consent = part.settings.consent
        touch_start = part.start - part.settings.lookback
        if self._by_person:
            return self._session.columns(
                "attribution/select_touchpoints_of_conversions", **bounds, touch_start=touch_start, consent=consent
            )
        if self._touches is None or self._consent != consent or self._touches_end < touch_start:
            self._touches, self._touches_end, self._consent = None, touch_start, consent
        fresh = self._session.columns(
            "attribution/select_touchpoints_in_window", touch_start=self._touches_end, end=part.end, consent=consent
        )
        if self._touches is not None:
            recent = pc.greater_equal(self._touches["occurred_at"], pa.scalar(touch_start))
            fresh = pa.concat_tables([self._touches.filter(recent), fresh])
        self._touches, self._touches_end = fresh, part.end
        return fresh

    def _read_identities(self, bounds: dict[str, Any]) -> IdentityColumns:
        if self._by_person:
            return _identity_columns(self._session.columns("attribution/select_identities_of_conversions", **bounds))
        if self._identities is None:
            self._identities = _identity_columns(self._session.columns("attribution/select_identities"))
        return self._identities


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
                begin, size, most = max(hour, lower), 0, _SLICE_CONVERSIONS
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
    return TouchColumns(
        touchpoint_id=int64_of(table, "touchpoint_id"),
        visitor_id=int64_of(table, "visitor_id"),
        occurred_at=int64_of(table, "occurred_at"),
        priority=table["priority"].to_numpy(),
        exposure_key=int64_of(table, "exposure_key"),
        flags=table["flags"].to_numpy().astype(np.int8),
    )


def _identity_columns(table: pa.Table) -> IdentityColumns:
    return IdentityColumns(visitor_id=int64_of(table, "visitor_id"), customer_id=int64_of(table, "customer_id"))
