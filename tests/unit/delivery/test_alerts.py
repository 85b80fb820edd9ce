"""What a person is told of a destination: how many orders, their value, and how long they may still be sent."""

from datetime import UTC, datetime, timedelta

from include.alerts.delivery import Worth, alert_of_events, alert_of_gate, rules_of, worth

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WAITING = (Worth("EUR", 3, 12_050), Worth("JPY", 1, 900))


def test_a_dead_credential_says_how_many_orders_their_value_and_the_hours_left() -> None:
    until = NOW + timedelta(hours=5, minutes=59)
    alert = alert_of_gate("meta", "main", "paused", "auth_dead 190/463: token", WAITING, until, NOW)
    assert (alert.rule, alert.subject) == ("meta_credential_dead", "main")
    assert alert.detail == ("4 orders, value 120.50 EUR and 900 JPY, expire in 5 hours: auth_dead 190/463: token")


def test_a_pause_for_another_reason_and_a_throttle_are_other_alerts() -> None:
    paused = alert_of_gate("tiktok", "main", "paused", "access 40001: no permission", WAITING, NOW, NOW)
    throttled = alert_of_gate("tiktok", "main", "throttled", "throttle 40100: rate", WAITING, NOW, NOW)
    assert [paused.rule, throttled.rule] == ["tiktok_destination_paused", "tiktok_platform_waits"]
    assert "expire in 0 hours" in paused.detail


def test_a_gate_without_anything_behind_it_says_so() -> None:
    assert alert_of_gate("ga4", "main", "paused", "by hand", (), None, NOW).detail == "nothing waits: by hand"


def test_every_alert_is_of_a_rule_that_the_vendors_own_run_settles() -> None:
    alert = alert_of_events("ga4", "events_expired", "main", WAITING, "were not sent in time")
    assert alert.rule in rules_of("ga4")
    assert alert.rule not in rules_of("meta")
    assert alert.detail == "4 orders, value 120.50 EUR and 900 JPY were not sent in time"


def test_one_order_is_no_plural_and_no_order_has_no_value() -> None:
    assert worth([Worth("EUR", 1, 100)]) == "1 order, value 1.00 EUR"
    assert worth([]) == "0 orders, value 0"
