"""Exchange rates, from files of their sources to what a tenant's figures are worth; real database, real HTTP."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

import pytest

from attribution_airflow.clients import Platforms
from include.alerts.failure import AlertingFailure
from include.jobs.generate_daily_pnl import generate_daily_pnl
from include.jobs.request import JobRequest, JobResult
from include.jobs.sync_fx_rates import NO_RATE, sync_fx_rates
from include.storage.platform_state import PlatformState
from include.storage.session import tenant_transaction
from include.tenants.tenant import TenantAdAccount
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop
from tests.integration.platforms.conftest import Connect
from tests.integration.platforms.sink import Canned, Sink
from tests.integration.platforms.spending_tenant import SpendingTenant, tenant_of

_tenants = count(95_000)
THURSDAY, FRIDAY, SATURDAY, MONDAY = (date(2026, 3, day) for day in (26, 27, 28, 30))
SATURDAY_NIGHT = datetime(2026, 3, 28, 1, 50, tzinfo=UTC)
TUESDAY_NIGHT = datetime(2026, 3, 31, 1, 50, tzinfo=UTC)
DOLLARS = TenantAdAccount("meta", "4711", "shop_meta_ads", "USD", "America/New_York")
LEVS = TenantAdAccount("google_ads", "4712", "shop_google_ads", "BGN", "Europe/Sofia")


def bank(*days: date, usd: str = "1.25", missing: tuple[str, ...] = ()) -> Canned:
    """The bank's file with these days: a euro is usd dollars and 200 yen."""
    rates = [(name, rate) for name, rate in (("USD", usd), ("JPY", "200")) if name not in missing]
    cubes = "".join(
        f"<Cube time='{day}'>" + "".join(f"<Cube currency='{name}' rate='{rate}'/>" for name, rate in rates) + "</Cube>"
        for day in days
    )
    return Canned(
        body=f'<e xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube>{cubes}</Cube></e>'.encode()
    )


@pytest.fixture
def shop(database: Database, state: PlatformState, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> SpendingTenant:
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)
    connect("fx_rates", conn_id="fx_rates")
    made = SpendingTenant(
        database,
        tenant_of(DOLLARS),
        {"platforms": Platforms(), "first_database": lambda: database.jobs_url},
    )
    made.empty()
    return made


def in_force(shop: SpendingTenant, day: date, currency: str = "USD") -> tuple[Decimal | None, date | None, str | None]:
    ((row),) = shop.query(
        "select rate, rate_date, source from analytics.exchange_rates"
        " where tenant_id = %(tenant_id)s and currency = %(currency)s and day = %(day)s",
        currency=currency,
        day=day,
    )
    return row["rate"], row["rate_date"], row["source"]


def queued(shop: SpendingTenant) -> list[date]:
    rows = shop.query(
        "select day from analytics.restate_queue where tenant_id = %(tenant_id)s and cause = 'fx' order by 1"
    )
    return [row["day"] for row in rows]


def own_file(shop: SpendingTenant, max_age_days: int = 31) -> None:
    shop.query(
        "insert into control.tenant_fx_sources values (%(tenant_id)s, 'tenant', 0, 'fx_rates', '/own.csv', %(age)s),"
        " (%(tenant_id)s, 'ecb', 1, 'fx_rates', null, 7)",
        age=max_age_days,
    )


def test_what_the_bank_published_is_stored_as_published_and_put_in_force_in_the_tenants_currency(
    shop: SpendingTenant, sink: Sink
) -> None:
    sink.will(bank(THURSDAY, FRIDAY))
    result = shop.run(sync_fx_rates, now=SATURDAY_NIGHT)
    assert result.counts["rates"] == 4
    stored = shop.query(
        "select base, quote, rate from control.fx_rates where source = 'ecb' and rate_date = %(d)s", d=FRIDAY
    )
    assert {(row["base"], row["quote"], row["rate"]) for row in stored} == {
        ("EUR", "USD", Decimal("1.25")),
        ("EUR", "JPY", Decimal(200)),
    }
    assert in_force(shop, FRIDAY) == (Decimal("0.8"), FRIDAY, "ecb")
    assert in_force(shop, SATURDAY) == (Decimal("0.8"), FRIDAY, "ecb")
    assert in_force(shop, SATURDAY, "EUR") == (Decimal(1), SATURDAY, "identity")


def test_a_second_run_asks_nobody_and_writes_nothing(shop: SpendingTenant, sink: Sink) -> None:
    sink.will(bank(THURSDAY, FRIDAY))
    shop.run(sync_fx_rates, now=SATURDAY_NIGHT)
    written = shop.query("select max(changed_at) as at, count(*) as rows from analytics.exchange_rates")
    again = shop.run(sync_fx_rates, now=SATURDAY_NIGHT, run_id="r2")
    assert (again.counts["rates"], again.counts["changed_rates"], len(sink.received)) == (0, 0, 1)
    assert shop.query("select max(changed_at) as at, count(*) as rows from analytics.exchange_rates") == written


def test_a_day_whose_worth_changed_is_restated_and_no_other(shop: SpendingTenant, sink: Sink) -> None:
    shop.spends([("meta", "4711", "1", day, "10", "USD") for day in (THURSDAY, FRIDAY, SATURDAY, MONDAY)])
    shop.spends([("meta", "4713", "2", MONDAY, "10", "EUR")])
    # Monday's rates are not out on Monday night: Friday's stand in, for now.
    sink.will(bank(THURSDAY, FRIDAY))
    shop.run(sync_fx_rates, now=datetime(2026, 3, 30, 20, tzinfo=UTC))
    assert in_force(shop, MONDAY) == (Decimal("0.8"), FRIDAY, "ecb")
    shop.query("delete from analytics.restate_queue")
    sink.will(bank(MONDAY, usd="1.6"))
    shop.run(sync_fx_rates, now=TUESDAY_NIGHT, run_id="r2")
    assert in_force(shop, MONDAY) == (Decimal("0.625"), MONDAY, "ecb")
    assert queued(shop) == [MONDAY]


def test_a_corrected_rate_replaces_the_old_one_and_restates_its_days_with_the_weekend(
    shop: SpendingTenant, sink: Sink
) -> None:
    shop.spends([("meta", "4711", "1", day, "10", "USD") for day in (THURSDAY, FRIDAY, SATURDAY, MONDAY)])
    sink.will(bank(THURSDAY, FRIDAY))
    shop.run(sync_fx_rates, now=SATURDAY_NIGHT)
    shop.query("delete from analytics.restate_queue")
    sink.will(bank(FRIDAY, MONDAY, usd="1.6"))
    shop.run(sync_fx_rates, now=TUESDAY_NIGHT, run_id="r2")
    assert in_force(shop, SATURDAY)[0] == Decimal("0.625")
    assert in_force(shop, THURSDAY)[0] == Decimal("0.8")
    assert queued(shop) == [FRIDAY, SATURDAY, MONDAY]


def test_a_currency_without_a_rate_has_a_reason_and_an_alert_and_no_rate(shop: SpendingTenant, sink: Sink) -> None:
    sink.will(bank(FRIDAY))
    levs = replace(shop, tenant=tenant_of(LEVS))
    result = levs.run(sync_fx_rates, now=SATURDAY_NIGHT)
    ((row),) = shop.query(
        "select rate, reason from analytics.exchange_rates where currency = 'BGN' and day = %(d)s", d=FRIDAY
    )
    assert (row["rate"], row["reason"]) == (None, "no rate BGN to EUR for 2026-03-27: ecb has none")
    assert [(alert.rule, alert.subject) for alert in result.alerts] == [(NO_RATE, "BGN")]


def test_a_tenants_own_rates_come_first_where_they_are_named_first_and_are_its_own(
    shop: SpendingTenant, sink: Sink
) -> None:
    own_file(shop)
    sink.will(Canned(body=b"date,base,quote,rate\n2026-03-01,USD,EUR,0.9\n"), bank(FRIDAY))
    shop.run(sync_fx_rates, now=SATURDAY_NIGHT)
    assert sink.received[0].path == "/own.csv"
    assert in_force(shop, FRIDAY) == (Decimal("0.9"), date(2026, 3, 1), "tenant:7")
    with tenant_transaction(shop.database.jobs_url, 8) as other:
        rows = other.rows("fx/select_rates", sources=["tenant:7", "ecb"], first=date(2026, 1, 1), last=SATURDAY)
    assert {row.source for row in rows} == {"ecb"}


def test_a_rate_that_a_tenant_took_out_of_its_file_is_gone_and_the_bank_fills_in(
    shop: SpendingTenant, sink: Sink
) -> None:
    own_file(shop)
    head = b"date,base,quote,rate\n2026-03-01,GBP,EUR,1.1\n"
    sink.will(Canned(body=head + b"2026-03-01,USD,EUR,0.9\n"), bank(FRIDAY))
    shop.run(sync_fx_rates, now=SATURDAY_NIGHT)
    sink.will(Canned(body=head))
    shop.run(sync_fx_rates, now=SATURDAY_NIGHT, run_id="r2")
    assert in_force(shop, FRIDAY) == (Decimal("0.8"), FRIDAY, "ecb")


def test_a_file_that_cannot_be_read_fails_the_tenant_names_the_line_and_stops_nothing_else(
    shop: SpendingTenant, sink: Sink
) -> None:
    own_file(shop)
    sink.will(Canned(body=b"date,base,quote,rate\n2026-03-01,USD,EUR,zero\n"), bank(FRIDAY))
    with pytest.raises(AlertingFailure, match="rates: line 2: rate: must be a decimal above 0"):
        shop.run(sync_fx_rates, now=SATURDAY_NIGHT)
    assert in_force(shop, FRIDAY) == (Decimal("0.8"), FRIDAY, "ecb")


def test_a_mirror_without_the_fitting_file_is_asked_for_the_next(shop: SpendingTenant, sink: Sink) -> None:
    sink.will(Canned(404, b"<html></html>"), Canned(404, b"<html></html>"), bank(FRIDAY))
    shop.run(sync_fx_rates, now=SATURDAY_NIGHT)
    assert [received.path.rsplit("/", 1)[1] for received in sink.received] == [
        "eurofxref-hist.zip",
        "eurofxref-hist.xml",
        "eurofxref-hist-90d.xml",
    ]
    assert in_force(shop, FRIDAY)[0] == Decimal("0.8")


def test_a_source_that_says_wait_leaves_the_tenant_waiting_with_the_rates_of_before(
    shop: SpendingTenant, sink: Sink
) -> None:
    sink.will(bank(FRIDAY))
    shop.run(sync_fx_rates, now=SATURDAY_NIGHT)
    sink.will(Canned(429, b"slow", {"Retry-After": "3600"}))
    result = shop.run(sync_fx_rates, now=TUESDAY_NIGHT, run_id="r2")
    assert result.waiting == 1
    assert [alert.rule for alert in result.alerts] == ["fx_platform_waits"]
    assert in_force(shop, MONDAY) == (Decimal("0.8"), FRIDAY, "ecb")


def test_a_dry_run_reads_and_stores_nothing(shop: SpendingTenant, sink: Sink) -> None:
    sink.will(bank(FRIDAY))
    request = JobRequest("sync_fx_rates", "r1", SATURDAY_NIGHT, dry_run=True)
    with tenant_transaction(shop.database.jobs_url, 7) as session:
        result = sync_fx_rates(session, shop.clients, shop.tenant, request)
    assert result.counts == {"rates": 2}
    assert shop.query("select count(*) as rows from control.fx_rates") == [{"rows": 0}]


@pytest.fixture
def orders(database: Database, shop: SpendingTenant) -> MeasuredShop:
    """The orders of a tenant of its own, in euros and Paris."""
    made = measured_shop(database, next(_tenants), timezone="Europe/Paris", currency="EUR")
    made.now = TUESDAY_NIGHT
    return made


def sync(shop: SpendingTenant, orders: MeasuredShop, now: datetime) -> JobResult:
    return replace(shop, tenant=orders.tenant).run(sync_fx_rates, now=now)


def queue_of(orders: MeasuredShop) -> dict[str, list[date]]:
    """Return the queued days by cause, and take them away."""
    found: dict[str, list[date]] = {}
    for row in orders.query("delete from analytics.restate_queue where tenant_id = %(tenant_id)s returning day, cause"):
        found.setdefault(row["cause"], []).append(row["day"])
    return {cause: sorted(days) for cause, days in found.items()}


def at(day: date) -> datetime:
    """Return an instant on a Paris day: half past eleven at night, winter time."""
    return datetime(day.year, day.month, day.day, 22, 30, tzinfo=UTC)


def credited(orders: MeasuredShop) -> list[tuple[object, ...]]:
    rows = orders.query(
        "select status, reason, sum(amount_linear_minor) as linear from analytics.conversions"
        " left join analytics.attribution_credits using (tenant_id, conversion_id)"
        " where conversions.tenant_id = %(tenant_id)s group by conversion_id, status, reason"
    )
    return [tuple(row.values()) for row in rows]


def test_an_order_that_waits_for_a_rate_is_credited_once_it_is_stored(
    shop: SpendingTenant, orders: MeasuredShop, sink: Sink
) -> None:
    orders.touch("ad", "phone", at(THURSDAY), "Email")
    orders.sell("dollars", at(FRIDAY), [Piece(1001)], visitor="phone", currency="USD")
    orders.credit()
    assert credited(orders) == [("pending", "no_fx_rate", None)]
    sink.will(bank(THURSDAY, missing=("USD",)))
    assert sync(shop, orders, SATURDAY_NIGHT).counts["reopened"] == 0
    orders.credit()
    assert credited(orders) == [("pending", "no_fx_rate", None)]
    sink.will(bank(FRIDAY))
    assert sync(shop, orders, TUESDAY_NIGHT).counts["reopened"] == 1
    assert FRIDAY in queue_of(orders)["fx"]
    orders.credit()
    assert credited(orders) == [("attributed", None, 1001)]
    again = sync(shop, orders, TUESDAY_NIGHT)
    assert again.counts["reopened"] == 0
    assert credited(orders) == [("attributed", None, 1001)]


def test_an_order_of_the_coming_day_finds_a_rate(shop: SpendingTenant, orders: MeasuredShop, sink: Sink) -> None:
    orders.sell("first", at(THURSDAY), [Piece(1)], currency="USD")
    sink.will(bank(THURSDAY, FRIDAY))
    sync(shop, orders, SATURDAY_NIGHT)
    # Sunday's rates are never published; the run of Saturday's night has put Friday's in force.
    orders.sell("coming", datetime(2026, 3, 29, 9, tzinfo=UTC), [Piece(1001)], visitor="phone", currency="USD")
    orders.credit()
    assert [status for status, *_ in credited(orders)] == ["unattributed"] * 2


def test_days_on_which_anything_happened_to_an_order_are_restated_when_their_rate_changes(
    shop: SpendingTenant, orders: MeasuredShop, sink: Sink
) -> None:
    monday, tuesday, wednesday = (date(2026, 3, day) for day in (16, 17, 18))
    sink.will(bank(monday, tuesday, wednesday, THURSDAY, FRIDAY))
    orders.sell("seen", at(monday), [Piece(1)], currency="USD")
    sync(shop, orders, SATURDAY_NIGHT)
    orders.query("delete from analytics.orders where tenant_id = %(tenant_id)s")
    orders.sell("euros", at(monday), [Piece(500)], cancelled_at=at(FRIDAY))
    orders.sell(
        "dollars", at(tuesday), [Piece(1000), Piece(500, edited_at=at(wednesday))], currency="USD",
        cancelled_at=at(FRIDAY),
    )  # fmt: skip
    orders.refund("back", "dollars", at(THURSDAY), [(0, 1, 1000, 0)])
    queue_of(orders)
    sink.will(bank(monday, tuesday, wednesday, THURSDAY, FRIDAY, MONDAY, usd="1.6"))
    sync(shop, orders, TUESDAY_NIGHT)
    assert queue_of(orders) == {"fx": [tuesday, wednesday, THURSDAY, FRIDAY]}


def test_what_was_taken_back_of_credit_is_restated_with_the_rate_of_its_orders_day(
    shop: SpendingTenant, orders: MeasuredShop, sink: Sink
) -> None:
    sink.will(bank(THURSDAY, FRIDAY))
    orders.sell("dollars", at(THURSDAY), [Piece(1000)], currency="USD")
    sync(shop, orders, SATURDAY_NIGHT)
    orders.credit()
    orders.refund("back", "dollars", at(SATURDAY), [(0, 1, 1000, 0)])
    queue_of(orders)
    orders.query(
        "update analytics.exchange_rates set rate = 0.5"
        " where tenant_id = %(tenant_id)s and currency = 'USD' and day = '2026-03-26'"
    )
    sink.will(bank(FRIDAY, MONDAY))
    sync(shop, orders, TUESDAY_NIGHT)
    assert queue_of(orders) == {"fx": [THURSDAY, SATURDAY]}


def test_profit_is_restated_when_the_rate_of_a_unit_cost_changes(
    shop: SpendingTenant, orders: MeasuredShop, sink: Sink
) -> None:
    orders.insert(
        "product_costs",
        {
            "tenant_id": orders.tenant.tenant_id, "sku": "MUG", "variant_id": "", "source": "internal",
            "valid_from": "2026-01-01", "unit_cost_minor": 100, "currency": "USD",
        },
    )  # fmt: skip
    sink.will(bank(THURSDAY, FRIDAY))
    sync(shop, orders, SATURDAY_NIGHT)
    orders.sell("mug", at(FRIDAY), [Piece(1000)])
    orders.refund("back", "mug", at(SATURDAY), [(0, 1, 1000, 0)])
    orders.sell("other", at(THURSDAY), [Piece(1000)])
    orders.query(
        "update analytics.order_lines set sku = 'MUG' where tenant_id = %(tenant_id)s and order_id = %(order_id)s",
        order_id=orders.order_id("mug"),
    )
    orders.run(generate_daily_pnl, THURSDAY, MONDAY)
    queue_of(orders)
    sink.will(bank(THURSDAY, FRIDAY, MONDAY, usd="1.6"))
    sync(shop, orders, TUESDAY_NIGHT)
    assert queue_of(orders) == {"cost": [FRIDAY, SATURDAY]}
