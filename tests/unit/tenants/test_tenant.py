"""Which settings hold when, and what makes two settings the same."""

from datetime import UTC, datetime, timedelta

from include.tenants.settings import AttributionSettings
from include.tenants.tenant import SettingsFrom, Tenant

FIRST = AttributionSettings(lookback_days=30)
SECOND = AttributionSettings(lookback_days=14)
CHANGE = datetime(2026, 3, 1, 5, tzinfo=UTC)
TENANT = Tenant(
    1,
    "acme",
    "Acme",
    "active",
    "America/New_York",
    "USD",
    "analytics_db",
    (SettingsFrom(datetime(2026, 1, 1, 5, tzinfo=UTC), FIRST), SettingsFrom(CHANGE, SECOND)),
)


def test_settings_hold_from_the_very_instant_they_begin() -> None:
    assert TENANT.settings_at(CHANGE - timedelta(microseconds=1)) == FIRST
    assert TENANT.settings_at(CHANGE) == SECOND


def test_before_the_first_entry_the_first_entry_holds() -> None:
    assert TENANT.settings_at(datetime(2020, 1, 1, tzinfo=UTC)) == FIRST


def test_a_window_is_split_where_settings_change() -> None:
    start, end = CHANGE - timedelta(days=2), CHANGE + timedelta(days=2)
    assert list(TENANT.settings_between(start, end)) == [(start, CHANGE, FIRST), (CHANGE, end, SECOND)]


def test_a_window_that_begins_at_the_change_is_not_split() -> None:
    end = CHANGE + timedelta(days=2)
    assert list(TENANT.settings_between(CHANGE, end)) == [(CHANGE, end, SECOND)]


def test_the_version_of_settings_does_not_depend_on_the_order_of_an_overrides_fields() -> None:
    one = {"channel_overrides": [{"channel": "X", "when": {"medium": "email", "source": "a"}}]}
    other = {"channel_overrides": [{"when": {"source": "a", "medium": "email"}, "channel": "X"}]}
    assert (
        AttributionSettings.model_validate(one).config_version()
        == AttributionSettings.model_validate(other).config_version()
    )


def test_every_setting_changes_the_version() -> None:
    assert FIRST.config_version() != SECOND.config_version()
