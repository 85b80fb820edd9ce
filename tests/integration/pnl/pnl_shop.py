"""A shop of a few orders in a test database, written as rows, and its profit and loss as the job stores it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.ids import stable_id
from include.jobs.generate_daily_pnl import generate_daily_pnl
from include.jobs.request import JobRequest, JobResult
from include.metrics.preferences import FormulaPreferences
from include.pnl.cost_settings import CogsSettings, CostSettings, Fulfilment, OperatingCost, PaymentRate
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, InForce, SettingsFrom, Tenant, TenantAdAccount
from tests.integration.conftest import Database

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
RATES = CostSettings(
    payment_rates=(PaymentRate(gateway="*", percent=Decimal("2.9"), fixed=Decimal("0.30")),),
    fulfilment=Fulfilment(per_order=Decimal("4"), per_item=Decimal("0.5"), per_return=Decimal("2")),
)
_TABLES = (
    "pnl_daily", "metrics_daily", "product_costs", "product_cost_changes", "transactions", "payment_changes",
    "restate_queue", "orders", "order_lines", "order_edits", "refunds", "conversions", "ad_spend_daily",
    "ad_account_syncs", "exchange_rates",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A line of an order: money in minor units; discount and tax are the whole line's."""

    sku: str
    price: int
    quantity: int = 1
    discount: int = 0
    tax: int = 0
    gift_card: bool = False


@dataclass
class PnlShop:
    """One tenant in UTC and dollars; change `tenant` to change its settings."""

    database: Database
    tenant: Tenant

    def set(self, **preferences: Any) -> None:
        """Let these preferences hold from the beginning."""
        chosen = FormulaPreferences.model_validate(preferences)
        self.tenant = replace(self.tenant, formula_history=(InForce(FROM_THE_BEGINNING, chosen),))

    def order(
        self,
        name: str,
        at: datetime,
        pieces: Sequence[Piece] = (),
        *,
        shipping: int = 0,
        taxes_included: bool = False,
        total: int | None = None,
        **columns: Any,
    ) -> int:
        """Store a paid order and return its id; total: of an order without lines."""
        order_id = stable_id(self.tenant.tenant_id, "order", name)
        goods = sum(piece.quantity * piece.price - piece.discount for piece in pieces)
        tax = sum(piece.tax for piece in pieces)
        row = {
            "tenant_id": self.tenant.tenant_id,
            "order_id": order_id,
            "external_id": name,
            "source": "shopify",
            "placed_at": at,
            "processed_at": at,
            "test": False,
            "financial_status": "paid",
            "currency": self.tenant.currency,
            "gross_minor": sum(piece.quantity * piece.price for piece in pieces) if pieces else None,
            "discounts_minor": sum(piece.discount for piece in pieces) if pieces else None,
            "shipping_minor": shipping,
            "tax_minor": tax,
            "total_minor": goods + shipping + (0 if taxes_included else tax) if total is None else total,
            "taxes_included": taxes_included,
            "gateway": "card",
            "row_digest": 0,
        }
        self.insert("orders", {**row, **columns})
        for piece in pieces:
            self.line(order_id, piece)
        return order_id

    def line(self, order_id: int, piece: Piece) -> None:
        self.insert(
            "order_lines",
            {
                "tenant_id": self.tenant.tenant_id,
                "order_id": order_id,
                "line_id": self.line_id(order_id, piece.sku),
                "variant_id": None,
                "sku": piece.sku,
                "quantity": piece.quantity,
                "unit_price_minor": piece.price,
                "discount_minor": piece.discount,
                "tax_minor": piece.tax,
                "gift_card": piece.gift_card,
            },
        )

    def line_id(self, order_id: int, sku: str) -> int:
        return stable_id(order_id, sku)

    def edit(self, order_id: int, at: datetime, sku: str, quantity: int) -> None:
        """Say that pieces of a stored line came (negative: went) with an edit."""
        self.insert(
            "order_edits",
            {
                "tenant_id": self.tenant.tenant_id,
                "edit_id": stable_id(order_id, at.isoformat()),
                "line_id": self.line_id(order_id, sku),
                "order_id": order_id,
                "committed_at": at,
                "quantity": quantity,
            },
        )

    def refund(
        self, order_id: int, at: datetime, back: Mapping[str, tuple[int, int]], *, tax: int = 0, shipping: int = 0,
        restocked: bool = True, each_restocked: Mapping[str, bool] | None = None, goods: int | None = None,
    ) -> None:  # fmt: skip
        """Give pieces back: sku -> (quantity, subtotal); subtotals hold the tax where prices include it.

        each_restocked: sku -> whether these pieces went back to stock, where lines say it. goods: what was given back
        of goods, where it is not what the lines come to.
        """
        lines = [
            {"line_id": self.line_id(order_id, sku), "quantity": quantity, "subtotal_minor": subtotal, "tax_minor": tax}
            | ({} if each_restocked is None else {"restocked": each_restocked[sku]})
            for sku, (quantity, subtotal) in back.items()
        ]
        self.insert(
            "refunds",
            {
                "tenant_id": self.tenant.tenant_id,
                "refund_id": stable_id(order_id, "refund", at.isoformat()),
                "order_id": order_id,
                "refunded_at": at,
                "goods_minor": sum(subtotal for _, subtotal in back.values()) if goods is None else goods,
                "shipping_minor": shipping,
                "tax_minor": tax * len(lines),
                "restocked": restocked,
                "lines": Jsonb(lines),
            },
        )

    def payment(
        self, order_id: int, at: datetime, amount: int, *, kind: str = "sale", fee: int | None = None,
        gateway: str | None = None, currency: str = "USD",
    ) -> None:  # fmt: skip
        """Store a successful transaction; fee: as the gateway told it, None where it did not."""
        self.insert(
            "transactions",
            {
                "tenant_id": self.tenant.tenant_id,
                "transaction_id": stable_id(order_id, kind, at.isoformat(), amount, gateway or ""),
                "order_id": order_id,
                "kind": kind,
                "gateway": gateway,
                "processed_at": at,
                "amount_minor": amount,
                "fee_minor": fee,
                "currency": currency,
            },
        )

    def cost(
        self, sku: str, minor: int, *, since: datetime = FROM_THE_BEGINNING, until: datetime | None = None,
        source: str = "shopify", currency: str = "USD",
    ) -> None:  # fmt: skip
        self.insert(
            "product_costs",
            {
                "tenant_id": self.tenant.tenant_id,
                "source": source,
                "sku": sku,
                "valid_from": since,
                "valid_to": until,
                "unit_cost_minor": minor,
                "currency": currency,
            },
        )

    def spend(self, account: str, day: date, amount: str, currency: str = "USD") -> None:
        """Store a day of an account of Meta; configure the account by `accounts`."""
        self.insert(
            "ad_spend_daily",
            {
                "tenant_id": self.tenant.tenant_id,
                "platform": "meta",
                "account_id": account,
                "report_date": day,
                "level": "account",
                "entity_id": account,
                "spend": Decimal(amount),
                "impressions": 1,
                "clicks": 1,
                "currency": currency,
                "timezone": "UTC",
                "is_final": True,
                "metric_set_version": 1,
                "api_version": "v1",
                "load_id": 1,
                "fetched_at": NOW,
            },
        )

    def rate(self, currency: str, day: date, rate: str) -> None:
        """Put a rate into the tenant's currency in force."""
        row = {"tenant_id": self.tenant.tenant_id, "currency": currency, "day": day, "rate": Decimal(rate)}
        self.insert("exchange_rates", {**row, "rate_date": day, "source": "ecb", "settled": True})

    def accounts(self, *accounts: str) -> None:
        configured = tuple(TenantAdAccount("meta", account, "meta", "USD", "UTC") for account in accounts)
        self.tenant = replace(self.tenant, ad_accounts=configured)

    def run(self, first: date, end: date, *, run_id: str = "night") -> JobResult:
        request = JobRequest("generate_daily_pnl", run_id, NOW, first, end)
        with tenant_transaction(self.database.jobs_url, self.tenant.tenant_id) as session:
            return generate_daily_pnl(session, {}, self.tenant, request)

    def day(self, day: date) -> dict[str, Any]:
        """Return the stored rows of a day by line."""
        rows = self.query("select * from analytics.pnl_daily where tenant_id = %s and day = %s order by position", day)
        return {row["line"]: row for row in rows}

    def amounts(self, day: date) -> dict[str, int | None]:
        """Return the stored amounts of a day by line, in the order of the waterfall, what is not zero only."""
        return {line: row["amount_minor"] for line, row in self.day(day).items() if row["amount_minor"] != 0}

    def query(self, text: str, *parameters: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.database.superuser_url, row_factory=dict_row) as connection:
            return connection.execute(text, (self.tenant.tenant_id, *parameters)).fetchall()  # type: ignore[arg-type]

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        columns = ", ".join(row)
        places = ", ".join(f"%({name})s" for name in row)
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute(f"insert into analytics.{table} ({columns}) values ({places})", row)  # type: ignore[arg-type]

    def execute(self, text: str, *parameters: object) -> None:
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute(text, (self.tenant.tenant_id, *parameters))  # type: ignore[arg-type]

    def empty(self) -> None:
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute("truncate " + ", ".join(f"analytics.{table}" for table in _TABLES))  # type: ignore[arg-type]


def shop_in(database: Database) -> PnlShop:
    """Return an empty shop with rates and one running cost of 10 dollars a day."""
    tenant = Tenant(
        tenant_id=7,
        slug="shop",
        name="Shop",
        status="active",
        timezone="UTC",
        currency="USD",
        db_conn_id="analytics_db",
        settings_history=(SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),),
        cost_history=(InForce(FROM_THE_BEGINNING, RATES),),
        cogs_history=(InForce(FROM_THE_BEGINNING, CogsSettings()),),
        operating_costs=(OperatingCost("rent", "fixed", Decimal(10), "day", date(1970, 1, 1)),),
    )
    shop = PnlShop(database, tenant)
    shop.empty()
    return shop
