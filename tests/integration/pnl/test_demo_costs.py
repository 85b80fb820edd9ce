"""The demo world's unit costs: the same for everybody, in force by time, and missing where nobody entered them."""

from itertools import pairwise

import pytest

from sandbox.world.product_costs import main, unit_costs
from sandbox.world.profiles import NORTHWIND_OUTDOOR, SAKURA_GOODS
from tests.integration.conftest import Database
from tests.integration.pnl.pnl_shop import shop_in


def test_a_demo_shops_costs_are_stored_once_and_changed_by_no_second_run(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop_in(database)
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    assert main(["--tenant", SAKURA_GOODS.slug]) == 0
    assert main(["--tenant", SAKURA_GOODS.slug]) == 0
    first, second = capsys.readouterr().out.splitlines()
    number = len(list(unit_costs(SAKURA_GOODS, 7)))
    assert (first, second) == (f"sakura-goods: {number} unit costs stored", "sakura-goods: 0 unit costs stored")
    assert main(["--tenant", "nobody"]) == 2


def test_every_product_but_two_has_one_cost_at_every_instant_and_some_changed_it() -> None:
    costs = list(unit_costs(NORTHWIND_OUTDOOR, 7))
    by_sku: dict[str, list[tuple[object, object]]] = {}
    for cost in costs:
        by_sku.setdefault(cost.sku, []).append((cost.valid_from, cost.valid_to))
    assert len(by_sku) == 78
    for spans in by_sku.values():
        assert spans[-1][1] is None
        assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert {len(spans) for spans in by_sku.values()} == {1, 2}
    assert costs == list(unit_costs(NORTHWIND_OUTDOOR, 7))
