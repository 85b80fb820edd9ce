"""When an export falls due: on the clock for quarters and hours, in the tenant's zone for days and weeks."""

from datetime import UTC, date, datetime

import pytest

from include.errors import InvalidInput
from include.exports.definition import Cadence, ExportDefinition, slot_of
from include.exports.manifest import Manifest, PartFile, manifest_of


def definition(every: Cadence = "day", at_hour: int = 0, days: int | None = None) -> ExportDefinition:
    return ExportDefinition("figures", "metrics_daily", "csv", "file:///x", every, at_hour, days=days)


@pytest.mark.parametrize(
    ("every", "at_hour", "zone", "now", "slot"),
    [
        ("quarter_hour", 0, "UTC", "2026-03-28T10:44:59+00:00", "2026-03-28T10:30:00+00:00"),
        ("hour", 0, "Asia/Kolkata", "2026-03-28T10:44:59+00:00", "2026-03-28T10:00:00+00:00"),
        ("day", 6, "Asia/Tokyo", "2026-03-28T20:59:59+00:00", "2026-03-27T21:00:00+00:00"),
        ("day", 6, "Asia/Tokyo", "2026-03-28T21:00:00+00:00", "2026-03-28T21:00:00+00:00"),
        # New York skips 02:00 on this day: three o'clock is the same instant.
        ("day", 2, "America/New_York", "2026-03-08T07:00:00+00:00", "2026-03-08T07:00:00+00:00"),
        ("week", 6, "Europe/Paris", "2026-03-30T03:59:00+00:00", "2026-03-23T05:00:00+00:00"),
        ("week", 6, "Europe/Paris", "2026-03-30T04:00:00+00:00", "2026-03-30T04:00:00+00:00"),
    ],
)
def test_the_last_instant_at_which_it_fell_due(every: Cadence, at_hour: int, zone: str, now: str, slot: str) -> None:
    found = slot_of(definition(every, at_hour), zone, datetime.fromisoformat(now))
    assert found == datetime.fromisoformat(slot)


def test_looking_back_begins_with_a_whole_part() -> None:
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert definition(days=35).first_day("UTC", now) == date(2026, 2, 1)
    daily = ExportDefinition("o", "orders", "csv", "file:///x", "day", days=35)
    assert daily.first_day("Pacific/Kiritimati", now) == date(2026, 2, 26)


def test_a_manifest_reads_back_and_one_of_another_export_or_version_is_refused() -> None:
    part = PartFile("month=2026-03/part-1.csv", 3, 90, "ab", "cd")
    manifest = Manifest("acme", "figures", "metrics_daily", "csv", ("day",), "2026-03-31", {"month=2026-03": part})
    data = manifest.encoded()
    assert manifest_of(data, "acme", "figures") == manifest
    with pytest.raises(InvalidInput, match="that of acme/figures; choose another destination"):
        manifest_of(data, "acme", "other")
    for spoiled in (data[:-9], b"[]", data.replace(b'"format": 1', b'"format": 2')):
        with pytest.raises(InvalidInput, match="not one that this version wrote; move it away"):
            manifest_of(spoiled, "acme", "figures")
