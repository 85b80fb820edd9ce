"""The calendar of API versions warns before a vendor switches ours off."""

import warnings
from datetime import UTC, date, datetime, timedelta

from include.platforms.versions import DEFAULT_VERSIONS, VERSIONS, days_left, defaults_ending


def test_no_default_version_is_switched_off_and_the_last_ninety_days_warn() -> None:
    today = datetime.now(UTC).date()
    for line in defaults_ending(today, timedelta(days=90)):
        warnings.warn(line, stacklevel=1)
    assert defaults_ending(today, timedelta(days=-1)) == []


def test_the_warning_starts_ninety_days_ahead_and_names_the_version() -> None:
    off, ninety = date(2027, 11, 1), timedelta(days=90)
    assert not [line for line in defaults_ending(off - timedelta(days=91), ninety) if "google_ads" in line]
    assert "google_ads v26 is switched off in 90 days; move the default and its tests on" in defaults_ending(
        off - ninety, ninety
    )


def test_a_version_that_is_gone_has_negative_days_left() -> None:
    assert days_left("google_ads", "v22", date(2026, 10, 8)) == -1
    assert days_left("meta_ads", "v26.0", date(2026, 10, 8)) is None


def test_every_default_is_in_the_calendar() -> None:
    assert set(DEFAULT_VERSIONS.items()) <= {(one.conn_type, one.name) for one in VERSIONS}
