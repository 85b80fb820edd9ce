"""The senders as Airflow runs them: in a DAG of their own, and behind job 1 under the sender's own name."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from attribution_airflow.operators.event_sender import EventSender
from attribution_airflow.operators.ga4 import SendGA4PurchaseOperator
from attribution_airflow.operators.meta_ads import SendMetaPurchaseOperator
from attribution_airflow.operators.tiktok_ads import SendTikTokEventOperator
from include.jobs.outcome import recorded_outcomes
from include.storage.leases import Holder, held_lease
from tests.integration.delivery.shops import Shop

OPERATORS = [SendGA4PurchaseOperator, SendMetaPurchaseOperator, SendTikTokEventOperator]
VENDORS = {"send_ga4_purchase": "ga4", "send_meta_purchase": "meta", "send_tiktok_event": "tiktok"}


@pytest.fixture(autouse=True)
def listing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", shop.world.database.control_url)


def execute(shop: Shop, kind: type[EventSender], dag_id: str, run_id: str, **params: Any) -> None:
    """Run a mapped task for the shop, as a run of a DAG would."""
    job = f"include.jobs.{kind.sender}:{kind.sender}"
    task = kind(task_id="send", job=job, batch=[shop.slug], period=timedelta(minutes=10))
    dag_run = SimpleNamespace(dag_id=dag_id, run_id=run_id, run_after=shop.world.now, start_date=shop.world.now)
    asked = {"tenants": [], "dry_run": False, **params}
    task.execute({"dag_run": dag_run, "ti": SimpleNamespace(map_index=0), "params": asked})


def outcomes(shop: Shop, job: str, run_id: str) -> list[tuple[str, str]]:
    found = recorded_outcomes(shop.world.database.control_url, job, run_id)
    return [(outcome.slug, outcome.status) for outcome in found]


@pytest.mark.parametrize("kind", OPERATORS)
def test_a_senders_own_run_sends_all_that_is_due(shop: Shop, kind: type[EventSender]) -> None:
    vendor = VENDORS[kind.sender]
    shop.destination(vendor)
    shop.sell(1, 2)
    shop.credit()
    execute(shop, kind, kind.sender, "own")
    assert shop.states(vendor) == {"accepted": 2}
    assert outcomes(shop, kind.sender, "own") == [(shop.slug, "succeeded")]


@pytest.mark.parametrize("kind", OPERATORS)
def test_behind_job_1_it_sends_what_that_run_enqueued_and_is_recorded_as_the_sender(
    shop: Shop, kind: type[EventSender]
) -> None:
    vendor = VENDORS[kind.sender]
    shop.destination(vendor)
    shop.sell(1)
    shop.credit("earlier")
    shop.sell(2)
    shop.credit("this")
    execute(shop, kind, "process_attribution", "this", conversion_ids=[], date_from=None, date_to=None)
    assert (shop.row(vendor, 1)["state"], shop.row(vendor, 2)["state"]) == ("queued", "accepted")
    assert outcomes(shop, kind.sender, "this") == [(shop.slug, "succeeded")]
    assert ("northwind-outdoor", "succeeded") in outcomes(shop, "process_attribution", "this")


@pytest.mark.parametrize("kind", OPERATORS)
def test_a_tenant_without_a_destination_has_nothing_to_do(shop: Shop, kind: type[EventSender]) -> None:
    shop.sell(1)
    shop.credit()
    execute(shop, kind, "process_attribution", "run")
    execute(shop, kind, kind.sender, "own")
    assert outcomes(shop, kind.sender, "run") == outcomes(shop, kind.sender, "own") == [(shop.slug, "succeeded")]


def test_behind_job_1_it_leaves_a_tenant_to_the_senders_own_run_that_is_at_work(shop: Shop) -> None:
    shop.destination("meta")
    shop.sell(1)
    shop.credit("this")
    other = Holder("send_meta_purchase", "own", "send", 0)
    with held_lease(shop.world.database.jobs_url, shop.tenant_id, "send_meta_purchase", other):
        execute(shop, SendMetaPurchaseOperator, "process_attribution", "this")
    assert outcomes(shop, "send_meta_purchase", "this") == [(shop.slug, "deferred")]
    assert shop.states("meta") == {"queued": 1}
