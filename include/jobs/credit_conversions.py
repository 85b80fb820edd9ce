"""Credit of a tenant's conversions, computed and stored: the one engine of every job that writes credit.

A selection of conversions is read with its touches (credit_inputs), credited with array operations and compared with
what is stored (credit_changes), and written where it differs, all under the tenant's credit lock. It goes in slices of
time: one is read and one computed while the one before them is written. What gets its first status enters the delivery
ledger with it. Which conversions are selected is said by the jobs that call this.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from include.delivery.enqueue import enqueue_credited
from include.jobs.credit_changes import MODEL_VERSION, SliceChanges, changes_of
from include.jobs.credit_inputs import InputReader, Selection, Slice, SliceInputs
from include.jobs.prefetch import Prefetch
from include.jobs.request import SAMPLE_ROWS, JobResult
from include.orders.adjustments import rewrite_adjustments
from include.storage.copy_stream import copy_stream
from include.storage.locks import lock_credit
from include.storage.session import TenantSession
from include.tenants.tenant import Tenant

_ENCODED_ROWS = 100_000


@dataclass(frozen=True)
class _Prepared:
    """A slice ready to be written: its changes, and their rows as COPY takes them; seconds of machine time by step."""

    part: Slice
    changes: SliceChanges
    conversions: tuple[bytes, ...]
    credits: tuple[bytes, ...]
    seconds: dict[str, float]


def credit_conversions(
    session: TenantSession, tenant: Tenant, selection: Selection, *, run_id: str, dry_run: bool
) -> JobResult:
    """Credit the selected conversions under all models; unchanged ones are not written.

    Each conversion uses the settings in force at its occurred_at. With dry_run nothing is locked or written. The
    seconds in the counts are machine time of steps that overlap, so they do not add up to the whole.
    """
    counts: Counter[str] = Counter()
    seconds: dict[str, float] = {"lock_conversions": 0.0, "store_credit": 0.0}
    started = time.perf_counter()
    if not dry_run:
        lock_credit(session)
        session.execute("attribution/create_stage_of_conversions")
        session.execute("attribution/create_stage_of_credits")
    seconds["lock_conversions"] = time.perf_counter() - started
    reader = InputReader(session, tenant, selection)
    sample: tuple[dict[str, Any], ...] = ()
    with Prefetch(reader.read()) as read, Prefetch(_prepare(read, encode=not dry_run)) as slices:
        for prepared in slices:
            changes = prepared.changes
            counts.update(changes.counts)
            for step, spent in prepared.seconds.items():
                seconds[step] = seconds.get(step, 0.0) + spent
            sample = (*sample, *changes.sample)[:SAMPLE_ROWS]
            started = time.perf_counter()
            if changes.conversions.num_rows and not dry_run:
                counts["events_enqueued"] += _store(session, tenant, prepared, run_id)
            seconds["store_credit"] += time.perf_counter() - started
    timed = {f"seconds_{step}": round(spent, 3) for step, spent in seconds.items()}
    return JobResult(
        counts={**{name: int(number) for name, number in counts.items()}, **timed},
        changed=counts["conversions_changed"] > 0 and not dry_run,
        sample=sample,
    )


def _prepare(slices: Iterable[SliceInputs], *, encode: bool) -> Iterator[_Prepared]:
    for inputs in slices:
        begun = time.perf_counter()
        changes = changes_of(inputs)
        conversions = _encoded(changes.conversions) if encode else ()
        credits = _encoded(changes.credits) if encode else ()
        seconds = {**inputs.seconds, "calculate_models": time.perf_counter() - begun}
        yield _Prepared(inputs.part, changes, conversions, credits, seconds)


def _encoded(rows: pa.Table) -> tuple[bytes, ...]:
    return tuple(copy_stream(rows.to_batches(max_chunksize=_ENCODED_ROWS), rows.schema))


def _store(session: TenantSession, tenant: Tenant, prepared: _Prepared, run_id: str) -> int:
    """Write a slice and return the number of events that entered the delivery ledger with it."""
    changes = prepared.changes
    session.execute("attribution/empty_stages")
    session.copy_encoded("stage_conversions", changes.conversions.column_names, prepared.conversions)
    session.copy_encoded("stage_credits", changes.credits.column_names, prepared.credits)
    if changes.replaces:
        session.execute("attribution/delete_replaced_credits")
    session.execute("attribution/insert_credits")
    enqueued = enqueue_credited(session, tenant, run_id)
    session.execute(
        "attribution/update_conversions",
        start=prepared.part.start,
        end=prepared.part.end,
        run_id=run_id,
        model_version=MODEL_VERSION,
    )
    session.execute(
        "attribution/queue_restatement",
        start=prepared.part.start,
        end=prepared.part.end,
        timezone=tenant.timezone,
    )
    rewrite_adjustments(session, tenant, "credited")
    return enqueued
