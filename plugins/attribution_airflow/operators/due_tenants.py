"""The second task of every job: which tenants the run works on, as batches of slugs for the mapped task."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator

from attribution_airflow.batches import batches_of
from attribution_airflow.connections import control_url
from attribution_airflow.requests import job_request
from attribution_airflow.tenants import due_slugs


class DueTenants(BaseOperator):
    """List the due tenants; an empty list skips the mapped task and the run succeeds.

    period: of the job, from run_limits; bounds the number of batches. drains: for a job that drains a queue, the one to
    ask (queries/due/select_tenants_with_<drains>.sql); None takes every active tenant. of: which part of that queue, by
    the query's parameters.
    """

    def __init__(
        self, *, period: timedelta, drains: str | None = None, of: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.period = period
        self.drains = drains
        self.of = dict(of or {})

    def execute(self, context: Any) -> list[list[str]]:
        """Return the batches: lists of slugs, never rows."""
        dag_run, params = context["dag_run"], context["params"]
        request = job_request(dag_run.dag_id, dag_run.run_id, dag_run.run_after, params)
        batches = batches_of(due_slugs(control_url(), request, params, self.drains, self.of), self.period)
        self.log.info("%d tenants due in %d batches", sum(map(len, batches)), len(batches))
        return batches
