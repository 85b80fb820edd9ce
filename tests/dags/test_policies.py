"""What holds for every DAG, whoever adds one."""

import re
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from attribution_airflow.defaults import HOUR, TAGS
from attribution_airflow.operators.verdict import Verdict
from attribution_airflow.pools import ANALYTICS_DB, POOLS
from dev.dag_bag import DAGS
from dev.dags_doc import schedule_of

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk import DAG

EVERY_JOB = {"tenants", "dry_run"}
DAYS = {"date_from", "date_to"}

# The jobs' contract: dag_id -> (schedule, params beside those of every job, period).
CONTRACT = {
    "process_attribution": ("conversions asset or `*/15 * * * *`", DAYS | {"conversion_ids"}, timedelta(minutes=15)),
    "attribution_webhook_queue": ("`*/5 * * * *`", set(), timedelta(minutes=5)),
    "attribution_recalculate_recent": ("`0 4 * * *`", DAYS, timedelta(days=1)),
    "attribution_order_reconciliation": ("`45 * * * *`", DAYS, timedelta(hours=1)),
    "attribution_order_reconciliation_manual": ("none", DAYS, timedelta(days=1)),
    "attribution_process_unattributed": ("`30 * * * *`", {"limit"}, timedelta(hours=1)),
    "backfill_attribution": ("none", DAYS, timedelta(days=1)),
    "sync_tiktok_spend_daily": ("`0 3 * * *`", DAYS | {"accounts"}, timedelta(days=1)),
    "sync_google_spend_daily": ("`10 3 * * *`", DAYS | {"accounts"}, timedelta(days=1)),
    "sync_meta_spend_daily": ("`5 3 * * *`", DAYS | {"accounts"}, timedelta(days=1)),
    "aggregate_daily_metrics": ("`0 2 * * *`", DAYS, timedelta(days=1)),
    "attribution_daily_metrics": ("`10 2 * * *`", DAYS, timedelta(days=1)),
    "hourly_metrics_rollup": ("`5 * * * *`", DAYS, timedelta(hours=1)),
    "attribution_export_scheduler": ("`*/15 * * * *`", set(), timedelta(minutes=15)),
    "weekly_metrics_summary": ("`0 5 * * 2`", set(), timedelta(days=7)),
    "generate_daily_pnl": ("`30 4 * * *`", DAYS, timedelta(days=1)),
    "sync_fx_rates": ("`50 1 * * *`", set(), timedelta(days=1)),
    "attribution_vta_sync": ("`30 2 * * *`", DAYS | {"accounts"}, timedelta(days=1)),
    "send_ga4_purchase": ("attribution asset or `*/10 * * * *`", set(), timedelta(minutes=10)),
    "send_meta_purchase": ("attribution asset or `*/10 * * * *`", set(), timedelta(minutes=10)),
    "send_tiktok_event": ("attribution asset or `*/10 * * * *`", set(), timedelta(minutes=10)),
    "validate_ga4_delivery": ("`0 */6 * * *`", DAYS, timedelta(hours=6)),
    "validate_meta_delivery": ("`10 6 * * *`", DAYS, timedelta(days=1)),
    "validate_tiktok_delivery": ("`20 6 * * *`", DAYS, timedelta(days=1)),
}

DAG_IDS = sorted(path.stem for path in DAGS.glob("*.py"))
each_dag = pytest.mark.parametrize("dag_id", DAG_IDS)


def test_every_file_parses_without_an_error_or_a_warning(bag: "DagBag") -> None:
    assert bag.import_errors == {}
    assert bag.dag_warnings == set()


def test_every_file_holds_the_one_dag_it_is_named_after(dags: "list[DAG]") -> None:
    assert [dag.dag_id for dag in dags] == DAG_IDS
    assert {dag.dag_id: dag.fileloc for dag in dags} == {dag_id: str(DAGS / f"{dag_id}.py") for dag_id in DAG_IDS}


def test_every_dag_is_in_the_contract() -> None:
    assert set(DAG_IDS) == set(CONTRACT)


@each_dag
def test_the_schedule_is_the_contracts(bag: "DagBag", dag_id: str) -> None:
    assert schedule_of(bag.dags[dag_id]) == CONTRACT[dag_id][0]
    timetable = bag.dags[dag_id].timetable
    cron = getattr(timetable, "timetable", timetable)
    if CONTRACT[dag_id][0] != "none":
        assert str(cron.timezone) == "UTC"


@each_dag
def test_the_params_are_the_contracts_and_each_has_a_default_a_type_and_words_for_the_form(
    bag: "DagBag", dag_id: str
) -> None:
    params = bag.dags[dag_id].params
    assert set(params) == EVERY_JOB | CONTRACT[dag_id][1]
    params.validate()
    for name in params:
        param = params.get_param(name)
        assert "type" in param.schema, name
        assert param.schema["title"], name
        assert param.description, name


@each_dag
def test_nothing_is_caught_up(bag: "DagBag", dag_id: str) -> None:
    assert bag.dags[dag_id].catchup is False


@each_dag
def test_a_run_ends_within_two_periods_and_short_jobs_may_overlap(bag: "DagBag", dag_id: str) -> None:
    period = CONTRACT[dag_id][2]
    assert bag.dags[dag_id].dagrun_timeout == 2 * period
    assert bag.dags[dag_id].max_active_runs == (4 if period <= HOUR else 1)


@each_dag
def test_retries_are_few_and_within_a_minute_where_the_period_is_short(bag: "DagBag", dag_id: str) -> None:
    for task in bag.dags[dag_id].tasks:
        assert task.retries <= 2, task.task_id
        if CONTRACT[dag_id][2] <= timedelta(minutes=15):
            assert task.retries * task.retry_delay <= timedelta(seconds=60), task.task_id


@each_dag
def test_the_docs_say_what_the_job_does_and_what_to_do_when_it_fails(bag: "DagBag", dag_id: str) -> None:
    first, *rest = (bag.dags[dag_id].doc_md or "").strip().split("\n\n")
    assert first.endswith(".")
    assert any(re.match(r"\*\*Triage\*\* - .+", paragraph) for paragraph in rest)


@each_dag
def test_tags_come_from_the_closed_set(bag: "DagBag", dag_id: str) -> None:
    assert bag.dags[dag_id].tags
    assert bag.dags[dag_id].tags <= TAGS


@each_dag
def test_every_pool_exists_and_tenants_work_is_never_in_the_default_one(bag: "DagBag", dag_id: str) -> None:
    for task in bag.dags[dag_id].tasks:
        assert task.pool in (*POOLS, "default_pool"), task.task_id
        if task.is_mapped:
            assert task.pool in POOLS, task.task_id


@each_dag
def test_mapped_tasks_show_their_tenants(bag: "DagBag", dag_id: str) -> None:
    for task in bag.dags[dag_id].tasks:
        if task.is_mapped:
            assert task.map_index_template == "{{ task.label }}"


@each_dag
def test_the_work_that_mapped_tasks_name_exists(bag: "DagBag", dag_id: str) -> None:
    for task in bag.dags[dag_id].tasks:
        if task.is_mapped:
            named = task.partial_kwargs.get("job") or task.operator_class.account_job
            module, _, function = named.partition(":")
            assert callable(getattr(import_module(module), function)), task.task_id


@each_dag
def test_the_request_is_checked_before_anything_else(bag: "DagBag", dag_id: str) -> None:
    assert bag.dags[dag_id].roots[0].task_id == "check_request"
    assert len(bag.dags[dag_id].roots) == 1


@each_dag
def test_the_verdict_is_the_only_leaf_and_sees_every_task_whatever_became_of_it(bag: "DagBag", dag_id: str) -> None:
    dag = bag.dags[dag_id]
    (leaf,) = dag.leaves
    assert isinstance(leaf, Verdict)
    assert leaf.task_id == "verdict"
    assert leaf.trigger_rule == "all_done"
    assert leaf.upstream_task_ids == set(dag.task_ids) - {"verdict"}


@each_dag
def test_only_the_unmapped_announce_emits(bag: "DagBag", dag_id: str) -> None:
    emitting = [task for task in bag.dags[dag_id].tasks if task.outlets]
    assert [task.task_id for task in emitting] in ([], ["announce"])
    assert not any(task.is_mapped for task in emitting)
    assert all(task.trigger_rule == "all_done" for task in emitting)


def test_the_work_of_attribution_takes_a_slot_of_the_analytics_database(bag: "DagBag") -> None:
    assert bag.dags["process_attribution"].get_task("attribute").pool == ANALYTICS_DB
    assert bag.dags["attribution_recalculate_recent"].get_task("recalculate").pool == ANALYTICS_DB
    assert bag.dags["attribution_process_unattributed"].get_task("retry").pool == ANALYTICS_DB
    assert bag.dags["attribution_order_reconciliation"].get_task("reconcile").pool == ANALYTICS_DB
    assert bag.dags["attribution_order_reconciliation_manual"].get_task("reconcile").pool == ANALYTICS_DB
    assert bag.dags["backfill_attribution"].get_task("backfill").pool == ANALYTICS_DB


@pytest.mark.parametrize("value", [1, 50, 100])
def test_up_to_a_hundred_conversions_may_be_tried_again(bag: "DagBag", value: int) -> None:
    assert bag.dags["attribution_process_unattributed"].params.get_param("limit").resolve(value) == value


@pytest.mark.parametrize("value", [0, 101, 2.5, "50", None])
def test_another_limit_is_refused_when_the_run_is_triggered(bag: "DagBag", value: object) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        bag.dags["attribution_process_unattributed"].params.get_param("limit").resolve(value)


@pytest.mark.parametrize("value", ["acme", [1], {"acme": 1}, None], ids=["a text", "numbers", "a mapping", "nothing"])
def test_tenants_of_another_type_are_refused_when_the_run_is_triggered(bag: "DagBag", value: object) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        bag.dags["process_attribution"].params.get_param("tenants").resolve(value)


@pytest.mark.parametrize("value", [["9223372036854775807"], [12, "13"], []])
def test_conversion_ids_may_be_integers_or_digits(bag: "DagBag", value: list[object]) -> None:
    assert bag.dags["process_attribution"].params.get_param("conversion_ids").resolve(value) == value


@pytest.mark.parametrize("value", [["12a"], [-1], [1.5], "12"])
def test_conversion_ids_of_another_shape_are_refused(bag: "DagBag", value: object) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        bag.dags["process_attribution"].params.get_param("conversion_ids").resolve(value)


def test_each_vendors_events_are_sent_in_its_own_pool_wherever_they_are_sent(bag: "DagBag") -> None:
    pools = {"send_ga4": "ga4_api", "send_meta": "meta_api", "send_tiktok": "tiktok_api"}
    behind = bag.dags["process_attribution"]
    assert {name: behind.task_dict[name].pool for name in pools} == pools
    own = {"send_ga4_purchase": "ga4_api", "send_meta_purchase": "meta_api", "send_tiktok_event": "tiktok_api"}
    assert {name: bag.dags[name].task_dict["send"].pool for name in own} == own


def test_one_tenants_failed_credit_keeps_no_others_purchases(bag: "DagBag") -> None:
    for name in ("send_ga4", "send_meta", "send_tiktok"):
        task = bag.dags["process_attribution"].task_dict[name]
        assert task.upstream_task_ids == {"attribute", "due_tenants"}
        assert task.partial_kwargs["trigger_rule"] == "all_done"
