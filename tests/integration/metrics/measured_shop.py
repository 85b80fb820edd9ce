"""A shop whose orders, edits and refunds are told by the real writers, and its figures as the jobs store them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.clock import day_bounds
from include.ids import stable_id
from include.jobs.aggregate_daily_metrics import aggregate_daily_metrics
from include.jobs.attribution_daily_metrics import attribution_daily_metrics
from include.jobs.hourly_metrics_rollup import hourly_metrics_rollup
from include.jobs.process_attribution import process_attribution
from include.jobs.request import Job, JobRequest, JobResult
from include.jobs.weekly_metrics_summary import weekly_metrics_summary
from include.metrics.preferences import FormulaPreferences
from include.orders.state import (
    Context,
    EditedLine,
    EditHint,
    Line,
    OrderState,
    RefundedLine,
    RefundState,
    ShopStates,
    content_digest,
)
from include.orders.upsert import upsert_shop_states
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, InForce, SettingsFrom, Tenant, TenantAdAccount
from tests.integration.conftest import Database

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
_NOBODY = Context(None, None, None, None, None, None, None, None, None, {}, {}, None, None)


@dataclass(frozen=True)
class Piece:
    """A line: money in minor units, discount and tax the whole line's, tax inside the price where prices include it.

    edited_at: when an edit added it; removed_at: when an edit took all of it away.
    """

    price: int
    quantity: int = 1
    discount: int = 0
    tax: int = 0
    edited_at: datetime | None = None
    removed_at: datetime | None = None
    gift_card: bool = False

    @property
    def amount(self) -> int:
        return self.price * self.quantity - self.discount


@dataclass
class MeasuredShop:
    """One tenant in a database; every example of a test may have its own."""

    database: Database
    tenant: Tenant
    now: datetime = NOW
    taxes_included: bool = False
    _version: int = field(default=0, init=False)

    def sell(
        self,
        name: str,
        at: datetime,
        pieces: Sequence[Piece],
        *,
        shipping: int = 0,
        visitor: str | None = None,
        refunds: Sequence[RefundState] = (),
        **fields: Any,
    ) -> None:
        """Let the shop tell of an order and its edits: its whole state, as after the last of them."""
        tenant_id = self.tenant.tenant_id
        order_id = self.order_id(name)
        lines = tuple(
            Line(
                line_id=self.line_id(name, number),
                product_id=None,
                variant_id=None,
                sku=None,
                quantity=0 if piece.removed_at else piece.quantity,
                unit_price_minor=piece.price,
                discount_minor=piece.discount,
                tax_minor=piece.tax,
                gift_card=piece.gift_card,
            )
            for number, piece in enumerate(pieces)
        )
        kept = [piece for piece in pieces if not piece.removed_at]
        tax = sum(piece.tax for piece in kept)
        content: dict[str, Any] = {
            "order_id": order_id,
            "external_id": name,
            "source": "shopify",
            "name": None,
            "placed_at": at,
            "processed_at": at,
            "cancelled_at": None,
            "test": False,
            "financial_status": "paid",
            "source_name": "web",
            "customer_id": None,
            "customer_external_id": None,
            "visitor_id": stable_id(tenant_id, "visitor", visitor) if visitor else None,
            "visitor_external_id": visitor,
            "currency": self.tenant.currency,
            "gross_minor": None,
            "discounts_minor": None,
            "shipping_minor": shipping,
            "tax_minor": tax,
            "tips_minor": 0,
            "total_minor": sum(piece.amount for piece in kept) + shipping + (0 if self.taxes_included else tax),
            "taxes_included": self.taxes_included,
            "gateway": "shopify_payments",
            "presentment_currency": None,
            "lines": lines,
            "context": _NOBODY,
            **fields,
        }
        states = ShopStates()
        states.add(OrderState(**content, **self._told(), row_digest=content_digest(content), refunds=tuple(refunds)))
        for edit in self._edits(name, pieces):
            states.add(edit)
        self._store(states)

    def refund(
        self, name: str, order: str, at: datetime, lines: Sequence[tuple[int, int, int, int]] = (), **amounts: int
    ) -> None:
        """Let the shop tell of a refund. lines: (line's number, quantity, subtotal, tax).

        amounts: goods, shipping and tax beside those of lines.
        """
        given = tuple(RefundedLine(self.line_id(order, line[0]), *line[1:]) for line in lines)
        states = ShopStates()
        content: dict[str, Any] = {
            "refund_id": stable_id(self.tenant.tenant_id, "refund", name),
            "external_id": name,
            "order_id": self.order_id(order),
            "refunded_at": at,
            "currency": self.tenant.currency,
            "goods_minor": sum(line.subtotal_minor for line in given) + amounts.get("goods", 0),
            "shipping_minor": amounts.get("shipping", 0),
            "tax_minor": sum(line.tax_minor for line in given) + amounts.get("tax", 0),
            "restocked": True,
            "lines": given,
        }
        states.add(RefundState(**content, **self._told(), row_digest=content_digest(content)))
        self._store(states)

    def touch(self, name: str, visitor: str, at: datetime, channel: str, **columns: str) -> None:
        """Record a click."""
        tenant_id = self.tenant.tenant_id
        row = {
            "tenant_id": tenant_id,
            "touchpoint_id": stable_id(tenant_id, "touch", name),
            "source_system": "pixel",
            "external_id": name,
            "visitor_id": stable_id(tenant_id, "visitor", visitor),
            "occurred_at": at,
            "channel": channel,
            "channel_rule": "test",
            "exposure_key": stable_id(channel, columns.get("campaign", "")),
            **columns,
        }
        self.insert("touchpoints", row)

    def spend(self, day: date, amount: str, *, platform: str = "meta", account: str = "1", **columns: Any) -> None:
        """Store what an account was charged on a day, all of it on one campaign."""
        shared = {
            "tenant_id": self.tenant.tenant_id,
            "platform": platform,
            "account_id": account,
            "report_date": day,
            "spend": amount,
            "impressions": 1000,
            "clicks": 10,
            "currency": self.tenant.currency,
            "timezone": self.tenant.timezone,
            "is_final": True,
            "metric_set_version": 1,
            "api_version": "v1",
            "load_id": 1,
            "fetched_at": self.now,
            **columns,
        }
        self.insert("ad_spend_daily", {**shared, "level": "account", "entity_id": account})
        self.insert("ad_spend_daily", {**shared, "level": "campaign", "entity_id": "77", "campaign_id": "77"})

    def credit(self) -> None:
        """Run process_attribution on what waits."""
        self.run(process_attribution)

    def aggregate(self, first: date | None = None, last: date | None = None) -> JobResult:
        """Run aggregate_daily_metrics over days, or its own."""
        return self.run(aggregate_daily_metrics, first, last)

    def channels(self, first: date | None = None, last: date | None = None) -> JobResult:
        """Run attribution_daily_metrics over days, or its own."""
        return self.run(attribution_daily_metrics, first, last)

    def roll_up(self) -> JobResult:
        """Run hourly_metrics_rollup."""
        return self.run(hourly_metrics_rollup)

    def summarise(self) -> JobResult:
        """Run weekly_metrics_summary."""
        return self.run(weekly_metrics_summary)

    def run(self, job: Job, first: date | None = None, last: date | None = None) -> JobResult:
        """Run a job with all its steps, each committed, and return what they came to together."""
        request = JobRequest(getattr(job, "__name__", "job"), "run", self.now, first, last)
        result = JobResult()
        step: Job | None = job
        while step is not None:
            with tenant_transaction(self.database.jobs_url, self.tenant.tenant_id) as session:
                result = result.followed_by(step(session, {}, self.tenant, request))
            step = result.then
        return result

    def prefer(self, **switches: Any) -> None:
        """Let these preferences hold from the beginning."""
        chosen = FormulaPreferences.model_validate(switches)
        self.tenant = replace(self.tenant, formula_history=(InForce(FROM_THE_BEGINNING, chosen),))

    def prefer_from(self, day: date, **switches: Any) -> None:
        """Let these preferences hold from the start of a tenant-local day on, and until then what holds now."""
        before = self.tenant.formula_history or (InForce(FROM_THE_BEGINNING, FormulaPreferences()),)
        since = InForce(day_bounds(self.tenant.timezone, day, day)[0], FormulaPreferences.model_validate(switches))
        self.tenant = replace(self.tenant, formula_history=(*before, since))

    def days(self) -> dict[date, dict[str, Any]]:
        """Return metrics_daily by day."""
        rows = self.query("select * from analytics.metrics_daily where tenant_id = %(tenant_id)s order by day")
        return {row["day"]: row for row in rows}

    def query(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement, run as superuser with the tenant's id bound."""
        with psycopg.connect(self.database.superuser_url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(text, {"tenant_id": self.tenant.tenant_id, **parameters})
            return cursor.fetchall() if cursor.description else []

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Store a row as it is."""
        names = ", ".join(row)
        self.query(
            f"insert into analytics.{table} ({names}) values ({', '.join(f'%({name})s' for name in row)})", **row
        )

    def order_id(self, name: str) -> int:
        return stable_id(self.tenant.tenant_id, "order", "shopify", name)

    def line_id(self, order: str, number: int) -> int:
        return stable_id(self.tenant.tenant_id, "line", f"{order}/{number}")

    def _edits(self, name: str, pieces: Sequence[Piece]) -> list[EditHint]:
        made: dict[datetime, list[tuple[int, int]]] = {}
        for number, piece in enumerate(pieces):
            if piece.edited_at:
                made.setdefault(piece.edited_at, []).append((number, piece.quantity))
            if piece.removed_at:
                made.setdefault(piece.removed_at, []).append((number, -piece.quantity))
        order_id = self.order_id(name)
        hints = []
        for at, changes in made.items():
            edit_id = stable_id(self.tenant.tenant_id, "edit", name, at.isoformat())
            lines = tuple(
                EditedLine(edit_id, self.line_id(name, number), order_id, at, quantity) for number, quantity in changes
            )
            hints.append(EditHint(order_id, name, at, lines))
        return hints

    def _told(self) -> dict[str, Any]:
        # Each state that the shop tells is newer than the one before.
        self._version += 1
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._version)
        return {"updated_at": at, "triggered_at": at}

    def _store(self, states: ShopStates) -> None:
        with tenant_transaction(self.database.jobs_url, self.tenant.tenant_id) as session:
            upsert_shop_states(session, self.tenant, states)


def measured_shop(
    database: Database,
    tenant_id: int,
    *,
    timezone: str = "America/New_York",
    currency: str = "USD",
    accounts: Sequence[TenantAdAccount] = (),
) -> MeasuredShop:
    """Return an empty shop of a tenant of its own."""
    tenant = Tenant(
        tenant_id=tenant_id,
        slug=f"shop-{tenant_id}",
        name="Shop",
        status="active",
        timezone=timezone,
        currency=currency,
        db_conn_id="analytics_db",
        settings_history=(SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),),
        ad_accounts=tuple(accounts),
    )
    return MeasuredShop(database, tenant)
