"""A change of formulas or costs is shown old against new for the last full month, and writes nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from include.jobs.figure_changes import FigureChange, MonthLine, figure_change, main, show
from include.metrics.preferences import preset
from include.pnl.cost_settings import OperatingCost
from include.tenants import plan
from include.tenants.tenant import FROM_THE_BEGINNING, InForce
from tests.integration.conftest import Database
from tests.integration.pnl.pnl_shop import NOW, Piece, PnlShop, shop_in

FEBRUARY = datetime(2026, 2, 10, 12, tzinfo=UTC)


@pytest.fixture
def shop(database: Database) -> PnlShop:
    made = shop_in(database)
    made.cost("mug", 4000)
    order = made.order("one", datetime(2026, 1, 30, 12, tzinfo=UTC), [Piece("mug", 10000)])
    made.order("two", FEBRUARY, [Piece("mug", 10000)], shipping=500)
    made.refund(order, FEBRUARY, {"mug": (1, 10000)})
    return made


def changed(shop: PnlShop, **settings: object) -> FigureChange | None:
    return figure_change(shop.database.jobs_url, shop.tenant, replace(shop.tenant, **settings), NOW)  # type: ignore[arg-type]


def test_equal_settings_change_nothing(shop: PnlShop) -> None:
    assert changed(shop) is None


def test_the_last_full_month_is_computed_under_both_settings_whatever_day_the_new_ones_begin_on(
    shop: PnlShop,
) -> None:
    # The refund of January's order is February's under the one, January's under the other.
    future = datetime(2026, 5, 1, tzinfo=UTC)
    history = (
        InForce(FROM_THE_BEGINNING, preset("shopify_finance")),
        InForce(future, preset("triple_whale_like")),
    )
    change = changed(shop, formula_history=history)
    assert change is not None
    assert (change.first, change.whole_month) == (date(2026, 2, 1), True)
    assert (change.old["net_sales"], change.new["net_sales"]) == (MonthLine(0, 0), MonthLine(10500, 0))
    assert not shop.query("select 1 from analytics.pnl_daily where tenant_id = %s")


def test_a_change_of_the_past_alone_is_computed_day_by_day(shop: PnlShop) -> None:
    def rent(amount: int) -> OperatingCost:
        return OperatingCost("rent", "fixed", Decimal(amount), "day", date(2026, 2, 1), date(2026, 3, 1))

    shop.tenant = replace(shop.tenant, operating_costs=(rent(10),))
    change = changed(shop, operating_costs=(rent(12),))
    assert change is not None
    assert not change.whole_month
    assert change.old["operating_costs"] == MonthLine(-28000, 0)
    assert change.new["operating_costs"] == MonthLine(-33600, 0)
    assert change.switches == ("operating_costs",)


def test_a_cost_that_ends_later_is_compared_and_one_that_has_ended_is_not(shop: PnlShop) -> None:
    def cost(name: str, amount: int, until: date | None) -> OperatingCost:
        return OperatingCost(name, "fixed", Decimal(amount), "day", date(2026, 2, 10), until)

    ended = cost("fair", 5, date(2026, 3, 31))
    shop.tenant = replace(shop.tenant, operating_costs=(cost("lease", 10, date(2026, 4, 1)), ended))
    change = changed(shop, operating_costs=(cost("lease", 12, date(2026, 4, 1)), ended))
    assert change is not None
    assert change.whole_month
    assert (change.old["operating_costs"].minor, change.new["operating_costs"].minor) == (-28000, -33600)


def test_days_that_are_not_known_are_counted_beside_what_is(shop: PnlShop, capsys: pytest.CaptureFixture[str]) -> None:
    change = changed(shop, cost_history=())
    assert change is not None
    assert change.old["fulfilment"] == MonthLine(-650, 0)
    assert change.new["fulfilment"] == MonthLine(0, 1)
    show(change, Console(width=120, force_terminal=False))
    printed = capsys.readouterr().out
    assert "shop  ·  2026-02 by the newest settings of both  ·  USD" in printed
    assert any("fulfilment" in line and "0.00 (1 day not known)" in line for line in printed.splitlines())


def test_the_command_compares_the_files_with_what_is_stored(
    shop: PnlShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("jobs", "control", "admin"):
        variable = {"jobs": "ANALYTICS_DB_URL"}.get(name, f"ANALYTICS_{name.upper()}_URL")
        monkeypatch.setenv(variable, getattr(shop.database, f"{name}_url"))
    file = (
        "slug: acme\nname: Acme\ntimezone: UTC\ncurrency: USD\noperating_costs: [{name: rent, amount: %s, per: day}]\n"
    )
    (tmp_path / "acme.yaml").write_text(file % 10)
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    assert plan.main(["--apply", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    (tmp_path / "acme.yaml").write_text(file % 12)
    assert main([str(tmp_path)]) == 0
    assert "operating costs" in capsys.readouterr().out
