"""What changes reaches the figures that depend on it within one hourly run, and no other row is written."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from include.jobs.aggregate_daily_metrics import aggregate_daily_metrics
from include.jobs.attribution_daily_metrics import attribution_daily_metrics
from include.jobs.generate_daily_pnl import generate_daily_pnl
from include.jobs.match_spend import match_spend
from include.jobs.request import JobRequest
from include.storage.session import tenant_transaction
from include.tenants.tenant import TenantAdAccount
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

_tenants = count(40_000)
ACCOUNT = TenantAdAccount("meta", "1", "meta_main", "USD", "America/New_York")
FIRST, LAST = date(2026, 2, 1), date(2026, 4, 20)
SOLD = date(2026, 2, 10)
_TABLES = ("metrics_daily", "metrics_hourly", "attribution_metrics_daily", "pnl_daily")

Written = Mapping[str, set[date]]
"""Table -> days of rows that were written."""


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 17, tzinfo=UTC)


@pytest.fixture
def shop(database: Database) -> MeasuredShop:
    """A shop with an order every ninth day, a touch two days before each, and spend of every day; all of it stored."""
    made = measured_shop(database, next(_tenants), accounts=[ACCOUNT])
    tenant_id = made.tenant.tenant_id
    made.insert(
        "ad_account_syncs",
        {
            "tenant_id": tenant_id, "platform": "meta", "account_id": "1", "currency": "USD",
            "timezone": "America/New_York", "data_through": LAST, "load_id": 1, "synced_at": made.now,
        },
    )  # fmt: skip
    for number in range(0, 78, 9):
        day = FIRST + timedelta(days=number)
        made.touch(f"touch-{number}", f"visitor-{number}", noon(day) - timedelta(days=2), "Email")
        made.sell(f"order-{number}", noon(day), [Piece(5000, 2, tax=800)], visitor=f"visitor-{number}")
    made.spend(FIRST, "40.00")
    made.query(
        "insert into analytics.ad_spend_daily select (jsonb_populate_record(stored, jsonb_build_object("
        " 'report_date', stored.report_date + number))).*"
        " from analytics.ad_spend_daily as stored, generate_series(1, 78) as number where tenant_id = %(tenant_id)s"
    )
    made.credit()
    made.insert("product_costs", _cost(tenant_id, 1500))
    made.query("update analytics.order_lines set sku = 'MUG' where tenant_id = %(tenant_id)s")
    made.roll_up()
    for job in (aggregate_daily_metrics, attribution_daily_metrics, generate_daily_pnl):
        made.run(job, FIRST, LAST)
    made.roll_up()
    assert made.query("select * from analytics.restate_queue where tenant_id = %(tenant_id)s") == []
    return made


def _cost(tenant_id: int, minor: int) -> dict[str, object]:
    return {
        "tenant_id": tenant_id, "sku": "MUG", "variant_id": "", "source": "internal", "valid_from": "2026-01-01",
        "unit_cost_minor": minor, "currency": "USD",
    }  # fmt: skip


def written_by_an_hour(shop: MeasuredShop) -> Written:
    """Run the hourly rollup and return the days of which rows were written, today apart."""
    before = _versions(shop)
    shop.roll_up()
    after = _versions(shop)
    today = date(2026, 4, 20)
    return {
        table: {day for day, _ in before[table] ^ after[table] if day != today}
        for table in _TABLES
        if {day for day, _ in before[table] ^ after[table]} - {today}
    }


def _versions(shop: MeasuredShop) -> dict[str, set[tuple[date, str]]]:
    return {
        table: {
            (row["day"], row["version"])
            for row in shop.query(
                f"select day, ctid || ' ' || xmin as version from analytics.{table} where tenant_id = %(tenant_id)s"
            )
        }
        for table in _TABLES
    }


def test_a_second_hour_without_news_writes_nothing(shop: MeasuredShop) -> None:
    assert written_by_an_hour(shop) == {}


def test_a_restated_spend_day_reaches_spend_and_profit_of_that_day_and_nothing_else(shop: MeasuredShop) -> None:
    day = SOLD
    shop.query(
        "update analytics.ad_spend_daily set spend = 50 where tenant_id = %(tenant_id)s and report_date = %(day)s",
        day=day,
    )
    shop.insert("restate_queue", {"tenant_id": shop.tenant.tenant_id, "day": day, "cause": "spend"})
    assert written_by_an_hour(shop) == {
        "metrics_daily": {day}, "attribution_metrics_daily": {day}, "pnl_daily": {day}
    }  # fmt: skip
    snapshot = shop.days()[day]
    assert (snapshot["ad_spend"], snapshot["roas"]) == (50, 2)


def test_a_late_refund_reaches_its_own_day_and_the_orders_credit(shop: MeasuredShop) -> None:
    refunded = date(2026, 4, 18)
    shop.refund("late", "order-9", noon(refunded), [(0, 1, 5000, 400)])
    written = written_by_an_hour(shop)
    assert written == {table: {refunded} for table in _TABLES}
    assert shop.days()[refunded]["returns"] == 50
    taken = shop.query(
        "select channel, model, adjustments_minor from analytics.attribution_metrics_daily"
        " where tenant_id = %(tenant_id)s and clock = 'conversion' and adjustments_minor <> 0"
    )
    assert {(row["channel"], row["adjustments_minor"]) for row in taken} == {("Email", -5400)}
    assert len(taken) == 5


def test_a_corrected_unit_cost_reaches_profit_alone(shop: MeasuredShop) -> None:
    shop.query("delete from analytics.product_costs where tenant_id = %(tenant_id)s")
    shop.insert("product_costs", _cost(shop.tenant.tenant_id, 1700))
    assert set(written_by_an_hour(shop)) <= {"pnl_daily"}


def test_an_earlier_order_that_arrives_late_reaches_the_day_on_which_the_later_one_counts(shop: MeasuredShop) -> None:
    # Placed on 10 February, processed two days later and refunded on 1 April: it is its customer's first no more.
    processed, refunded = date(2026, 2, 12), date(2026, 4, 1)
    shop.now = datetime(2026, 4, 20, 12, tzinfo=UTC)
    shop.sell("later", noon(SOLD), [Piece(5000)], visitor="late", processed_at=noon(processed))
    shop.refund("back", "later", noon(refunded), [(0, 1, 5000, 0)])
    shop.credit()
    shop.roll_up()
    assert (shop.days()[processed]["new_customers"], shop.days()[refunded]["new_customer_net_sales"]) == (1, -50)
    shop.sell("earlier", noon(SOLD) - timedelta(days=1), [Piece(100)], visitor="late")
    shop.credit()
    shop.roll_up()
    assert (shop.days()[processed]["new_customers"], shop.days()[processed]["returning_customers"]) == (0, 1)
    assert shop.days()[refunded]["new_customer_net_sales"] == 0


def test_an_edit_of_an_old_order_reaches_the_day_of_the_edit(shop: MeasuredShop) -> None:
    edited = date(2026, 4, 16)
    shop.sell(
        "order-9", noon(SOLD), [Piece(5000, 2, tax=800), Piece(1000, edited_at=noon(edited))], visitor="visitor-9"
    )  # fmt: skip
    shop.credit()
    written = written_by_an_hour(shop)
    assert edited in written["metrics_daily"]
    assert shop.days()[edited]["net_sales"] == 10
    assert shop.days()[SOLD]["net_sales"] == 100


def test_nights_make_every_day_final_once_it_is_past_its_last_restatement(shop: MeasuredShop) -> None:
    tables = ("metrics_daily", "attribution_metrics_daily", "pnl_daily")
    for missed in (1, 1, 4, 1):
        shop.now += timedelta(days=missed)
        for job in (aggregate_daily_metrics, attribution_daily_metrics, generate_daily_pnl):
            shop.run(job)
        oldest_open = shop.now.date() - timedelta(days=35)
        for table in tables:
            assert shop.query(
                f"select distinct day, is_final from analytics.{table} where tenant_id = %(tenant_id)s"
                " and is_final <> (day < %(oldest_open)s)",
                oldest_open=oldest_open,
            ) == []  # fmt: skip


def test_a_night_writes_the_days_that_become_final_and_no_other(shop: MeasuredShop) -> None:
    shop.now += timedelta(days=1)
    shop.roll_up()
    before = _versions(shop)
    for job in (aggregate_daily_metrics, attribution_daily_metrics, generate_daily_pnl):
        shop.run(job)
    written = {table: {day for day, _ in rows ^ before[table]} for table, rows in _versions(shop).items()}
    final = shop.now.date() - timedelta(days=36)
    assert written == {
        "metrics_daily": {final}, "metrics_hourly": set(), "attribution_metrics_daily": {final}, "pnl_daily": {final}
    }  # fmt: skip


def test_a_late_change_reaches_stored_weeks_their_comparisons_and_cohorts_within_the_hour(shop: MeasuredShop) -> None:
    shop.prefer(ltv_basis="net_sales")
    for monday in (date(2026, 4, 6), date(2026, 4, 13)):
        shop.now = noon(monday + timedelta(days=8))
        shop.aggregate()
        shop.summarise()
    before = _weeks(shop)
    worth = _cohort_values(shop)
    shop.roll_up()
    assert (_weeks(shop), _cohort_values(shop)) == (before, worth)
    # 8 April is in the week that the newest stored one is compared with, 3 March within a cohort's first thirty days.
    refunded = date(2026, 4, 8)
    shop.refund("late", "order-9", noon(refunded), [(0, 1, 5000, 400)])
    shop.refund("early", "order-9", noon(date(2026, 3, 3)), [(0, 1, 5000, 400)])
    shop.roll_up()
    after = _weeks(shop)
    assert after[date(2026, 4, 6), "returns"]["value"] == 50
    assert after[date(2026, 4, 13), "returns"]["previous"] == 50
    changed = {key for key in after if after[key] != before[key]}
    assert {metric for _, metric in changed}.isdisjoint({"orders", "ad_spend", "sessions", "gross"})
    now_worth = _cohort_values(shop)
    assert {month: value - now_worth[month] for month, value in worth.items()} == {FIRST: 50}


def test_a_week_is_written_again_until_it_is_final(shop: MeasuredShop) -> None:
    monday = date(2026, 4, 6)
    shop.now = noon(monday + timedelta(days=8))
    shop.aggregate()
    shop.summarise()
    assert not _weeks(shop)[monday, "orders"]["is_final"]
    for _ in range(6):
        shop.now += timedelta(days=7)
        shop.aggregate()
        shop.summarise()
    assert _weeks(shop)[monday, "orders"]["is_final"]
    assert not _weeks(shop)[monday + timedelta(days=14), "orders"]["is_final"]


def _weeks(shop: MeasuredShop) -> dict[tuple[date, str], dict[str, Any]]:
    rows = shop.query("select * from analytics.metrics_weekly where tenant_id = %(tenant_id)s")
    return {(row["week_start"], row["metric"]): row for row in rows}


def _cohort_values(shop: MeasuredShop) -> dict[date, Decimal]:
    """Value after thirty days of all channels' cohorts, by month, where it is known."""
    rows = shop.query(
        "select cohort, value from analytics.metrics_cohorts where tenant_id = %(tenant_id)s"
        " and channel = '(all)' and horizon_days = 30 and value is not null"
    )
    return {row["cohort"]: row["value"] for row in rows}


def test_the_hours_of_a_day_follow_it_when_a_night_changes_it(shop: MeasuredShop) -> None:
    # The hourly run five minutes before local midnight, a touch after it, then the night's run before the next hour.
    shop.now = datetime(2026, 4, 21, 3, 55, tzinfo=UTC)
    shop.roll_up()
    shop.touch("late", "visitor-0", datetime(2026, 4, 21, 3, 58, tzinfo=UTC), "Email")
    shop.touch("later still", "visitor-0", noon(date(2026, 4, 10)), "Email")
    shop.now = datetime(2026, 4, 21, 4, 2, tzinfo=UTC)
    shop.aggregate()
    shop.prefer(net_sales_includes_shipping=True)
    shop.aggregate()
    shop.now = datetime(2026, 4, 21, 4, 5, tzinfo=UTC)
    shop.roll_up()
    names = ("orders", "gross", "net_sales", "total_sales", "sessions")
    hours = shop.query(
        f"select day, {', '.join(f'sum({name}) as {name}' for name in names)}, min(preference_version) as version"
        " from analytics.metrics_hourly where tenant_id = %(tenant_id)s and day > '2026-03-20' group by day"
    )
    days = shop.days()
    assert {row["day"] for row in hours} >= {date(2026, 4, 10), date(2026, 4, 20)}
    for row in hours:
        day = days[row["day"]]
        assert [row[name] for name in names] == [day[name] for name in names], row["day"]
        assert row["version"] == day["preference_version"]


def test_an_hour_names_the_currency_that_its_money_lacks(shop: MeasuredShop) -> None:
    shop.sell("abroad", noon(LAST) - timedelta(hours=6), [Piece(900)], currency="EUR")
    shop.roll_up()
    (hour,) = shop.query(
        "select orders, gross, incomplete from analytics.metrics_hourly where tenant_id = %(tenant_id)s"
        " and incomplete is not null"
    )
    assert (hour["orders"], hour["gross"]) == (1, None)
    assert hour["incomplete"].startswith("EUR: ")


def test_a_touch_that_is_met_late_reaches_its_day_and_its_orders(shop: MeasuredShop) -> None:
    touched = SOLD - timedelta(days=2)
    shop.query(
        "update analytics.touchpoints set utm_id = '77000', fbclid = 'fb.1'"
        " where tenant_id = %(tenant_id)s and external_id = 'touch-9'"
    )
    shop.insert(
        "ad_entities",
        {
            "tenant_id": shop.tenant.tenant_id, "platform": "meta", "account_id": "1", "level": "campaign",
            "entity_id": "77000", "campaign_id": "77000", "first_seen": FIRST, "last_seen": LAST,
        },
    )  # fmt: skip
    # The whole range is looked at: the touch is 71 days old.
    request = JobRequest("sync", "run", shop.now, FIRST, LAST)
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        clients = {"first_database": lambda: shop.database.jobs_url}
        assert match_spend(session, clients, shop.tenant, request).counts == {"met_touches": 1}
    assert written_by_an_hour(shop) == {"attribution_metrics_daily": {touched, SOLD}}
    rows = shop.query(
        "select clock, day from analytics.attribution_metrics_daily where tenant_id = %(tenant_id)s"
        " and campaign_id = '77000' and model = 'linear' and revenue_minor > 0 order by day"
    )
    assert [(row["clock"], row["day"]) for row in rows] == [("touch", touched), ("conversion", SOLD)]


def test_a_day_is_closed_by_the_first_run_after_its_local_midnight(shop: MeasuredShop) -> None:
    # Midnight in New York is 04:00 UTC.
    shop.now = datetime(2026, 4, 21, 3, 5, tzinfo=UTC)
    shop.roll_up()
    assert shop.days()[date(2026, 4, 20)]["closed_at"] is None
    shop.now = datetime(2026, 4, 21, 4, 5, tzinfo=UTC)
    assert shop.roll_up().counts["closed_days"] == 1
    assert shop.days()[date(2026, 4, 20)]["closed_at"] == shop.now
    shop.now = datetime(2026, 4, 21, 5, 5, tzinfo=UTC)
    assert shop.roll_up().counts["closed_days"] == 0
    assert shop.days()[date(2026, 4, 20)]["closed_at"] == datetime(2026, 4, 21, 4, 5, tzinfo=UTC)


def test_days_that_missed_runs_left_open_are_closed_together(shop: MeasuredShop) -> None:
    shop.now = datetime(2026, 4, 24, 12, tzinfo=UTC)
    assert shop.roll_up().counts["closed_days"] == 4
    closed = [day for day, row in shop.days().items() if row["closed_at"] == shop.now]
    assert closed == [date(2026, 4, number) for number in (20, 21, 22, 23)]


def test_spend_that_is_not_stored_yet_is_named_and_never_zero(shop: MeasuredShop) -> None:
    shop.now = datetime(2026, 4, 21, 12, tzinfo=UTC)
    shop.query("delete from analytics.ad_spend_daily where tenant_id = %(tenant_id)s and report_date = '2026-04-20'")
    shop.query("update analytics.ad_account_syncs set data_through = '2026-04-19' where tenant_id = %(tenant_id)s")
    shop.roll_up()
    row = shop.days()[date(2026, 4, 20)]
    assert [row[name] for name in ("ad_spend", "roas", "cac", "impressions")] == [None] * 4
    assert row["incomplete"] == {"ad_spend": "meta 1: stored through 2026-04-19"}
    assert row["data_through"]["spend"] == "2026-04-19"
    assert row["ad_spend_known"] == 0
