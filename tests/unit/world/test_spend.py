"""Ad spend is derived from the touches: every paid click belongs to an ad entity, and is charged once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from sandbox.world import World, generate
from sandbox.world.advertising import ad_entities, lineage
from sandbox.world.profiles import DEMO_END, DEMO_NOW, DEMO_SHOPS, DEMO_START, NORTHWIND_OUTDOOR, SAKURA_GOODS, scaled

EPOCH = datetime(1970, 1, 1, tzinfo=UTC).date()


def test_every_paid_touch_names_a_campaign_and_an_ad_of_its_platform(world: World) -> None:
    campaigns = {(one.name, one.entity_id) for one in world.ad_entities if one.level == "campaign"}
    ads = {one.name for one in world.ad_entities if one.level == "ad"}
    paid = [world.placements[code] for code in np.unique(world.touches.placement)]
    tagged = [one for one in paid if one.entity >= 0 and one.campaign]
    assert {one.tactic for one in tagged} == {"meta", "google_search", "google_shopping", "google_pmax", "tiktok"}
    for one in tagged:
        assert (one.campaign, one.utm_id) in campaigns
        assert not one.content or one.content in ads


def test_every_click_id_belongs_to_an_entity_of_the_platform_that_issues_it(world: World) -> None:
    issuers = {"gclid": "google_ads", "gbraid": "google_ads", "wbraid": "google_ads"}
    issuers |= {"fbclid": "meta", "ttclid": "tiktok"}
    for one in world.placements:
        if one.click_id:
            assert world.ad_entities[one.entity].platform == issuers[one.click_id]


def test_ad_entities_form_a_tree_under_their_accounts_with_unique_ids() -> None:
    for shop in DEMO_SHOPS:
        entities = ad_entities(shop)
        assert len({(one.platform, one.entity_id) for one in entities}) == len(entities)
        for index in range(len(entities)):
            assert lineage(entities, index)["account"].account_id == entities[index].account_id


def test_performance_max_has_a_campaign_and_no_ads() -> None:
    entities = ad_entities(NORTHWIND_OUTDOOR)
    levels = [one.level for one in entities if one.tactic == "google_pmax"]
    assert levels == ["campaign"]
    assert all(one.bears_spend == (one.level == "ad") for one in entities if one.tactic != "google_pmax")


def test_ad_ids_and_names_do_not_depend_on_seed_window_or_size(world: World) -> None:
    other = generate(scaled(NORTHWIND_OUTDOOR, 0.05), 99, DEMO_NOW.date(), DEMO_END)
    assert other.ad_entities == world.ad_entities


def test_clicks_of_an_ad_are_its_touches_by_the_account_s_own_days(world: World) -> None:
    """Counted again one by one, with the calendar of the standard library."""
    zones = {one.account_id: ZoneInfo(one.timezone) for one in world.shop.accounts}
    expected: dict[tuple[int, int], int] = {}
    touches = world.touches
    for row in np.flatnonzero(touches.number == touches.click).tolist():
        placement = world.placements[touches.placement[row]]
        if placement.entity < 0 or placement.type != "click":
            continue
        at = datetime.fromtimestamp(touches.occurred_at[row] / 1_000_000, UTC)
        day = at.astimezone(zones[world.ad_entities[placement.entity].account_id]).date()
        key = (placement.entity, (day - EPOCH).days)
        expected[key] = expected.get(key, 0) + 1
    spend = world.spend
    counted = {
        (int(entity), int(day)): int(clicks)
        for entity, day, clicks in zip(spend.entity, spend.day, spend.clicks, strict=True)
        if clicks
    }
    assert counted == expected


def test_spend_is_whole_minor_units_of_the_account_s_currency() -> None:
    world = generate(scaled(SAKURA_GOODS, 0.3), 7, DEMO_START, DEMO_END)
    currency = {one.account_id: one.currency for one in world.shop.accounts}
    of_row = np.array([currency[world.ad_entities[entity].account_id] for entity in world.spend.entity])
    assert set(of_row) == {"JPY", "USD"}
    assert np.all(world.spend.spend_micros[of_row == "JPY"] % 1_000_000 == 0)
    assert np.all(world.spend.spend_micros[of_row == "USD"] % 10_000 == 0)
    assert np.any(world.spend.spend_micros[of_row == "USD"] % 1_000_000 != 0)


def test_days_without_clicks_cost_nothing_and_clicks_never_outnumber_impressions(world: World) -> None:
    spend = world.spend
    assert np.all(spend.spend_micros[spend.clicks == 0] == 0)
    assert np.all(spend.spend_micros[spend.clicks > 0] > 0)
    assert np.all(spend.impressions >= spend.clicks)


def test_a_finished_account_day_is_charged_the_same_whenever_one_looks(world: World) -> None:
    now, later = world.as_of(DEMO_NOW).spend, world.as_of(DEMO_NOW + timedelta(days=5)).spend
    finished = (DEMO_NOW.date() - EPOCH).days - 1
    for name in ("entity", "day", "clicks", "impressions", "spend_micros"):
        np.testing.assert_array_equal(
            getattr(now, name)[now.day < finished], getattr(later, name)[later.day < finished]
        )
    assert later.spend_micros.sum() > now.spend_micros.sum()


def test_dearer_clicks_make_dearer_days(world: World) -> None:
    account = world.shop.accounts[0]
    dear = replace(account, cost_per_click=account.cost_per_click * 10)
    other = generate(replace(world.shop, accounts=(dear, *world.shop.accounts[1:])), 7, DEMO_START, DEMO_END)
    charged = [
        sum(
            int(spend)
            for entity, spend in zip(one.spend.entity, one.spend.spend_micros, strict=True)
            if one.ad_entities[entity].account_id == account.account_id
        )
        for one in (world, other)
    ]
    assert 9.9 < charged[1] / charged[0] < 10.1
