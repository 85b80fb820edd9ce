"""What follows for a DAG from its period alone: runs at a time, time-outs, retries; and the closed set of tags."""

from datetime import timedelta
from typing import Any

QUARTER_HOUR = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)

TAGS = frozenset({"attribution", "delivery", "spend", "metrics", "finance", "operations"})

_RETRIES = 2


def run_limits(period: timedelta) -> dict[str, Any]:
    """Return the DAG arguments of a job that runs once per period; a job without a schedule counts as daily.

    The time-out of two periods is a backstop: tenants' own deadlines end a run long before it. Retries are for the
    unexpected, within a minute where the period is short; waiting for a vendor is no retry but a row with not_before.
    """
    return {
        "catchup": False,
        "max_active_runs": 4 if period <= HOUR else 1,
        "dagrun_timeout": 2 * period,
        "default_args": {
            "owner": "analytics",
            "retries": _RETRIES,
            "retry_delay": timedelta(seconds=20) if period <= QUARTER_HOUR else timedelta(minutes=5),
            "period": period,
        },
    }


def tenant_deadline(period: timedelta) -> timedelta:
    """Return how long one tenant may take: a third of the period, at most 5 minutes for periods up to 15 minutes."""
    third = period / 3
    return min(third, timedelta(minutes=5)) if period <= QUARTER_HOUR else third
