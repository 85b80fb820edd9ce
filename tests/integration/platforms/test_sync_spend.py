"""An ad account's spend against the strict stand-in and a real database: complete, restated, replaced, or untouched."""

import json
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from airflow.sdk.exceptions import AirflowRescheduleException

from attribution_airflow.operators.due_accounts import DueAccounts
from attribution_airflow.operators.meta_ads import SyncMetaSpendOperator
from attribution_airflow.verdict import judge
from include.jobs import spend_conversation
from include.jobs.outcome import TenantOutcome, plan_accounts, recorded_outcomes
from include.jobs.sync_meta_spend_daily import sync_meta_spend_daily
from tests.integration.conftest import Database
from tests.integration.platforms.spending_shop import SpendingShop, sandbox_server

SHOP, ACCOUNT = "northwind-outdoor", "482910375566120"
WORK = f"{SHOP}/{ACCOUNT}"
OTHER_SHOP, OTHER_ACCOUNT = "maison-lumiere", "719350284416207"
JOB = "sync_meta_spend_daily"
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 30)
"""28 days before yesterday, and yesterday, in Los Angeles."""

AT_ONCE = {"vendor": "meta", "kind": "quirk", "params": {"async_states": ["Job Completed"]}}
INSIGHTS = f"/v26.0/act_{ACCOUNT}/insights"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with sandbox_server(scale=0.1) as running:
        yield running


@pytest.fixture
def shop(sandbox: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> SpendingShop:
    """The shop's Meta account, nothing stored yet, reports computed at once."""
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", sandbox.removeprefix("http://"))
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", database.control_url)
    made = SpendingShop(sandbox, database, monkeypatch, SHOP, sync_meta_spend_daily, JOB)
    made.forget()
    made.add_account("meta", ACCOUNT, "northwind_outdoor_meta_ads", "USD", "America/Los_Angeles")
    made.fault(**AT_ONCE)
    return made


def statuses(outcomes: Any) -> list[str]:
    return [outcome.status for outcome in outcomes]


def insights(shop: SpendingShop, level: str, **asked: str) -> list[dict[str, Any]]:
    """Return what the vendor itself shows, asked with bare requests."""
    fields = requests.get(f"{shop.sandbox}/_sandbox/connections", params={"shop": SHOP}, timeout=10).json()
    query = {
        "level": level,
        "fields": "spend,campaign_id" if level != "account" else "spend",
        "time_range": json.dumps({"since": str(FIRST), "until": str(LAST)}),
        "time_increment": "1",
        "limit": "5000",
        **asked,
    }
    return requests.get(  # type: ignore[no-any-return]
        f"{shop.sandbox}/meta{INSIGHTS}",
        params=query,
        headers={"Authorization": f"Bearer {fields['northwind_outdoor_meta_ads']['password']}"},
        timeout=10,
    ).json()["data"]


def page(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"data": list(rows)}


def row(**changes: Any) -> dict[str, Any]:
    return {
        "account_id": ACCOUNT,
        "account_currency": "USD",
        "campaign_id": "11",
        "campaign_name": "Spring",
        "spend": "5.00",
        "impressions": "10",
        "clicks": "1",
        "date_start": "2026-03-20",
        "date_stop": "2026-03-20",
    } | changes


def test_a_night_stores_every_day_so_that_campaigns_and_residual_are_the_accounts_total(shop: SpendingShop) -> None:
    assert statuses(shop.sync(WORK)) == ["succeeded"]
    stored = {
        (one.report_date, one.level): one.spend
        for one in shop.rows(
            "select report_date, level, sum(spend) as spend from analytics.ad_spend_daily group by 1, 2"
        )
    }
    told = {date.fromisoformat(one["date_start"]): Decimal(one["spend"]) for one in insights(shop, "account")}
    days = [FIRST + timedelta(days=back) for back in range(29)]
    assert {day: stored[(day, "account")] for day in days} == {day: told.get(day, Decimal(0)) for day in days}
    for day in days:
        campaigns = stored.get((day, "campaign"), Decimal(0)) + stored.get((day, "residual"), Decimal(0))
        assert campaigns == stored[(day, "account")]
    by_ad = shop.value("select sum(spend) from analytics.v_ad_spend_by_ad")
    by_campaign = shop.value("select sum(spend) from analytics.v_ad_spend_daily")
    assert by_ad == by_campaign == sum(told.values())
    assert {one.day for one in shop.rows("select day from analytics.restate_queue where cause = 'spend'")} == set(days)
    assert shop.value("select data_through from analytics.ad_account_syncs") == LAST
    assert shop.violations() == []


def test_a_row_says_whose_calendar_money_and_version_it_is(shop: SpendingShop) -> None:
    shop.sync(WORK)
    facts = shop.rows(
        "select distinct currency, timezone, api_version, metric_set_version from analytics.ad_spend_daily"
    )
    assert [tuple(one) for one in facts] == [("USD", "America/Los_Angeles", "v26.0", 1)]
    final = shop.rows("select distinct report_date from analytics.ad_spend_daily where is_final order by 1")
    assert [one.report_date for one in final] == [FIRST]
    assert shop.value("select count(*) from analytics.ad_entities where level = 'ad' and campaign_id is not null") > 0


def test_spend_of_deleted_campaigns_is_there_and_what_no_report_lists_is_a_residual_that_is_told(
    shop: SpendingShop,
) -> None:
    (outcome,) = shop.sync(WORK)
    listed = {one["campaign_id"] for one in insights(shop, "campaign")}
    stored = {
        one.entity_id for one in shop.rows("select entity_id from analytics.ad_spend_daily where level='campaign'")
    }
    assert stored > listed
    residual = shop.value("select sum(spend) from analytics.ad_spend_daily where level = 'residual'")
    assert residual > 0
    assert [(alert.rule, alert.subject) for alert in outcome.alerts] == [("spend_residual", ACCOUNT)]
    assert f"{residual.normalize():f} USD" in outcome.alerts[0].detail


def test_a_second_run_of_the_same_night_writes_nothing(shop: SpendingShop) -> None:
    shop.sync(WORK)
    before = shop.snapshot()
    (outcome,) = shop.sync(WORK, run_id="again")
    assert (outcome.status, outcome.counts["rows"], outcome.counts["restated"]) == ("succeeded", 0, 0)
    assert shop.snapshot() == before
    assert shop.value("select count(*) from analytics.ad_spend_restatements") == 0


def test_what_the_platform_corrects_is_replaced_and_logged_old_beside_new(shop: SpendingShop) -> None:
    shop.sync(WORK)
    key = "report_date, level, entity_id"
    before = {tuple(one[:3]): one.spend for one in shop.rows(f"select {key}, spend from analytics.ad_spend_daily")}
    shop.at("2026-04-01T12:00:00Z")
    shop.sync(WORK, run_id="next night")
    after = {tuple(one[:3]): one.spend for one in shop.rows(f"select {key}, spend from analytics.ad_spend_daily")}
    logged = shop.rows(f"select {key}, kind, spend_before, spend_after, age_days from analytics.ad_spend_restatements")
    changed = [one for one in logged if one.kind == "changed" and one.spend_before != one.spend_after]
    assert changed, logged
    for one in changed:
        assert (before[tuple(one[:3])], after[tuple(one[:3])]) == (one.spend_before, one.spend_after)
        assert one.age_days == (date(2026, 4, 1) - one.report_date).days
    unlogged = {tuple(one[:3]) for one in logged}
    assert {key: spend for key, spend in before.items() if key not in unlogged} == {
        key: after[key] for key in before if key not in unlogged
    }
    assert shop.value("select data_through from analytics.ad_account_syncs") == date(2026, 3, 31)


def test_an_entity_that_vanished_from_its_day_is_gone_and_logged(shop: SpendingShop) -> None:
    days = (date(2026, 3, 20), date(2026, 3, 21))
    campaigns = "select entity_id from analytics.ad_spend_daily where level = 'campaign' order by 1"
    first = page(row(), row(campaign_id="12", spend="4.00"))
    shop.answers("meta", "*/insights", page(row(spend="9.00")), first, page())
    assert statuses(shop.sync(WORK, days=days)) == ["succeeded"]
    assert [one.entity_id for one in shop.rows(campaigns)] == ["11", "12"]
    shop.answers("meta", "*/insights", page(row(spend="5.00")), page(row()), page())
    assert statuses(shop.sync(WORK, run_id="later", days=days)) == ["succeeded"]
    assert [one.entity_id for one in shop.rows(campaigns)] == ["11"]
    logged = shop.rows(
        "select entity_id, kind, spend_before, spend_after from analytics.ad_spend_restatements"
        " where level = 'campaign'"
    )
    assert [tuple(one) for one in logged] == [("12", "vanished", Decimal("4.00"), None)]


@pytest.mark.parametrize(
    ("campaigns", "why"),
    [
        ([row(spend="1,50")], "spend is missing or malformed"),
        ([row(spend="-")], "spend is missing or malformed"),
        ([row(clicks="some")], "clicks is missing or malformed"),
        ([row(date_start="2026-03-19", date_stop="2026-03-19")], "outside 2026-03-20 to 2026-03-20"),
        ([row(date_start="2026-03-21", date_stop="2026-03-21")], "outside 2026-03-20 to 2026-03-20"),
        ([row(account_currency="EUR")], "another currency than the account's USD"),
        ([row(account_id="4712")], "account_id is missing or malformed"),
        ([row(), row()], "twice"),
        ([], "no rows although the account's total is not 0"),
    ],
)
def test_a_report_that_is_not_to_be_believed_changes_nothing_and_is_told(
    shop: SpendingShop, campaigns: list[dict[str, Any]], why: str
) -> None:
    shop.sync(WORK)
    before = shop.snapshot()
    through = shop.rows("select data_through, load_id from analytics.ad_account_syncs")
    shop.answers("meta", "*/insights", page(row()), page(*campaigns))
    (outcome,) = shop.sync(WORK, run_id="bad", days=(date(2026, 3, 20), date(2026, 3, 21)))
    assert outcome.status == "failed"
    assert why in str(outcome.error)
    assert [alert.rule for alert in outcome.alerts] == ["spend_untrusted"]
    assert shop.snapshot() == before
    assert shop.rows("select data_through, load_id from analytics.ad_account_syncs") == through


def test_an_account_without_spend_is_read_and_stored_as_zero(shop: SpendingShop) -> None:
    shop.answers("meta", "*/insights", page(), page(), page())
    (outcome,) = shop.sync(WORK, days=(date(2026, 3, 20), date(2026, 3, 22)))
    assert outcome.status == "succeeded"
    stored = shop.rows("select report_date, level, spend from analytics.ad_spend_daily order by 1")
    assert [tuple(one) for one in stored] == [
        (date(2026, 3, 20), "account", Decimal(0)),
        (date(2026, 3, 21), "account", Decimal(0)),
    ]


@pytest.mark.parametrize(
    "changed",
    [{"currency": "EUR"}, {"timezone_name": "Europe/Paris"}],
)
def test_a_changed_currency_or_zone_is_an_alarm_and_changes_nothing(
    shop: SpendingShop, changed: dict[str, str]
) -> None:
    shop.sync(WORK)
    before = shop.snapshot()
    facts = shop.rows("select * from analytics.ad_account_syncs")
    shop.fault(vendor="meta", kind="quirk", params={"account": changed})
    shop.at("2026-04-01T12:00:00Z")
    (outcome,) = shop.sync(WORK, run_id="next night")
    assert outcome.status == "failed"
    assert [(alert.rule, alert.subject) for alert in outcome.alerts] == [("spend_account_changed", ACCOUNT)]
    assert shop.snapshot() == before
    assert shop.rows("select * from analytics.ad_account_syncs") == facts


def test_an_unreadable_account_fails_alone_and_is_named_and_its_bookmark_stays(shop: SpendingShop) -> None:
    shop.add_account("meta", OTHER_ACCOUNT, "maison_lumiere_meta_ads", "EUR", "Europe/Paris", slug=OTHER_SHOP)
    other = f"{OTHER_SHOP}/{OTHER_ACCOUNT}"
    assert statuses(shop.sync(WORK, other)) == ["succeeded", "succeeded"]
    mine = "select * from analytics.ad_spend_daily where account_id = %s order by 4, 5, 6"
    before = shop.rows(mine, [ACCOUNT])
    shop.at("2026-04-01T12:00:00Z")
    shop.fault(vendor="meta", kind="vendor_error", route=f"*act_{ACCOUNT}*", params={"code": 200})
    outcomes = shop.sync(WORK, other, run_id="next night")
    assert statuses(outcomes) == ["failed", "succeeded"]
    assert [alert.rule for alert in outcomes[0].alerts] == ["spend_account_refused"]
    assert shop.rows(mine, [ACCOUNT]) == before
    marks = dict(shop.rows("select account_id, data_through from analytics.ad_account_syncs"))
    assert marks == {ACCOUNT: LAST, OTHER_ACCOUNT: date(2026, 3, 31)}
    recorded = {one.slug: one for one in recorded_outcomes(shop.database.control_url, JOB, "next night")}
    assert {name: one.status for name, one in recorded.items()} == {WORK: "failed", other: "succeeded"}
    assert "access 200" in str(recorded[WORK].error)
    shop.no_faults()
    shop.fault(**AT_ONCE)
    assert statuses(shop.sync(WORK, other, run_id="next night")) == ["succeeded", "skipped_done"]


def test_a_tenants_row_is_as_far_as_the_worst_of_its_accounts(shop: SpendingShop) -> None:
    shop.add_account("meta", "1112223334", "northwind_outdoor_meta_ads", "USD", "America/Los_Angeles")
    names = [WORK, f"{SHOP}/1112223334"]
    plan_accounts(shop.database.control_url, JOB, "night", [(shop.tenant_id, ACCOUNT), (shop.tenant_id, "1112223334")])
    state = "select status, error, counts from control.job_runs"
    shop.sync(names[0])
    assert shop.rows(state)[0].status == "running"
    assert statuses(shop.sync(*names)) == ["skipped_done", "failed"]
    ((status, error, counts),) = shop.rows(state)
    assert status == "failed"
    assert error.startswith("1112223334: meta account 1112223334:")
    assert counts["rows"] > 0


def test_days_that_a_person_asks_for_are_read_and_the_bookmark_stays_where_they_do_not_join_up(
    shop: SpendingShop,
) -> None:
    shop.sync(WORK)
    (outcome,) = shop.sync(WORK, run_id="manual", days=(date(2026, 2, 1), date(2026, 2, 4)))
    assert (outcome.window_from, outcome.window_to) == (date(2026, 2, 1), date(2026, 2, 4))
    assert shop.value("select min(report_date) from analytics.ad_spend_daily") == date(2026, 2, 1)
    assert shop.value("select data_through from analytics.ad_account_syncs") == LAST


def test_today_may_be_asked_for_is_not_final_and_moves_no_bookmark(shop: SpendingShop) -> None:
    today = date(2026, 3, 31)
    shop.sync(WORK, days=(today, today + timedelta(days=3)))
    stored = shop.rows("select distinct report_date, is_final from analytics.ad_spend_daily")
    assert [tuple(one) for one in stored] == [(today, False)]
    assert shop.value("select data_through from analytics.ad_account_syncs") is None


def test_a_start_before_what_the_platform_keeps_is_clamped_and_told(shop: SpendingShop) -> None:
    (outcome,) = shop.sync(WORK, days=(date(2023, 1, 1), date(2023, 3, 5)))
    assert outcome.status == "succeeded"
    assert [alert.rule for alert in outcome.alerts] == ["spend_history_clamped"]
    assert shop.value("select min(report_date) from analytics.ad_spend_daily") == date(2023, 3, 1)
    assert shop.violations() == []


def test_a_dry_run_writes_nothing_and_shows_a_sample(shop: SpendingShop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    (outcome,) = shop.sync(WORK, dry_run=True)
    assert outcome.counts["rows"] > 0
    assert "would write report_date=2026-03-" in caplog.text
    assert shop.snapshot() == []
    assert shop.rows("select * from analytics.ad_account_syncs") == []


def test_a_report_that_is_still_computed_is_waited_for_outside_and_never_ordered_twice(
    shop: SpendingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spend_conversation, "LONGEST_PAUSE_SECONDS", 0.0)
    shop.no_faults()
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, outcome.resume_seconds) == ("waiting", 10.0)
    assert shop.value("select count(*) from analytics.ad_report_runs") == 1
    (outcome,) = shop.sync(WORK)
    assert outcome.status == "succeeded"
    assert [one["method"] for one in shop.received(vendor="meta", path=INSIGHTS)].count("POST") == 1
    assert shop.value("select count(*) from analytics.ad_report_runs") == 0
    assert shop.violations() == []


def test_a_report_that_fails_is_ordered_once_more(shop: SpendingShop) -> None:
    shop.no_faults()
    shop.fault(vendor="meta", kind="quirk", method="POST", count=1, params={"async_states": ["Job Failed"]})
    shop.fault(vendor="meta", kind="quirk", method="POST", skip=1, params={"async_states": ["Job Completed"]})
    (outcome,) = shop.sync(WORK)
    assert (outcome.status, outcome.counts["lost_reports"]) == ("succeeded", 1)


def test_reports_that_never_succeed_are_asked_for_in_smaller_pieces_and_then_fail_the_account(
    shop: SpendingShop,
) -> None:
    shop.no_faults()
    shop.fault(vendor="meta", kind="quirk", method="POST", params={"async_states": ["Job Skipped"]})
    (outcome,) = shop.sync(WORK)
    # Ads of a week or less are answered at once, so that the account gets through in the end.
    assert outcome.status == "succeeded"
    assert outcome.counts["shrunk"] == 3
    assert shop.violations() == []


@pytest.mark.parametrize("quirk", [{"largest_page": 100}, {"largest_page": 50}, {"sync_rows": 20}])
def test_what_is_too_much_at_once_is_asked_for_in_smaller_pieces_with_the_same_result(
    shop: SpendingShop, quirk: dict[str, int]
) -> None:
    shop.sync(WORK)
    whole = [one[:9] + one[11:17] for one in shop.snapshot()]
    shop.forget()
    shop.add_account("meta", ACCOUNT, "northwind_outdoor_meta_ads", "USD", "America/Los_Angeles")
    shop.fault(**AT_ONCE)
    shop.fault(vendor="meta", kind="quirk", params=quirk)
    (outcome,) = shop.sync(WORK, run_id="shrunk")
    assert outcome.status == "succeeded"
    assert outcome.counts["shrunk"] >= 1
    assert [one[:9] + one[11:17] for one in shop.snapshot()] == whole


def test_an_account_whose_vendor_says_wait_waits_and_is_not_asked_before(shop: SpendingShop) -> None:
    shop.fault(vendor="meta", kind="vendor_error", route="*/insights", params={"code": 80000, "minutes": 30}, count=1)
    (outcome,) = shop.sync(WORK)
    assert outcome.status == "waiting"
    assert [alert.rule for alert in outcome.alerts] == ["spend_platform_waits"]
    asked = len(shop.received(vendor="meta"))
    assert statuses(shop.sync(WORK)) == ["waiting"]
    assert len(shop.received(vendor="meta")) == asked
    shop.at("2026-03-31T12:31:00Z")
    assert statuses(shop.sync(WORK)) == ["succeeded"]
    assert shop.violations() == []


def test_a_dead_token_is_told_to_a_person_and_stored_days_stay(shop: SpendingShop) -> None:
    shop.sync(WORK)
    before = shop.snapshot()
    shop.fault(vendor="meta", kind="vendor_error", params={"code": 190, "subcode": 463})
    (outcome,) = shop.sync(WORK, run_id="later")
    assert (outcome.status, outcome.resume_seconds) == ("waiting", None)
    assert [alert.rule for alert in outcome.alerts] == ["spend_credential_dead"]
    assert shop.snapshot() == before


def test_accounts_of_one_tenant_are_synced_beside_each_other(shop: SpendingShop) -> None:
    shop.add_account("meta", "1112223334", "northwind_outdoor_meta_ads", "USD", "America/Los_Angeles")
    shop.fault(vendor="meta", kind="latency", seconds=0.2, count=4)
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda name=name: found.extend(shop.sync(name)))
        for name in (WORK, f"{SHOP}/1112223334")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {outcome.name: outcome.status for outcome in found} == {WORK: "succeeded", f"{SHOP}/1112223334": "failed"}
    assert shop.value("select count(*) from control.account_runs where status <> 'running'") == 2


def test_the_accounts_of_a_run_are_noted_before_one_is_worked_so_that_a_dead_task_is_seen(shop: SpendingShop) -> None:
    shop.add_account("meta", OTHER_ACCOUNT, "maison_lumiere_meta_ads", "EUR", "Europe/Paris", slug=OTHER_SHOP)
    due = DueAccounts(task_id="due_accounts", platform="meta", period=timedelta(days=1))
    dag_run = SimpleNamespace(dag_id=JOB, run_id="night")
    batches = due.execute({"dag_run": dag_run, "params": {"tenants": [], "accounts": []}})
    assert batches == [[f"{OTHER_SHOP}/{OTHER_ACCOUNT}"], [WORK]]
    assert due.execute({"dag_run": dag_run, "params": {"tenants": [SHOP], "accounts": []}}) == [[WORK]]
    shop.sync(WORK)
    verdict = judge(
        [f"{OTHER_SHOP}/{OTHER_ACCOUNT}", WORK], recorded_outcomes(shop.database.control_url, JOB, "night"), {}
    )
    assert [(name, status) for name, status, _ in verdict.tenants] == [
        (f"{OTHER_SHOP}/{OTHER_ACCOUNT}", "failed"),
        (WORK, "succeeded"),
    ]


@pytest.mark.parametrize(("seconds", "again"), [(60.0, True), (9 * 3600.0, False), (None, False)])
def test_what_waits_is_looked_at_again_within_the_run_where_its_time_comes_within_a_third_of_the_period(
    shop: SpendingShop, seconds: float | None, again: bool
) -> None:
    operator = SyncMetaSpendOperator(task_id="sync", batch=[WORK], period=timedelta(days=1))
    outcome = TenantOutcome(SHOP, "waiting", account=ACCOUNT, resume_seconds=seconds)
    dag_run = SimpleNamespace(start_date=datetime.now(UTC))
    with pytest.raises(AirflowRescheduleException) if again else nullcontext():
        operator._look_again([outcome], dag_run)
