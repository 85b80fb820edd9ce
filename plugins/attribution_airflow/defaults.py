"""What follows for a DAG from its period alone: runs at a time, time-outs, retries, deadlines; and the set of tags.

Two environment variables shorten waits where everything is small, as in tests; they never lengthen one.
"""

import os
from datetime import timedelta
from typing import Any

from include.errors import InvalidInput

FIVE_MINUTES = timedelta(minutes=5)
TEN_MINUTES = timedelta(minutes=10)
QUARTER_HOUR = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)

TAGS = frozenset({"attribution", "delivery", "spend", "metrics", "finance", "operations"})

DEADLINE_VARIABLE = "ATTRIBUTION_TENANT_DEADLINE_SECONDS"
RETRY_DELAY_VARIABLE = "ATTRIBUTION_RETRY_DELAY_SECONDS"

_RETRIES = 2


def run_limits(period: timedelta) -> dict[str, Any]:
    """Return the DAG arguments of a job that runs once per period; a job without a schedule counts as daily.

    The time-out of two periods is a backstop: tenants' own deadlines end a run long before it. Retries are for the
    unexpected, within a minute where the period is short; waiting for a vendor is no retry but a row with not_before.
    """
    retry_delay = timedelta(seconds=20) if period <= QUARTER_HOUR else timedelta(minutes=5)
    return {
        "catchup": False,
        "max_active_runs": 4 if period <= HOUR else 1,
        "dagrun_timeout": 2 * period,
        "default_args": {
            "owner": "analytics",
            "retries": _RETRIES,
            "retry_delay": _shortened(retry_delay, RETRY_DELAY_VARIABLE),
            "period": period,
        },
    }


def tenant_deadline(period: timedelta) -> timedelta:
    """Return how long one tenant may take: a third of the period, at most 5 minutes for periods up to 15 minutes."""
    third = period / 3
    return _shortened(min(third, timedelta(minutes=5)) if period <= QUARTER_HOUR else third, DEADLINE_VARIABLE)


def _shortened(duration: timedelta, variable: str) -> timedelta:
    text = os.environ.get(variable, "").strip()
    if not text:
        return duration
    try:
        return min(duration, timedelta(seconds=max(float(text), 1.0)))
    except ValueError:
        raise InvalidInput(f"{variable}={text!r} is not a number of seconds; unset it or write 10") from None
