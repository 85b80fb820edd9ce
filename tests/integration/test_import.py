"""CSV imports against a real database: what is stored, what is refused, and which conversions wait for credit after."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include.errors import InvalidInput
from include.ids import tenant_id_of
from include.imports.load import Imported, import_orders, import_touchpoints
from include.jobs.process_attribution import process_attribution
from include.jobs.request import JobRequest
from include.storage.session import tenant_transaction
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom, Tenant
from tests.integration.conftest import Database

CHECKOUT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
TABLES = ("touchpoints", "orders", "conversions", "visitors", "customers", "visitor_identities", "quarantine")
MODELS = ("first", "last", "linear", "time_decay", "position")
SUMS = ", ".join(f"sum(amount_{model}_minor)::bigint" for model in MODELS)

TOUCHES = """\
touch_id,visitor_id,customer_id,occurred_at,source,medium
t1,v1,,2026-03-01T10:00:00Z,google,organic
t2,v1,c1,2026-03-05T10:00:00+01:00,newsletter,email
t3,v2,,2026-03-06,facebook,cpc
"""
ORDERS = """\
order_id,placed_at,currency,total,customer_id,visitor_id
o1,2026-03-10T09:30:00Z,EUR,19.99,c1,
o2,2026-03-12T09:30:00Z,EUR,100,,v2
"""


@dataclass(frozen=True)
class Shop:
    """A tenant of its own and what a test does with it."""

    database: Database
    tenant: Tenant
    folder: Path

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def touches(self, text: str) -> Imported:
        path = self.file("touchpoints.csv", text)
        return import_touchpoints(self.database.jobs_url, self.tenant, path, NOW, lambda _: None)

    def orders(self, text: str) -> Imported:
        path = self.file("orders.csv", text)
        return import_orders(self.database.jobs_url, self.tenant, path, NOW, lambda _: None)

    def credit(self) -> None:
        with tenant_transaction(self.database.jobs_url, self.tenant.tenant_id) as session:
            process_attribution(session, {}, self.tenant, JobRequest("process_attribution", uuid.uuid4().hex, NOW))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Query as superuser; %(tenant)s is the tenant's id."""
        with psycopg.connect(self.database.superuser_url) as connection:
            return connection.execute(query, {"tenant": self.tenant.tenant_id}).fetchall()

    def conversions(self, columns: str) -> dict[str, tuple[Any, ...]]:
        """Return columns of every conversion by the shop's order id."""
        found = self.rows(
            f"select external_id, {columns} from analytics.conversions"
            " join (select tenant_id, order_id, external_id from analytics.orders) as named using (tenant_id, order_id)"
            " where tenant_id = %(tenant)s"
        )
        return {order: tuple(values) for order, *values in found}

    def sums(self, table: str) -> dict[str, tuple[int, ...]]:
        """Return each order's amounts of a table under the five models, summed."""
        found = self.rows(
            f"select orders.external_id, {SUMS} from analytics.{table}"
            " join analytics.orders on orders.tenant_id = %(tenant)s and orders.order_id = conversion_id"
            f" where {table}.tenant_id = %(tenant)s group by 1"
        )
        return {order: tuple(amounts) for order, *amounts in found}

    def versions(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return which transaction wrote each row of each table, and where it lies."""
        return {
            table: self.rows(
                f"select xmin::text, ctid::text from analytics.{table} where tenant_id = %(tenant)s order by ctid"
            )
            for table in TABLES
        }


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    slug = f"shop-{uuid.uuid4().hex[:8]}"
    settings = SettingsFrom(FROM_THE_BEGINNING, AttributionSettings())
    tenant = Tenant(tenant_id_of(slug), slug, slug, "active", "Europe/Paris", "EUR", "analytics_db", (settings,))
    return Shop(database, tenant, tmp_path)


def counts(imported: Imported) -> tuple[int, ...]:
    """Return read, new, changed, unchanged, superseded and quarantined."""
    figures = (imported.read, imported.new, imported.changed, imported.unchanged, imported.superseded)
    return (*figures, len(imported.quarantined.rows))


def test_every_row_read_is_counted_once_as_new_changed_unchanged_superseded_or_quarantined(shop: Shop) -> None:
    shop.touches(TOUCHES)
    again = shop.touches(
        TOUCHES.replace("newsletter,email", "newsletter,sms")
        + "t4,v3,,2026-03-07,google,cpc\n"
        + "t4,v3,,2026-03-08,google,cpc\n"
        + "t5,,,2026-03-08,google,cpc\n"
    )
    shop.orders(ORDERS)
    orders = shop.orders(
        ORDERS.replace("19.99", "29.99") + "o3,2026-03-12,EUR,5,c9,\no3,2026-03-12,EUR,6,c9,\no4,2026-03-12,EUR,x,,\n"
    )

    assert counts(again) == (6, 1, 1, 2, 1, 1)
    assert counts(orders) == (5, 1, 1, 1, 1, 1)
    assert shop.conversions("value_minor") == {"o1": (2999,), "o2": (10000,), "o3": (600,)}


def test_importing_the_same_files_twice_writes_no_row(shop: Shop) -> None:
    touches = TOUCHES + ",v1,,2026-03-02,bing,organic\n,v1,,2026-03-02,bing,organic\nt9,,,2026-03-02,,\n"
    orders = ORDERS + "o9,2026-03-12,EUR,1.234,c1,\n"
    shop.touches(touches)
    shop.orders(orders)
    before = shop.versions()

    touched, ordered = shop.touches(touches), shop.orders(orders)

    assert counts(touched) == (6, 0, 0, 5, 0, 1)
    assert counts(ordered) == (3, 0, 0, 2, 0, 1)
    assert not touched.work_waits
    assert not ordered.work_waits
    assert shop.versions() == before
    assert all(before[table] for table in TABLES)


def test_importing_the_same_files_again_after_credit_re_opens_nothing(shop: Shop) -> None:
    shop.touches(TOUCHES)
    shop.orders(ORDERS)
    shop.credit()
    before = shop.versions()

    shop.touches(TOUCHES)
    shop.orders(ORDERS)

    assert shop.versions() == before
    assert shop.conversions("status") == {"o1": ("attributed",), "o2": ("attributed",)}


def test_bad_rows_are_quarantined_with_line_and_reason_and_the_others_are_imported(shop: Shop) -> None:
    imported = shop.orders(
        "order_id,placed_at,currency,total,customer_id\n"
        "o1,2026-03-10T09:30:00Z,EUR,19.99,c1\n"
        ",2026-03-10T09:30:00Z,EUR,19.99,c1\n"
        "o3,10/03/2026,EUR,19.99,c1\n"
        "o4,2026-03-10,EUR\n"
        "o5,2026-03-10,EUR,19.999,c1\n"
        "o6,2026-03-10,EUR,7,c1\n"
    )

    kept = shop.rows(
        "select ref, reason, source, convert_from(payload, 'UTF8') from analytics.quarantine"
        " where tenant_id = %(tenant)s order by ref"
    )
    assert counts(imported) == (6, 2, 0, 0, 0, 4)
    assert [(ref, source) for ref, _, source, _ in kept] == [(f"line {line}", "import:orders") for line in (3, 4, 5, 6)]
    assert [reason.split()[0] for _, reason, _, _ in kept] == ["order_id", "placed_at", "3", "amount"]
    assert "19.999" in kept[3][3]
    assert set(shop.conversions("status")) == {"o1", "o6"}


def test_the_documented_look_at_the_quarantine_shows_what_was_put_aside(shop: Shop) -> None:
    shop.orders(ORDERS + "o3,2026-03-12,EUR,1.234,c1,\n")
    document = (CHECKOUT / "docs" / "import.md").read_text(encoding="utf-8")
    block = document.split("```sql\n")[1].split("```")[0]
    block = re.sub(r"app.tenant_id = '\d+'", f"app.tenant_id = '{shop.tenant.tenant_id}'", block)

    with psycopg.connect(shop.database.jobs_url, autocommit=True) as connection:
        cursor = connection.execute(block)
        while not cursor.description:
            cursor.nextset()
        found = cursor.fetchall()

    assert [row[:2] for row in found] == [("import:orders", "line 4")]
    assert "o3" in found[0][3]


@pytest.mark.parametrize(
    ("load", "text", "named"),
    [
        (Shop.touches, "visitor_id,source\nv1,google\n", "occurred_at"),
        (Shop.orders, "order_id,placed_at,total\no1,2026-03-10,5\n", "currency"),
        (Shop.orders, "", "order_id, placed_at, currency, total"),
        (Shop.orders, "order_id,order_id,placed_at,currency,total\no1,o1,2026-03-10,EUR,5\n", "order_id"),
    ],
)
def test_a_missing_or_repeated_column_is_refused_by_name_and_nothing_is_imported(
    shop: Shop, load: Callable[[Shop, str], Imported], text: str, named: str
) -> None:
    with pytest.raises(InvalidInput, match=f"column {named} .*nothing was imported"):
        load(shop, text)

    assert not any(shop.versions().values())


def test_orders_of_strangers_are_kept_and_their_conversions_say_why_nobody_earned_them(shop: Shop) -> None:
    shop.touches(TOUCHES)
    shop.orders(
        "order_id,placed_at,currency,total,customer_id\n"
        "known,2026-03-10,EUR,1,c1\nstranger,2026-03-10,EUR,2,nobody\nguest,2026-03-10,EUR,3,\n"
    )
    shop.credit()

    assert shop.conversions("status, reason, is_new_customer") == {
        "known": ("attributed", None, True),
        "stranger": ("unattributed", "no_touch_in_window", True),
        "guest": ("unattributed", "no_visitor", None),
    }
    assert set(shop.rows("select external_id from analytics.customers where tenant_id = %(tenant)s")) == {
        ("c1",),
        ("nobody",),
    }


def test_an_edited_order_waits_for_credit_again_and_is_credited_with_its_new_total(shop: Shop) -> None:
    shop.touches(TOUCHES)
    shop.orders(ORDERS)
    shop.credit()
    assert shop.sums("attribution_credits") == {"o1": (1999,) * 5, "o2": (10000,) * 5}

    imported = shop.orders(ORDERS.replace("19.99", "15.00"))

    assert imported.work_waits
    assert shop.conversions("status") == {"o1": ("pending",), "o2": ("attributed",)}
    shop.credit()
    assert shop.sums("attribution_credits") == {"o1": (1500,) * 5, "o2": (10000,) * 5}
    assert shop.rows(
        "select cause, detail -> 'value_minor' from analytics.conversion_audit where tenant_id = %(tenant)s"
    ) == [("order_changed", [1999, 1500])]


def test_test_orders_and_unpaid_ones_are_stored_but_never_conversions(shop: Shop) -> None:
    shop.touches(TOUCHES)
    shop.orders(
        "order_id,placed_at,currency,total,customer_id,financial_status,test\n"
        "trial,2026-03-10,EUR,1,c1,paid,true\n"
        + "".join(
            f"{status},2026-03-10,EUR,1,c1,{status},\n"
            for status in (
                "pending",
                "authorized",
                "partially_paid",
                "voided",
                "expired",
                "unpaid",
                "paid",
                "partially_refunded",
                "refunded",
            )
        )
    )
    shop.credit()

    assert shop.rows("select count(*) from analytics.orders where tenant_id = %(tenant)s") == [(10,)]
    assert shop.conversions("status") == dict.fromkeys(("paid", "partially_refunded", "refunded"), ("attributed",))


def test_an_order_voided_after_credit_is_excluded_and_its_credit_deleted_until_it_is_paid_again(shop: Shop) -> None:
    header, paid = "order_id,placed_at,currency,total,customer_id,financial_status\n", "o1,2026-03-10,EUR,8,c1,paid\n"
    shop.touches(TOUCHES)
    shop.orders(header + paid)
    shop.credit()

    shop.orders(header + paid.replace("paid", "voided"))

    assert shop.conversions("status, reason") == {"o1": ("excluded", "not_paid")}
    assert shop.sums("attribution_credits") == {}
    shop.credit()
    assert shop.conversions("status, reason") == {"o1": ("excluded", "not_paid")}
    shop.orders(header + paid)
    shop.credit()
    assert shop.sums("attribution_credits") == {"o1": (800,) * 5}


def test_a_cancelled_orders_adjustments_take_back_exactly_its_credit(shop: Shop) -> None:
    header = "order_id,placed_at,currency,total,customer_id,cancelled_at\n"
    orders = header + "o1,2026-03-10,EUR,9.99,c1,\no2,2026-03-11,EUR,5,c1,\no3,2026-03-11,EUR,7,nobody,\n"
    shop.touches(TOUCHES)
    shop.orders(orders)
    shop.credit()
    assert shop.sums("credit_adjustments") == {}

    cancelled = "2026-03-20T23:30:00Z"
    shop.orders(orders.replace("9.99,c1,", f"9.99,c1,{cancelled}").replace("7,nobody,", f"7,nobody,{cancelled}"))
    shop.credit()

    assert shop.sums("attribution_credits") == {"o1": (999,) * 5, "o2": (500,) * 5}
    assert shop.sums("credit_adjustments") == {"o1": (-999,) * 5, "o3": (-700,) * 5}
    days = shop.rows("select distinct refund_date::text from analytics.credit_adjustments where tenant_id = %(tenant)s")
    assert days == [("2026-03-21",)], "half past eleven at night in London is the next day in Paris"
    shop.orders(orders)
    shop.credit()
    assert shop.sums("credit_adjustments") == {}


def test_an_order_in_a_currency_without_a_rate_waits_and_takes_no_credit(shop: Shop) -> None:
    shop.touches(TOUCHES)
    shop.orders("order_id,placed_at,currency,total,customer_id\no1,2026-03-10,JPY,500,c1\no2,2026-03-10,EUR,5,c1\n")
    shop.credit()

    assert shop.conversions("status, reason, value_minor, currency") == {
        "o1": ("pending", "no_fx_rate", 500, "JPY"),
        "o2": ("attributed", None, 500, "EUR"),
    }
    assert shop.sums("attribution_credits") == {"o2": (500,) * 5}


def test_the_new_customers_order_is_the_earliest_placed_not_the_first_to_arrive(shop: Shop) -> None:
    header = "order_id,placed_at,currency,total,customer_id\n"
    shop.orders(header + "later,2026-03-10,EUR,1,c1\n")
    assert shop.conversions("is_new_customer") == {"later": (True,)}

    shop.orders(header + "earlier,2026-03-01,EUR,1,c1\nother,2026-03-02,EUR,1,c2\n")

    assert shop.conversions("is_new_customer") == {"later": (False,), "earlier": (True,), "other": (True,)}
    assert shop.rows(
        "select orders.external_id, cause, detail from analytics.conversion_audit"
        " join analytics.orders using (tenant_id) where order_id = conversion_id and tenant_id = %(tenant)s"
    ) == [("later", "earlier_order", {"is_new_customer": [True, False]})]
    assert shop.rows(
        "select first_order_at from analytics.customers where tenant_id = %(tenant)s and external_id = 'c1'"
    ) == [(datetime(2026, 3, 1, tzinfo=UTC),)]


def test_an_earlier_order_that_is_not_paid_leaves_the_new_customers_order_alone(shop: Shop) -> None:
    header = "order_id,placed_at,currency,total,customer_id,financial_status\n"
    shop.orders(header + "later,2026-03-10,EUR,1,c1,paid\nearlier,2026-03-01,EUR,1,c1,voided\n")

    assert shop.conversions("is_new_customer") == {"later": (True,)}


@pytest.mark.parametrize(
    ("occurred_at", "reopened"),
    [
        ("2026-02-01T00:00:00Z", {"february"}),
        ("2026-02-18T09:00:00Z", {"march"}),
        ("2026-02-18T08:59:59Z", set()),
        ("2026-02-10T09:00:00Z", {"february"}),
        ("2026-03-20T09:00:00Z", {"march"}),
        ("2026-03-20T09:00:01Z", set()),
        ("2026-01-05T09:00:00Z", {"january"}),
        ("2026-01-11T09:00:00Z", {"february"}),
    ],
)
def test_a_late_touch_re_opens_exactly_the_conversions_in_whose_thirty_days_it_falls(
    shop: Shop, occurred_at: str, reopened: set[str]
) -> None:
    shop.touches("visitor_id,customer_id,occurred_at\nv1,c1,2025-11-01\nv2,c2,2025-11-01\n")
    shop.orders(
        "order_id,placed_at,currency,total,customer_id\n"
        "january,2026-01-05T09:00:00Z,EUR,1,c1\n"
        "february,2026-02-10T09:00:00Z,EUR,1,c1\n"
        "march,2026-03-20T09:00:00Z,EUR,1,c1\n"
        "another,2026-02-10T09:00:00Z,EUR,1,c2\n"
    )
    shop.credit()

    imported = shop.touches(f"visitor_id,occurred_at,source,medium\nv1,{occurred_at},google,organic\n")

    statuses = shop.conversions("status")
    assert {order for order, (status,) in statuses.items() if status == "pending"} == reopened
    assert imported.work_waits == bool(reopened)
    audited = shop.rows("select distinct cause from analytics.conversion_audit where tenant_id = %(tenant)s")
    assert audited == [("late_touch",)] * bool(reopened)
    shop.credit()
    assert set(shop.sums("attribution_credits")) == reopened


def test_evidence_that_a_visitor_is_a_customer_brings_the_visitors_earlier_touches_to_the_customers_order(
    shop: Shop,
) -> None:
    shop.touches("visitor_id,occurred_at,source,medium\nphone,2026-03-02,google,organic\n")
    shop.orders("order_id,placed_at,currency,total,customer_id\no1,2026-03-10,EUR,1,c1\n")
    shop.credit()
    assert shop.conversions("status, reason") == {"o1": ("unattributed", "no_touch_in_window")}

    shop.touches("visitor_id,customer_id,occurred_at\nphone,c1,2026-03-25\n")
    shop.credit()

    assert shop.conversions("status") == {"o1": ("attributed",)}
    assert shop.rows("select cause from analytics.conversion_audit where tenant_id = %(tenant)s") == [("identity",)]
    assert shop.rows(
        "select channel from analytics.attribution_credits"
        " join analytics.touchpoints using (tenant_id, touchpoint_id) where tenant_id = %(tenant)s"
    ) == [("Organic Search",)]


def test_a_guests_order_becomes_the_customers_when_the_visitor_is_recognised(shop: Shop) -> None:
    shop.touches("visitor_id,occurred_at\nphone,2026-03-02\n")
    shop.orders(
        "order_id,placed_at,currency,total,customer_id,visitor_id\n"
        "guest,2026-03-10,EUR,1,,phone\nlater,2026-03-12,EUR,1,c1,laptop\n"
    )
    assert shop.conversions("customer_id is null, is_new_customer") == {"guest": (True, True), "later": (False, True)}

    shop.touches("visitor_id,customer_id,occurred_at\nphone,c1,2026-03-25\n")

    assert shop.conversions("customer_id is null, is_new_customer") == {"guest": (False, True), "later": (False, False)}


def test_equal_rows_without_an_id_are_as_many_touches_in_every_import(shop: Shop) -> None:
    header, row = "visitor_id,occurred_at,source,medium\n", "v1,2026-03-02T10:00:00Z,google,organic\n"

    assert counts(shop.touches(header + row * 3)) == (3, 3, 0, 0, 0, 0)
    assert counts(shop.touches(header + row * 3)) == (3, 0, 0, 3, 0, 0)
    assert counts(shop.touches(header + "v0,2026-03-01,,\n" + row * 4)) == (5, 2, 0, 3, 0, 0)
    assert counts(shop.touches(header + row)) == (1, 0, 0, 1, 0, 0)
    assert shop.rows("select count(*) from analytics.touchpoints where tenant_id = %(tenant)s") == [(5,)]


def test_one_tenants_import_writes_nothing_of_another_with_the_same_ids(shop: Shop, database: Database) -> None:
    slug = f"twin-{uuid.uuid4().hex[:8]}"
    settings = shop.tenant.settings_history
    twin = Shop(
        database, Tenant(tenant_id_of(slug), slug, slug, "active", "UTC", "EUR", "analytics_db", settings), shop.folder
    )
    shop.touches(TOUCHES)
    shop.orders(ORDERS)
    before = shop.versions()

    assert twin.touches(TOUCHES).new == 3
    assert twin.orders(ORDERS.replace("19.99", "1")).new == 2
    assert shop.versions() == before


@pytest.fixture
def known(shop: Shop) -> Shop:
    """Make the shop one that control knows, as the command line asks for."""
    with psycopg.connect(shop.database.superuser_url) as connection:
        connection.execute(
            "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
            " values (%s, %s, %s, 'active', 'Europe/Paris', 'EUR')",
            (shop.tenant.tenant_id, shop.tenant.slug, shop.tenant.name),
        )
    return shop


def run(shop: Shop, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "ANALYTICS"))}
    urls = {"ANALYTICS_DB_URL": shop.database.jobs_url, "ANALYTICS_CONTROL_URL": shop.database.control_url}
    clock = {"ATTRIBUTION_NOW": NOW.isoformat(), "ALLOWED_PLATFORM_HOSTS": "127.0.0.1:1"}
    return subprocess.run(
        [sys.executable, "-m", "include.imports", *arguments],
        env={**kept, **urls, **clock, **variables},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_prints_what_became_of_every_row_and_exits_zero_despite_quarantine(known: Shop) -> None:
    touches = known.file("touches.csv", TOUCHES.replace("medium\n", "medium,mood\n").replace("email\n", "email,good\n"))
    orders = known.file("orders.csv", ORDERS + "o3,2026-03-10,EUR,-1,,\n")

    ended = run(known, "--tenant", known.tenant.slug, "--touchpoints", str(touches), "--orders", str(orders))

    lines = [line.split() for line in ended.stdout.splitlines()]
    assert ended.returncode == 0, ended.stderr
    assert lines[0] == ["file", "read", "new", "changed", "unchanged", "superseded", "quarantined"]
    assert lines[1] == ["touches.csv", "3", "1", "0", "0", "0", "2"]
    assert lines[2] == ["orders.csv", "3", "2", "0", "0", "0", "1"]
    assert "touches.csv: ignored columns mood" in ended.stdout
    assert "touches.csv: 2 quarantined, first line 2: 6 fields in a file of 7 columns" in ended.stdout
    assert "orders.csv: 1 quarantined, first line 4: total" in ended.stdout
    assert "the next quarter hour finds it" in ended.stdout


def test_the_command_says_nothing_of_airflow_when_nothing_waits(known: Shop) -> None:
    orders = known.file("orders.csv", ORDERS)
    run(known, "--tenant", known.tenant.slug, "--orders", str(orders))

    ended = run(known, "--tenant", known.tenant.slug, "--orders", str(orders))

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[1].split() == ["orders.csv", "2", "0", "0", "2", "0", "0"]
    assert "Airflow" not in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tenant", "nobody", "--orders", "orders.csv"), "error: unknown tenant 'nobody'; known are"),
        (("--tenant", "{slug}"), "error: nothing to import"),
        (("--tenant", "{slug}", "--orders", "absent.csv"), "error: absent.csv: cannot be read"),
        (("--tenant", "{slug}", "--orders", "{touches}"), "error: touches.csv: required column order_id"),
    ],
)
def test_the_command_exits_one_with_one_line_when_it_refuses(
    known: Shop, arguments: tuple[str, ...], said: str
) -> None:
    touches = known.file("touches.csv", TOUCHES)
    names = {"slug": known.tenant.slug, "touches": str(touches)}

    ended = run(known, *(argument.format(**names) for argument in arguments))

    assert ended.returncode == 1
    assert ended.stderr.startswith(said)
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stdout == ""


def test_the_command_without_a_database_url_says_how_to_get_one(known: Shop) -> None:
    orders = known.file("orders.csv", ORDERS)

    ended = run(known, "--tenant", known.tenant.slug, "--orders", str(orders), ANALYTICS_DB_URL="")

    assert ended.returncode == 1
    assert ended.stderr == "error: ANALYTICS_DB_URL is not set; start a stack with make up, or set the database URLs\n"


def test_the_command_says_in_one_line_that_the_database_does_not_answer(known: Shop) -> None:
    orders = known.file("orders.csv", ORDERS)
    nowhere = "postgresql://analytics_control:secret@127.0.0.1:9/nowhere"

    ended = run(known, "--tenant", known.tenant.slug, "--orders", str(orders), ANALYTICS_CONTROL_URL=nowhere)

    assert ended.returncode == 1
    assert ended.stderr.startswith("error: database: connection failed")
    assert len(ended.stderr.splitlines()) == 1
    assert "secret" not in ended.stderr


def test_the_command_imports_neither_file_when_one_of_them_is_refused(known: Shop) -> None:
    touches = known.file("touches.csv", TOUCHES)
    orders = known.file("orders.csv", "order_id,placed_at,total\no1,2026-03-10,5\n")

    ended = run(known, "--tenant", known.tenant.slug, "--touchpoints", str(touches), "--orders", str(orders))

    assert ended.returncode == 1
    assert ended.stderr == "error: orders.csv: required column currency is missing; nothing was imported\n"
    assert not any(known.versions().values())
