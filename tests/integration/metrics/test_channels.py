"""Campaigns: spend by the rates of its days, under the channel of its touches, and platforms' views beside credit."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from include.tenants.tenant import TenantAdAccount
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

_tenants = count(60_000)
DAY = date(2026, 4, 8)
NOON = datetime(2026, 4, 8, 16, tzinfo=UTC)
ACCOUNT = TenantAdAccount("meta", "1", "meta_main", "EUR", "Europe/Paris")


@pytest.fixture
def shop(database: Database) -> MeasuredShop:
    """An order of 100.00 after a touch of campaign 77 and one of nobody's, and 40.00 euros of spend that day."""
    made = measured_shop(database, next(_tenants), accounts=[ACCOUNT])
    tenant_id = made.tenant.tenant_id
    met = {"platform": "meta", "campaign_id": "77", "campaign_match": "utm_id", "campaign": "sommer"}
    made.touch("ad", "phone", NOON - timedelta(hours=3), "Meta Ads", **met)
    made.touch("mail", "phone", NOON - timedelta(hours=1), "Email", campaign="letter")
    made.sell("order", NOON, [Piece(10000)], visitor="phone")
    made.insert(
        "ad_entities",
        {
            "tenant_id": tenant_id, "platform": "meta", "account_id": "1", "level": "campaign", "entity_id": "77",
            "name": "Sommer", "campaign_id": "77", "first_seen": DAY, "last_seen": DAY,
        },
    )  # fmt: skip
    made.spend(DAY, "40.00", currency="EUR")
    made.credit()
    return made


def rate(shop: MeasuredShop, value: str) -> None:
    row = {"currency": "EUR", "day": DAY, "rate": value, "rate_date": DAY, "source": "ecb", "settled": True}
    shop.insert("exchange_rates", {"tenant_id": shop.tenant.tenant_id, **row})


def linear(shop: MeasuredShop) -> dict[tuple[str, str], dict[str, Any]]:
    """Run the job over the day and return the linear model's rows of the order's clock, by channel and campaign."""
    shop.channels(DAY, DAY + timedelta(days=1))
    rows = shop.query(
        "select * from analytics.attribution_metrics_daily"
        " where tenant_id = %(tenant_id)s and day = %(day)s and model = 'linear' and clock = 'conversion'",
        day=DAY,
    )
    return {(row["channel"], row["campaign"]): row for row in rows}


def test_spend_meets_credit_under_the_channel_of_the_campaigns_touches(shop: MeasuredShop) -> None:
    # 40.00 EUR at 1.25 are 50.00 USD; each of two touches has 50.00 of 100.00: ROAS 1, CPA 50.00 / half an order.
    rate(shop, "1.25")
    rows = linear(shop)
    assert set(rows) == {("Meta Ads", "Sommer"), ("Email", "letter")}
    ad = rows["Meta Ads", "Sommer"]
    assert (ad["spend_minor"], ad["revenue_minor"], ad["roas"], ad["cpa_minor"]) == (5000, 5000, 1, 10000)
    assert (ad["impressions"], ad["clicks"], ad["incomplete"]) == (1000, 10, None)
    mail = rows["Email", "letter"]
    assert (mail["spend_minor"], mail["roas"], mail["cpa_minor"]) == (None, None, None)


def test_spend_without_a_rate_is_named_and_never_zero(shop: MeasuredShop) -> None:
    ad = linear(shop)["Meta Ads", "Sommer"]
    assert (ad["spend_minor"], ad["roas"], ad["cpa_minor"]) == (None, None, None)
    assert ad["incomplete"] == "no rate of EUR on 2026-04-08; run sync_fx_rates"
    shop.aggregate(DAY, DAY + timedelta(days=1))
    row = shop.days()[DAY]
    assert (row["ad_spend"], row["roas"]) == (None, None)
    assert row["incomplete"] == {"ad_spend": "meta 1: no rate of EUR on 2026-04-08; run sync_fx_rates"}


def test_views_that_a_platform_claims_are_beside_credit_and_engaged_views_are_not_among_them(
    shop: MeasuredShop,
) -> None:
    rate(shop, "1.25")
    for window, claimed in (("1d_view", 3), ("1d_ev", 2)):
        shop.insert(
            "view_through_daily",
            {
                "tenant_id": shop.tenant.tenant_id, "platform": "meta", "account_id": "1", "report_date": DAY,
                "date_basis": "impression", "level": "campaign", "entity_id": "77", "campaign_id": "77",
                "action": "purchase", '"window"': window, "count": claimed, "currency": "EUR", "api_version": "v1",
                "load_id": 1, "fetched_at": NOON,
            },
        )  # fmt: skip
    ad = linear(shop)["Meta Ads", "Sommer"]
    assert (ad["view_through_conversions"], ad["conversions"], ad["revenue_minor"]) == (3, 0.5, 5000)


def test_by_the_touch_clock_credit_is_on_the_days_of_the_touches(shop: MeasuredShop) -> None:
    shop.touch("early", "phone", NOON - timedelta(days=4), "Direct")
    shop.touch("search", "phone", NOON - timedelta(days=2), "Organic Search")
    shop.query("update analytics.conversions set status = 'pending' where tenant_id = %(tenant_id)s")
    shop.credit()
    shop.channels(DAY - timedelta(days=7), DAY + timedelta(days=1))
    rows = shop.query(
        "select day, channel, revenue_minor from analytics.attribution_metrics_daily where tenant_id = %(tenant_id)s"
        " and model = 'linear' and clock = 'touch' and revenue_minor > 0 order by day, channel"
    )
    # Direct is taken out of a path that has others.
    assert [(row["day"], row["channel"], row["revenue_minor"]) for row in rows] == [
        (DAY - timedelta(days=2), "Organic Search", 3334),
        (DAY, "Email", 3333),
        (DAY, "Meta Ads", 3333),
    ]


def test_any_split_into_days_gives_the_same_rows_and_a_second_run_writes_none(shop: MeasuredShop) -> None:
    rate(shop, "1.25")
    whole = linear(shop)
    assert shop.channels(DAY, DAY + timedelta(days=1)).counts["changed_days"] == 0
    shop.query("delete from analytics.attribution_metrics_daily where tenant_id = %(tenant_id)s")
    for back in (0, 1, 2):
        shop.channels(DAY - timedelta(days=back), DAY - timedelta(days=back - 1))
    assert linear(shop) == whole


def test_a_closed_week_is_summed_and_its_cohort_is_of_the_channel_that_came_first(shop: MeasuredShop) -> None:
    # Ordered on 8 April, the only customer of the month; spend of the month is 50.00, all of it the ad's.
    rate(shop, "1.25")
    # An account that is no longer configured owes no further days.
    shop.tenant = measured_shop(shop.database, shop.tenant.tenant_id).tenant
    shop.prefer(ltv_basis="net_sales", ltv_horizons=(1, 60))
    shop.now = datetime(2026, 5, 5, 5, tzinfo=UTC)
    for job in (shop.aggregate, shop.channels):
        job(date(2026, 4, 1), date(2026, 5, 4))
    shop.summarise()
    cohorts = shop.query(
        "select * from analytics.metrics_cohorts where tenant_id = %(tenant_id)s order by horizon_days"
    )
    of_ad = [row for row in cohorts if row["channel"] == "Meta Ads"]
    assert [(row["cohort"], row["customers"], row["spend"], row["value"]) for row in of_ad] == [
        (date(2026, 4, 1), 1, 50, 100),
        (date(2026, 4, 1), 1, 50, None),
    ]
    assert (of_ad[0]["ltv_cac"], of_ad[0]["payback_days"]) == (2, 1)
    assert {row["channel"] for row in cohorts} == {"(all)", "Meta Ads"}
    week = {row["metric"]: row for row in shop.query(
        "select * from analytics.metrics_weekly where tenant_id = %(tenant_id)s"
    )}  # fmt: skip
    assert {row["week_start"] for row in week.values()} == {date(2026, 4, 27)}
    assert (week["net_sales"]["value"], week["net_sales"]["previous"], week["net_sales"]["change"]) == (0, 0, None)
    # Of the four weeks before, the one of 6 April sold 100.00.
    assert week["net_sales"]["average_4_weeks"] == 25


def test_a_dated_change_of_recognition_takes_back_an_orders_credit_once(shop: MeasuredShop) -> None:
    # Refunded on the next day, from which refunds count otherwise: the order keeps what held when it was placed.
    shop.refund("back", "order", NOON + timedelta(days=1), [(0, 1, 10000, 0)])
    shop.credit()
    taken = []
    for before, after in (("order_date", "refund_date"), ("refund_date", "order_date")):
        shop.prefer(refund_recognition=before)
        shop.prefer_from(DAY + timedelta(days=1), refund_recognition=after)
        shop.channels(DAY, DAY + timedelta(days=2))
        rows = shop.query(
            "select day, sum(adjustments_minor) as taken from analytics.attribution_metrics_daily"
            " where tenant_id = %(tenant_id)s and model = 'linear' and clock = 'conversion' group by day"
        )
        taken.append({row["day"]: row["taken"] for row in rows if row["taken"]})
    assert taken == [{DAY: -10000}, {DAY + timedelta(days=1): -10000}]
