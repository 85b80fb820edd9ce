"""Shops whose orders go the whole way: webhooks, credit, ledger, senders, and the strict stand-in for the vendors."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import requests
from psycopg.rows import dict_row

from include.ids import tenant_id_of
from include.jobs.batch import Batch, run_batch
from include.jobs.outcome import TenantOutcome
from include.jobs.request import JobRequest
from include.orders.shopify import parse_delivery
from include.orders.state import ShopStates
from include.orders.upsert import upsert_shop_states
from include.storage.leases import Holder
from include.storage.session import tenant_transaction
from include.tenants.registry import load_tenant
from tests.integration.conftest import Database
from tests.unit.orders.payloads import Json, body, line, money, order, refund

START = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SLUGS = ("northwind-outdoor", "maison-lumiere", "sakura-goods")
JOBS = {
    "ga4": "send_ga4_purchase",
    "meta": "send_meta_purchase",
    "tiktok": "send_tiktok_event",
    "credit": "process_attribution",
}
TABLES = (
    "control.tenants, control.tenant_destinations, control.tenant_sources, control.job_runs, control.api_throttles,"
    " control.quota_buckets, control.oauth_tokens, control.alerts, analytics.orders, analytics.order_lines,"
    " analytics.refunds, analytics.order_context, analytics.conversions, analytics.attribution_queue,"
    " analytics.attribution_credits, analytics.credit_adjustments, analytics.conversion_events,"
    " analytics.destination_gates, analytics.leases, analytics.customers, analytics.visitors"
)
CONN_TYPES = {"ga4": "ga4", "meta": "meta_ads", "tiktok": "tiktok_ads"}
NOTES = {
    "visitor_id": "v-1",
    "ga_client_id": "1234567890.1700000000",
    "_fbp": "fb.1.1767225600000.42",
    "consent_analytics": "true",
    "consent_marketing": "true",
}


@dataclass
class World:
    """A database, the vendors, and the one clock that both follow."""

    database: Database
    origin: str
    monkeypatch: pytest.MonkeyPatch
    now: datetime = START
    runs: int = 0

    def advance(self, by: timedelta) -> None:
        """Move the vendors' clock and business time."""
        self.now += by
        self.control("clock", now=self.now.isoformat())
        self.monkeypatch.setenv("ATTRIBUTION_NOW", self.now.isoformat())

    def control(self, what: str, **asked: Any) -> Any:
        answer = requests.post(f"{self.origin}/_sandbox/{what}", json=asked, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def fault(self, vendor: str, kind: str, **fields: Any) -> int:
        return int(self.control("faults", vendor=vendor, kind=kind, **fields)["number"])

    def cure(self, number: int | None = None) -> None:
        """Take one fault back, or all."""
        named = {"number": str(number)} if number is not None else {}
        requests.delete(f"{self.origin}/_sandbox/faults", params=named, timeout=10).raise_for_status()

    def told(self, what: str, **filters: str) -> Any:
        return requests.get(f"{self.origin}/_sandbox/{what}", params=filters, timeout=10).json()

    def select(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.database.superuser_url, row_factory=dict_row, autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def insert(self, table: str, **row: Any) -> None:
        places = ", ".join(["%s"] * len(row))
        self.select(f"insert into {table} ({', '.join(row)}) values ({places})", *row.values())

    def requests_of(self, vendor: str) -> int:
        """Return how many requests the vendor got with events in them."""
        return len([one for one in self.told("received", vendor=vendor, limit="1000") if one["method"] == "POST"])

    def alerts(self) -> dict[str, str]:
        """Return the open alerts: rule -> detail."""
        rows = self.select("select rule, detail from control.alerts where resolved_at is null")
        return {row["rule"]: row["detail"] for row in rows}


@dataclass
class Shop:
    """One tenant with destinations; its orders are numbered, each placed a minute before now unless said otherwise."""

    world: World
    slug: str = SLUGS[0]
    orders: dict[int, Json] = field(default_factory=dict)

    @property
    def tenant_id(self) -> int:
        return tenant_id_of(self.slug)

    def destination(self, vendor: str, **fields: Any) -> None:
        """Give the tenant a destination."""
        row = {
            "tenant_id": self.tenant_id,
            "destination_id": vendor,
            "destination": vendor,
            "conn_id": f"{self.slug.replace('-', '_')}_{CONN_TYPES[vendor]}",
            "send_from": START - timedelta(days=30),
            "mode": "live",
        }
        self.world.insert("control.tenant_destinations", **{**row, **fields})

    def sell(self, *numbers: int, at: datetime | None = None, notes: Json | None = None, **changes: Any) -> None:
        """Let the shop tell of paid orders, as its webhook would."""
        placed = (at or self.world.now - MINUTE).isoformat()
        named = [{"name": name, "value": value} for name, value in (NOTES if notes is None else notes).items()]
        for number in numbers:
            self.orders[number] = order(
                number,
                **{
                    "created_at": placed,
                    "processed_at": placed,
                    "updated_at": self.world.now.isoformat(),
                    "note_attributes": named,
                    **changes,
                },
            )
        self._tell([("orders/updated", self.orders[number]) for number in numbers])

    def change(self, number: int, **changes: Any) -> None:
        """Let the shop tell of a later state of an order."""
        self.orders[number] |= {"updated_at": (self.world.now + timedelta(seconds=1)).isoformat(), **changes}
        self._tell([("orders/updated", self.orders[number])])

    def cancel(self, number: int) -> None:
        self.change(number, cancelled_at=self.world.now.isoformat(), cancel_reason="customer")

    def refund(self, number: int, of: int) -> None:
        """Let the shop tell of a refund of one chair, 20.00."""
        at = self.world.now.isoformat()
        self._tell([("refunds/create", refund(number, of, created_at=at, processed_at=at))])

    def _tell(self, deliveries: Iterable[tuple[str, Json]]) -> None:
        states = ShopStates()
        for topic, document in deliveries:
            at = datetime.fromisoformat(document.get("updated_at") or document["created_at"])
            states.add(parse_delivery(topic, body(document), tenant_id=self.tenant_id, triggered_at=at, now=at))
        tenant = load_tenant(self.world.database.jobs_url, self.tenant_id)
        with tenant_transaction(self.world.database.jobs_url, self.tenant_id) as session:
            upsert_shop_states(session, tenant, states)

    def run(
        self,
        what: str,
        run_id: str | None = None,
        *,
        seconds: float = 60.0,
        job: Callable[..., Any] | None = None,
        **asked: Any,
    ) -> TenantOutcome:
        """Run a job once, as its task would: the lease, steps of their own, records and alerts."""
        from airflow.sdk.module_loading import import_string

        from attribution_airflow.clients import job_clients
        from include.alerts.alerts import settle_alerts

        self.world.runs += 1
        name = JOBS[what]
        request = JobRequest(name, run_id or f"run{self.world.runs}", self.world.now, **asked)
        batch = Batch(
            job=job or import_string(f"include.jobs.{name}.{name}"),
            request=request,
            holder=Holder(name, request.run_id, "send", 0),
            database=lambda conn_id: self.world.database.jobs_url,
            deadline_seconds=seconds,
            clients=job_clients(),
        )
        (outcome,) = run_batch(batch, [self.slug])
        if outcome.alerts or outcome.alert_rules:
            settle_alerts(self.world.database.control_url, self.tenant_id, outcome.alert_rules, outcome.alerts)
        return outcome

    def credit(self, run_id: str | None = None, **asked: Any) -> TenantOutcome:
        """Run process_attribution; raises AssertionError when it fails."""
        outcome = self.run("credit", run_id, **asked)
        assert outcome.status == "succeeded", outcome.error
        return outcome

    def send(self, vendor: str, **asked: Any) -> TenantOutcome:
        """Run the vendor's sender once; raises AssertionError when it fails."""
        outcome = self.run(vendor, **asked)
        assert outcome.status in ("succeeded", "waiting"), outcome.error
        return outcome

    def ledger(self, vendor: str) -> list[dict[str, Any]]:
        return self.world.select(
            "select events.*, orders.external_id from analytics.conversion_events as events"
            " join analytics.orders using (tenant_id, order_id)"
            " where events.tenant_id = %s and destination = %s order by event_name, external_id, event_seq",
            self.tenant_id,
            vendor,
        )

    def states(self, vendor: str) -> dict[str, int]:
        """Return the number of events by "state" or "state(reason)"."""
        rows = self.ledger(vendor)
        return dict(Counter(row["state"] + (f"({row['reason']})" if row["reason"] else "") for row in rows))

    def row(self, vendor: str, number: int = 1, name: str = "purchase") -> dict[str, Any]:
        (found,) = [
            row
            for row in self.ledger(vendor)
            if row["external_id"] == str(5_400_000_000_000 + number) and row["event_name"] == name
        ]
        return found

    def got(self, vendor: str) -> Counter[str]:
        """Return how often the vendor processed each event id of the shop's ledger."""
        ids = {row["event_id"] for row in self.ledger(vendor)}
        return Counter({event: count for event, count in received(self.world, vendor).items() if event in ids})

    def expire_lease(self) -> None:
        """Let the claims of a dead task run out now."""
        self.world.select(
            "update analytics.conversion_events set lease_until = now() - interval '1 second' where state = 'sending'"
        )


def priced(total: str) -> Json:
    """Return the fields of an order that costs something else."""
    return {"total_price": total, "current_total_price": total}


def received(world: World, vendor: str) -> Counter[str]:
    """Return how often a vendor got each event id in a request that it did not refuse, repeats included."""
    found: Counter[str] = Counter()
    for one in world.told("received", vendor=vendor, limit="1000"):
        if one["method"] != "POST" or not one["effects"] or "rejected" in one["effects"]:
            continue
        sent = one["body"] if isinstance(one["body"], dict) else json.loads(one["body"])
        events = sent.get("data") or sent.get("events") or []
        found.update(event.get("event_id") or event["params"]["transaction_id"] for event in events)
    return found


__all__ = ["HOUR", "MINUTE", "SLUGS", "START", "TABLES", "Shop", "World", "line", "money", "priced", "received"]
