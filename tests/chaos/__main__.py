"""`make chaos`: kill tasks, deliveries, syncs; run writers at once; stop the database. Prints a table, 1 is a fault.

The table is also appended to chaos.jsonl in the state folder. `make test` runs the same with fewer repetitions.
"""

import argparse
import sys
from collections.abc import Iterator

from rich.console import Console

from dev.state import state_folder
from tests.chaos import delivery, spend
from tests.chaos.kills import all_series, kill_series, lanes
from tests.chaos.outage import stop_database
from tests.chaos.report import Row, append_json, print_table, summed
from tests.chaos.scheduler import kills_under_the_scheduler
from tests.chaos.shop import TEMPLATES, ground
from tests.chaos.writers import ONE_TASK_TWICE, TWO_RUNS, all_beside_each_other, two_writers

_ROUNDS = 5


def main() -> int:
    """Run everything and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--kills", type=int, default=50, help="of each job at each point; half as many pairs of writers"
    )
    parser.add_argument("--delivery-kills", type=int, default=200, help="per destination, half at random times")
    parser.add_argument("--seconds", type=float, default=30.0, help="for which the database is stopped")
    parser.add_argument("--seed", type=int, default=7, help="another seed kills at other passes and times")
    parser.add_argument("--without-scheduler", action="store_true", help="leave out the kills under a real Airflow")
    asked = parser.parse_args()
    rows = []
    with Console(stderr=True).status("chaos") as status:
        for what, found in _everything(asked):
            rows += found
            status.update(f"chaos: {what} done")
    rows = summed(rows)
    print_table(rows)
    asked_for = {"kills": asked.kills, "delivery_kills": asked.delivery_kills, "seconds": asked.seconds}
    append_json(rows, state_folder() / "chaos.jsonl", **asked_for, seed=asked.seed)
    return 0 if all(row.clean for row in rows) else 1


def _everything(asked: argparse.Namespace) -> Iterator[tuple[str, list[Row]]]:
    with ground() as made, lanes() as pool:
        for job in TEMPLATES:
            series = all_series(made, pool, job)
            yield job, kill_series(made, pool, series, asked.kills, asked.seed)
        for job in TEMPLATES:
            for point in (TWO_RUNS, ONE_TASK_TWICE):
                pairs = range(-(-asked.kills // 2))
                futures = [pool.submit(two_writers, made, job, point, number) for number in pairs]
                yield f"{job}, {point}", [future.result() for future in futures]
        delivery.fill(made)
        for job in delivery.JOBS:
            kills = delivery.half_at_random(asked.delivery_kills)
            yield job, delivery.kill_series(made, pool, delivery.all_series(made, pool, job), kills, asked.seed)
        spend.fill(made)
        yield spend.JOB, spend.kill_series(made, pool, spend.all_series(made, pool), asked.kills, asked.seed)
        yield "all jobs", [pool.submit(all_beside_each_other, made, _ROUNDS).result()]
        for mode in ("fast", "immediate"):
            yield f"database stopped ({mode})", pool.submit(stop_database, made, asked.seconds, mode).result()
    if not asked.without_scheduler:
        yield "scheduler", kills_under_the_scheduler()


if __name__ == "__main__":
    sys.exit(main())
