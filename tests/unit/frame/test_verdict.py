"""What a run came to, and how the rest is run again."""

import shlex

import pytest

from attribution_airflow.verdict import clear_call, clear_command, judge, table_of
from include.jobs.outcome import RecordedOutcome

DONE = {"check_request": "success", "due_tenants": "success", "attribute_0": "success", "announce": "skipped"}


def recorded(slug: str, status: str, error: str | None = None) -> RecordedOutcome:
    return RecordedOutcome(slug, 0, status, error, False)


def test_a_run_without_due_tenants_succeeds() -> None:
    verdict = judge([], [], {**DONE, "attribute": "skipped"})
    assert not verdict.failed
    assert verdict.summary() == "0 succeeded"


def test_one_failed_tenant_fails_the_run_and_is_named_first() -> None:
    outcomes = [recorded("acme", "succeeded"), recorded("umbrella", "failed", "timeout: not finished within 300 s")]
    verdict = judge(["acme", "umbrella"], outcomes, {**DONE, "attribute_0": "failed"})
    assert verdict.failed
    assert verdict.tenants[0] == ("umbrella", "failed", "timeout: not finished within 300 s")
    assert verdict.summary() == "1 succeeded; 1 failed: umbrella; tasks that did not succeed: attribute_0"


def test_a_deferred_tenant_alone_does_not_fail_the_run_but_is_named() -> None:
    verdict = judge(["acme"], [recorded("acme", "deferred", "leased by run other")], DONE)
    assert not verdict.failed
    assert verdict.summary() == "0 succeeded; 1 deferred: acme"


def test_a_waiting_tenant_does_not_fail_the_run_but_is_named() -> None:
    verdict = judge(["acme"], [recorded("acme", "waiting")], DONE)
    assert not verdict.failed
    assert "1 waiting: acme" in verdict.summary()


def test_a_tenant_whose_task_died_without_an_outcome_failed() -> None:
    verdict = judge(["acme", "umbrella"], [recorded("acme", "succeeded")], DONE)
    assert verdict.failed
    assert verdict.slugs("failed") == ["umbrella"]


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_tenants_outcomes_under_several_jobs_the_worst_counts(order: int) -> None:
    outcomes = [recorded("acme", status, status) for status in ("succeeded", "failed", "deferred", "waiting")][::order]
    verdict = judge(["acme"], outcomes, DONE)
    assert verdict.tenants == (("acme", "failed", "failed"),)


@pytest.mark.parametrize("state", ["failed", "upstream_failed"])
def test_a_task_that_did_not_succeed_fails_the_run_even_if_every_tenant_did(state: str) -> None:
    verdict = judge(["acme"], [recorded("acme", "succeeded")], {**DONE, "announce": state})
    assert verdict.failed
    assert verdict.broken_tasks == ("announce",)


def test_the_table_is_aligned_and_gives_the_reason() -> None:
    rows = [("acme", "failed", "ValueError at job.py:3 in run"), ("umbrella-store", "deferred", "leased")]
    assert table_of(rows).splitlines() == [
        "tenant          status    why",
        "acme            failed    ValueError at job.py:3 in run",
        "umbrella-store  deferred  leased",
    ]


def test_the_clear_command_is_the_one_an_operator_pastes() -> None:
    run_id = "manual__2026-03-31T12:00:00+00:00"
    assert clear_command("process_attribution", run_id) == (
        "airflow dags clear process_attribution --run-id manual__2026-03-31T12:00:00+00:00 --only-failed -y"
    )
    assert shlex.split(clear_command("process_attribution", "my run; rm"))[5] == "my run; rm"


def test_the_rest_call_quotes_the_run_in_its_path() -> None:
    assert clear_call("process_attribution", "manual__12:00+00:00") == (
        "POST /api/v2/dags/process_attribution/dagRuns/manual__12%3A00%2B00%3A00/clear"
        ' {"dry_run": false, "only_failed": true}'
    )
