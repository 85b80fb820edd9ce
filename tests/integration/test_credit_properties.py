"""What holds for stored credit whatever a shop's touches and orders are and however they arrive."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, Tenant
from tests.integration.conftest import Database
from tests.integration.credited_shop import MODELS, Shop, tenant_with

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
EXAMPLES = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

CUSTOMERS = st.sampled_from(["", "", "anna", "ben", "cleo"])
VISITORS = ["phone", "laptop", "tablet", "kiosk"]
ORDER_DELAYS = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(hours=3), timedelta(days=7)])
AGES = st.sampled_from(
    [
        timedelta(0),
        timedelta(seconds=10),
        timedelta(seconds=30),
        timedelta(seconds=31),
        timedelta(hours=3, microseconds=1),
        timedelta(days=1),
        timedelta(days=7),
        timedelta(days=7, microseconds=1),
        timedelta(days=30),
        timedelta(days=30, microseconds=1),
        timedelta(days=-1),
    ]
)
TENANTS = st.sampled_from(
    [
        tenant_with(),
        tenant_with(
            (FROM_THE_BEGINNING, AttributionSettings()),
            (NOON + timedelta(hours=3), AttributionSettings(lookback_days=7, direct="keep", view_weight=0.5)),
        ),
        tenant_with((FROM_THE_BEGINNING, AttributionSettings(max_visitors_per_customer=2, consent="require_granted"))),
    ]
)


@dataclass(frozen=True)
class World:
    """Rows of a shop, and the load (0, 1 or 2) that brings each."""

    tenant: Tenant
    touches: tuple[tuple[int, dict[str, str]], ...]
    orders: tuple[tuple[int, dict[str, str]], ...]

    def load(self, shop: Shop, number: int | None = None) -> None:
        """Import the rows of one load, or all of them at once."""
        shop.load(
            [row for load, row in self.touches if number in (None, load)],
            [row for load, row in self.orders if number in (None, load)],
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    load = st.integers(0, 2)
    touches = [
        (
            draw(load),
            {
                "touch_id": f"touch-{number}",
                "visitor_id": draw(st.sampled_from(VISITORS)),
                "customer_id": draw(CUSTOMERS),
                "occurred_at": (NOON - draw(AGES)).isoformat(),
                "type": draw(st.sampled_from(["click", "click", "view", "survey"])),
                "channel": draw(st.sampled_from(["Direct", "Email", "Paid Social"])),
                "campaign": draw(st.sampled_from(["", "spring"])),
                "consent": draw(st.sampled_from(["granted", "granted", "denied", ""])),
            },
        )
        for number in range(draw(st.integers(0, 12)))
    ]
    orders = []
    for number in range(draw(st.integers(1, 5))):
        placed_at = NOON + draw(ORDER_DELAYS)
        cancelled_at = (placed_at + timedelta(days=1)).isoformat() if draw(st.booleans()) else ""
        order = {
            "order_id": f"order-{number}",
            "placed_at": placed_at.isoformat(),
            "customer_id": draw(CUSTOMERS),
            "visitor_id": draw(st.sampled_from(["", *VISITORS])),
            "currency": draw(st.sampled_from(["USD", "USD", "USD", "EUR"])),
            "total": draw(st.sampled_from(["0.00", "0.01", "0.02", "99.99", "1234.56"])),
            "financial_status": draw(st.sampled_from(["paid", "paid", "refunded", "pending"])),
            "cancelled_at": cancelled_at,
        }
        orders.append((draw(load), order))
    return World(draw(TENANTS), tuple(touches), tuple(orders))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("credit")


@contextmanager
def opened(database: Database, world: World, folder: Path) -> Iterator[Shop]:
    shop = Shop(database, world.tenant, folder)
    try:
        yield shop
    finally:
        shop.empty()


@contextmanager
def credited(database: Database, world: World, folder: Path) -> Iterator[Shop]:
    """Yield a shop whose rows came in one load and are credited."""
    with opened(database, world, folder) as shop:
        world.load(shop)
        shop.credit()
        yield shop


@given(worlds())
@EXAMPLES
def test_any_split_into_loads_gives_the_credit_of_one_load(database: Database, folder: Path, world: World) -> None:
    with opened(database, world, folder) as shop:
        for number in range(3):
            world.load(shop, number)
            shop.credit(f"run-{number}")
        step_by_step = shop.credit_stored()
    with credited(database, world, folder) as shop:
        assert step_by_step == shop.credit_stored()


@given(worlds())
@EXAMPLES
def test_crediting_unchanged_input_again_writes_no_row(database: Database, folder: Path, world: World) -> None:
    with credited(database, world, folder) as shop:
        before = shop.versions()
        results = shop.credit_anew()
        assert shop.versions() == before
    assert [result.changed for result in results] == [False, False]


@given(worlds())
@EXAMPLES
def test_stored_weights_sum_to_one_and_amounts_to_the_value(database: Database, folder: Path, world: World) -> None:
    with credited(database, world, folder) as shop:
        credit, conversions = shop.credit_by_order(), shop.conversions()
    attributed = {name for name, row in conversions.items() if row["status"] == "attributed"}
    assert set(credit) == attributed
    for name, rows in credit.items():
        assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
        for model in MODELS:
            assert sum(row[f"attribution_{model}"] for row in rows) == pytest.approx(1, abs=1e-12)
            assert sum(row[f"amount_{model}_minor"] for row in rows) == conversions[name]["value_minor"]


@given(worlds())
@EXAMPLES
def test_every_conversion_reads_as_amounts_by_channel_that_sum_to_its_value(
    database: Database, folder: Path, world: World
) -> None:
    with credited(database, world, folder) as shop:
        rows = shop.query("select * from analytics.v_conversion_attribution where tenant_id = %(tenant_id)s")
    for row in rows:
        for model in MODELS:
            by_channel = row[f"attribution_{model}"]
            if row["status"] == "attributed":
                assert sum(by_channel.values()) == row["value_minor"]
            elif row["status"] == "unattributed":
                assert by_channel == {"(unattributed)": row["value_minor"]}
            else:
                assert by_channel is None


@given(worlds(), st.integers(0, 2), st.booleans())
@EXAMPLES
def test_lost_credit_rows_are_restored_by_crediting_their_days_again(
    database: Database, folder: Path, world: World, third: int, all_gone: bool
) -> None:
    with credited(database, world, folder) as shop:
        before = shop.credit_stored()
        lost = "true" if all_gone else f"touchpoint_id %% 3 = {third}"
        shop.query(f"delete from analytics.attribution_credits where tenant_id = %(tenant_id)s and {lost}")
        shop.credit_anew()
        assert shop.credit_stored() == before
