"""Which days of spend are known: one rule for snapshots, channels, profit and the report, from what is stored alone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.jobs.generate_daily_pnl import generate_daily_pnl
from include.jobs.weekly_report import read_week
from include.report.page import page
from include.storage.session import tenant_transaction
from include.tenants.tenant import TenantAdAccount
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

_tenants = count(61_000)
MONDAY, DAY = date(2026, 4, 13), date(2026, 4, 19)
NEXT = DAY + timedelta(days=1)
META = TenantAdAccount("meta", "1", "meta_main", "USD", "America/New_York")
GOOGLE = TenantAdAccount("google_ads", "2", "google_main", "USD", "America/New_York")


@pytest.fixture
def shop(database: Database) -> MeasuredShop:
    return measured_shop(database, next(_tenants), accounts=[META])


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 16, tzinfo=UTC)


def sold(shop: MeasuredShop, day: date, price: int, **touch: str) -> None:
    """Sell after a click on a day."""
    shop.touch(f"touch {day}", f"visitor {day}", noon(day) - timedelta(hours=1), "Paid Social", **touch)
    shop.sell(f"order {day}", noon(day), [Piece(price)], visitor=f"visitor {day}")


def charged(shop: MeasuredShop, level: str, amount: str, *, day: date = DAY, **columns: Any) -> None:
    """Store one row of spend as it is."""
    entity = columns.get("campaign_id") or ("77" if level == "campaign" else "1")
    row = {
        "tenant_id": shop.tenant.tenant_id, "platform": "meta", "account_id": "1", "report_date": day, "level": level,
        "entity_id": entity, "spend": amount, "impressions": 100, "clicks": 10, "currency": "USD",
        "timezone": "America/New_York", "is_final": True, "metric_set_version": 1, "api_version": "v1", "load_id": 1,
        "fetched_at": shop.now,
    }  # fmt: skip
    shop.insert("ad_spend_daily", {**row, **columns})


def linear(shop: MeasuredShop, day: date = DAY) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return the linear model's rows of a day by the order's clock, by channel, platform and campaign."""
    shop.channels(day, day + timedelta(days=1))
    rows = shop.query(
        "select * from analytics.attribution_metrics_daily"
        " where tenant_id = %(tenant_id)s and day = %(day)s and model = 'linear' and clock = 'conversion'",
        day=day,
    )
    return {(row["channel"], row["platform"], row["campaign"]): row for row in rows}


def snapshot(shop: MeasuredShop, day: date = DAY) -> dict[str, Any]:
    shop.aggregate(day, day + timedelta(days=1))
    return shop.days()[day]


def advertising(shop: MeasuredShop, day: date = DAY) -> dict[str, Any]:
    """Return the advertising line of a day's profit and loss."""
    shop.run(generate_daily_pnl, day, day + timedelta(days=1))
    (row,) = shop.query(
        "select * from analytics.pnl_daily where tenant_id = %(tenant_id)s and day = %(day)s and line = 'ad_spend'",
        day=day,
    )
    return row


@pytest.fixture
def lacking(shop: MeasuredShop) -> MeasuredShop:
    """A week of 50.00 of spend and 100.00 of sales a day whose Sunday was never read."""
    for number in range(7):
        day = MONDAY + timedelta(days=number)
        sold(shop, day, 10000, platform="meta", campaign_id="77")
        if day != DAY:
            shop.spend(day, "50.00")
    shop.spend(NEXT, "50.00")
    shop.credit()
    return shop


def test_a_day_that_was_not_read_has_its_reason_on_the_platforms_rows_and_a_row_of_its_own(
    lacking: MeasuredShop,
) -> None:
    why = "meta 1: 2026-04-19 is not stored"
    assert snapshot(lacking)["incomplete"] == {"ad_spend": why}
    assert snapshot(lacking)["data_through"]["spend"] == "2026-04-18"
    rows = linear(lacking)
    assert {
        key: (row["revenue_minor"], row["spend_minor"], row["roas"], row["incomplete"]) for key, row in rows.items()
    } == {
        ("Paid Social", "meta", "77"): (10000, None, None, why),
        ("Paid Social", "meta", "(not stored)"): (0, None, None, why),
    }
    whole = linear(lacking, MONDAY)
    assert [(row["spend_minor"], row["roas"], row["incomplete"]) for row in whole.values()] == [(5000, 2, None)]


def test_a_channel_of_which_a_day_was_not_read_has_no_roas_in_the_report(lacking: MeasuredShop) -> None:
    # The day's touches name another channel than the platform's usual one: it lacks the day as well.
    lacking.query("update analytics.touchpoints set channel = 'Creators' where tenant_id = %(tenant_id)s")
    lacking.aggregate(MONDAY, NEXT)
    lacking.channels(MONDAY, NEXT)
    lacking.now = datetime(2026, 4, 21, 12, tzinfo=UTC)
    lacking.summarise()
    with tenant_transaction(lacking.database.jobs_url, lacking.tenant.tenant_id) as session:
        week = read_week(session, lacking.tenant, MONDAY)
    assert week is not None
    assert {one.channel: (one.spend_minor, one.spend_incomplete) for one in week.channels} == {
        "Creators": (None, True),
        "Paid Social": (None, True),
    }
    text = page(week)
    assert text.count('<td class="warn">not complete</td><td>–</td>') == 2
    assert week.figures["mer"].value is None


def test_what_another_account_was_charged_stays_known(shop: MeasuredShop) -> None:
    shop.tenant = measured_shop(shop.database, shop.tenant.tenant_id, accounts=[META, GOOGLE]).tenant
    sold(shop, DAY, 10000, platform="meta", campaign_id="77")
    shop.credit()
    shop.spend(DAY, "50.00")
    rows = linear(shop)
    assert (rows["Paid Social", "meta", "77"]["roas"], rows["Paid Social", "meta", "77"]["incomplete"]) == (2, None)
    assert rows["Paid Search", "google_ads", "(not stored)"]["incomplete"] == "google_ads 2: not stored yet"


def test_a_touch_that_bears_a_known_campaigns_id_meets_its_spend_without_a_sync_that_says_so(
    shop: MeasuredShop,
) -> None:
    sold(shop, DAY, 10000, platform="meta", campaign_id="77", campaign="sommer")
    shop.refund("back", f"order {DAY}", noon(DAY) + timedelta(hours=1), [(0, 1, 10000, 0)])
    shop.credit()
    shop.spend(DAY, "40.00")
    (row,) = linear(shop).values()
    assert (row["platform"], row["campaign_id"], row["channel"]) == ("meta", "77", "Paid Social")
    assert (row["revenue_minor"], row["adjustments_minor"], row["spend_minor"], row["roas"]) == (
        10000,
        -10000,
        4000,
        Decimal("2.5"),
    )


def test_a_touch_of_an_id_that_no_platform_named_is_its_tags(shop: MeasuredShop) -> None:
    sold(shop, DAY, 10000, platform="meta", campaign_id="78", campaign="sommer")
    shop.credit()
    shop.spend(DAY, "40.00")
    assert set(linear(shop)) == {("Paid Social", "", "sommer"), ("Paid Social", "meta", "77")}


def test_spend_that_no_sync_brought_is_as_good_and_opens_no_alert(shop: MeasuredShop) -> None:
    shop.now = datetime(2026, 4, 20, 12, tzinfo=UTC)
    for number in range(1, 36):
        shop.spend(shop.now.date() - timedelta(days=number), "10")
    shop.aggregate()
    assert shop.days()[NEXT]["data_through"]["spend"] == "2026-04-19"
    assert shop.roll_up().alerts == ()


@pytest.mark.parametrize(
    ("rows", "channels"),
    [
        ([("account", "40")], {"(residual)": 4000}),
        ([("campaign", "30"), ("residual", "10")], {"77": 3000, "(residual)": 1000}),
        ([("account", "40"), ("campaign", "30"), ("residual", "10")], {"77": 3000, "(residual)": 1000}),
        ([("account", "40"), ("campaign", "30")], {"77": 3000, "(residual)": 1000}),
    ],
)
def test_an_account_is_charged_the_same_whichever_levels_of_its_day_are_stored(
    shop: MeasuredShop, rows: Sequence[tuple[str, str]], channels: dict[str, int]
) -> None:
    for level, amount in rows:
        charged(shop, level, amount)
    assert (snapshot(shop)["ad_spend"], snapshot(shop)["incomplete"]) == (40, {})
    assert (advertising(shop)["amount_minor"], advertising(shop)["coverage"]) == (-4000, 1)
    assert {key[2]: row["spend_minor"] for key, row in linear(shop).items()} == channels


def test_a_campaigns_row_without_campaign_id_is_its_entitys(shop: MeasuredShop) -> None:
    charged(shop, "campaign", "40", entity_id="77", campaign_id=None)
    ((_, row),) = linear(shop).items()
    assert (row["campaign_id"], row["spend_minor"]) == ("77", 4000)


def test_days_before_the_first_that_was_read_are_not_known(shop: MeasuredShop) -> None:
    before = DAY - timedelta(days=1)
    shop.spend(DAY, "40.00")
    why = "meta 1: spend not read before 2026-04-19"
    row = snapshot(shop, before)
    assert (row["ad_spend"], row["ad_spend_known"], row["incomplete"]) == (None, 0, {"ad_spend": why})
    assert row["data_through"]["spend"] is None
    line = advertising(shop, before)
    assert (line["amount_minor"], line["coverage"], line["incomplete"]) == (None, 0, why)
    (marked,) = linear(shop, before).values()
    assert (marked["campaign"], marked["spend_minor"], marked["incomplete"]) == ("(not stored)", None, why)


def test_a_quiet_day_that_was_read_is_zero(shop: MeasuredShop) -> None:
    charged(shop, "account", "0", impressions=0, clicks=0)
    assert (snapshot(shop)["ad_spend"], snapshot(shop)["incomplete"]) == (0, {})
    assert (advertising(shop)["amount_minor"], advertising(shop)["coverage"]) == (0, 1)
    assert linear(shop) == {}


_LEVELS = st.dictionaries(
    st.tuples(st.sampled_from(["account", "campaign", "residual"]), st.sampled_from(["1", "2"])),
    st.decimals(-100, 1000, places=2),
)


@settings(max_examples=25, deadline=None)
@given(stored=_LEVELS)
def test_channels_and_profit_add_up_to_the_snapshot(database: Database, stored: dict[tuple[str, str], Decimal]) -> None:
    accounts = [META, TenantAdAccount("meta", "2", "meta_main", "USD", "America/New_York")]
    shop = measured_shop(database, next(_tenants), accounts=accounts)
    for (level, account), amount in stored.items():
        entity = "77" + account if level == "campaign" else account
        campaign = entity if level == "campaign" else None
        charged(shop, level, str(amount), account_id=account, entity_id=entity, campaign_id=campaign)
    found = snapshot(shop)["ad_spend"]
    rows = linear(shop).values()
    of_channels = None if any(row["incomplete"] for row in rows) else sum(row["spend_minor"] for row in rows)
    expected = None if len({account for _, account in stored}) < 2 else found * 100
    assert of_channels == expected
    assert advertising(shop)["amount_minor"] == (None if expected is None else -expected)
