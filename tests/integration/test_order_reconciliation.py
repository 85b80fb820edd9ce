"""attribution_order_reconciliation on a real database: each kind of damage is found, named, and repaired for good."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from include.jobs.order_reconciliation import order_reconciliation
from tests.integration.conftest import Database
from tests.integration.credited_shop import NOW, Shop, tenant_with
from tests.integration.stepped_job import run_job
from tests.integration.test_credit_properties import World, worlds

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING = {
    "orders_without_conversion": 0,
    "conversions_differing": 0,
    "credit_missing": 0,
    "credit_not_summing": 0,
    "credit_orphaned": 0,
    "edits_waiting": 0,
    "quarantine_open": 0,
}
OF_TENANT = "where tenant_id = %(tenant_id)s"


def touch(name: str, at: datetime, visitor: str = "phone") -> dict[str, str]:
    row = {"touch_id": name, "visitor_id": visitor, "occurred_at": at.isoformat(), "channel": "Email"}
    return {**row, "campaign": name}


def order(name: str, at: datetime, visitor: str = "phone", **columns: str) -> dict[str, str]:
    row = {"order_id": name, "visitor_id": visitor, "placed_at": at.isoformat(), "currency": "USD", "total": "10.01"}
    return {**row, **columns}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    """A credited shop: orders earned by three touches, cancelled, of nobody, unpaid, in euros."""
    made = Shop(database, tenant_with(), tmp_path)
    made.load(
        [touch(f"touch-{number}", NOON - number * DAY) for number in range(3)],
        [
            order("earned", NOON),
            order("free", NOON, total="0.00"),
            order("cancelled", NOON, cancelled_at=(NOON + DAY).isoformat()),
            order("lonely", NOON, "kiosk"),
            order("unpaid", NOON, financial_status="pending"),
            order("euros", NOON, currency="EUR"),
        ],
    )
    made.credit()
    yield made
    made.empty()
    made.query(f"delete from analytics.awaited_edits {OF_TENANT}")


def order_id(shop: Shop, name: str) -> str:
    (row,) = shop.query(f"select order_id from analytics.orders {OF_TENANT} and external_id = '{name}'")
    return str(row["order_id"])


def causes(shop: Shop) -> list[tuple[str, str | None]]:
    rows = shop.query(f"select cause, detail->>'finding' as finding from analytics.conversion_audit {OF_TENANT}")
    return [(row["cause"], row["finding"]) for row in rows]


def expect_repaired(shop: Shop, found: dict[str, int], before: dict[str, object]) -> None:
    """Expect a reconciliation to count what is found, and crediting after it to leave everything as it was."""
    result = run_job(shop, order_reconciliation)
    assert result.counts == NOTHING | found
    assert result.changed
    shop.credit()
    assert shop.credit_stored() == before
    again = run_job(shop, order_reconciliation)
    assert (again.counts, again.changed) == (NOTHING, False)


def test_a_healthy_tenant_is_read_and_not_written(shop: Shop) -> None:
    before = shop.versions()
    result = run_job(shop, order_reconciliation)
    assert result.counts == NOTHING
    assert not result.changed
    assert shop.versions() == before
    assert causes(shop) == []


@given(worlds())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_that_loads_and_credit_leave_behind_is_a_finding(
    database: Database, tmp_path_factory: pytest.TempPathFactory, world: World
) -> None:
    shop = Shop(database, world.tenant, tmp_path_factory.mktemp("shop"))
    try:
        for number in range(3):
            world.load(shop, number)
            if number != 1:
                shop.credit()
            assert run_job(shop, order_reconciliation).counts == NOTHING
    finally:
        shop.empty()


@pytest.mark.parametrize("name", ["earned", "cancelled", "lonely", "euros"])
def test_an_order_without_a_conversion_gets_one(shop: Shop, name: str) -> None:
    before = shop.credit_stored()
    conversion = order_id(shop, name)
    for table in ("conversions", "attribution_credits", "credit_adjustments"):
        shop.query(f"delete from analytics.{table} {OF_TENANT} and conversion_id = {conversion}")
    expect_repaired(shop, {"orders_without_conversion": 1}, before)


@pytest.mark.parametrize("name", ["earned", "cancelled"])
def test_a_lost_conversion_is_replaced_and_its_left_over_credit_does_not_stand_in_the_way(
    shop: Shop, name: str
) -> None:
    before = shop.credit_stored()
    shop.query(f"delete from analytics.conversions {OF_TENANT} and conversion_id = {order_id(shop, name)}")
    expect_repaired(shop, {"orders_without_conversion": 1, "credit_orphaned": 1}, before)


@pytest.mark.parametrize(
    "damage",
    [
        "value_minor = 999",
        "currency = 'EUR', status = 'pending', next_attempt_at = 'infinity'",
        "occurred_at = occurred_at - interval '3 days'",
        "cancelled_at = occurred_at",
        "visitor_id = null",
        "status = 'excluded', reason = 'test_order'",
    ],
)
def test_a_conversion_that_is_not_what_its_order_says_is_settled_anew(shop: Shop, damage: str) -> None:
    before = shop.credit_stored()
    conversion = order_id(shop, "earned")
    shop.query(f"update analytics.conversions set {damage} {OF_TENANT} and conversion_id = {conversion}")
    expect_repaired(shop, {"conversions_differing": 1}, before)


def test_a_conversion_of_an_order_that_is_not_paid_is_excluded(shop: Shop) -> None:
    shop.query(f"update analytics.orders set financial_status = 'voided' {OF_TENANT} and external_id = 'earned'")
    assert run_job(shop, order_reconciliation).counts == NOTHING | {"conversions_differing": 1}
    earned = shop.conversions()["earned"]
    assert (earned["status"], earned["reason"]) == ("excluded", "not_paid")
    assert "earned" not in shop.credit_by_order()


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("delete from analytics.attribution_credits {}", "credit_missing"),
        ("delete from analytics.attribution_credits {} and position = 2", "credit_not_summing"),
        *(
            (
                f"update analytics.attribution_credits set amount_{model}_minor = amount_{model}_minor + 1"
                " {} and position = 1",
                "credit_not_summing",
            )
            for model in ("first", "last", "linear", "time_decay", "position")
        ),
    ],
)
def test_credit_that_is_lost_or_does_not_sum_is_opened_again_and_written_anew(
    shop: Shop, damage: str, finding: str
) -> None:
    before = shop.credit_stored()
    shop.query(damage.format(f"{OF_TENANT} and conversion_id = {order_id(shop, 'earned')}"))
    expect_repaired(shop, {finding: 1}, before)
    assert causes(shop) == [("reconciliation", finding)]


def test_a_lost_row_of_an_order_that_is_worth_nothing_is_found_by_its_weight(shop: Shop) -> None:
    before = shop.credit_stored()
    shop.query(
        f"delete from analytics.attribution_credits {OF_TENANT} and position = 3"
        f" and conversion_id = {order_id(shop, 'free')}"
    )
    expect_repaired(shop, {"credit_not_summing": 1}, before)


@pytest.mark.parametrize("owner", ["lonely", "unpaid", "nobody"])
def test_credit_of_a_conversion_that_has_none_is_deleted(shop: Shop, owner: str) -> None:
    before = shop.credit_stored()
    conversion = "1" if owner == "nobody" else order_id(shop, owner)
    shop.query(
        "insert into analytics.attribution_credits (tenant_id, conversion_id, touchpoint_id, position, row_digest)"
        f" values (%(tenant_id)s, {conversion}, 1, 1, 1)"
    )
    result = run_job(shop, order_reconciliation)
    assert result.counts == NOTHING | {"credit_orphaned": 1}
    assert not result.changed
    assert shop.credit_stored() == before


@pytest.mark.parametrize("owner", ["unpaid", "nobody"])
def test_adjustments_of_a_conversion_that_has_none_are_deleted(shop: Shop, owner: str) -> None:
    before = shop.credit_stored()
    conversion = "1" if owner == "nobody" else order_id(shop, owner)
    shop.query(
        "insert into analytics.credit_adjustments"
        " (tenant_id, conversion_id, touchpoint_id, refund_id, order_date, refund_date)"
        f" values (%(tenant_id)s, {conversion}, 0, 0, '2026-03-20', '2026-03-20')"
    )
    assert run_job(shop, order_reconciliation).counts == NOTHING | {"credit_orphaned": 1}
    assert shop.credit_stored() == before


def test_a_conversion_that_waits_keeps_its_old_credit_until_it_is_credited(shop: Shop) -> None:
    shop.load([touch("late", NOON - 5 * DAY)])
    before = shop.credit_stored()
    assert "pending" in {row["status"] for row in before["conversions"]}
    assert run_job(shop, order_reconciliation).counts == NOTHING
    assert shop.credit_stored() == before


def test_input_that_waits_in_quarantine_is_counted(shop: Shop) -> None:
    for quarantine_id, resolved_at in ((1, "null"), (2, "null"), (3, "now()")):
        shop.query(
            "insert into analytics.quarantine (tenant_id, quarantine_id, source, ref, reason, payload, resolved_at)"
            f" values (%(tenant_id)s, {quarantine_id}, 'import:orders', 'line 2', 'bad', '', {resolved_at})"
        )
    assert run_job(shop, order_reconciliation).counts == NOTHING | {"quarantine_open": 2}


def test_edits_whose_result_has_not_arrived_are_counted(shop: Shop) -> None:
    shop.query(
        "insert into analytics.awaited_edits (tenant_id, order_id, external_id, committed_at)"
        f" values (%(tenant_id)s, {order_id(shop, 'earned')}, 'earned', '{NOON.isoformat()}')"
    )
    assert run_job(shop, order_reconciliation).counts == NOTHING | {"edits_waiting": 1}


def test_orders_are_looked_at_from_sixty_local_days_ago_or_on_the_days_asked_for(shop: Shop) -> None:
    # New York's midnight of 30 January is 05:00 UTC.
    first = datetime(2026, 1, 30, 5, tzinfo=UTC)
    shop.load(orders=[order("inside", first), order("outside", first - timedelta(microseconds=1))])
    shop.credit()
    shop.query(f"delete from analytics.conversions {OF_TENANT} and occurred_at < '2026-02-01'")
    result = run_job(shop, order_reconciliation)
    assert result.counts == NOTHING | {"orders_without_conversion": 1}
    assert (result.window_from, result.window_to) == (date(2026, 1, 30), date(2026, 4, 1))
    assert "outside" not in shop.conversions()
    asked = run_job(shop, order_reconciliation, date_from=date(2026, 1, 29), date_to=date(2026, 1, 30))
    assert asked.counts == NOTHING | {"orders_without_conversion": 1}
    assert (asked.window_from, asked.window_to) == (date(2026, 1, 29), date(2026, 1, 30))
    assert "outside" in shop.conversions()


def test_a_dry_reconciliation_counts_and_shows_and_writes_nothing(shop: Shop) -> None:
    earned, lonely = order_id(shop, "earned"), order_id(shop, "lonely")
    shop.query(f"delete from analytics.attribution_credits {OF_TENANT} and conversion_id = {earned}")
    shop.query(f"delete from analytics.conversions {OF_TENANT} and conversion_id = {lonely}")
    before = shop.versions()
    result = run_job(shop, order_reconciliation, now=NOW, dry_run=True)
    assert result.counts == NOTHING | {"orders_without_conversion": 1, "credit_missing": 1}
    assert not result.changed
    assert list(result.sample) == [
        {"order_id": int(lonely), "finding": "orders_without_conversion"},
        {"conversion_id": int(earned), "finding": "credit_missing"},
    ]
    assert shop.versions() == before
