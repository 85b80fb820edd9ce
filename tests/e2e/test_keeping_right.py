"""Webhooks to credit under a real scheduler, by the doorbell between the two jobs; and the other jobs that keep credit
right, each as anybody would trigger it."""

import time

import psycopg
import pytest

from include.ids import tenant_id_of
from tests.e2e.stack import Stack
from tests.unit.orders.payloads import body, order, refund

SHOP = "maison-lumiere"
QUEUE = "attribution_webhook_queue"
KEEPING_RIGHT = (
    "attribution_process_unattributed",
    "attribution_order_reconciliation",
    "attribution_order_reconciliation_manual",
    "backfill_attribution",
)


def deliver(stack: Stack, topic: str, webhook_id: str, payload: bytes) -> None:
    """Store a delivery as the receiver does, as the role that may do nothing else."""
    with psycopg.connect(stack.variables["ANALYTICS_INGEST_URL"]) as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", (str(tenant_id_of(SHOP)),))
        connection.execute(
            "insert into analytics.webhook_inbox (tenant_id, topic, webhook_id, payload) values (%s, %s, %s, %s)",
            (tenant_id_of(SHOP), topic, webhook_id, payload),
        )


def test_a_webhook_becomes_credit_because_the_queue_rings_for_it(stack: Stack) -> None:
    number = time.monotonic_ns() % 10**9
    deliver(
        stack,
        "refunds/create",
        f"refund-{number}",
        body(refund(number, of=number, created_at="2026-03-05T09:00:00+01:00")),
    )
    deliver(stack, "orders/create", f"order-{number}", body(order(number)))
    deliver(stack, "orders/create", f"broken-{number}", b"{")
    run_id = stack.api.trigger(QUEUE, {"tenants": [SHOP]}, run_id=f"e2e__{number}")
    assert stack.api.wait(QUEUE, run_id) == "success"
    query = (
        "select conversions.status, conversions.run_id, conversions.value_minor,"
        " (select sum(amount_linear_minor) from analytics.credit_adjustments"
        "  where credit_adjustments.conversion_id = conversions.conversion_id)"
        " from analytics.conversions join analytics.orders using (tenant_id, order_id)"
        f" where conversions.tenant_id = %s and external_id = '{5_400_000_000_000 + number}'"
    )
    deadline = time.monotonic() + 90
    while not (found := [row for row in stack.rows(SHOP, query) if row[0] != "pending"]):
        assert time.monotonic() < deadline, "nobody credited the order that the webhook brought"
        time.sleep(0.5)
    ((status, credited_by, value, refunded),) = found
    assert (status, value, refunded) == ("unattributed", 4500, -2000)
    # Once in a while the quarter hour's own run may be the one that finds the work.
    assert stack.api.run("process_attribution", str(credited_by))["run_type"] in ("asset_triggered", "scheduled")
    inbox = stack.rows(SHOP, "select webhook_id, status from analytics.webhook_inbox where tenant_id = %s")
    assert dict(inbox) == {f"refund-{number}": "done", f"order-{number}": "done", f"broken-{number}": "quarantined"}


@pytest.fixture(scope="module")
def runs(stack: Stack) -> dict[str, str]:
    """Every job triggered at once, as the schedule would: DAG id -> run id."""
    number = time.monotonic_ns()
    return {dag_id: stack.api.trigger(dag_id, {}, run_id=f"e2e__{number}") for dag_id in KEEPING_RIGHT}


@pytest.mark.parametrize("dag_id", KEEPING_RIGHT)
def test_every_job_that_keeps_credit_right_runs_with_its_defaults(
    stack: Stack, runs: dict[str, str], dag_id: str
) -> None:
    assert stack.api.wait(dag_id, runs[dag_id]) == "success"
    recorded = stack.rows(
        SHOP,
        f"select status from control.job_runs where tenant_id = %s and job = '{dag_id}' and run_id = '{runs[dag_id]}'",
    )
    assert recorded == [("succeeded",)]
