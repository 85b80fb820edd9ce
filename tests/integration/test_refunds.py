"""Refunds take credit back on the weights of the sale, whenever and in whatever order they arrive."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from include.ids import stable_id
from include.orders.row_ids import order_id_of
from include.orders.state import RefundState, ShopStates
from include.orders.upsert import upsert_shop_states
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING
from tests.integration.conftest import Database
from tests.integration.credited_shop import MODELS, Shop, tenant_with

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    made = Shop(database, tenant_with(), tmp_path)
    made.empty()
    made.query("delete from analytics.refunds where tenant_id = %(tenant_id)s")
    made.query("delete from analytics.restate_queue where tenant_id = %(tenant_id)s")
    return made


def touch(name: str, at: datetime) -> dict[str, str]:
    return {"touch_id": name, "visitor_id": "phone", "occurred_at": at.isoformat(), "channel": "Email"}


def order(name: str, **changes: str) -> dict[str, str]:
    return {
        "order_id": name,
        "placed_at": NOON.isoformat(),
        "currency": "USD",
        "total": "10.01",
        "visitor_id": "phone",
        **changes,
    }


def refund(shop: Shop, name: str, of: str, amount: int, at: datetime, *, tax: int = 0) -> None:
    """Let the shop tell of a refund."""
    states = ShopStates()
    states.add(
        RefundState(
            refund_id=stable_id(shop.tenant.tenant_id, "refund", name),
            external_id=name,
            order_id=order_id_of(shop.tenant.tenant_id, of),
            refunded_at=at,
            currency="USD",
            goods_minor=amount,
            shipping_minor=0,
            tax_minor=tax,
            restocked=True,
            lines=(),
            updated_at=at,
            triggered_at=at,
            row_digest=amount,
        )
    )
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        upsert_shop_states(session, shop.tenant, states)


def net(shop: Shop, model: str) -> dict[int, int]:
    """Return each touch's credit with its adjustments."""
    column = f"amount_{model}_minor"
    totals: dict[int, int] = {}
    for table in ("attribution_credits", "credit_adjustments"):
        for row in shop.stored(table):
            totals[row["touchpoint_id"]] = totals.get(row["touchpoint_id"], 0) + row[column]
    return totals


def test_a_refund_after_two_hundred_days_moves_adjustments_and_days_but_no_credit_and_no_conversion(
    shop: Shop,
) -> None:
    shop.load([touch(f"touch-{number}", NOON - number * DAY) for number in range(3)], [order("order")])
    shop.credit()
    before = {table: rows for table, rows in shop.credit_stored().items() if table != "credit_adjustments"}
    refund(shop, "refund", "order", 1001, NOON + 200 * DAY)
    after = shop.credit_stored()
    adjustments = after.pop("credit_adjustments")
    assert after == before
    assert {(row["order_date"], row["refund_date"]) for row in adjustments} == {("2026-03-20", "2026-10-06")}
    for model in MODELS:
        assert set(net(shop, model).values()) == {0}
    days = shop.query(
        "select day::text from analytics.restate_queue where tenant_id = %(tenant_id)s and cause = 'refund' order by 1"
    )
    assert days == [{"day": "2026-03-20"}, {"day": "2026-10-06"}]


@pytest.mark.parametrize("early", [True, False])
def test_refunds_before_or_after_credit_in_any_order_leave_the_same_adjustments(shop: Shop, early: bool) -> None:
    def _sell() -> None:
        shop.load([touch(f"touch-{number}", NOON - number * DAY) for number in range(3)], [order("order")])
        shop.credit()

    if not early:
        _sell()
    refund(shop, "second", "order", 500, NOON + 9 * DAY)
    refund(shop, "first", "order", 1, NOON + 2 * DAY)
    if early:
        _sell()
    taken = {}
    for row in shop.stored("credit_adjustments"):
        if amount := row["amount_linear_minor"]:
            taken.setdefault(row["refund_date"], []).append(amount)
    assert sorted(taken.pop("2026-03-22")) == [-1]
    assert sorted(taken.pop("2026-03-29")) == [-167, -167, -166]
    assert not taken
    assert sum(net(shop, "linear").values()) == 500


def test_tax_beside_the_price_goes_back_with_the_goods(shop: Shop) -> None:
    shop.load([touch("touch", NOON - DAY)], [order("order")])
    shop.credit()
    refund(shop, "refund", "order", 900, NOON + DAY, tax=101)
    assert set(net(shop, "linear").values()) == {0}


def test_a_late_touch_rewrites_the_adjustments_on_the_new_weights(shop: Shop) -> None:
    shop.load([touch("touch", NOON - DAY)], [order("order")])
    shop.credit()
    refund(shop, "refund", "order", 1000, NOON + DAY)
    shop.load([touch("late", NOON - 2 * DAY)])
    shop.credit()
    assert sorted(row["amount_linear_minor"] for row in shop.stored("credit_adjustments")) == [-500, -500]
    assert sorted(net(shop, "linear").values()) == [0, 1]


def test_a_refunded_and_cancelled_order_is_adjusted_to_zero_once(shop: Shop) -> None:
    cancelled = order("order", cancelled_at=(NOON + 2 * DAY).isoformat())
    shop.load([touch("touch", NOON - DAY), touch("other", NOON - 2 * DAY)], [cancelled])
    shop.credit()
    refund(shop, "before", "order", 301, NOON + DAY)
    refund(shop, "after", "order", 700, NOON + 3 * DAY)
    for model in MODELS:
        assert set(net(shop, model).values()) == {0}
    assert {row["refund_date"] for row in shop.stored("credit_adjustments")} == {"2026-03-21", "2026-03-22"}


def test_a_refund_of_an_unattributed_order_is_taken_from_the_unattributed(shop: Shop) -> None:
    shop.load(orders=[order("order")])
    shop.credit()
    refund(shop, "refund", "order", 400, NOON + DAY)
    (row,) = shop.stored("credit_adjustments")
    assert row["touchpoint_id"] == 0
    assert {row[f"amount_{model}_minor"] for model in MODELS} == {-400}


def test_the_same_refund_told_again_writes_nothing(shop: Shop) -> None:
    shop.load([touch("touch", NOON - DAY)], [order("order")])
    shop.credit()
    refund(shop, "refund", "order", 400, NOON + DAY)
    before = shop.versions()
    refund(shop, "refund", "order", 400, NOON + DAY)
    shop.credit_anew()
    assert shop.versions() == before


def test_orders_of_an_excluded_sales_channel_stay_unattributed_with_that_reason(
    database: Database, tmp_path: Path
) -> None:
    tenant = tenant_with((FROM_THE_BEGINNING, AttributionSettings(excluded_sources=("pos",))))
    shop = Shop(database, tenant, tmp_path)
    shop.empty()
    shop.load([touch("touch", NOON - DAY)], [order("counter"), order("web")])
    shop.query(
        "update analytics.orders set source_name = external_id where tenant_id = %(tenant_id)s",
    )
    shop.query("update analytics.orders set source_name = 'pos' where source_name = 'counter'")
    shop.credit()
    found = {name: (row["status"], row["reason"]) for name, row in shop.conversions().items()}
    assert found == {"counter": ("unattributed", "excluded_source"), "web": ("attributed", None)}
    before = shop.versions()
    shop.load([touch("late", NOON - 2 * DAY)])
    shop.credit()
    reopened = shop.query("select conversion_id from analytics.conversion_audit where tenant_id = %(tenant_id)s")
    assert [row["conversion_id"] for row in reopened] == [shop.conversions()["web"]["conversion_id"]]
    assert before != shop.versions()


def test_a_conversion_whose_only_touches_lack_consent_says_so(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tenant_with(), tmp_path)
    shop.empty()
    shop.load(orders=[order("order")])
    shop.credit()
    assert shop.conversions()["order"]["reason"] == "no_touch_in_window"
    shop.load([{**touch("denied", NOON - DAY), "consent": "denied"}])
    shop.credit()
    assert shop.conversions()["order"]["reason"] == "consent_denied"
    shop.load([{**touch("denied", NOON - DAY), "consent": "granted"}])
    shop.credit()
    assert shop.conversions()["order"]["status"] == "attributed"
