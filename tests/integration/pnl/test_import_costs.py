"""A tenant's own unit costs from a CSV file."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from include.errors import InvalidInput
from include.imports.load import Imported, import_costs
from tests.integration.conftest import Database
from tests.integration.pnl.pnl_shop import NOW, PnlShop, shop_in


@pytest.fixture
def shop(database: Database) -> PnlShop:
    made = shop_in(database)
    made.execute("delete from analytics.quarantine where tenant_id = %s")
    return made


def load(
    shop: PnlShop, folder: Path, *rows: str, header: str = "sku,unit_cost,valid_from,valid_to,currency"
) -> Imported:
    path = folder / "costs.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return import_costs(shop.database.jobs_url, shop.tenant, path, NOW, lambda read: None)


def test_costs_are_the_tenants_own_from_the_local_day_on_and_a_second_import_changes_nothing(
    shop: PnlShop, tmp_path: Path
) -> None:
    rows = ("mug,3.50,2026-03-01,2026-03-15,", "mug,3.8,2026-03-15,,", "tea,350,2026-03-01T06:00:00Z,,JPY")
    first = load(shop, tmp_path, *rows)
    assert (first.read, first.new, first.changed, first.unchanged) == (3, 3, 0, 0)
    stored = shop.query("select * from analytics.product_costs where tenant_id = %s order by sku, valid_from")
    assert [(row["source"], row["sku"], row["unit_cost_minor"], row["currency"]) for row in stored] == [
        ("internal", "mug", 350, "USD"),
        ("internal", "mug", 380, "USD"),
        ("internal", "tea", 350, "JPY"),
    ]
    assert [row["valid_from"] for row in stored][1:] == [
        datetime(2026, 3, 15, tzinfo=UTC),
        datetime(2026, 3, 1, 6, tzinfo=UTC),
    ]
    shop.execute("delete from analytics.product_cost_changes where tenant_id = %s")
    again = load(shop, tmp_path, *rows)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)
    assert not shop.query("select 1 from analytics.product_cost_changes where tenant_id = %s")
    changed = load(shop, tmp_path, "mug,3.60,2026-03-15,,")
    assert (changed.new, changed.changed) == (0, 1)
    assert len(shop.query("select 1 from analytics.product_cost_changes where tenant_id = %s")) == 1


def test_rows_that_cannot_be_used_are_put_aside_by_reason_and_stop_nothing(shop: PnlShop, tmp_path: Path) -> None:
    imported = load(
        shop,
        tmp_path,
        "mug,3.505,2026-03-01,,",
        ",3.50,2026-03-01,,",
        "mug,3.50,spring,,",
        "mug,-1,2026-03-01,,",
        "mug,1,2026-03-01,2026-03-01,",
        "cup,1,2026-03-01,,",
        "cup,2,2026-03-01,,",
    )
    assert (imported.read, imported.new, imported.superseded, len(imported.quarantined.rows)) == (7, 1, 1, 5)
    reasons = [row["reason"] for row in shop.query("select reason from analytics.quarantine where tenant_id = %s")]
    assert sorted(reason.split(" ", 1)[0] for reason in reasons) == [
        "amount",
        "sku",
        "unit_cost",
        "valid_from",
        "valid_to",
    ]
    (cup,) = shop.query("select unit_cost_minor from analytics.product_costs where tenant_id = %s")
    assert cup["unit_cost_minor"] == 200


def test_a_file_without_a_required_column_is_refused_whole(shop: PnlShop, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="required column valid_from is missing"):
        load(shop, tmp_path, "mug,3.50", header="sku,unit_cost")
