"""Cohorts: what a month's customers cost and are worth is known when all of the month's days are stored."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from include.jobs.generate_daily_pnl import generate_daily_pnl
from include.pnl.cost_settings import CostSettings, Fulfilment, PaymentRate
from include.tenants.tenant import FROM_THE_BEGINNING, InForce, TenantAdAccount
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

_IDS = count(7300)
MARCH, LATE_MARCH, END = date(2026, 3, 1), date(2026, 3, 23), date(2026, 4, 20)
COSTS = CostSettings(
    payment_rates=(PaymentRate(gateway="*", percent=Decimal(0), fixed=Decimal(0)),),
    fulfilment=Fulfilment(per_order=Decimal(4)),
)


@pytest.fixture
def shop(database: Database) -> MeasuredShop:
    """One new customer on 25 March for 60, brought by an ad; 10 of spend on each day of the month."""
    made = measured_shop(
        database, next(_IDS), timezone="UTC", accounts=(TenantAdAccount("meta", "1", "meta", "USD", "UTC"),)
    )
    made.tenant = replace(made.tenant, cost_history=(InForce(FROM_THE_BEGINNING, COSTS),))
    made.prefer(missing_cost_policy="zero", ltv_horizons=(7, 30))
    at = datetime(2026, 3, 25, 12, tzinfo=UTC)
    made.touch("ad", "ann", at - timedelta(hours=1), "Meta Ads")
    made.sell("one", at, [Piece(6000)], visitor="ann")
    made.credit()
    for number in range(31):
        made.spend(MARCH + timedelta(days=number), "10", family="meta")
    for number in range(31, 50):
        made.spend(MARCH + timedelta(days=number), "0", family="meta")
    return made


def cohort(shop: MeasuredShop, channel: str = "(all)") -> dict[str, Any]:
    """Return the cohort of March at its first horizon."""
    (row,) = shop.query(
        "select * from analytics.metrics_cohorts where tenant_id = %(tenant_id)s and channel = %(channel)s"
        " and horizon_days = 7",
        channel=channel,
    )
    return row


def stored(shop: MeasuredShop, *, days: date = MARCH, channels: date = MARCH, profit: date = MARCH) -> None:
    """Store metrics_daily, attribution_metrics_daily and pnl_daily from these days on, then the cohorts."""
    shop.aggregate(days, END)
    shop.channels(channels, END)
    shop.run(generate_daily_pnl, profit, END)
    shop.summarise()


def test_a_month_of_which_all_days_are_stored_has_its_whole_spend(shop: MeasuredShop) -> None:
    stored(shop)
    row = cohort(shop)
    assert (row["spend"], row["cac"], row["value"], row["incomplete"]) == (310, 310, 56, None)
    assert cohort(shop, "Meta Ads")["incomplete"] is None


def test_spend_of_a_month_stored_in_part_is_not_known(shop: MeasuredShop) -> None:
    # The summary itself stores the weeks that it compares, from 16 March on.
    stored(shop, days=LATE_MARCH)
    for channel in ("(all)", "Meta Ads"):
        row = cohort(shop, channel)
        assert (row["spend"], row["cac"], row["ltv_cac"], row["payback_days"]) == (None, None, None, None)
        assert row["incomplete"] == (
            "spend of 15 of the month's days is not stored; run aggregate_daily_metrics and attribution_daily_metrics"
            " from the first of the month"
        )
        assert row["value"] == 56


def test_spend_by_channel_of_a_month_stored_in_part_is_not_known_though_the_month_s_is(shop: MeasuredShop) -> None:
    stored(shop, channels=LATE_MARCH)
    assert (cohort(shop)["spend"], cohort(shop)["incomplete"]) == (310, None)
    row = cohort(shop, "Meta Ads")
    assert (row["spend"], row["cac"]) == (None, None)
    assert row["incomplete"].startswith("spend by channel is not stored for all of the month's days; run")


def test_contribution_of_a_month_stored_in_part_is_not_known(shop: MeasuredShop) -> None:
    stored(shop, profit=LATE_MARCH)
    row = cohort(shop)
    assert (row["spend"], row["value"], row["ltv"], row["payback_days"]) == (310, None, None, None)
    assert row["incomplete"].startswith("profit and loss of 2026-03 is not known: configure costs, run generate_daily")
