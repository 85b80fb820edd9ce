"""A public sample that nobody here wrote: imported as any shop's files are, its published paths come out.

The sample is sessions and conversions of a real web shop with the path of every conversion (its README names source and
licence). It is not part of the repository: EXTERNAL_DATA names the folder that holds it.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from include.ids import tenant_id_of
from include.imports.load import Imported, import_orders, import_touchpoints
from include.jobs.process_attribution import process_attribution
from include.jobs.request import JobRequest
from include.money import to_minor_units
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom, Tenant
from tests.integration.conftest import Database

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLE = Path(os.environ.get("EXTERNAL_DATA") or CHECKOUT.parent / "shared" / "data") / "fractribution"
NOW = datetime(2022, 8, 1, tzinfo=UTC)

# Sample's channel, source, medium -> our channel, and why. The same table is in docs/import.md.
DIFFERENCES = {
    ("Organic_Search", "google", "organic"): ("Organic Search", "same group, written with a space"),
    ("Paid_Search_Other", "google", "cpc"): ("Paid Search", "GA4 does not split paid search by brand"),
    ("Video", "youtube.com", "referral"): ("Organic Video", "GA4 splits video into paid and organic"),
    ("Referral", "quora.com", "referral"): ("Organic Social", "quora.com is a social site in GA4's list"),
    ("Unmatched_Channel", "Partners", "affiliate"): ("Affiliates", "medium affiliate is GA4's Affiliates"),
}
SAME = {
    ("Direct", "(direct)", "(none)"),
    ("Referral", "support.google.com", "referral"),
    ("Referral", "analytics.google.com", "referral"),
}

Credit = tuple[str, int, int, int, int]
"""Channel of a touch, and its first, last, linear and position-based amounts in minor units."""


@pytest.fixture(autouse=True)
def _sample() -> None:
    if not SAMPLE.is_dir():
        pytest.skip(f"EXTERNAL_DATA names no folder with fractribution: {SAMPLE} is absent")


def sample(name: str) -> list[dict[str, str]]:
    with (SAMPLE / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(path: Path, rows: Iterator[dict[str, str]]) -> Path:
    written = list(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(written[0]))
        writer.writeheader()
        writer.writerows(written)
    return path


def touchpoints(*, with_channel: bool) -> Iterator[dict[str, str]]:
    for session in sample("sessions_by_customer_id"):
        person, fields = session["customer_id"], {name: session[name] for name in ("source", "medium", "campaign")}
        channel = {"channel": session["channel"]} if with_channel else {}
        occurred_at = session["visit_start_tstamp"]
        yield {"visitor_id": person, "customer_id": person, "occurred_at": occurred_at, **fields, **channel}


def orders() -> Iterator[dict[str, str]]:
    for order in sample("conversions_by_customer_id"):
        person = order["customer_id"]
        yield {
            "order_id": person,
            "customer_id": person,
            "placed_at": order["conversion_tstamp"],
            "currency": "GBP",
            "total": order["revenue"],
        }


def import_sample(database: Database, slug: str, folder: Path, *, with_channel: bool) -> list[Imported]:
    settings = SettingsFrom(FROM_THE_BEGINNING, AttributionSettings(direct="keep"))
    tenant = Tenant(tenant_id_of(slug), slug, slug, "active", "Europe/London", "GBP", "analytics_db", (settings,))
    touches = write(folder / "touchpoints.csv", touchpoints(with_channel=with_channel))
    imported = [
        import_touchpoints(database.jobs_url, tenant, touches, NOW, lambda _: None),
        import_orders(database.jobs_url, tenant, write(folder / "orders.csv", orders()), NOW, lambda _: None),
    ]
    with tenant_transaction(database.jobs_url, tenant.tenant_id) as session:
        process_attribution(session, {}, tenant, JobRequest("process_attribution", "external", NOW))
    return imported


def credits_of(database: Database, slug: str) -> dict[str, list[Credit]]:
    """Return the credited touches of every order, oldest first."""
    with psycopg.connect(database.superuser_url) as connection:
        rows = connection.execute(
            "select orders.external_id, channel, amount_first_minor, amount_last_minor, amount_linear_minor,"
            " amount_position_minor from analytics.attribution_credits as credits"
            " join analytics.touchpoints using (tenant_id, touchpoint_id)"
            " join analytics.conversions using (tenant_id, conversion_id)"
            " join analytics.orders using (tenant_id, order_id)"
            " where tenant_id = %s order by orders.external_id, position",
            (tenant_id_of(slug),),
        ).fetchall()
    found: dict[str, list[Credit]] = {}
    for order, *credit in rows:
        found.setdefault(order, []).append(tuple(credit))
    return found


def split(total: int, weights: list[int]) -> list[int]:
    """Return total in the proportion of whole weights; a remainder goes to the earlier of equal fractions."""
    whole = [total * weight // sum(weights) for weight in weights]
    fractions = sorted(range(len(weights)), key=lambda place: (-(total * weights[place] % sum(weights)), place))
    for place in fractions[: total - sum(whole)]:
        whole[place] += 1
    return whole


def by_hand(path: list[str], total: int) -> list[Credit]:
    """Return the credit that the four rules give to a published path; its longest has three touches."""
    place_weights = {1: [1], 2: [1, 1], 3: [2, 1, 2]}[len(path)]
    only_first = [total] + [0] * (len(path) - 1)
    linear, position = split(total, [1] * len(path)), split(total, place_weights)
    return list(zip(path, only_first, only_first[::-1], linear, position, strict=True))


def test_the_samples_own_channels_give_the_published_path_and_credit_of_every_conversion(
    database: Database, tmp_path: Path
) -> None:
    touches, conversions = import_sample(database, "sample", tmp_path, with_channel=True)
    published = {row["customer_id"]: row for row in sample("paths_to_conversion")}

    found = credits_of(database, "sample")

    assert (touches.new, conversions.new) == (97, 6)
    assert not touches.quarantined.rows
    assert not conversions.quarantined.rows
    assert {order: " > ".join(credit[0] for credit in rows) for order, rows in found.items()} == {
        order: row["path"] for order, row in published.items()
    }
    assert found == {
        order: by_hand(row["path"].split(" > "), to_minor_units(row["revenue"], "GBP"))
        for order, row in published.items()
    }


def test_our_channels_differ_from_the_samples_only_where_the_table_explains_it(
    database: Database, tmp_path: Path
) -> None:
    import_sample(database, "grouped", tmp_path, with_channel=False)
    kinds = Counter((row["channel"], row["source"], row["medium"]) for row in sample("sessions_by_customer_id"))
    expected: Counter[tuple[str, str, str]] = Counter()
    for (channel, source, medium), sessions in kinds.items():
        kind = (channel, source, medium)
        ours = DIFFERENCES[kind][0] if kind not in SAME else channel
        expected[ours, source, medium] += sessions

    with psycopg.connect(database.superuser_url) as connection:
        rows = connection.execute(
            "select channel, source, medium, count(*) from analytics.touchpoints where tenant_id = %s group by 1, 2, 3",
            (tenant_id_of("grouped"),),
        ).fetchall()

    assert {tuple(row[:3]): row[3] for row in rows} == expected
    assert set(DIFFERENCES) | SAME == set(kinds), "the table names a kind of session that the sample does not have"


def test_the_document_explains_the_same_differences() -> None:
    document = (CHECKOUT / "docs" / "import.md").read_text(encoding="utf-8")
    table = document.split("## Held to a sample")[1].split("|---|---|---|---|\n")[1]

    assert table.splitlines() == [
        f"| {source} / {medium} | {theirs} | {ours} | {why} |"
        for (theirs, source, medium), (ours, why) in DIFFERENCES.items()
    ]


def test_our_channels_leave_every_path_as_long_and_as_valuable(database: Database, tmp_path: Path) -> None:
    import_sample(database, "renamed", tmp_path, with_channel=False)
    ours = {(channel, renamed) for (channel, _, _), (renamed, _) in DIFFERENCES.items()}

    found = credits_of(database, "renamed")

    for row in sample("paths_to_conversion"):
        path = row["path"].split(" > ")
        credit = found[row["customer_id"]]
        assert [amounts[1:] for amounts in credit] == [
            amounts[1:] for amounts in by_hand(path, to_minor_units(row["revenue"], "GBP"))
        ]
        assert all(there == here[0] or (there, here[0]) in ours for there, here in zip(path, credit, strict=True))
