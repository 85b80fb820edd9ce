"""The last task and only leaf of every job: its state is the run's."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from attribution_airflow.connections import control_url
from attribution_airflow.notifier import AlertNotifier
from attribution_airflow.operators.check_request import REFUSAL
from attribution_airflow.verdict import clear_call, clear_command, judge, table_of


class Verdict(BaseOperator):
    """Name who failed, was deferred or waits, and why; fail if any tenant or task failed.

    Runs whatever became of the tasks before it. A deferred tenant alone does not fail the run: somebody else did its
    work, or the next run will.

    planned_by: task, or tasks, whose XCom holds the batches that the run was to work on. also: further jobs that the
    run did tenants' work of, under their own names.
    """

    def __init__(
        self, *, planned_by: str | Sequence[str] = "due_tenants", also: Sequence[str] = (), **kwargs: Any
    ) -> None:
        # Alerts are opened while the run works; once it is over, whatever came of it, people are told.
        tell = AlertNotifier()
        super().__init__(trigger_rule="all_done", on_success_callback=tell, on_failure_callback=tell, **kwargs)
        self.planned_by = [planned_by] if isinstance(planned_by, str) else list(planned_by)
        self.also = tuple(also)

    def execute(self, context: Any) -> str:
        """Return the summary line; raise AirflowFailException with it, after printing how to run the rest again."""
        from include.jobs.outcome import recorded_outcomes

        ti, dag_run = context["ti"], context["dag_run"]
        dag_id, run_id = dag_run.dag_id, dag_run.run_id
        if refusal := ti.xcom_pull(task_ids="check_request", key=REFUSAL):
            raise AirflowFailException(f"refused: {refusal}; trigger a new run with a corrected conf")
        batches = chain.from_iterable(ti.xcom_pull(task_ids=task) or [] for task in self.planned_by)
        planned = chain.from_iterable(batches)
        states = ti.get_task_states(dag_id=dag_id, run_ids=[run_id]).get(run_id, {})
        states.pop(self.task_id, None)
        outcomes = [one for job in (dag_id, *self.also) for one in recorded_outcomes(control_url(), job, run_id)]
        verdict = judge(planned, outcomes, states)
        if unsettled := [row for row in verdict.tenants if row[1] != "succeeded"]:
            self.log.info("%s", table_of(unsettled))
        if verdict.failed:
            self.log.info("run again what failed, and only that:\n%s", clear_command(dag_id, run_id))
            self.log.info("the same by REST:\n%s", clear_call(dag_id, run_id))
            raise AirflowFailException(verdict.summary())
        self.log.info("%s", verdict.summary())
        return verdict.summary()
