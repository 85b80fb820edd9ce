"""The hourly job looks at the days it leaves: what needs a person is told, and no more once it is cured."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from include.alerts.metrics import RULES
from include.metrics.budget import AdBudget
from include.tenants.tenant import FROM_THE_BEGINNING, InForce, TenantAdAccount
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

META = TenantAdAccount("meta", "1", "meta", "USD", "America/New_York")


def sold(shop: MeasuredShop, days: int) -> None:
    """Four orders and a hundred of spend on each of the days before yesterday."""
    for number in range(2, days + 2):
        at = shop.now - timedelta(days=number)
        for place in range(4):
            shop.sell(f"{number}-{place}", at, [Piece(5000)])
        shop.spend(at.date(), "100")


def through(shop: MeasuredShop, day: str) -> None:
    """Let the account's spend be stored through a day."""
    shop.query(
        "insert into analytics.ad_account_syncs"
        " (tenant_id, platform, account_id, currency, timezone, data_through, load_id, synced_at)"
        f" values (%(tenant_id)s, 'meta', '1', 'USD', 'America/New_York', '{day}', 1, now())"
    )


def test_spend_without_orders_opens_an_alert_that_the_next_orders_resolve(database: Database) -> None:
    shop = measured_shop(database, 31, accounts=[META])
    sold(shop, 27)
    yesterday = shop.now - timedelta(days=1)
    shop.spend(yesterday.date(), "90")
    through(shop, "2026-04-19")
    shop.aggregate()
    result = shop.roll_up()
    assert [(alert.rule, alert.subject) for alert in result.alerts] == [("tracking_broken", "shop")]
    assert result.alerts[0].detail == "2026-04-19: spend but no orders, usually 4 a day"
    assert set(RULES) <= set(result.alert_rules)
    shop.sell("late", yesterday, [Piece(5000)])
    shop.aggregate()
    after = shop.roll_up()
    assert (after.alerts, set(RULES) <= set(after.alert_rules)) == ((), True)


def test_an_account_that_stopped_is_stale_and_its_days_are_incomplete(database: Database) -> None:
    shop = measured_shop(database, 32, accounts=[META])
    sold(shop, 20)
    shop.query(
        "delete from analytics.ad_spend_daily"
        " where tenant_id = %(tenant_id)s and report_date > '2026-04-10' returning report_date"
    )
    through(shop, "2026-04-10")
    shop.aggregate()
    found = {(alert.rule, alert.subject) for alert in shop.roll_up().alerts}
    assert ("metrics_stale", "spend") in found
    assert any(rule == "metrics_incomplete" for rule, _ in found)


def test_a_budget_that_the_month_outruns_is_told_until_it_is_raised(database: Database) -> None:
    shop = measured_shop(database, 34, accounts=[META])
    sold(shop, 19)
    shop.spend(shop.now.date() - timedelta(days=1), "100")
    through(shop, "2026-04-19")
    shop.aggregate()
    own = shop.tenant
    shop.tenant = replace(own, budget_history=(InForce(FROM_THE_BEGINNING, AdBudget(monthly=Decimal(1500))),))
    (alert,) = [alert for alert in shop.roll_up().alerts if alert.rule == "spend_pace"]
    assert alert.subject == "2026-04"
    assert alert.detail.startswith("1900.00 spent through 2026-04-19, 100 % over the 950.00 that a budget of 1500.00")
    shop.tenant = replace(own, budget_history=(InForce(FROM_THE_BEGINNING, AdBudget(monthly=Decimal(3000))),))
    assert not [alert for alert in shop.roll_up().alerts if alert.rule == "spend_pace"]


def test_a_shop_that_just_began_needs_nobody(database: Database) -> None:
    shop = measured_shop(database, 33)
    shop.sell("first", datetime(2026, 4, 20, 11, tzinfo=UTC), [Piece(100)])
    assert shop.roll_up().alerts == ()


def test_orders_without_touches_and_goods_without_costs_are_told(database: Database) -> None:
    shop = measured_shop(database, 38, accounts=[META])
    for number in range(1, 15):
        at = shop.now - timedelta(days=number)
        for place in range(4):
            visitor = f"{number}-{place}"
            if number > 1:
                shop.touch(visitor, visitor, at - timedelta(hours=1), "Email")
            shop.sell(visitor, at, [Piece(5000)], visitor=visitor)
        shop.spend(at.date(), "100")
    through(shop, "2026-04-19")
    shop.credit()
    shop.aggregate()
    told = {alert.rule: alert.detail for alert in shop.roll_up().alerts}
    assert told["attribution_lost"] == "2026-04-19: none of 4 orders has a touch, usually 4 a day have"
    # Nobody ever told a cost of this shop.
    assert "costs_unknown" not in told
    shop.query(
        "update analytics.pnl_daily set amount_minor = -100, incomplete = null,"
        " coverage = case day when '2026-04-16' then 0.5 else 1 end where tenant_id = %(tenant_id)s and line = 'cogs'"
    )
    told = {alert.rule: alert.detail for alert in shop.roll_up().alerts}
    assert told["costs_unknown"].startswith("1 day from 2026-04-16: unit costs of 50 %")
    shop.prefer(missing_cost_policy="zero")
    assert "costs_unknown" not in {alert.rule for alert in shop.roll_up().alerts}
