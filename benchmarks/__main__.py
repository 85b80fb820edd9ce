"""`python -m benchmarks [subject...]`: run all or those named, print one table, exit 1 if a bound is missed."""

import argparse
import sys

from benchmarks import (
    attribution_kernel,
    backfill,
    dag_parsing,
    delivery,
    http_hook,
    limiter,
    metrics,
    metrics_night,
    spend,
    webhook_inbox,
    window_recalculation,
)
from benchmarks.report import print_rows

SUBJECTS = {
    "kernel": attribution_kernel.measure,
    "window": window_recalculation.measure,
    "backfill": backfill.measure,
    "inbox": webhook_inbox.measure,
    "parsing": dag_parsing.measure,
    "http": http_hook.measure,
    "limiter": limiter.measure,
    "metrics": metrics.measure,
    "night": metrics_night.measure,
    "delivery": delivery.measure,
    "spend": spend.measure,
}


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", choices=[[], *SUBJECTS], help="default: all")
    chosen = parser.parse_args().subjects or list(SUBJECTS)
    rows = [row for name in chosen for row in SUBJECTS[name]()]
    return 0 if print_rows(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
