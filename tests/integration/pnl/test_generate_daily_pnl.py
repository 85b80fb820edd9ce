"""What the job writes, what it leaves alone, and what it says of what is not known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from include.jobs.hourly_metrics_rollup import hourly_metrics_rollup
from include.jobs.pnl_days import queue_cost_changes
from include.jobs.request import JobRequest
from include.jobs.steps import run_steps
from include.pnl.cost_settings import CogsSettings, CostSettings, OperatingCost, PaymentRate
from include.storage.session import tenant_transaction
from include.tenants.tenant import FROM_THE_BEGINNING, InForce
from tests.integration.conftest import Database
from tests.integration.pnl.pnl_shop import NOW, Piece, PnlShop, shop_in

FIRST, SECOND, THIRD, END = (date(2026, 3, day) for day in (10, 11, 12, 13))
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def shop(database: Database) -> PnlShop:
    return shop_in(database)


def test_the_lines_of_a_day_are_the_waterfall_and_every_row_says_who_made_it_and_how_much_is_known(
    shop: PnlShop,
) -> None:
    shop.accounts("1")
    shop.spend("1", FIRST, "7.50")
    shop.cost("mug", 3000)
    shop.order("one", NOON, [Piece("mug", 10000, quantity=2, discount=1000, tax=950)], shipping=500)
    shop.run(FIRST, SECOND)
    # 190.00 of goods after 10.00 off; parcel 4.00 + 2 x 0.50; 2.9 % of 204.50 + 0.30 = 6.2305.
    assert [(row["line"], row["layer"], row["amount_minor"]) for row in shop.day(FIRST).values()] == [
        ("gross_sales", "net_sales", 20000),
        ("discounts", "net_sales", -1000),
        ("returns", "net_sales", 0),
        ("net_sales", "net_sales", 19000),
        ("cogs", "cm1", -6000),
        ("cm1", "cm1", 13000),
        ("shipping_charged", "cm2", 500),
        ("other_charges", "cm2", 0),
        ("fulfilment", "cm2", -500),
        ("payment_fees", "cm2", -623),
        ("cm2", "cm2", 12377),
        ("ad_spend", "cm3", -750),
        ("cm3", "cm3", 11627),
        ("operating_costs", "net_profit", -1000),
        ("net_profit", "net_profit", 10627),
    ]
    margins = {line: row["margin"] for line, row in shop.day(FIRST).items() if row["margin"] is not None}
    assert list(margins) == ["net_sales", "cm1", "cm2", "cm3", "net_profit"]
    assert (margins["net_sales"], margins["cm1"]) == (1, Decimal("0.684211"))
    rows = list(shop.day(FIRST).values())
    assert {row["preference_version"] for row in rows} == {shop.tenant.formulas_on(FIRST).version()}
    assert {(row["coverage"], row["incomplete"], row["is_final"], row["currency"]) for row in rows} == {
        (Decimal(1), None, False, "USD")
    }
    assert shop.day(FIRST)["payment_fees"]["parts"] == {"card": -623}


def test_a_second_run_writes_nothing(shop: PnlShop) -> None:
    shop.order("one", NOON, [Piece("mug", 10000)])
    assert shop.run(FIRST, END, run_id="first").counts["changed_days"] == 3
    assert shop.run(FIRST, END, run_id="second").counts["changed_days"] == 0
    assert {row["run_id"] for row in shop.query("select run_id from analytics.pnl_daily where tenant_id = %s")} == {
        "first"
    }


def test_a_day_is_final_once_nightly_runs_restate_it_no_more(shop: PnlShop) -> None:
    shop.run(date(2026, 2, 22), date(2026, 2, 26))
    final = shop.query("select distinct day, is_final from analytics.pnl_daily where tenant_id = %s order by day")
    assert [row["is_final"] for row in final] == [True, True, False, False]


def test_a_spend_day_that_is_not_stored_leaves_advertising_and_what_it_enters_empty_with_the_reason(
    shop: PnlShop,
) -> None:
    shop.accounts("1", "2")
    shop.cost("mug", 1000)
    for account in ("1", "2"):
        shop.spend(account, FIRST, "5")
    shop.spend("1", SECOND, "6")
    shop.order("one", NOON + DAY, [Piece("mug", 10000)])
    shop.run(FIRST, END)
    assert shop.amounts(FIRST)["ad_spend"] == -1000
    missing = shop.day(SECOND)
    assert missing["cm2"]["amount_minor"] is not None
    assert [missing[line]["amount_minor"] for line in ("ad_spend", "cm3", "net_profit")] == [None, None, None]
    assert (missing["ad_spend"]["coverage"], missing["ad_spend"]["parts"]) == (Decimal("0.5"), {"meta": -600})
    assert "meta 2" in missing["ad_spend"]["incomplete"]
    assert missing["net_profit"]["incomplete"] == missing["ad_spend"]["incomplete"]


def test_spend_in_another_currency_takes_the_rate_of_its_own_day_and_is_unknown_without_one(shop: PnlShop) -> None:
    shop.accounts("1")
    shop.spend("1", FIRST, "100", "EUR")
    shop.spend("1", SECOND, "100", "EUR")
    shop.rate("EUR", FIRST, "1.125")
    shop.run(FIRST, THIRD)
    assert shop.amounts(FIRST)["ad_spend"] == -11250
    missing = shop.day(SECOND)["ad_spend"]
    assert missing["amount_minor"] is None
    assert "no rate of EUR on 2026-03-11" in missing["incomplete"]


def test_what_nobody_configured_is_unknown_and_names_the_section_of_the_tenants_file(shop: PnlShop) -> None:
    shop.tenant = replace(shop.tenant, cost_history=())
    shop.cost("mug", 1000)
    shop.order("one", NOON, [Piece("mug", 10000)])
    shop.run(FIRST, SECOND)
    rows = shop.day(FIRST)
    assert rows["payment_fees"]["amount_minor"] is None
    assert rows["payment_fees"]["incomplete"] == "no payment rate for gateway card; add it to costs.payment_rates"
    assert rows["fulfilment"]["incomplete"] == "no fulfilment rates; add costs.fulfilment"
    assert rows["cm1"]["amount_minor"] == 9000
    assert rows["net_profit"]["amount_minor"] is None


def test_goods_without_a_unit_cost_stay_out_of_the_margin_and_lower_its_coverage(shop: PnlShop) -> None:
    shop.cost("mug", 1000)
    shop.order("one", NOON, [Piece("mug", 7500), Piece("cup", 2500)])
    shop.run(FIRST, SECOND)
    rows = shop.day(FIRST)
    assert [rows[line]["amount_minor"] for line in ("net_sales", "cogs", "sales_without_cost", "cm1")] == [
        10000, -1000, -2500, 6500,
    ]  # fmt: skip
    assert rows["cogs"]["coverage"] == Decimal("0.75")
    assert rows["cogs"]["incomplete"] == "no unit cost for 1 piece of cup"


def test_without_any_unit_cost_the_margin_is_unknown_not_whole(shop: PnlShop) -> None:
    shop.order("one", NOON, [Piece("cup", 2500)])
    shop.order("import", NOON, total=900)
    shop.run(FIRST, SECOND)
    rows = shop.day(FIRST)
    assert rows["net_sales"]["amount_minor"] == 3400
    assert (rows["cogs"]["amount_minor"], rows["cm1"]["amount_minor"], rows["cogs"]["coverage"]) == (None, None, 0)
    assert rows["cogs"]["incomplete"] == "no unit cost for 2 pieces of (orders without lines), cup"


@pytest.mark.parametrize(("policy", "cost"), [("zero", -1000), ("default_percent", -2000)])
def test_a_tenant_may_count_missing_costs_as_nothing_or_as_a_share_of_sales(
    shop: PnlShop, policy: str, cost: int
) -> None:
    settings = CogsSettings(default_percent=Decimal(40))
    shop.tenant = replace(shop.tenant, cogs_history=(InForce(FROM_THE_BEGINNING, settings),))
    shop.set(missing_cost_policy=policy)
    shop.cost("mug", 1000)
    shop.order("one", NOON, [Piece("mug", 7500), Piece("cup", 2500)])
    shop.run(FIRST, SECOND)
    assert shop.amounts(FIRST)["cogs"] == cost
    assert shop.day(FIRST)["cogs"]["coverage"] == Decimal("0.75")
    assert "sales_without_cost" not in shop.day(FIRST)


def test_goods_cost_what_was_valid_when_they_were_sold_or_what_is_newest(shop: PnlShop) -> None:
    shop.cost("mug", 1000, until=NOON + DAY)
    shop.cost("mug", 1500, since=NOON + DAY)
    shop.order("one", NOON, [Piece("mug", 10000)])
    shop.order("two", NOON + DAY, [Piece("mug", 10000)])
    shop.run(FIRST, THIRD)
    assert (shop.amounts(FIRST)["cogs"], shop.amounts(SECOND)["cogs"]) == (-1000, -1500)
    shop.set(cost_change_policy="recalculate_history")
    shop.run(FIRST, THIRD)
    assert (shop.amounts(FIRST)["cogs"], shop.amounts(SECOND)["cogs"]) == (-1500, -1500)


def test_the_tenants_own_cost_table_goes_before_the_shops_where_it_is_chosen(shop: PnlShop) -> None:
    shop.cost("mug", 1000)
    shop.cost("mug", 700, source="internal")
    shop.cost("cup", 300)
    shop.order("one", NOON, [Piece("mug", 10000), Piece("cup", 5000)])
    shop.run(FIRST, SECOND)
    assert shop.amounts(FIRST)["cogs"] == -1300
    own = CogsSettings(source="internal")
    shop.tenant = replace(shop.tenant, cogs_history=(InForce(FROM_THE_BEGINNING, own),))
    shop.run(FIRST, SECOND)
    assert shop.amounts(FIRST)["cogs"] == -1000


def test_a_unit_cost_in_another_currency_takes_the_rate_of_the_sales_day(shop: PnlShop) -> None:
    shop.cost("mug", 1000, currency="JPY")
    shop.rate("JPY", FIRST, "0.0065")
    shop.order("one", NOON, [Piece("mug", 10000, quantity=3)])
    shop.order("two", NOON + DAY, [Piece("mug", 10000)])
    shop.run(FIRST, THIRD)
    assert shop.amounts(FIRST)["cogs"] == -1950
    assert shop.day(SECOND)["cogs"]["amount_minor"] is None
    assert "no rate of JPY on 2026-03-11" in shop.day(SECOND)["cogs"]["incomplete"]


def test_fees_that_the_gateway_told_go_before_the_estimate_and_count_on_their_own_day(shop: PnlShop) -> None:
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.order("two", NOON, [Piece("mug", 10000)])
    shop.payment(order, NOON + DAY, 10000, fee=211)
    shop.run(FIRST, THIRD)
    assert (shop.amounts(FIRST)["payment_fees"], shop.amounts(SECOND)["payment_fees"]) == (-320, -211)
    shop.set(payment_fee_source="estimate")
    shop.run(FIRST, THIRD)
    assert (shop.amounts(FIRST)["payment_fees"], shop.amounts(SECOND)["payment_fees"]) == (-320, -320)


def test_a_cancelled_order_takes_back_its_sales_and_its_goods_and_was_never_packed(shop: PnlShop) -> None:
    shop.cost("mug", 1000)
    shop.order("one", NOON, [Piece("mug", 10000)], shipping=500, cancelled_at=NOON + DAY)
    shop.run(FIRST, THIRD)
    first, second = shop.amounts(FIRST), shop.amounts(SECOND)
    assert "fulfilment" not in first
    for line, amount in {"net_sales": 10000, "cogs": -1000, "shipping_charged": 500}.items():
        assert (first[line], second[line]) == (amount, -amount)


def test_refunding_everything_leaves_net_sales_of_nothing_over_the_days(shop: PnlShop) -> None:
    shop.set(payment_fee_source="estimate")
    shop.cost("mug", 1000)
    order = shop.order("one", NOON, [Piece("mug", 3333, quantity=3, discount=700, tax=931)], shipping=499)
    shop.refund(order, NOON + DAY, {"mug": (1, 3100)}, tax=310)
    shop.refund(order, NOON + 2 * DAY, {"mug": (2, 6199)}, tax=621, shipping=499)
    shop.run(FIRST, END)
    for line in ("net_sales", "cogs", "shipping_charged"):
        assert sum(shop.amounts(day).get(line) or 0 for day in (FIRST, SECOND, THIRD)) == 0, line


def test_settings_that_change_on_a_day_make_the_days_from_it_on(shop: PnlShop) -> None:
    cheaper = CostSettings(payment_rates=(PaymentRate(gateway="*", percent=Decimal(1)),))
    since = datetime(2026, 3, 11, tzinfo=UTC)
    shop.tenant = replace(
        shop.tenant,
        cost_history=(*shop.tenant.cost_history, InForce(since, cheaper)),
        operating_costs=(*shop.tenant.operating_costs, OperatingCost("rent", "fixed", Decimal(31), "month", SECOND)),
    )
    for at in (NOON, NOON + DAY):
        shop.order(at.isoformat(), at, [Piece("mug", 10000)])
    shop.run(FIRST, THIRD)
    assert (shop.amounts(FIRST)["payment_fees"], shop.amounts(SECOND)["payment_fees"]) == (-320, -100)
    assert (shop.amounts(FIRST)["operating_costs"], shop.amounts(SECOND)["operating_costs"]) == (-1000, -100)
    assert shop.day(FIRST)["net_profit"]["cost_version"] != shop.day(SECOND)["net_profit"]["cost_version"]


def test_a_corrected_unit_cost_reaches_the_days_of_its_sales_and_their_refunds_within_an_hourly_run(
    shop: PnlShop,
) -> None:
    shop.cost("mug", 1000)
    shop.cost("cup", 500)
    order = shop.order("one", NOON, [Piece("mug", 10000)])
    shop.order("two", NOON + DAY, [Piece("cup", 10000)])
    shop.refund(order, NOON + 2 * DAY, {"mug": (1, 10000)})
    shop.run(FIRST, END, run_id="first")
    shop.execute("delete from analytics.restate_queue where tenant_id = %s")
    shop.execute("update analytics.product_costs set unit_cost_minor = 1200 where tenant_id = %s and sku = 'mug'")
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        queue_cost_changes(session, shop.tenant, NOW.date())
    queued = shop.query("select day, cause from analytics.restate_queue where tenant_id = %s order by day")
    assert queued == [{"day": FIRST, "cause": "cost"}, {"day": THIRD, "cause": "cost"}]
    request = JobRequest("hourly_metrics_rollup", "hour", NOW, NOW.date(), NOW.date() + DAY)
    list(run_steps(shop.database.jobs_url, shop.tenant, hourly_metrics_rollup, request))
    assert [shop.amounts(day).get("cogs") for day in (FIRST, SECOND, THIRD)] == [-1200, -500, 1200]
    rows = shop.query("select distinct day, run_id from analytics.pnl_daily where tenant_id = %s and day < %s", END)
    assert {row["day"]: row["run_id"] for row in rows} == {FIRST: "hour", SECOND: "first", THIRD: "hour"}
    # Sales did not move: no other figure of these days is written.
    assert not shop.query("select 1 from analytics.metrics_daily where tenant_id = %s and day < %s", END)


def test_a_unit_cost_that_is_written_again_as_it_was_queues_nothing(shop: PnlShop) -> None:
    shop.cost("mug", 1000)
    shop.order("one", NOON, [Piece("mug", 10000)])
    shop.run(FIRST, END)
    shop.execute("update analytics.product_costs set unit_cost_minor = 1000 where tenant_id = %s")
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        assert queue_cost_changes(session, shop.tenant, NOW.date()) == 0
