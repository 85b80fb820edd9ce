"""What a run came to, judged from job_runs and the states of its tasks, and how to run the rest again.

Pure: reading both, and failing the task, is left to operators/verdict.py.
"""

import json
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from include.jobs.outcome import RecordedOutcome

_BROKEN = frozenset({"failed", "upstream_failed"})
_ORDER = {"failed": 0, "deferred": 1, "waiting": 2}
_UNRECORDED = "no outcome: its task ended before one was recorded; see the task's log"


@dataclass(frozen=True)
class Verdict:
    """tenants: (slug, status, why), failed first. broken_tasks: ids of tasks that failed or could not start."""

    tenants: tuple[tuple[str, str, str], ...]
    broken_tasks: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """A failed tenant or task fails the run; a deferred or waiting tenant does not."""
        return bool(self.broken_tasks) or any(status == "failed" for _, status, _ in self.tenants)

    def slugs(self, status: str) -> list[str]:
        return [slug for slug, found, _ in self.tenants if found == status]

    def summary(self) -> str:
        """Return one line: how many succeeded, and everybody else by name."""
        parts = [f"{len(self.slugs('succeeded'))} succeeded"]
        for status in ("failed", "deferred", "waiting"):
            if slugs := self.slugs(status):
                parts.append(f"{len(slugs)} {status}: {', '.join(slugs)}")
        if self.broken_tasks:
            parts.append(f"tasks that did not succeed: {', '.join(self.broken_tasks)}")
        return "; ".join(parts)


def judge(
    planned: Iterable[str], outcomes: "Iterable[RecordedOutcome]", task_states: Mapping[str, str | None]
) -> Verdict:
    """Return the verdict on a run.

    planned: slugs that the run was to work on; one without an outcome failed, because its task died. task_states:
    of every task but the verdict, mapped ones as task_<index>. Of a tenant's several outcomes the worst counts.
    """
    best_first = sorted(outcomes, key=lambda outcome: -_ORDER.get(outcome.status, len(_ORDER)))
    recorded = {outcome.slug: (outcome.status, outcome.error or "") for outcome in best_first}
    found = {slug: recorded.get(slug, ("failed", _UNRECORDED)) for slug in {*planned, *recorded}}
    rows = sorted((_ORDER.get(status, len(_ORDER)), slug, status, why) for slug, (status, why) in found.items())
    broken = sorted(task for task, state in task_states.items() if state in _BROKEN)
    return Verdict(tuple((slug, status, why) for _, slug, status, why in rows), tuple(broken))


def table_of(rows: Collection[tuple[str, str, str]]) -> str:
    """Return tenants, status and reason as aligned lines."""
    header = ("tenant", "status", "why")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(2)]
    return "\n".join(
        f"{tenant:<{widths[0]}}  {status:<{widths[1]}}  {why}".rstrip() for tenant, status, why in (header, *rows)
    )


def clear_command(dag_id: str, run_id: str) -> str:
    """Return the shell command that runs again what failed in a run, and only that."""
    return f"airflow dags clear {dag_id} --run-id {shlex.quote(run_id)} --only-failed -y"


def clear_call(dag_id: str, run_id: str) -> str:
    """Return the REST call that does the same: method, path and body."""
    body = json.dumps({"dry_run": False, "only_failed": True})
    return f"POST /api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/clear {body}"
