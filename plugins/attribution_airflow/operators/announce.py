"""One unmapped task rings the doorbell of the jobs that read what this one wrote."""

from typing import Any

from airflow.sdk import Asset, BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from attribution_airflow.connections import control_url


class Announce(BaseOperator):
    """Emit the asset when a tenant of this run has something new, whatever became of the others.

    Airflow emits an outlet's event when the task succeeds, so that a run which changed nothing skips it.
    """

    def __init__(self, *, asset: Asset, **kwargs: Any) -> None:
        super().__init__(outlets=[asset], trigger_rule="all_done", **kwargs)

    def execute(self, context: Any) -> None:
        """Log who changed; raise AirflowSkipException when nobody did."""
        from include.jobs.outcome import recorded_outcomes

        dag_run = context["dag_run"]
        outcomes = recorded_outcomes(control_url(), dag_run.dag_id, dag_run.run_id)
        changed = [outcome.slug for outcome in outcomes if outcome.changed]
        if not changed:
            raise AirflowSkipException("nothing changed, nothing to announce")
        self.log.info("changed: %s", ", ".join(changed))
