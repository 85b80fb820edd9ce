"""Exports of a tenant file: what is refused, in the words of the person who wrote it, and what a good one becomes."""

from pathlib import Path

import pytest

from include.tenants.reading import InvalidTenantFiles, read_tenant_files
from include.tenants.record import record_of_file

ACME = "slug: acme\nname: Acme\ntimezone: Europe/Paris\ncurrency: EUR\n"
GOOD = "name: figures, data_set: metrics_daily, format: csv, destination: 's3://acme_s3@bucket/exports'"


def faults(folder: Path, export: str) -> list[str]:
    (folder / "acme.yaml").write_text(f"{ACME}exports: [{{{export}}}]\n", encoding="utf-8")
    with pytest.raises(InvalidTenantFiles) as raised:
        read_tenant_files(folder)
    return [line.partition("acme.yaml: ")[2] for line in raised.value.lines]


@pytest.mark.parametrize(
    ("export", "line"),
    [
        (GOOD.replace("metrics_daily", "metrics_dayly"), "exports[0].data_set: must be one of metrics_daily, "),
        (GOOD.replace("metrics_daily", "metrics_dayly"), "got 'metrics_dayly'; did you mean metrics_daily?"),
        (f"{GOOD}, columns: [day, net_sale]", "columns[1]: net_sale is no column of metrics_daily; did you mean net"),
        (f"{GOOD}, columns: [day, day]", "exports[0].columns[1]: day is written twice; keep one"),
        (GOOD.replace("csv", "xlsx"), "exports[0].format: must be parquet or csv, got 'xlsx'"),
        (GOOD.replace("acme_s3@", "user:secret@"), "exports[0].destination: must be the URL of a folder such as s3://"),
        (GOOD.replace("exports'", "../other'"), "exports[0].destination: must be the URL of a folder such as s3://"),
        (GOOD.replace("s3://acme_s3@bucket/exports", "exports"), "exports[0].destination: must be the URL of a folder"),
        (GOOD.replace("s3://acme_s3@bucket/exports", "s3://"), "exports[0].destination: must name a bucket, such as"),
        (GOOD.replace("acme_s3@bucket", "acme_s3@"), "exports[0].destination: must name a bucket, such as s3://bucket"),
        (GOOD.replace("s3://acme_s3@bucket/exports", "file://"), "exports[0].destination: must be file: and three"),
        (GOOD.replace("s3://acme_s3@bucket/exports", "file://srv/x"), "as file:///srv/exports, got 'file://srv/x'"),
        (f"{GOOD}, every: month", "exports[0].every: must be quarter_hour, hour, day or week, got 'month'"),
        (f"{GOOD}, every: hour, at_hour: 6", "at_hour: must be left out: only days and weeks begin at an hour"),
        (f"{GOOD}, at_hour: 24", "exports[0].at_hour: must be between 0 and 23, got 24"),
        (f"{GOOD}, days: 0", "exports[0].days: must be between 1 and 3660, got 0"),
        (f"{GOOD}, evry: day", "exports[0].evry: unknown field; did you mean every?"),
        (f"{GOOD}}}, {{{GOOD}", "exports[1]: figures is written twice; keep one"),
        (GOOD.replace("name: figures, ", ""), "exports[0].name: is missing"),
    ],
)  # fmt: skip
def test_a_bad_field_gets_its_line(tmp_path: Path, export: str, line: str) -> None:
    (fault,) = faults(tmp_path, export)
    assert line in fault


def test_a_folder_of_the_machine_has_three_slashes(tmp_path: Path) -> None:
    export = GOOD.replace("s3://acme_s3@bucket/exports", "file:///srv/exports")
    (tmp_path / "acme.yaml").write_text(f"{ACME}exports: [{{{export}}}]\n", encoding="utf-8")
    (file,) = read_tenant_files(tmp_path)
    assert file.exports[0].destination == "file:///srv/exports"


def test_an_export_without_more_is_all_of_its_data_set_once_a_day(tmp_path: Path) -> None:
    chosen, whole = f"{GOOD}, columns: [net_sales, day], enabled: false", GOOD.replace("figures", "later")
    text = f"{ACME}exports: [{{{chosen}}}, {{{whole}}}]\n"
    (tmp_path / "acme.yaml").write_text(text, encoding="utf-8")
    (file,) = read_tenant_files(tmp_path)
    rows = record_of_file(file)["exports"]
    assert rows["later"] == {
        "name": "later",
        "position": 1,
        "data_set": "metrics_daily",
        "columns": [],
        "file_format": "csv",
        "destination": "s3://acme_s3@bucket/exports",
        "every": "day",
        "at_hour": 0,
        "days": None,
        "enabled": True,
    }
    assert (rows["figures"]["columns"], rows["figures"]["enabled"]) == (["net_sales", "day"], False)
