"""validate_meta_delivery against the sandbox's hourly counts: all, none, some; and what raises alarms only."""

from datetime import timedelta

from include.jobs.validate_meta_delivery import UNAVAILABLE_REASON
from tests.integration.validation.conftest import HOUR, Shop

VENDOR = "meta"


def on_the_half_hour(shop: Shop) -> None:
    shop.advance(HOUR / 2)


def read_twice(shop: Shop) -> None:
    """Two reads an hour apart, the first once the counts are settled."""
    shop.advance(8 * HOUR)
    shop.validate()
    shop.advance(HOUR)
    shop.validate()


def test_a_set_that_arrived_as_a_whole_is_confirmed_by_the_second_read_that_says_so(shop: Shop) -> None:
    on_the_half_hour(shop)
    shop.order(1)
    shop.order(2)
    shop.order(3, state="in_doubt")
    shop.advance(8 * HOUR)
    shop.validate()
    assert set(shop.states().values()) == {("accepted", None), ("in_doubt", None)}
    assert shop.checks()[0]["guards"] == ["not_settled"]
    shop.advance(HOUR)
    assert shop.validate().counts["confirmed"] == 3
    assert set(shop.states().values()) == {("confirmed", "set_level")}
    (day,) = shop.checks()
    assert (day["confirmed"], day["provable"]) == (3, "set")
    assert (day["duplicated"], day["value_differing"], day["value_difference_minor"]) == (None, None, None)
    assert "its value" in day["cannot_prove"]
    assert shop.told("violations") == []


def test_what_did_not_arrive_goes_back_where_that_is_enabled_and_stays_where_it_is_not(shop: Shop) -> None:
    on_the_half_hour(shop)
    shop.order(1)
    shop.order(2, state="in_doubt", arrives=False)
    read_twice(shop)
    assert shop.states() == {1: ("accepted", None), 2: ("in_doubt", None)}
    shop.execute("update control.tenant_destinations set in_doubt = 'prove'")
    assert shop.validate().counts["requeued"] == 1
    assert shop.states() == {1: ("accepted", None), 2: ("queued", "requeued_by_validation")}


def test_what_did_not_arrive_and_may_not_be_sent_any_more_expires(shop: Shop) -> None:
    on_the_half_hour(shop)
    shop.order(2, state="in_doubt", arrives=False)
    read_twice(shop)
    shop.advance(40 * HOUR)
    outcome = shop.validate()
    assert outcome.counts["expired"] == 1
    assert shop.states() == {2: ("expired", "not_received")}
    assert shop.checks()[0]["missing"] == 1


def test_some_of_a_set_is_never_guessed_at_and_becomes_a_persons_after_48_hours(shop: Shop) -> None:
    on_the_half_hour(shop)
    shop.order(1)
    shop.order(2, state="in_doubt")
    shop.order(3, state="in_doubt", arrives=False)
    read_twice(shop)
    assert shop.validate().alerts == ()
    shop.advance(40 * HOUR)
    outcome = shop.validate()
    assert shop.states() == {1: ("accepted", None), 2: ("in_doubt", None), 3: ("in_doubt", None)}
    assert [alert.rule for alert in outcome.alerts] == ["meta_delivery_undecided"]
    assert "2 events, USD 79.60" in outcome.alerts[0].detail
    assert (0, "some_received") in shop.facts()


def test_sets_of_other_hours_are_decided_by_themselves(shop: Shop) -> None:
    on_the_half_hour(shop)
    shop.order(1, state="in_doubt")
    shop.advance(2 * HOUR)
    shop.order(2, state="in_doubt", arrives=False)
    shop.execute("update control.tenant_destinations set in_doubt = 'prove'")
    read_twice(shop)
    assert shop.states() == {1: ("confirmed", "set_level"), 2: ("queued", "requeued_by_validation")}


def test_another_sender_anywhere_in_the_week_stops_every_verdict_and_is_told(shop: Shop) -> None:
    on_the_half_hour(shop)
    shop.order(1, state="in_doubt")
    shop.quirk(surplus=[{"at": (shop.now - 24 * HOUR).isoformat(), "count": 2}])
    read_twice(shop)
    outcome = shop.validate()
    assert shop.states() == {1: ("in_doubt", None)}
    assert "meta_delivery_surplus" in [alert.rule for alert in outcome.alerts]


def test_counts_that_trail_are_no_loss(shop: Shop) -> None:
    on_the_half_hour(shop)
    shop.order(1)
    shop.order(2, state="in_doubt")
    shop.quirk(counts_trail_hours=60)
    read_twice(shop)
    assert shop.states() == {1: ("accepted", None), 2: ("in_doubt", None)}
    shop.advance(24 * HOUR)
    assert "meta_delivery_shortfall" in [alert.rule for alert in shop.validate().alerts]


def test_a_week_of_pages_is_read_by_cursor_and_a_repeated_bucket_counts_once(shop: Shop) -> None:
    on_the_half_hour(shop)
    for order in range(1, 31):
        shop.order(order)
        shop.advance(HOUR)
    read_twice(shop)
    assert set(shop.states().values()) == {("confirmed", "set_level")}
    assert shop.told("violations") == []


def test_another_version_than_asked_for_decides_nothing(shop: Shop) -> None:
    on_the_half_hour(shop)
    shop.order(1)
    shop.control("faults", vendor="meta", kind="headers", headers={"facebook-api-version": "v27.0"})
    read_twice(shop)
    assert shop.states() == {1: ("accepted", None)}
    assert "version" in shop.checks()[0]["guards"]


def test_what_was_posted_before_the_vendor_counts_stays_unproven_and_says_so(shop: Shop) -> None:
    shop.order(1)
    shop.advance(timedelta(days=8))
    shop.validate()
    assert shop.states() == {1: ("accepted", "unverifiable_by_api")}


def test_a_dataset_that_is_unavailable_is_paused_until_it_is_back(shop: Shop) -> None:
    shop.order(1)
    shop.quirk(is_unavailable=True)
    outcome = shop.validate()
    assert shop.gate() == ("paused", UNAVAILABLE_REASON)
    assert [alert.rule for alert in outcome.alerts] == ["meta_delivery_quality"]
    requests_to_clear = shop.told("faults")
    assert requests_to_clear
    import requests

    requests.delete(f"{shop.origin}/_sandbox/faults", timeout=10)
    shop.validate()
    state = shop.gate()
    assert state is not None
    assert state[0] == "open"


def test_checks_that_fail_at_the_vendor_are_an_alarm_and_change_no_row(shop: Shop) -> None:
    shop.order(1)
    shop.quirk(failed_checks=["low_event_source_match_rate"])
    outcome = shop.validate()
    assert "check low_event_source_match_rate failed" in outcome.alerts[0].detail
    assert shop.states() == {1: ("accepted", None)}
    assert shop.gate() is None


def test_a_dataset_without_a_field_of_quality_is_asked_again_without_it(shop: Shop) -> None:
    shop.order(1)
    shop.quirk(missing_quality_fields=["dedupe_key_feedback"])
    shop.validate()
    assert len(shop.told("received", vendor="meta", path="dataset_quality")) == 2
    assert [verdict for _, verdict in shop.facts()] in (["good"], ["poor"])


def test_a_dead_credential_is_a_check_that_failed_and_never_a_missing_event(shop: Shop) -> None:
    shop.order(1)
    shop.control("faults", vendor="meta", kind="auth_revoked")
    outcome = shop.validate()
    assert (outcome.status, shop.states()) == ("waiting", {1: ("accepted", None)})
    assert [alert.rule for alert in outcome.alerts] == ["meta_delivery_unchecked"]
    assert shop.checks()[0]["provable"] == "nothing"


def test_a_check_that_fails_leaves_what_earlier_ones_showed_of_the_day(shop: Shop) -> None:
    on_the_half_hour(shop)
    shop.order(1)
    read_twice(shop)
    (before,) = shop.checks()
    shop.control("faults", vendor="meta", kind="auth_revoked")
    shop.order(2, arrives=False)
    shop.validate()
    (after,) = shop.checks()
    assert (before["events"], after["events"]) == (1, 2)
    assert (after["provable"], after["guards"], after["confirmed"]) == ("set", [], 1)
