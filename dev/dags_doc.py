"""`make dags-doc`: DAGS.md for readers and tests/dags/graphs.json for reviewers, both written from the DAGs.

A test compares the committed files with what the DAGs say, so that a change of a schedule, a param or a graph shows up
in review.
"""

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dev.dag_bag import load_dags, prepare_airflow
from dev.state import CHECKOUT

if TYPE_CHECKING:
    from airflow.sdk import DAG

CATALOGUE = CHECKOUT / "DAGS.md"
GRAPHS = CHECKOUT / "tests" / "dags" / "graphs.json"

_HEAD = """\
# Jobs

Written by `make dags-doc` from the DAGs; a test compares the two. Cron times are UTC and say when a job looks, never
which day it works on. How runs, leases, retries and deadlines work: [docs/operations.md](docs/operations.md).

| job | schedule | what it does |
|---|---|---|
"""


def main() -> None:
    """Write both files."""
    with tempfile.TemporaryDirectory(prefix="dags-doc-") as home:
        prepare_airflow(Path(home))
        bag = load_dags()
        if bag.import_errors:
            raise SystemExit("\n".join(f"{file}: {error}" for file, error in bag.import_errors.items()))
        dags = list(bag.dags.values())
        CATALOGUE.write_text(catalogue(dags), encoding="utf-8")
        GRAPHS.write_text(graphs(dags), encoding="utf-8")
    print(f"wrote {CATALOGUE.name} and {GRAPHS.relative_to(CHECKOUT)} from {len(dags)} DAGs")


def catalogue(dags: "Iterable[DAG]") -> str:
    """Return DAGS.md: a timetable of all jobs, then each with its params, tasks and docs."""
    ordered = sorted(dags, key=lambda dag: dag.dag_id)
    rows = [f"| [{dag.dag_id}](#{dag.dag_id}) | {schedule_of(dag)} | {_first_line(dag)} |" for dag in ordered]
    return _HEAD + "\n".join(rows) + "\n" + "".join(_section(dag) for dag in ordered)


def graphs(dags: "Iterable[DAG]") -> str:
    """Return what the scheduler goes by, as JSON: schedule, limits and tasks of every DAG."""
    described = {dag.dag_id: _graph(dag) for dag in dags}
    return json.dumps(described, indent=2, sort_keys=True) + "\n"


def schedule_of(dag: "DAG") -> str:
    """Return a DAG's schedule as jobs.md writes it: cron, asset or cron, or none."""
    timetable: Any = dag.timetable
    condition = getattr(timetable, "asset_condition", None)
    cron = getattr(getattr(timetable, "timetable", timetable), "expression", None)
    assets = [asset.name for asset in getattr(condition, "objects", ())]
    parts = [f"{', '.join(assets)} asset"] if assets else []
    parts += [f"`{cron}`"] if cron else []
    return " or ".join(parts) or "none"


def _graph(dag: "DAG") -> dict[str, Any]:
    return {
        "schedule": schedule_of(dag),
        "tags": sorted(dag.tags),
        "max_active_runs": dag.max_active_runs,
        "dagrun_timeout_seconds": _seconds(dag.dagrun_timeout),
        "params": {name: _param(dag, name) for name in dag.params},
        "tasks": {task.task_id: _task(task) for task in dag.tasks},
    }


def _param(dag: "DAG", name: str) -> dict[str, Any]:
    param = dag.params.get_param(name)
    return {"default": param.value, "schema": param.schema}


def _task(task: Any) -> dict[str, Any]:
    return {
        "operator": task.operator_name,
        "mapped": task.is_mapped,
        "pool": task.pool,
        "retries": task.retries,
        "retry_delay_seconds": _seconds(task.retry_delay),
        # A mapped task holds what it was given: text or the enumeration.
        "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        "upstream": sorted(task.upstream_task_ids),
        "emits": sorted(asset.name for asset in task.outlets),
    }


def _section(dag: "DAG") -> str:
    tasks = " -> ".join(
        f"{task.task_id}{f' (mapped, pool {task.pool})' if task.is_mapped else ''}" for task in dag.topological_sort()
    )
    params = "\n".join(_param_row(name, dag.params.get_param(name).dump()) for name in dag.params)
    return (
        f"\n## {dag.dag_id}\n\n{(dag.doc_md or '').strip()}\n\n"
        f"Schedule: {schedule_of(dag)}. Runs at a time: {dag.max_active_runs}. Tasks: {tasks}.\n\n"
        f"| param | default | meaning |\n|---|---|---|\n{params}\n"
    )


def _param_row(name: str, param: Mapping[str, Any]) -> str:
    return f"| {name} | `{json.dumps(param['value'])}` | {param['description']} |"


def _first_line(dag: "DAG") -> str:
    return (dag.doc_md or "").strip().partition("\n\n")[0].replace("\n", " ")


def _seconds(duration: Any) -> float | None:
    return None if duration is None else duration.total_seconds()


if __name__ == "__main__":
    main()
