"""The webhook inbox against a real database: one state whatever arrives, nothing lost, nothing that blocks."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from include.ids import tenant_id_of
from include.imports.load import import_orders
from include.jobs import webhook_queue
from include.jobs.batch import Batch, run_batch
from include.jobs.due import tenants_with_work
from include.jobs.outcome import TenantOutcome
from include.jobs.request import JobRequest, JobResult
from include.jobs.webhook_queue import CLAIMED_AT_ONCE, MOST_CLAIMS, drain_webhooks
from include.orders.replay import replay
from include.storage.deadline import Deadline
from include.storage.leases import Holder
from include.storage.session import tenant_transaction
from include.storage.sql import statement
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom, Tenant
from tests.integration.conftest import Database
from tests.unit.orders.payloads import Json, body, edit, line, order, refund

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FIRST = datetime(2026, 3, 1, 9, 0, 5, tzinfo=UTC)
JOB = "attribution_webhook_queue"
STATE = (
    "orders",
    "order_lines",
    "order_context",
    "refunds",
    "awaited_edits",
    "conversions",
    "customers",
    "visitors",
    "visitor_identities",
)
WRITTEN_WHEN = ("loaded_at", "noted_at", "version")


@dataclass(frozen=True)
class Shop:
    """A tenant of its own, its inbox, and what its tables hold."""

    database: Database
    tenant: Tenant

    def receive(
        self, topic: str, document: Json | bytes, at: datetime | None = FIRST, webhook_id: str | None = None
    ) -> str:
        """Store a delivery as the receiver's role does; at is the header's time."""
        name = webhook_id or uuid.uuid4().hex
        with psycopg.connect(self.database.ingest_url) as connection:
            connection.execute("select set_config('app.tenant_id', %s, true)", (str(self.tenant.tenant_id),))
            connection.execute(
                statement("webhooks/insert_delivery"),
                {
                    "tenant_id": self.tenant.tenant_id,
                    "topic": topic,
                    "webhook_id": name,
                    "event_id": None,
                    "triggered_at": at,
                    "payload": document if isinstance(document, bytes) else body(document),
                },
            )
        return name

    def drain(self, *, dry_run: bool = False, deadline: Deadline | None = None) -> JobResult:
        """Run the job's steps until none follows, each in its own transaction."""
        request = JobRequest(JOB, "run", NOW, dry_run=dry_run)
        result, step = JobResult(), drain_webhooks
        while step is not None:
            with tenant_transaction(self.database.jobs_url, self.tenant.tenant_id, deadline) as session:
                result = result.followed_by(step(session, {}, self.tenant, request))
            step = result.then  # type: ignore[assignment]
        return result

    def claim(self) -> None:
        """Do what a task did that died right after its claim."""
        with tenant_transaction(self.database.jobs_url, self.tenant.tenant_id) as session:
            drain_webhooks(session, {}, self.tenant, JobRequest(JOB, "killed", NOW))

    def query(self, text: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.database.superuser_url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(text, {"tenant": self.tenant.tenant_id})
            return cursor.fetchall() if cursor.description else []

    def stored(self, table: str) -> list[dict[str, Any]]:
        rows = self.query(
            f"select to_jsonb(stored) as row from analytics.{table} as stored where tenant_id = %(tenant)s"
        )
        kept = [{name: value for name, value in row["row"].items() if name not in WRITTEN_WHEN} for row in rows]
        return sorted(kept, key=repr)

    def state(self) -> dict[str, list[dict[str, Any]]]:
        return {table: self.stored(table) for table in STATE}

    def inbox(self) -> dict[str, tuple[str, int]]:
        """Return status and attempts by webhook id."""
        rows = self.query("select * from analytics.webhook_inbox where tenant_id = %(tenant)s")
        return {row["webhook_id"]: (row["status"], row["attempts"]) for row in rows}

    def quarantine(self) -> list[dict[str, Any]]:
        return self.query("select * from analytics.quarantine where tenant_id = %(tenant)s order by ref")

    def empty(self) -> None:
        for table in (*STATE, "webhook_inbox", "quarantine", "conversion_audit"):
            self.query(f"delete from analytics.{table} where tenant_id = %(tenant)s")


def new_shop(database: Database) -> Shop:
    slug = f"shop-{uuid.uuid4().hex[:8]}"
    history = (SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),)
    return Shop(
        database, Tenant(tenant_id_of(slug), slug, slug, "active", "Europe/Paris", "EUR", "analytics_db", history)
    )


@pytest.fixture
def shop(database: Database) -> Shop:
    return new_shop(database)


def at(hours: float) -> datetime:
    return FIRST + timedelta(hours=hours)


def iso(hours: float) -> str:
    return at(hours).isoformat()


def test_a_webhook_becomes_an_order_with_lines_context_and_a_conversion_that_waits(shop: Shop) -> None:
    shop.receive("orders/create", order())
    result = shop.drain()
    assert (result.counts["received"], result.counts["orders_new"], result.counts["conversions_new"]) == (1, 1, 1)
    assert result.changed
    (stored,) = shop.stored("orders")
    assert (stored["external_id"], stored["total_minor"], stored["shipping_minor"]) == ("5400000000001", 4500, 500)
    assert (stored["name"], stored["gateway"], stored["taxes_included"]) == ("#1001", "shopify_payments", True)
    (conversion,) = shop.stored("conversions")
    assert (conversion["status"], conversion["value_minor"], conversion["is_new_customer"]) == ("pending", 4500, True)
    assert [row["sku"] for row in shop.stored("order_lines")] == ["SKU-1"]
    (context,) = shop.stored("order_context")
    assert context["consent"] == {"marketing": "granted", "sale_of_data": "denied"}
    assert len(context["identifiers"]["meta"]["em"]) == 64


def test_a_drained_inbox_is_done_and_a_second_run_finds_nothing(shop: Shop) -> None:
    name = shop.receive("orders/create", order())
    shop.drain()
    assert shop.inbox() == {name: ("done", 1)}
    before = shop.state()
    result = shop.drain()
    assert "received" not in result.counts
    assert not result.changed
    assert shop.state() == before


def test_a_redelivered_or_stale_webhook_changes_nothing(shop: Shop) -> None:
    shop.receive("orders/updated", order(updated_at=iso(2), name="#new"), at(2))
    shop.drain()
    before = shop.state()
    shop.receive("orders/create", order(updated_at=iso(0), name="#old", line_items=[line(sku="OLD")]), at(0))
    shop.receive("orders/updated", order(updated_at=iso(2), name="#new"), at(2))
    result = shop.drain()
    assert (result.counts["orders_new"], result.counts["orders_changed"], result.counts["orders_stale"]) == (0, 0, 2)
    assert not result.changed
    assert shop.state() == before


def test_of_states_of_the_same_second_the_one_sent_later_stands(shop: Shop) -> None:
    for name, sent in (("#second", 0.2), ("#first", 0.1)):
        shop.receive("orders/updated", order(updated_at=iso(0), name=name), at(sent))
        shop.drain()
    assert [row["name"] for row in shop.stored("orders")] == ["#second"]


def test_lines_and_context_are_replaced_whole_by_a_newer_state(shop: Shop) -> None:
    shop.receive("orders/create", order(line_items=[line(1), line(2)]))
    shop.drain()
    shop.receive("orders/updated", order(updated_at=iso(1), line_items=[line(2, sku="B")], browser_ip=None), at(1))
    shop.drain()
    assert [row["sku"] for row in shop.stored("order_lines")] == ["B"]
    assert [row["ip"] for row in shop.stored("order_context")] == ["203.0.113.41"]
    assert len(shop.stored("order_context")) == 1


def test_an_unpaid_order_opens_no_conversion_until_it_is_paid(shop: Shop) -> None:
    shop.receive("orders/create", order(financial_status="pending"))
    assert shop.drain().counts["conversions_new"] == 0
    shop.receive("orders/paid", order(updated_at=iso(1)), at(1))
    result = shop.drain()
    assert (result.counts["orders_changed"], result.counts["conversions_new"], result.changed) == (1, 1, True)


def test_a_refund_is_kept_before_its_order_is_known_and_after_a_state_without_it(shop: Shop) -> None:
    shop.receive("refunds/create", refund(), at(800))
    result = shop.drain()
    assert (result.counts["refunds_new"], result.changed) == (1, True)
    assert shop.stored("orders") == []
    shop.receive("orders/create", order(), at(0))
    shop.drain()
    (stored,) = shop.stored("refunds")
    (kept,) = shop.stored("orders")
    assert (stored["order_id"], stored["goods_minor"], stored["tax_minor"]) == (kept["order_id"], 2000, 333)
    assert stored["refunded_at"].startswith("2026-04-02T07:00")
    assert stored["lines"][0]["quantity"] == 1


def test_a_newer_state_of_a_refund_replaces_it_and_an_older_one_does_not(shop: Shop) -> None:
    shop.receive("orders/updated", order(updated_at="2026-04-03T00:00:00Z", refunds=[refund()]), at(800))
    shop.drain()
    corrected = refund(order_adjustments=[{"amount": "8.00", "tax_amount": "0.00", "kind": "refund_discrepancy"}])
    shop.receive("orders/updated", order(updated_at="2026-04-04T00:00:00Z", refunds=[corrected]), at(830))
    assert shop.drain().counts["refunds_changed"] == 1
    shop.receive("refunds/create", refund(), at(790))
    assert shop.drain().counts["refunds_changed"] == 0
    assert [row["goods_minor"] for row in shop.stored("refunds")] == [1200]


def test_an_edit_is_awaited_until_a_state_as_new_arrives(shop: Shop) -> None:
    shop.receive("orders/create", order())
    shop.receive("orders/edited", edit(), at(50))
    assert shop.drain().counts["edits_noted"] == 1
    assert [row["external_id"] for row in shop.stored("awaited_edits")] == ["5400000000001"]
    assert [row["total_minor"] for row in shop.stored("orders")] == [4500]
    shop.receive("orders/updated", order(updated_at="2026-03-03T12:00:00+01:00", current_total_price="25.00"), at(51))
    shop.drain()
    assert shop.stored("awaited_edits") == []
    shop.receive("orders/edited", edit(), at(50))
    assert shop.drain().counts["edits_noted"] == 0
    assert [row["total_minor"] for row in shop.stored("orders")] == [2500]


def test_an_import_never_overwrites_what_the_shop_itself_said(shop: Shop, tmp_path: Path) -> None:
    shop.receive("orders/create", order())
    shop.drain()
    before = shop.state()
    path = tmp_path / "orders.csv"
    path.write_text("order_id,placed_at,currency,total\n5400000000001,2026-03-01,EUR,1.00\n", encoding="utf-8")
    imported = import_orders(shop.database.jobs_url, shop.tenant, path, NOW, lambda _: None)
    assert (imported.new, imported.changed, imported.unchanged) == (0, 0, 1)
    assert shop.state() == before


def test_the_shops_own_word_replaces_an_import(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order_id,placed_at,currency,total\n5400000000001,2026-03-01,EUR,1.00\n", encoding="utf-8")
    import_orders(shop.database.jobs_url, shop.tenant, path, NOW, lambda _: None)
    shop.receive("orders/create", order())
    assert shop.drain().counts["orders_changed"] == 1
    assert [row["total_minor"] for row in shop.stored("orders")] == [4500]
    assert len(shop.stored("order_lines")) == 1


def test_a_body_that_says_nothing_usable_is_put_aside_with_its_reason_and_holds_nothing_up(shop: Shop) -> None:
    bad = shop.receive("orders/create", b"<html>down for maintenance</html>")
    unknown = shop.receive("products/update", {"id": 1})
    good = shop.receive("orders/create", order())
    result = shop.drain()
    assert (result.counts["quarantined"], result.counts["orders_new"]) == (2, 1)
    assert shop.inbox() == {bad: ("quarantined", 1), unknown: ("quarantined", 1), good: ("done", 1)}
    rows = {row["ref"]: row for row in shop.quarantine()}
    assert rows[bad]["source"] == "webhook:orders/create"
    assert rows[bad]["reason"].startswith("the body is not JSON")
    assert bytes(rows[bad]["payload"]) == b"<html>down for maintenance</html>"
    assert rows[unknown]["resolved_at"] is None
    errors = shop.query("select error from analytics.webhook_inbox where tenant_id = %(tenant)s and error is not null")
    assert len(errors) == 2


def test_a_replay_after_a_fix_is_applied_and_only_then_resolved(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    name = shop.receive("orders/fulfilled", order())
    shop.drain()
    assert replay(shop.database.jobs_url, shop.tenant.tenant_id, "webhook:orders/create") == 0
    assert replay(shop.database.jobs_url, shop.tenant.tenant_id, "webhook:orders/fulfilled", name) == 1
    assert shop.inbox() == {name: ("queued", 0)}
    assert shop.quarantine()[0]["resolved_at"] is None
    shop.drain()
    assert shop.inbox() == {name: ("quarantined", 1)}
    (row,) = shop.quarantine()
    assert row["resolved_at"] is None
    assert replay(shop.database.jobs_url, shop.tenant.tenant_id) == 1
    parse = webhook_queue.parse_delivery
    monkeypatch.setattr(
        webhook_queue, "parse_delivery", lambda topic, *rest, **more: parse("orders/paid", *rest, **more)
    )
    shop.drain()
    (row,) = shop.quarantine()
    assert row["resolved_at"] is not None
    assert shop.inbox() == {name: ("done", 1)}
    assert len(shop.stored("orders")) == 1


def test_what_a_killed_task_had_claimed_is_claimed_again_at_once(shop: Shop) -> None:
    name = shop.receive("orders/create", order())
    shop.claim()
    assert shop.inbox() == {name: ("processing", 1)}
    assert shop.drain().counts["orders_new"] == 1
    assert shop.inbox() == {name: ("done", 2)}


def test_a_body_that_kills_its_task_is_put_aside_after_five_claims_and_the_rest_goes_on(shop: Shop) -> None:
    deadly = shop.receive("orders/create", order(1))
    for _ in range(MOST_CLAIMS):
        shop.claim()
    fine = shop.receive("orders/create", order(2))
    result = shop.drain()
    assert shop.inbox() == {deadly: ("quarantined", MOST_CLAIMS), fine: ("done", 1)}
    assert result.counts["quarantined"] == 1
    assert "died 5 times" in shop.quarantine()[0]["reason"]


def test_the_more_often_a_claim_died_the_smaller_the_next_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_queue, "CLAIMED_AT_ONCE", (4, 3, 2, 1, 1))
    names = [shop.receive("orders/create", order(number)) for number in range(1, 5)]
    seen = []
    for _ in range(4):
        shop.claim()
        seen.append(sorted(attempts for _, attempts in shop.inbox().values()))
    assert seen[0] == [1, 1, 1, 1]
    assert seen[1] == [1, 2, 2, 2]
    assert CLAIMED_AT_ONCE[3:] == (1, 1)
    shop.drain()
    assert {shop.inbox()[name][0] for name in names} == {"done"}


def test_the_oldest_are_applied_first_and_claims_go_on_until_nothing_is_left(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_queue, "CLAIMED_AT_ONCE", (3, 1, 1, 1, 1))
    monkeypatch.setattr(webhook_queue, "_SLICE", 2)
    for number in range(1, 9):
        shop.receive("orders/create", order(number))
    result = shop.drain()
    assert (result.counts["received"], result.counts["orders_new"]) == (8, 8)
    assert {attempts for _, attempts in shop.inbox().values()} == {1}


def test_a_run_whose_time_is_nearly_up_claims_no_more_and_says_how_many_wait(shop: Shop) -> None:
    shop.receive("orders/create", order())
    late = Deadline(40)
    late._end -= 31
    result = shop.drain(deadline=late)
    assert result.waiting == 1
    assert shop.stored("orders") == []
    assert shop.drain().counts["orders_new"] == 1


def test_a_dry_run_claims_and_writes_nothing_and_shows_a_sample(shop: Shop) -> None:
    name = shop.receive("orders/create", order())
    shop.receive("orders/create", b"{")
    result = shop.drain(dry_run=True)
    assert (result.counts["received"], result.counts["orders"], result.counts["quarantined"]) == (2, 1, 1)
    assert result.sample == ({"order": "5400000000001", "total_minor": 4500},)
    assert shop.inbox()[name] == ("queued", 0)
    assert shop.stored("orders") == []


def test_a_delivery_without_its_own_time_has_that_of_its_receipt(shop: Shop) -> None:
    shop.receive("orders/create", order(), None)
    assert shop.drain().counts["orders_new"] == 1
    (row,) = shop.stored("orders")
    assert datetime.fromisoformat(row["triggered_at"]) <= NOW


def test_tenants_with_an_inbox_to_drain_are_due_and_others_are_not(shop: Shop) -> None:
    def due() -> set[int]:
        return tenants_with_work(shop.database.control_url, "queued_webhooks", [shop.tenant.tenant_id], NOW)

    assert due() == set()
    shop.receive("orders/create", order())
    assert due() == {shop.tenant.tenant_id}
    shop.claim()
    assert due() == {shop.tenant.tenant_id}
    shop.drain()
    assert due() == set()


def test_the_frame_runs_the_steps_under_its_lease_and_records_them_together(shop: Shop) -> None:
    shop.query(
        "insert into control.tenants (tenant_id, slug, name, status, timezone, currency, db_conn_id)"
        f" values (%(tenant)s, '{shop.tenant.slug}', 'Shop', 'active', 'Europe/Paris', 'EUR', 'analytics_db')"
    )
    shop.query(
        "insert into control.tenant_attribution_config (tenant_id, valid_from, settings, config_version)"
        f" values (%(tenant)s, '1970-01-01', '{AttributionSettings().model_dump_json()}', 1)"
    )
    for number in range(1, 4):
        shop.receive("orders/create", order(number))
    batch = Batch(
        job=drain_webhooks,
        request=JobRequest(JOB, "frame", NOW),
        holder=Holder(JOB, "frame", "drain", 0),
        database={"analytics_db": shop.database.jobs_url}.__getitem__,
        deadline_seconds=60,
    )
    (outcome,) = run_batch(batch, [shop.tenant.slug])
    assert isinstance(outcome, TenantOutcome)
    assert (outcome.status, outcome.counts["orders_new"], outcome.counts["changed"]) == ("succeeded", 3, 1)


REFUND = refund(1, created_at=iso(60))
HISTORY: list[tuple[str, Json, float]] = [
    ("orders/create", order(updated_at=iso(0), financial_status="pending", note_attributes=[]), 0),
    ("orders/paid", order(updated_at=iso(0), name="#paid"), 0.001),
    ("orders/edited", edit(), 50),
    ("orders/updated", order(updated_at=iso(51), current_total_price="25.00", line_items=[line(1), line(2)]), 51),
    ("refunds/create", REFUND, 60),
    ("orders/updated", order(updated_at=iso(60), current_total_price="5.00", refunds=[REFUND]), 60),
    ("orders/cancelled", order(updated_at=iso(70), cancelled_at=iso(70), refunds=[REFUND]), 70),
]
REREAD = ("orders/updated", HISTORY[-1][1], 90)


def arrive(shop: Shop, deliveries: Iterable[tuple[str, Json, float]]) -> None:
    for topic, document, hours in deliveries:
        shop.receive(topic, document, at(hours))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(HISTORY), max_size=10), st.lists(st.integers(0, 10), max_size=3))
def test_any_order_duplication_and_loss_followed_by_a_full_reread_gives_the_state_of_the_reread(
    database: Database, arrived: list[tuple[str, Json, float]], drained_after: list[int]
) -> None:
    shop = new_shop(database)
    arrive(shop, [REREAD])
    shop.drain()
    expected = shop.state()
    shop.empty()
    for number, delivery in enumerate(arrived):
        arrive(shop, [delivery])
        if number in drained_after:
            shop.drain()
    arrive(shop, [REREAD])
    shop.drain()
    assert shop.state() == expected
    assert shop.quarantine() == []
