"""A tenant-year credited by backfill_attribution, in steps of days, against one big window in one transaction.

Both compute and store the same rows; the difference is what stopping anywhere costs: a transaction, a snapshot and a
look-back of touches read again for every step.
"""

from datetime import UTC, datetime
from functools import reduce

from benchmarks.loaded_tenant import (
    NOW,
    TENANT,
    LoadedTenant,
    bench_server,
    credit_everything,
    load_tenant,
    seconds_of,
    set_back,
)
from benchmarks.report import Row
from include.jobs.backfill_attribution import backfill_attribution
from include.jobs.request import JobRequest, JobResult
from include.jobs.steps import run_steps
from sandbox.world.bench_world import bench_world

_CONVERSIONS, _BROWSERS, _DAYS = 365_000, 550_000, 365
_REPETITIONS = 3


def measure(conversions: int = _CONVERSIONS, browsers: int = _BROWSERS, days: int = _DAYS) -> list[Row]:
    """Return the ratio of a year by steps to a year at once, medians of runs in turn."""
    with bench_server() as server:
        loaded = load_tenant(server, "bench_backfill", bench_world(conversions, browsers=browsers, days=days))
        steps, at_once = [], []
        for repetition in range(_REPETITIONS):
            set_back(loaded)
            at_once.append(seconds_of(lambda: credit_everything(loaded)))
            set_back(loaded)
            run_id = f"bench-{repetition}-{datetime.now(UTC).isoformat()}"
            steps.append(seconds_of(lambda run_id=run_id: _backfill(loaded, run_id, conversions)))  # type: ignore[misc]
    ours, window = sorted(steps)[_REPETITIONS // 2], sorted(at_once)[_REPETITIONS // 2]
    subject = f"backfill, {conversions:,} conversions of {days} days | one big window"
    return [Row(subject, f"{ours:.2f} s", f"{window:.2f} s", ours / window, 2)]


def _backfill(loaded: LoadedTenant, run_id: str, conversions: int) -> None:
    request = JobRequest("backfill_attribution", run_id, NOW)
    result = reduce(
        JobResult.followed_by, run_steps(loaded.jobs_url, TENANT, backfill_attribution, request), JobResult()
    )
    if result.counts["conversions"] != conversions:
        raise RuntimeError(f"not every conversion was credited: {result.counts}")
