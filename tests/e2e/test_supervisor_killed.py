"""A task and its supervisor die together: nobody is left to report it, and the scheduler notices all the same."""

from tests.chaos.scheduler import BOTH, kill_under_the_scheduler
from tests.e2e.stack import Stack


def test_a_task_killed_with_its_supervisor_is_found_by_its_heartbeat_and_retried(stack: Stack) -> None:
    row = kill_under_the_scheduler(stack, BOTH)
    assert row.clean, row
    assert (row.kills, row.retries) == (2, 1)
