"""What platforms report of the world: spend that settles on it, claims that grow, deleted campaigns that stay paid."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sandbox.world import World, generate
from sandbox.world.ad_reports import AccountReports, Cell, Figures
from sandbox.world.exchange_rates import is_working_day, published_days, rates
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_START, NORTHWIND_OUTDOOR, scaled

LATER = datetime(2026, 7, 1, tzinfo=UTC)
META, GOOGLE, TIKTOK = NORTHWIND_OUTDOOR.accounts


@pytest.fixture(scope="module")
def world() -> World:
    return generate(scaled(NORTHWIND_OUTDOOR, 0.2), 7, DEMO_START, DEMO_END)


@pytest.mark.parametrize("profile", NORTHWIND_OUTDOOR.accounts, ids=lambda profile: profile.platform)
def test_once_settled_every_entity_and_day_costs_what_the_world_says(world: World, profile: object) -> None:
    reported = {_key(one): one.figures.spend_micros for one in _known(AccountReports(world, profile).cells(LATER))}
    spend = world.spend
    expected = {
        (world.ad_entities[entity].entity_id, date(1970, 1, 1) + timedelta(days=day)): micros
        for entity, day, micros in zip(
            spend.entity.tolist(), spend.day.tolist(), spend.spend_micros.tolist(), strict=True
        )
        if world.ad_entities[entity].account_id == profile.account_id
    }
    assert reported == expected


def test_a_day_changes_for_28_days_and_never_after(world: World) -> None:
    reports = AccountReports(world, META)
    day = date(2026, 3, 2)
    over = datetime(2026, 3, 3, 12, tzinfo=UTC)

    def spend(after: int) -> int:
        return sum(one.figures.spend_micros for one in _of(reports, over + timedelta(days=after), day))

    history = [spend(after) for after in range(40)]

    assert len(set(history[:28])) > 3
    assert history[0] > history[27]
    assert len(set(history[27:])) == 1


def test_a_closed_day_gains_conversions_as_buyers_return(world: World) -> None:
    reports, day = AccountReports(world, META), date(2026, 3, 2)

    soon, later = (
        sum((one.figures for one in _of(reports, at, day)), Figures())
        for at in (datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 4, 14, tzinfo=UTC))
    )

    assert soon.click_orders[2] < later.click_orders[2]
    assert later.click_orders[0] <= later.click_orders[1] <= later.click_orders[2]


def test_deleted_campaigns_are_paid_in_the_account_and_no_touch_knows_them(world: World) -> None:
    cells = AccountReports(world, META).cells(DEMO_NOW)
    gone = [one for one in cells if one.of.state != "active"]

    assert {one.of.state for one in gone} == {"archived", "deleted", "purged"}
    assert not {one.of.entity.entity_id for one in gone} & {one.entity_id for one in world.ad_entities}
    share = sum(one.figures.spend_micros for one in gone) / sum(one.figures.spend_micros for one in cells)
    assert 0 < share < 0.05


def test_tiktok_knows_the_clicks_of_yesterday_only_at_noon(world: World) -> None:
    reports, yesterday = AccountReports(world, TIKTOK), date(2026, 3, 30)
    morning, noon = datetime(2026, 3, 31, 9, tzinfo=UTC), datetime(2026, 3, 31, 16, tzinfo=UTC)

    clicks = [sum(one.figures.clicks for one in _of(reports, at, yesterday)) for at in (morning, noon)]

    assert clicks[0] < clicks[1]


def test_performance_max_has_campaign_rows_and_no_ad_rows(world: World) -> None:
    reports = AccountReports(world, GOOGLE)
    march = date(2026, 3, 1), date(2026, 3, 30)

    totals = {
        level: sum(one.figures.spend_micros for one in reports.rows(DEMO_NOW, level, *march))
        for level in ("account", "campaign", "adgroup", "ad")
    }

    assert totals["account"] == totals["campaign"] > totals["ad"] == totals["adgroup"] > 0


def test_reference_rates_come_out_at_four_in_frankfurt_on_working_days_only() -> None:
    # 2026-04-03 is Good Friday, 2026-04-06 Easter Monday.
    assert [day.isoformat() for day in published_days(datetime(2026, 4, 7, 13, 59, tzinfo=UTC))[:2]] == [
        "2026-04-02",
        "2026-04-01",
    ]
    assert published_days(datetime(2026, 4, 7, 14, 0, tzinfo=UTC))[0] == date(2026, 4, 7)
    assert not is_working_day(date(2026, 5, 1))
    assert str(rates(date(2026, 4, 7))["JPY"])[-3] == "."


def _known(cells: list[Cell]) -> list[Cell]:
    return [one for one in cells if one.of.state == "active"]


def _key(cell: Cell) -> tuple[str, date]:
    return cell.of.entity.entity_id, cell.day


def _of(reports: AccountReports, now: datetime, day: date) -> list[Cell]:
    return [one for one in reports.cells(now) if one.day == day]
