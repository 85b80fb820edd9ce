"""Business time: one clock, fixed only where no vendor can be reached, days of 23 to 25 hours."""

from datetime import UTC, date, datetime, timedelta

import pytest

from include import clock
from include.errors import InvalidInput


def test_the_fixed_clock_wins_over_the_run_and_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_NOW", "2026-03-31T12:00:00Z")
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", "127.0.0.1:8080,localhost:1")
    assert clock.now(datetime(2020, 1, 1, tzinfo=UTC)) == datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_without_a_fixed_clock_the_runs_own_instant_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTRIBUTION_NOW", raising=False)
    assert clock.now(datetime(2020, 1, 1, tzinfo=UTC)) == datetime(2020, 1, 1, tzinfo=UTC)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("hosts", ["", "graph.facebook.com", "127.0.0.1:8080,graph.facebook.com:443", "10.0.0.1"])
def test_a_fixed_clock_is_refused_where_a_vendor_could_be_reached(hosts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_NOW", "2026-03-31T12:00:00Z")
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", hosts)
    with pytest.raises(InvalidInput, match="ALLOWED_PLATFORM_HOSTS"):
        clock.now()


def test_a_clock_that_is_no_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_NOW", "yesterday")
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", "[::1]:80")
    with pytest.raises(InvalidInput, match="ISO 8601"):
        clock.now()


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Europe/Paris", date(2026, 3, 30), 24),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("Pacific/Kiritimati", date(2026, 1, 1), 24),
        ("Pacific/Niue", date(2026, 1, 1), 24),
    ],
)
def test_a_local_day_has_the_hours_its_zone_gives_it(zone: str, day: date, hours: int) -> None:
    start, end = clock.day_bounds(zone, day, day + timedelta(days=1))
    assert end - start == timedelta(hours=hours)
    assert clock.local_today(zone, start) == day
    assert clock.local_today(zone, end - timedelta(microseconds=1)) == day


def test_days_follow_each_other_without_gap_or_overlap() -> None:
    day = date(2018, 1, 1)
    for _ in range(400):
        following = day + timedelta(days=1)
        assert (
            clock.day_bounds("America/Sao_Paulo", day, following)[1]
            == clock.day_bounds("America/Sao_Paulo", following, following + timedelta(days=1))[0]
        )
        day = following
