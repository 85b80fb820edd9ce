"""validate_tiktok_delivery against the sandbox's daily counts, as far as they go."""

from datetime import timedelta

import pytest

from tests.integration.validation.conftest import HOUR, Shop

VENDOR = "tiktok"


def read_twice(shop: Shop) -> None:
    """Two reads an hour apart, the first once the day is over since a day."""
    shop.advance(37 * HOUR)
    shop.validate()
    shop.advance(HOUR)
    shop.validate()


def test_a_day_whose_count_is_what_was_sent_is_confirmed_at_the_level_of_the_set(shop: Shop) -> None:
    shop.order(1)
    shop.order(2, state="in_doubt")
    read_twice(shop)
    assert set(shop.states().values()) == {("confirmed", "set_level")}
    (day,) = shop.checks()
    assert (day["confirmed"], day["provable"], day["value_difference_minor"]) == (2, "set", None)
    assert "a single event" in day["cannot_prove"]
    assert shop.told("violations") == []


def test_a_day_that_is_not_over_since_a_day_is_not_asked_for(shop: Shop) -> None:
    shop.order(1)
    shop.advance(35 * HOUR)
    shop.validate()
    shop.advance(HOUR / 2)
    shop.validate()
    assert shop.states() == {1: ("accepted", None)}


def test_the_servers_own_figure_decides_where_the_total_is_zero(shop: Shop) -> None:
    shop.order(1)
    shop.quirk(total_is_zero=True)
    read_twice(shop)
    assert shop.states() == {1: ("confirmed", "set_level")}


def test_more_than_was_sent_changes_nothing_and_is_told(shop: Shop) -> None:
    shop.order(1)
    shop.quirk(foreign_events=2)
    read_twice(shop)
    outcome = shop.validate()
    assert shop.states() == {1: ("accepted", None)}
    assert [alert.rule for alert in outcome.alerts] == ["tiktok_delivery_surplus"]


def test_fewer_than_were_sent_change_nothing_and_are_told(shop: Shop) -> None:
    shop.order(1)
    shop.order(2, arrives=False)
    read_twice(shop)
    outcome = shop.validate()
    assert shop.states() == {1: ("accepted", None), 2: ("accepted", None)}
    assert [alert.rule for alert in outcome.alerts] == ["tiktok_delivery_shortfall"]


def test_a_repeat_that_both_arrived_spoils_its_day(shop: Shop) -> None:
    shop.order(1, attempts=2)
    shop.post(1)
    shop.order(2)
    read_twice(shop)
    assert shop.states() == {1: ("accepted", None), 2: ("accepted", None)}
    assert "resent" in shop.checks()[0]["guards"]


def test_an_event_type_that_is_not_the_learnt_one_is_unknown_and_the_rows_say_so(shop: Shop) -> None:
    shop.order(1)
    read_twice(shop)
    assert shop.states()[1] == ("confirmed", "set_level")
    shop.order(2)
    shop.quirk(event_types={"Purchase": "ON_WEB_ORDER"})
    shop.advance(12 * HOUR)
    read_twice(shop)
    assert shop.states()[2] == ("accepted", "unverifiable_by_api")
    assert "unknown_event_type" in shop.checks()[-1]["guards"]


@pytest.mark.parametrize("reason", ["no account", "not the token's"])
def test_a_pixel_that_no_account_shows_leaves_rows_accepted_and_unproven(shop: Shop, reason: str) -> None:
    if reason == "no account":
        shop.execute("truncate control.tenant_ad_accounts")
    else:
        shop.execute("update control.tenant_ad_accounts set account_id = '1'")
    shop.order(1)
    outcome = shop.validate()
    assert outcome.status == "succeeded"
    assert outcome.counts["unverifiable"] == 1
    assert shop.states() == {1: ("accepted", "unverifiable_by_api")}
    assert [alert.rule for alert in outcome.alerts] == ["tiktok_delivery_unchecked"]
    assert shop.checks()[0]["provable"] == "nothing"


def test_a_throttle_is_a_wait_and_changes_nothing(shop: Shop) -> None:
    shop.order(1)
    shop.advance(timedelta(days=2))
    shop.control("faults", vendor="tiktok", kind="vendor_error")
    outcome = shop.validate()
    assert outcome.status == "waiting"
    assert shop.states() == {1: ("accepted", None)}
