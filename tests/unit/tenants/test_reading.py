"""Tenant files are read whole: every fault gets one line that names the file, the field and what it must be."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from include.errors import InvalidInput
from include.tenants.reading import InvalidTenantFiles, read_tenant_files
from include.tenants.record import record_of_file

ACME = """\
slug: acme
name: Acme
timezone: Europe/Paris
currency: EUR
"""

RULE = (
    "ad_accounts: [{platform: meta, account_id: '7', conn_id: a, currency: EUR, timezone: UTC}]\n"
    "campaign_rules: [{name: old-tags, platform: meta, account_id: '7', campaign_id: '9'"
)

CHECKOUT = Path(__file__).resolve().parents[3]


def write(folder: Path, text: str, name: str = "acme.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str, name: str = "acme.yaml") -> list[str]:
    """The lines for one file of the folder, without the folder."""
    write(folder, text, name)
    with pytest.raises(InvalidTenantFiles) as raised:
        read_tenant_files(folder)
    return [line.removeprefix(f"{folder}/") for line in raised.value.lines]


def without(field: str) -> str:
    return "".join(line for line in ACME.splitlines(keepends=True) if not line.startswith(f"{field}:"))


def test_a_file_with_only_the_required_fields_gets_every_default(tmp_path: Path) -> None:
    write(tmp_path, ACME)
    (tenant,) = read_tenant_files(tmp_path)
    assert (tenant.status, tenant.db_conn_id, tenant.brand) == ("active", "analytics_db", None)
    assert (tenant.attribution, tenant.ad_accounts, tenant.readers) == ((), (), ())


def test_tenants_come_by_slug_and_other_files_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, ACME.replace("acme", "zeta"), "zeta.yaml")
    write(tmp_path, ACME)
    write(tmp_path, "not: a tenant", "notes.txt")
    write(tmp_path, "not: a tenant", ".hidden.yaml")
    assert [tenant.slug for tenant in read_tenant_files(tmp_path)] == ["acme", "zeta"]


def test_the_committed_tenants_are_valid_and_in_three_zones_and_currencies() -> None:
    tenants = read_tenant_files(CHECKOUT / "tenants")
    assert {tenant.timezone for tenant in tenants} == {"America/New_York", "Europe/Paris", "Asia/Tokyo"}
    assert {tenant.currency for tenant in tenants} == {"USD", "EUR", "JPY"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("slug: acme", "slug: Acme!", "slug: must be 2 to 63 lower-case letters, digits or hyphens and start with"),
        ("name: Acme", "name: ''", "name: must be 1 to 120 characters on one line, got ''"),
        ("name: Acme", "name: 7", "name: must be text; put it in quotes, got 7"),
        ("Europe/Paris", "Europe/Pariss", "timezone: must be an IANA time zone, got 'Europe/Pariss'"),
        ("Europe/Paris", "Europe/Pariss", "did you mean Europe/Paris?"),
        ("Europe/Paris", "Tokyo", "timezone: must be an IANA time zone, got 'Tokyo'; did you mean Asia/Tokyo?"),
        ("EUR", "eur", "currency: must be an ISO 4217 code of three capital letters such as EUR, got 'eur'"),
        ("EUR", "ABC", "currency: must be an ISO 4217 code of a currency with minor units, got 'ABC'"),
        ("EUR", "XAU", "currency: must be an ISO 4217 code of a currency with minor units, got 'XAU'"),
    ],
)
def test_a_bad_identity_field_gets_its_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert any(line in fault for fault in faults(tmp_path, ACME.replace(old, new)))


@pytest.mark.parametrize(
    ("added", "line"),
    [
        ("status: activ", "status: must be active, paused or offboarded, got 'activ'; did you mean active?"),
        ("time_zone: UTC", "time_zone: unknown field; did you mean timezone?"),
        ("db_conn_id: Second-DB", "db_conn_id: must be lower-case letters, digits and underscores such as"),
        ("readers: bob", "readers: must be a list, got 'bob'"),
        ("readers: [bob smith]", "readers[0]: must be a PostgreSQL role of at most 63 characters"),
        ("readers: [bob, bob]", "readers[1]: bob is written twice; keep one"),
        ("attribution: [{lookback_days: 400}]", "attribution[0].lookback_days: must be between 1 and 90, got 400"),
        ("attribution: [{lookback_days: 0}]", "attribution[0].lookback_days: must be between 1 and 90, got 0"),
        ("attribution: [{lookback_days: 7.5}]", "attribution[0].lookback_days: must be a whole number, got 7.5"),
        ("attribution: [{lookback_days: '7'}]", "attribution[0].lookback_days: must be a whole number, got '7'"),
        ("attribution: [{lookback_days: yes}]", "attribution[0].lookback_days: must be a whole number, got True"),
        ("attribution: [{lookbak_days: 7}]", "attribution[0].lookbak_days: unknown field; did you mean lookback_days?"),
        ("attribution: [{half_life_days: 0}]", "attribution[0].half_life_days: must be above 0 and at most 90, got 0"),
        ("attribution: [{half_life_days: .nan}]", "attribution[0].half_life_days: must be above 0 and at most 90"),
        ("attribution: [{position_weights: [0.5, 0.5, 0.5]}]", "attribution[0].position_weights: must sum to 1"),
        ("attribution: [{position_weights: [1, -1, 1]}]", "position_weights[1]: must be between 0 and 1, got -1"),
        ("attribution: [{position_weights: [0.5, 0.5]}]", "attribution[0].position_weights[2]: is missing"),
        ("attribution: [{direct: drop}]", "attribution[0].direct: must be ignore_if_other or keep, got 'drop'"),
        ("attribution: [{view_lookback_hours: 999}]", "view_lookback_hours: must be between 1 and 672, got 999"),
        ("attribution: [{view_weight: 2}]", "attribution[0].view_weight: must be between 0 and 1, got 2"),
        ("attribution: [{consent: ask}]", "attribution[0].consent: must be exclude_denied, require_granted or ignore"),
        ("attribution: [{max_visitors_per_customer: 0}]", "max_visitors_per_customer: must be between 1 and 1000"),
        (
            "attribution: [{from: soon}]",
            "attribution[0].from: must be a day of 2000 to 2099 such as 2026-03-01, got 'soon'",
        ),
        (
            "attribution: [{from: 2026-02-30}]",
            "attribution[0].from: must be a day of 2000 to 2099 such as 2026-03-01, got '2026-02-30'",
        ),
        ("attribution: [{from: 1026-03-01}]", "attribution[0].from: must be a day of 2000 to 2099 such as 2026-03-01"),
        ("attribution: [3]", "attribution[0]: must be a mapping of fields, got 3"),
        ("attribution: [{}, {}]", "attribution[1].from: is missing; only the first entry holds from the beginning"),
        (
            "attribution: [{from: 2026-03-01}, {from: 2026-03-01}]",
            "attribution[1].from: must be after 2026-03-01 of the entry above, got 2026-03-01",
        ),
        (
            "attribution: [{channel_overrides: [{channel: X, when: {medium: '('}}]}]",
            "attribution[0].channel_overrides[0].when.medium: is not a regular expression: missing )",
        ),
        (
            "attribution: [{channel_overrides: [{channel: X, when: {sorce: x}}]}]",
            "attribution[0].channel_overrides[0].when.sorce: unknown field; did you mean source?",
        ),
        (
            "attribution: [{channel_overrides: [{channel: X, when: {}}]}]",
            "attribution[0].channel_overrides[0].when: must name at least one of source, medium, campaign, referrer",
        ),
        (
            "attribution: [{channel_overrides: [{channel: (unattributed), when: {medium: x}}]}]",
            "channel_overrides[0].channel: must be another name: (unattributed) names orders without a touch",
        ),
        (
            "ad_accounts: [{platform: meta, account_id: 123, conn_id: x, currency: EUR, timezone: UTC}]",
            "ad_accounts[0].account_id: must be text; put it in quotes, got 123",
        ),
        (
            "ad_accounts: [{platform: meta, account_id: act_12, conn_id: x, currency: EUR, timezone: UTC}]",
            "ad_accounts[0].account_id: must be digits in quotes, without act_ and hyphens, got 'act_12'",
        ),
        (
            "ad_accounts: [{platform: facebook, account_id: '1', conn_id: x, currency: EUR, timezone: UTC}]",
            "ad_accounts[0].platform: must be meta, google_ads or tiktok, got 'facebook'",
        ),
        (
            "destinations: [{destination_id: ga, destination: ga4, conn_id: x, send_from: soon}]",
            "destinations[0].send_from: must be a day or an instant of 2000 to 2099 such as 2026-03-01T00:00:00Z",
        ),
        (
            "destinations: [{destination_id: ga, destination: ga4, conn_id: x}]",
            "destinations[0].send_from: is missing",
        ),
        (
            "destinations: [{destination_id: ga, destination: ga4, conn_id: x, send_from: 2026-03-01,"
            " event_id_template: 'order'}]",
            "destinations[0].event_id_template: must contain {order_id} and no other name in braces, got 'order'",
        ),
        (
            "destinations: [{destination_id: ga, destination: ga4, conn_id: x, send_from: 2026-03-01,"
            " event_id_template: 'p_{order_id:d}'}]",
            "destinations[0].event_id_template: must contain {order_id} as it is, without a format after : or !, got",
        ),
        (
            "sources: [{source: shopify, conn_id: a}, {source: shopify, conn_id: b}]",
            "sources[1]: shopify is written twice; keep one",
        ),
        ("sources: [{source: shopify, conn_id: 'a b'}]", "sources[0].conn_id: must be an Airflow connection id"),
        ("fx_sources: [{source: imf}]", "fx_sources[0].source: must be ecb or tenant, got 'imf'"),
        ("fx_sources: [{source: ecb}, {source: ecb}]", "fx_sources[1]: ecb is written twice; keep one"),
        ("fx_sources: [{source: tenant}]", "fx_sources[0].path: is missing; name the tenant's CSV"),
        ("fx_sources: [{source: tenant, path: a.csv}]", "fx_sources[0].path: must be a path that begins with a slash"),
        ("fx_sources: [{source: tenant, path: /../a}]", "fx_sources[0].path: must be a path that begins with a slash"),
        ("fx_sources: [{source: ecb, path: /a.csv}]", "fx_sources[0].path: must be left out"),
        (
            "fx_sources: [{source: ecb, max_age_days: 0}]",
            "fx_sources[0].max_age_days: must be between 1 and 366, got 0",
        ),
        ("fx_sources: [{source: ecb, max_age: 3}]", "fx_sources[0].max_age: unknown field; did you mean max_age_days?"),
        (f"{RULE}, when: {{}}}}]", "campaign_rules[0].when: must name at least one of source, medium, campaign"),
        (
            f"{RULE}, when: {{campain: a}}}}]",
            "campaign_rules[0].when.campain: unknown field; did you mean campaign?",
        ),
        (f"{RULE}, when: {{term: '('}}}}]", "campaign_rules[0].when.term: is not a regular expression"),
        (
            f"{RULE.replace('9', 'a')}, when: {{term: a}}}}]",
            "campaign_rules[0].campaign_id: must be digits in quotes, without act_ and hyphens, got 'a'",
        ),
        (
            f"{RULE.replace('old-tags, platform: meta', 'old-tags, platform: tiktok')}, when: {{term: a}}}}]",
            "campaign_rules[0].account_id: 7 is no tiktok account of this file",
        ),
        (f"{RULE}, when: {{term: a}}, from: May}}]", "campaign_rules[0].from: must be a day of 2000 to 2099"),
    ],
)
def test_a_bad_optional_field_gets_its_line(tmp_path: Path, added: str, line: str) -> None:
    (fault,) = faults(tmp_path, f"{ACME}{added}\n")
    assert fault.startswith("acme.yaml: ")
    assert line in fault


def test_sources_of_rates_and_rules_of_campaigns_keep_the_order_of_the_file(tmp_path: Path) -> None:
    rates = "fx_sources: [{source: tenant, conn_id: acme_rates, path: /fx/rates.csv, max_age_days: 31}, {source: ecb}]"
    rule = f"{RULE}, when: {{campaign: 'spring.*'}}, from: 2026-03-01}}]"
    write(tmp_path, f"{ACME}{rates}\n{rule}\n")
    (tenant,) = read_tenant_files(tmp_path)
    parts = record_of_file(tenant)
    assert list(parts["fx_sources"].values()) == [
        {"source": "tenant", "conn_id": "acme_rates", "path": "/fx/rates.csv", "max_age_days": 31, "position": 0},
        {"source": "ecb", "conn_id": "fx_rates", "path": None, "max_age_days": 7, "position": 1},
    ]
    (stored,) = parts["campaign_rules"].values()
    assert stored["conditions"] == {"campaign": "spring.*"}
    # The tenant's own midnight: Paris is an hour ahead in March.
    assert stored["valid_from"] == datetime(2026, 2, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize("field", ["slug", "name", "timezone", "currency"])
def test_a_required_field_that_is_absent_is_named(tmp_path: Path, field: str) -> None:
    assert faults(tmp_path, without(field)) == [f"acme.yaml: {field}: is missing"]


def test_all_faults_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    write(tmp_path, ACME.replace("acme", "beta").replace("EUR", "eur"), "beta.yaml")
    lines = faults(tmp_path, ACME + "status: on\nattribution: [{lookback_days: 400, half_life_days: 0}]\n")
    assert [line.split(": ")[:2] for line in lines] == [
        ["acme.yaml", "status"],
        ["acme.yaml", "attribution[0].lookback_days"],
        ["acme.yaml", "attribution[0].half_life_days"],
        ["beta.yaml", "currency"],
    ]


def test_a_slug_that_is_not_the_files_name_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, ACME, "other.yaml") == [
        "other.yaml: slug: must equal the file's name other, got 'acme'; a renamed slug is another tenant"
    ]


def test_two_files_with_one_slug_are_both_named(tmp_path: Path) -> None:
    write(tmp_path, ACME)
    assert f"other.yaml: slug: acme is also the slug of {tmp_path}/acme.yaml" in faults(tmp_path, ACME, "other.yaml")


def test_a_yml_file_is_refused_rather_than_overlooked(tmp_path: Path) -> None:
    assert faults(tmp_path, ACME, "acme.yml") == ["acme.yml: must end in .yaml; rename it to acme.yaml"]


def test_a_key_written_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, ACME + "currency: USD\n")
    assert fault == "acme.yaml: line 5, column 1: currency is written twice; keep one"


@pytest.mark.parametrize("text", ["", "- acme\n", "acme\n"])
def test_a_file_that_is_not_a_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text) == [
        "acme.yaml: must be a mapping of fields that begins with slug: and the file's name"
    ]


def test_broken_yaml_is_refused_with_its_place(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, ACME + "readers: [a\n")
    assert fault.startswith("acme.yaml: line 6, column 1: ")


def test_bytes_that_are_not_utf8_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_bytes(b"slug: \xff\xfe\n")
    with pytest.raises(InvalidTenantFiles, match=r"acme\.yaml: "):
        read_tenant_files(tmp_path)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getcwd []", "!secret x"])
def test_a_tag_that_would_make_an_object_is_refused(tmp_path: Path, tag: str) -> None:
    (fault,) = faults(tmp_path, f"{ACME}brand: {tag}\n")
    assert "could not determine a constructor" in fault


def test_a_folder_that_does_not_exist_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nowhere: no such folder of tenant files; name it, or set TENANTS_DIR"):
        read_tenant_files(tmp_path / "nowhere")


def test_a_day_begins_at_midnight_of_the_tenants_zone(tmp_path: Path) -> None:
    write(tmp_path, ACME)
    (tenant,) = read_tenant_files(tmp_path)
    assert tenant.first_instant_of(date(2026, 3, 1)) == datetime(2026, 2, 28, 23, tzinfo=UTC)


def test_a_destinations_instant_without_offset_is_utc(tmp_path: Path) -> None:
    entry = "{destination_id: ga, destination: ga4, conn_id: x, send_from: 2026-03-01T06:00:00}"
    write(tmp_path, f"{ACME}destinations: [{entry}]\n")
    (tenant,) = read_tenant_files(tmp_path)
    assert tenant.first_instant_of(tenant.destinations[0].send_from) == datetime(2026, 3, 1, 6, tzinfo=UTC)
