"""Credit of a tenant's conversions, computed and stored: the one engine of every job that writes credit.

A selection of conversions is locked in id order, read with its touches as columns from one snapshot, credited with
array operations, compared with what is stored, and written where it differs. The work goes in slices of time, read
and computed in a thread while the slice before is written, so that memory does not grow with the selection. What
credit is, is said in include/attribution; which conversions are selected, by the jobs that call this.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from include.attribution import MODELS
from include.attribution.changes import digest_conversions, digest_rows
from include.attribution.credits import Credits, credit_all
from include.attribution.journeys import (
    ConversionColumns,
    IdentityColumns,
    JourneyRules,
    JourneyTable,
    TouchColumns,
    build_journeys,
)
from include.jobs.prefetch import prefetch
from include.jobs.request import JobResult
from include.storage.session import TenantSession
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import Tenant

MODEL_VERSION = "rules-1"
"""Version of the five rule models; raised by a change that moves a stored number, which CHANGELOG.md then explains."""

_SLICE_CONVERSIONS = 40_000
"""Conversions of one slice: enough to fill array operations, little enough to keep memory flat."""
_BY_PERSON_CONVERSIONS = 10_000
"""Up to here touches are read through the visitors' index; beyond, scanning the window is faster."""
_BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
_END = datetime(2300, 1, 1, tzinfo=UTC)
_SHORT_NAMES = {"first_touch": "first", "last_touch": "last", "position_based": "position"}
_SAMPLE = 20

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Selection:
    """Which conversions to credit: start <= occurred_at < end (UTC); with due_at only pending ones due then; with ids
    only those."""

    start: datetime = _BEGINNING
    end: datetime = _END
    due_at: datetime | None = None
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class _Slice:
    start: datetime
    end: datetime
    settings: AttributionSettings
    conversions: int


@dataclass(frozen=True)
class _Credited:
    """A slice's outcome: the rows to stage, whether any replaces older ones, counts of all, and seconds spent."""

    conversions: pa.Table
    credits: pa.Table
    replaces: bool
    counts: Counter[str]
    seconds: dict[str, float]
    sample: tuple[dict[str, Any], ...]


def credit_conversions(
    session: TenantSession, tenant: Tenant, selection: Selection, *, run_id: str, dry_run: bool
) -> JobResult:
    """Credit the selected conversions under all models; unchanged ones are not written.

    Each conversion uses the settings in force at its occurred_at. With dry_run nothing is locked or written.
    """
    counts: Counter[str] = Counter()
    seconds: dict[str, float] = {"lock_conversions": 0.0, "store_credit": 0.0}
    started = time.perf_counter()
    ids = _due_ids(session, selection)
    scope: dict[str, Any] = {"currency": tenant.currency, "due_at": selection.due_at, "ids": ids}
    if not dry_run:
        session.row("attribution/lock_conversions", start=selection.start, end=selection.end, **scope)
        session.execute("attribution/create_stage_of_conversions")
        session.execute("attribution/create_stage_of_credits")
    hours = session.columns("attribution/count_conversions_by_hour", start=selection.start, end=selection.end, **scope)
    seconds["lock_conversions"] = time.perf_counter() - started
    slices = list(_slices(hours, tenant, selection))
    total = sum(part.conversions for part in slices)
    sample: tuple[dict[str, Any], ...] = ()
    reader = _Reader(session, scope, by_person=total <= _BY_PERSON_CONVERSIONS)
    for credited in prefetch(reader.credit(part) for part in slices):
        counts.update(credited.counts)
        for step, spent in credited.seconds.items():
            seconds[step] = seconds.get(step, 0.0) + spent
        sample = (*sample, *credited.sample)[:_SAMPLE]
        started = time.perf_counter()
        if credited.conversions.num_rows and not dry_run:
            _store(session, tenant, credited, run_id)
        seconds["store_credit"] += time.perf_counter() - started
    timed = {f"seconds_{step}": round(spent, 3) for step, spent in seconds.items()}
    return JobResult(
        counts={**{name: int(number) for name, number in counts.items()}, **timed},
        changed=counts["conversions_changed"] > 0 and not dry_run,
        sample=sample,
    )


def _due_ids(session: TenantSession, selection: Selection) -> list[int] | None:
    """Return the ids to select by: those given, or the due ones where they are few enough to be looked up singly."""
    if selection.due_at is None or selection.ids is not None:
        return None if selection.ids is None else list(selection.ids)
    limit = _BY_PERSON_CONVERSIONS + 1
    due = session.rows("attribution/select_due_conversions", due_at=selection.due_at, limit=limit)
    return None if len(due) == limit else [row.conversion_id for row in due]


def _slices(hours: pa.Table, tenant: Tenant, selection: Selection) -> Iterator[_Slice]:
    """Pack hours into slices of about _SLICE_CONVERSIONS that do not cross a change of settings."""
    starts = cast(list[datetime], hours["hour"].to_pylist())
    numbers = cast(list[int], hours["conversions"].to_pylist())
    if not starts:
        return
    first, last = max(starts[0], selection.start), min(starts[-1] + timedelta(hours=1), selection.end)
    hour_long = timedelta(hours=1)
    for lower, upper, settings in tenant.settings_between(first, last):
        begin, end, size = lower, lower, 0
        for hour, number in zip(starts, numbers, strict=True):
            if not lower - hour_long < hour < upper:
                continue
            if size and (size + number > _SLICE_CONVERSIONS or hour - end > settings.lookback):
                yield _Slice(begin, end, settings, size)
                begin, size = max(hour, lower), 0
            end, size = min(hour + hour_long, upper), size + number
        if size:
            yield _Slice(begin, end, settings, size)


class _Reader:
    """Reads and credits slices in ascending order; touches of the look-back are carried over, not read again."""

    def __init__(self, session: TenantSession, scope: dict[str, Any], *, by_person: bool) -> None:
        self._session = session
        self._scope = scope
        self._by_person = by_person
        self._identities: IdentityColumns | None = None
        self._touches: pa.Table | None = None
        self._touches_end = _BEGINNING
        self._consent = ""

    def credit(self, part: _Slice) -> _Credited:
        """Read one slice and compute its credit and what of it differs from what is stored."""
        clock = time.perf_counter()
        bounds = {"start": part.start, "end": part.end, **self._scope}
        conversions = self._session.columns("attribution/select_conversions", **bounds)
        stored = self._read_credits(part, conversions)
        got = time.perf_counter()
        touches = _touch_columns(self._read_touches(part, bounds))
        identities = self._read_identities(bounds)
        found = time.perf_counter()
        credited = _credit(conversions, touches, identities, stored, part.settings)
        credited.seconds.update(
            get_conversions=got - clock, find_touchpoints=found - got, calculate_models=time.perf_counter() - found
        )
        return credited

    def _read_credits(self, part: _Slice, conversions: pa.Table) -> pa.Table:
        credited = conversions.filter(conversions["credited_before"])["conversion_id"].to_pylist()
        if self._by_person or not credited:
            return self._session.columns("attribution/select_credits_of_conversions", credited_ids=credited)
        return self._session.columns("attribution/select_credits", start=part.start, end=part.end)

    def _read_touches(self, part: _Slice, bounds: dict[str, Any]) -> pa.Table:
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
            recent = pa.compute.greater_equal(self._touches["occurred_at"], pa.scalar(touch_start))
            fresh = pa.concat_tables([self._touches.filter(recent), fresh])
        self._touches, self._touches_end = fresh, part.end
        return fresh

    def _read_identities(self, bounds: dict[str, Any]) -> IdentityColumns:
        if self._by_person:
            return _identity_columns(self._session.columns("attribution/select_identities_of_conversions", **bounds))
        if self._identities is None:
            self._identities = _identity_columns(self._session.columns("attribution/select_identities"))
        return self._identities


def _credit(
    conversions: pa.Table,
    touches: TouchColumns,
    identities: IdentityColumns,
    stored: pa.Table,
    settings: AttributionSettings,
) -> _Credited:
    ids = _int64(conversions, "conversion_id")
    columns = ConversionColumns(
        conversion_id=ids,
        occurred_at=_int64(conversions, "occurred_at"),
        customer_id=_int64(conversions, "customer_id"),
        visitor_id=_int64(conversions, "visitor_id"),
    )
    table = build_journeys(touches, columns, identities, journey_rules(settings))
    credit = credit_all(
        table.journeys,
        _int64(conversions, "value_minor"),
        half_life=timedelta(days=settings.half_life_days),
        position_weights=settings.position_weights,
        touch_weight=table.touch_weight,
    )
    lengths = np.diff(table.journeys.offsets)
    rows = _credit_rows(ids, lengths, columns.occurred_at, touches, table, credit)
    status = np.where(lengths > 0, "attributed", "unattributed").astype(object)
    known = (columns.customer_id != 0) | (columns.visitor_id != 0)
    reason = np.where(lengths > 0, "", np.where(known, "no_touch_in_window", "no_visitor")).astype(object)
    version = settings.config_version()
    credit_changed = _digests(ids, rows) != _digests(ids, stored)
    row_changed = (
        (conversions["status"].to_numpy(zero_copy_only=False) != status)
        | (conversions["reason"].to_numpy(zero_copy_only=False) != reason)
        | (conversions["model_version"].to_numpy(zero_copy_only=False) != MODEL_VERSION)
        | (_int64(conversions, "config_version") != version)
        | credit_changed
    )
    staged = pa.table(
        {
            "conversion_id": ids[row_changed],
            "status": pa.array(status[row_changed], pa.string()),
            "reason": pa.array([text or None for text in reason[row_changed]], pa.string()),
            "config_version": np.full(int(row_changed.sum()), version, dtype=np.int64),
            "credit_changed": credit_changed[row_changed],
        }
    )
    changed_rows = rows.filter(pa.array(np.repeat(credit_changed, lengths)))
    counts = Counter(
        conversions=len(ids),
        touchpoints=len(touches.touchpoint_id),
        credits=rows.num_rows,
        attributed=int((lengths > 0).sum()),
        unattributed=int((lengths == 0).sum()),
        customers_over_visitor_limit=table.capped_customers,
        conversions_changed=staged.num_rows,
        credits_written=changed_rows.num_rows,
    )
    replaces = bool(np.any(row_changed & conversions["credited_before"].to_numpy(zero_copy_only=False)))
    return _Credited(staged, changed_rows, replaces, counts, {}, _sample(staged, conversions, lengths, row_changed))


def journey_rules(settings: AttributionSettings) -> JourneyRules:
    """Return the rules of journeys that a tenant's settings ask for."""
    return JourneyRules(
        lookback=settings.lookback,
        view_lookback=timedelta(hours=settings.view_lookback_hours),
        direct=settings.direct,
        view_weight=settings.view_weight,
        max_visitors_per_customer=settings.max_visitors_per_customer,
    )


def _credit_rows(
    ids: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    occurred_at: npt.NDArray[np.int64],
    touches: TouchColumns,
    table: JourneyTable,
    credit: Credits,
) -> pa.Table:
    starts = np.repeat(table.journeys.offsets[:-1], lengths)
    columns: dict[str, Any] = {
        "conversion_id": np.repeat(ids, lengths),
        "touchpoint_id": touches.touchpoint_id[table.touch_row],
        "position": (np.arange(len(starts)) - starts + 1).astype(np.int32),
    }
    for model in MODELS:
        columns[f"attribution_{_short(model)}"] = credit.weights[model]
    for model in MODELS:
        columns[f"amount_{_short(model)}_minor"] = credit.amounts_minor[model]
    columns["occurred_at"] = pa.array(np.repeat(occurred_at, lengths)).cast(pa.timestamp("us", tz="UTC"))
    rows = pa.table(columns)
    return rows.append_column("row_digest", pa.array(_row_digests(rows)))


def _row_digests(rows: pa.Table) -> npt.NDArray[np.int64]:
    columns: list[npt.NDArray[Any]] = [
        _int64(rows, "touchpoint_id"),
        rows["position"].to_numpy().astype(np.int64),
        _int64(rows, "occurred_at"),
    ]
    columns += [rows[f"attribution_{_short(model)}"].to_numpy() for model in MODELS]
    columns += [rows[f"amount_{_short(model)}_minor"].to_numpy() for model in MODELS]
    return digest_rows(columns).view(np.int64)


def _digests(ids: npt.NDArray[np.int64], rows: pa.Table) -> npt.NDArray[np.uint64]:
    return digest_conversions(ids, _int64(rows, "conversion_id"), _int64(rows, "row_digest").view(np.uint64))


def _sample(
    staged: pa.Table, conversions: pa.Table, lengths: npt.NDArray[np.int64], changed: Bools
) -> tuple[dict[str, Any], ...]:
    first = np.flatnonzero(changed)[:_SAMPLE]
    rows = staged.slice(0, _SAMPLE).select(["conversion_id", "status", "reason"]).to_pylist()
    values = conversions["value_minor"].take(first).to_pylist()
    return tuple(
        {**row, "value_minor": value, "touches": int(lengths[index])}
        for row, value, index in zip(rows, values, first, strict=True)
    )


def _store(session: TenantSession, tenant: Tenant, credited: _Credited, run_id: str) -> None:
    session.execute("attribution/empty_stages")
    session.copy("stage_conversions", credited.conversions.to_batches(), credited.conversions.schema)
    session.copy("stage_credits", credited.credits.to_batches(max_chunksize=100_000), credited.credits.schema)
    if credited.replaces:
        session.execute("attribution/delete_replaced_credits")
        session.execute("attribution/delete_replaced_cancellations")
    session.execute("attribution/insert_credits")
    session.execute("attribution/update_conversions", run_id=run_id, model_version=MODEL_VERSION)
    session.execute("attribution/insert_cancellations", timezone=tenant.timezone)


def _touch_columns(table: pa.Table) -> TouchColumns:
    return TouchColumns(
        touchpoint_id=_int64(table, "touchpoint_id"),
        visitor_id=_int64(table, "visitor_id"),
        occurred_at=_int64(table, "occurred_at"),
        priority=table["priority"].to_numpy(),
        exposure_key=_int64(table, "exposure_key"),
        flags=table["flags"].to_numpy().astype(np.int8),
    )


def _identity_columns(table: pa.Table) -> IdentityColumns:
    return IdentityColumns(visitor_id=_int64(table, "visitor_id"), customer_id=_int64(table, "customer_id"))


def _int64(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    column = table[name]
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: npt.NDArray[np.int64] = column.to_numpy()
    return values


def _short(model: str) -> str:
    return _SHORT_NAMES.get(model, model)
