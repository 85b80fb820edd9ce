"""A slice of conversions credited in memory: what its rows should be, and which of them differ from what is stored.

No I/O. What credit is, is said in include/attribution; reading is credit_inputs, storing credit_conversions.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from include.attribution import MODELS
from include.attribution.changes import digest_conversions, digest_rows
from include.attribution.credits import Credits, credit_all
from include.attribution.journeys import ConversionColumns, JourneyRules, JourneyTable, TouchColumns, build_journeys
from include.jobs.credit_inputs import Int64, SliceInputs, int64_of
from include.jobs.request import SAMPLE_ROWS
from include.tenants.settings import AttributionSettings

MODEL_VERSION = "rules-1"
"""Version of the five rule models; raised by a change that moves a stored number, which CHANGELOG.md then explains."""

_SHORT_NAMES = {"first_touch": "first", "last_touch": "last", "position_based": "position"}
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SliceChanges:
    """Conversions and credits to stage, and whether any replace older ones; counts and sample of the whole slice."""

    conversions: pa.Table
    credits: pa.Table
    replaces: bool
    counts: Counter[str]
    sample: tuple[dict[str, Any], ...]


def changes_of(inputs: SliceInputs) -> SliceChanges:
    """Credit a slice under all models and return what of it is not stored already."""
    settings, conversions = inputs.part.settings, inputs.conversions
    ids = int64_of(conversions, "conversion_id")
    source_excluded = conversions["source_excluded"].to_numpy(zero_copy_only=False)
    columns = ConversionColumns(
        conversion_id=ids,
        occurred_at=int64_of(conversions, "occurred_at"),
        # An order of an excluded sales channel belongs to nobody, so that nobody's touches earn it.
        customer_id=np.where(source_excluded, 0, int64_of(conversions, "customer_id")),
        visitor_id=np.where(source_excluded, 0, int64_of(conversions, "visitor_id")),
    )
    table = build_journeys(inputs.touches, columns, inputs.identities, journey_rules(settings))
    credit = credit_all(
        table.journeys,
        int64_of(conversions, "value_minor"),
        half_life=timedelta(days=settings.half_life_days),
        position_weights=settings.position_weights,
        touch_weight=table.touch_weight,
    )
    lengths = np.diff(table.journeys.offsets)
    rows = _credit_rows(ids, lengths, inputs.touches, table, credit)
    status = np.where(lengths > 0, "attributed", "unattributed").astype(object)
    reason = _reasons(columns, lengths, table.withheld, source_excluded)
    version = settings.config_version()
    credit_changed = _digests(ids, rows, "row_digest") != _digests(ids, inputs.stored, "digest")
    row_changed = (
        (conversions["status"].to_numpy(zero_copy_only=False) != status)
        | (conversions["reason"].to_numpy(zero_copy_only=False) != reason)
        | (conversions["model_version"].to_numpy(zero_copy_only=False) != MODEL_VERSION)
        | (int64_of(conversions, "config_version") != version)
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
        touchpoints=len(inputs.touches.touchpoint_id),
        credits=rows.num_rows,
        attributed=int((lengths > 0).sum()),
        unattributed=int((lengths == 0).sum()),
        customers_over_visitor_limit=table.capped_customers,
        conversions_changed=staged.num_rows,
        credits_written=changed_rows.num_rows,
    )
    replaces = bool(np.any(row_changed & conversions["credited_before"].to_numpy(zero_copy_only=False)))
    return SliceChanges(staged, changed_rows, replaces, counts, _sample(staged, conversions, lengths, row_changed))


def journey_rules(settings: AttributionSettings) -> JourneyRules:
    """Return the rules of journeys that a tenant's settings ask for."""
    return JourneyRules(
        lookback=settings.lookback,
        view_lookback=timedelta(hours=settings.view_lookback_hours),
        direct=settings.direct,
        view_weight=settings.view_weight,
        max_visitors_per_customer=settings.max_visitors_per_customer,
    )


def _reasons(
    conversions: ConversionColumns, lengths: Int64, withheld: Bools, source_excluded: Bools
) -> npt.NDArray[np.object_]:
    """Return why nobody earned a conversion, empty where somebody did."""
    nobody = (conversions.customer_id == 0) & (conversions.visitor_id == 0)
    cases = [lengths > 0, source_excluded, nobody, withheld]
    reasons = ["", "excluded_source", "no_visitor", "consent_denied"]
    return np.select(cases, reasons, "no_touch_in_window").astype(object)


def _credit_rows(ids: Int64, lengths: Int64, touches: TouchColumns, table: JourneyTable, credit: Credits) -> pa.Table:
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
    rows = pa.table(columns)
    return rows.append_column("row_digest", pa.array(_row_digests(rows)))


def _row_digests(rows: pa.Table) -> Int64:
    columns: list[npt.NDArray[Any]] = [int64_of(rows, "touchpoint_id"), rows["position"].to_numpy().astype(np.int64)]
    columns += [rows[f"attribution_{_short(model)}"].to_numpy() for model in MODELS]
    columns += [rows[f"amount_{_short(model)}_minor"].to_numpy() for model in MODELS]
    return digest_rows(columns).view(np.int64)


def _digests(ids: Int64, rows: pa.Table, name: str) -> npt.NDArray[np.uint64]:
    return digest_conversions(ids, int64_of(rows, "conversion_id"), int64_of(rows, name).view(np.uint64))


def _sample(staged: pa.Table, conversions: pa.Table, lengths: Int64, changed: Bools) -> tuple[dict[str, Any], ...]:
    first = np.flatnonzero(changed)[:SAMPLE_ROWS]
    rows = staged.slice(0, SAMPLE_ROWS).select(["conversion_id", "status", "reason"]).to_pylist()
    values = conversions["value_minor"].take(first).to_pylist()
    return tuple(
        {**row, "value_minor": value, "touches": int(lengths[index])}
        for row, value, index in zip(rows, values, first, strict=True)
    )


def _short(model: str) -> str:
    return _SHORT_NAMES.get(model, model)
