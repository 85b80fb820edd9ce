"""A tenant with ad accounts in a test database, its jobs run step by step as a batch runs them, and its tables read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.jobs.request import Job, JobRequest, JobResult
from include.jobs.steps import run_steps
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom, Tenant, TenantAdAccount
from tests.integration.conftest import Database

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
Row = dict[str, Any]


def tenant_of(*accounts: TenantAdAccount, currency: str = "EUR", timezone: str = "Europe/Paris") -> Tenant:
    return Tenant(
        tenant_id=7,
        slug="shop",
        name="Shop",
        status="active",
        timezone=timezone,
        currency=currency,
        db_conn_id="analytics_db",
        settings_history=(SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),),
        ad_accounts=accounts,
    )


@dataclass(frozen=True)
class SpendingTenant:
    """One tenant in a database, and what its jobs get as clients."""

    database: Database
    tenant: Tenant
    clients: Mapping[str, object] = field(default_factory=dict)

    def run(
        self,
        job: Job,
        *,
        now: datetime = NOW,
        run_id: str = "r1",
        days: tuple[date, date] | None = None,
        **options: object,
    ) -> JobResult:
        """Run a job to its last step and return what all of them came to."""
        first, last = days or (None, None)
        request = JobRequest("job", run_id, now, first, last, options=options)
        result = JobResult()
        for step in run_steps(self.database.jobs_url, self.tenant, job, request, clients=self.clients):
            result = result.followed_by(step)
        return result

    def query(self, text: str, **parameters: object) -> list[Row]:
        """Return the rows of a statement as the owner of the server; tenant_id is bound."""
        with psycopg.connect(self.database.superuser_url, row_factory=dict_row) as connection:
            cursor = connection.execute(text, {"tenant_id": self.tenant.tenant_id, **parameters})
            return cursor.fetchall() if cursor.description else []

    def spends(self, rows: Sequence[tuple[str, str, str, date, str, str]], *, level: str = "campaign") -> None:
        """Store spend: (platform, account, campaign, day, amount, currency), a campaign named after its id."""
        for platform, account, campaign, day, amount, currency in rows:
            self.query(
                "insert into analytics.ad_spend_daily (tenant_id, platform, account_id, report_date, level, entity_id,"
                " campaign_id, entity_name, spend, impressions, clicks, currency, timezone, is_final,"
                " metric_set_version, api_version, load_id, fetched_at) values (%(tenant_id)s, %(platform)s,"
                " %(account)s, %(day)s, %(level)s, %(campaign)s, %(campaign)s, 'Name ' || %(campaign)s, %(amount)s, 1,"
                " 1, %(currency)s, 'UTC', true, 1, 'v1', 1, now())",
                platform=platform,
                account=account,
                campaign=campaign,
                day=day,
                level=level,
                amount=Decimal(amount),
                currency=currency,
            )

    def empty(self) -> None:
        """Forget everything that spend, rates and matching have stored, for all tenants."""
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute(
                "truncate analytics.ad_spend_daily, analytics.ad_entities, analytics.ad_account_syncs,"
                " analytics.ad_spend_restatements, analytics.exchange_rates, analytics.view_through_daily,"
                " analytics.campaign_map, analytics.restate_queue, analytics.touchpoints, analytics.visitors,"
                " control.fx_rates, control.tenant_fx_sources, control.tenant_campaign_rules, control.reader_tenants"
            )
