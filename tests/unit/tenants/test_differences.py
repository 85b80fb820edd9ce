"""What a change of a tenant file means, told before it is written."""

from datetime import UTC, datetime
from pathlib import Path

from include.tenants.differences import Change, differences
from include.tenants.reading import read_tenant_files
from include.tenants.record import Record, record_of_file

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ACME = "slug: acme\nname: Acme\ntimezone: Europe/Paris\ncurrency: EUR\n"


def acme(folder: Path, added: str = "", old: str = "", new: str = "") -> Record:
    (folder / "acme.yaml").write_text(ACME.replace(old, new) + added, encoding="utf-8")
    return record_of_file(read_tenant_files(folder)[0])


def changes(folder: Path, before: str, after: str) -> list[Change]:
    return differences(acme(folder, before), acme(folder, after), NOW)


def test_equal_records_have_no_differences(tmp_path: Path) -> None:
    text = "attribution: [{lookback_days: 14}]\nreaders: [bob]\n"
    assert changes(tmp_path, text, text) == []


def test_a_setting_written_out_at_its_default_is_no_difference(tmp_path: Path) -> None:
    assert changes(tmp_path, "attribution: [{}]\n", "attribution: [{lookback_days: 30, half_life_days: 7}]\n") == []


def test_a_tenant_that_is_not_there_is_added_row_by_row(tmp_path: Path) -> None:
    found = differences(None, acme(tmp_path, "readers: [bob]\n"), NOW)
    assert [(change.action, change.what) for change in found] == [("added", "tenant"), ("added", "readers bob")]
    assert "timezone=Europe/Paris, currency=EUR" in found[0].new


def test_a_changed_field_shows_the_old_and_the_new_value(tmp_path: Path) -> None:
    (change,) = differences(acme(tmp_path), acme(tmp_path, old="Acme", new="Acme & Sons"), NOW)
    assert (change.what, change.old, change.new, change.note) == ("tenant: name", "Acme", "Acme & Sons", "")


def test_a_tenant_that_moves_to_another_database_is_told_what_stays(tmp_path: Path) -> None:
    (change,) = changes(tmp_path, "", "db_conn_id: second_db\n")
    assert (change.field, change.note) == ("db_conn_id", "rows already stored stay in the old database")


def test_a_setting_that_began_in_the_past_names_its_day_and_how_to_restate(tmp_path: Path) -> None:
    (change,) = changes(
        tmp_path,
        "attribution: [{from: 2026-03-01, lookback_days: 30}]\n",
        "attribution: [{from: 2026-03-01, lookback_days: 14}]\n",
    )
    assert (change.what, change.old, change.new) == ("attribution from 2026-03-01: lookback_days", "30", "14")
    assert change.note == (
        "applies to conversions from 2026-03-01; run process_attribution with date_from and date_to to restate them"
    )


def test_a_setting_that_begins_in_the_future_restates_nothing(tmp_path: Path) -> None:
    (change,) = changes(tmp_path, "", "attribution: [{from: 2026-04-01, lookback_days: 14}]\n")
    assert (change.action, change.what, change.note) == ("added", "attribution from 2026-04-01", "")


def test_the_note_is_said_once_when_several_settings_of_an_entry_change(tmp_path: Path) -> None:
    found = changes(tmp_path, "attribution: [{}]\n", "attribution: [{lookback_days: 14, direct: keep}]\n")
    assert [bool(change.note) for change in found] == [False, True]
    assert found[0].what == "attribution from the beginning: lookback_days"


def test_an_entry_that_goes_is_removed_with_its_day_and_its_settings(tmp_path: Path) -> None:
    (change,) = changes(tmp_path, "attribution: [{}, {from: 2026-03-01, direct: keep}]\n", "attribution: [{}]\n")
    assert (change.action, change.what, change.old) == ("removed", "attribution from 2026-03-01", "direct=keep")
    assert change.note.startswith("applies to conversions from 2026-03-01;")


def test_a_changed_zone_moves_the_instant_of_an_entry_and_keeps_its_day(tmp_path: Path) -> None:
    text = "attribution: [{from: 2026-03-01}]\n"
    old, new = acme(tmp_path, text), acme(tmp_path, text, old="Europe/Paris", new="Asia/Tokyo")
    zone, start = differences(old, new, NOW)
    assert zone.what == "tenant: timezone"
    assert start.what == "attribution from 2026-03-01: valid_from"
    assert (start.old, start.new) == ("2026-02-28T23:00:00Z", "2026-02-28T15:00:00Z")
