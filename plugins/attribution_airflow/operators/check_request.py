"""The first task of every job: refuses a conf that makes no sense, before any tenant is touched."""

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from attribution_airflow.connections import control_url
from attribution_airflow.requests import check_conf, job_request
from attribution_airflow.tenants import account_ids
from include.errors import InvalidInput

REFUSAL = "refusal"
"""XCom key under which the verdict finds why a run was refused."""


class CheckRequest(BaseOperator):
    """Fail at once, without a retry and with one readable line, unless the run's conf makes sense."""

    def execute(self, context: Any) -> None:
        """Raise AirflowFailException for an unknown param or tenant, or a range that is reversed or absurd."""
        from include.tenants.registry import list_tenants

        dag_run, params = context["dag_run"], context["params"]
        try:
            known = set(context["dag"].params)
            request = job_request(
                dag_run.dag_id, dag_run.run_id, dag_run.run_after, {name: params[name] for name in known}
            )
            statuses = {tenant.slug: tenant.status for tenant in list_tenants(control_url())}
            accounts = account_ids(control_url()) if "accounts" in known else ()
            check_conf(dag_run.conf or {}, known, statuses, request.now.date(), accounts)
        except InvalidInput as error:
            self.log.error("refused: %s", error)
            context["ti"].xcom_push(key=REFUSAL, value=str(error))
            raise AirflowFailException(str(error)) from None
        self.log.info("request: %s", request)
