"""Why an order has its credit, read from a real database: every state an order can be in says its reason."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.explain.__main__ import main
from include.explain.order import Explanation, document, explain_order
from include.explain.reading import read_order, read_similar_orders
from include.explain.terminal import WIDTH, as_text
from include.storage.session import tenant_transaction
from include.tenants.named import tenant_named
from include.tenants.plan import plan
from include.tenants.settings import AttributionSettings
from include.tenants.tenant import FROM_THE_BEGINNING, Tenant
from tests.integration.conftest import Database
from tests.integration.credited_shop import Shop, tenant_with

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def touch(name: str, at: datetime, visitor: str = "phone", **columns: str) -> dict[str, str]:
    row = {"touch_id": name, "visitor_id": visitor, "occurred_at": at.isoformat(), "channel": "Email"}
    return {**row, "campaign": name, **columns}


def order(name: str, at: datetime, visitor: str = "phone", **columns: str) -> dict[str, str]:
    row = {"order_id": name, "visitor_id": visitor, "placed_at": at.isoformat(), "currency": "USD", "total": "10.01"}
    return {**row, **columns}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(database, tenant_with(), tmp_path)
    yield made
    made.empty()
    made.query("delete from analytics.refunds where tenant_id = %(tenant_id)s")


def with_settings(shop: Shop, **settings: Any) -> Shop:
    tenant = tenant_with((FROM_THE_BEGINNING, AttributionSettings(**settings)))
    return Shop(shop.database, tenant, shop.folder)


def explained(shop: Shop, name: str, tenant: Tenant | None = None) -> Explanation:
    with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
        facts = read_order(session, shop.tenant, name)
    assert facts is not None
    return explain_order(facts, tenant or shop.tenant)


def reasons(explanation: Explanation) -> dict[str | None, str]:
    return {each.touch: each.reason for each in explanation.touches}


def test_an_attributed_order_says_of_every_touch_why_it_counts_or_not(shop: Shop) -> None:
    shop.load(
        [
            touch("old", NOON - 31 * DAY),
            touch("first", NOON - 3 * DAY, campaign="spring"),
            touch("again", NOON - 3 * DAY + 20 * SECOND, campaign="spring"),
            touch("direct", NOON - 2 * DAY, channel="Direct"),
            touch("denied", NOON - DAY, consent="denied"),
            touch("seen", NOON - DAY / 2, type="view"),
            touch("last", NOON),
            touch("later", NOON + SECOND),
        ],
        [order("1", NOON)],
    )
    shop.credit("run-1")
    explanation = explained(shop, "1")
    assert reasons(explanation) == {
        "old": "older_than_lookback",
        "first": "kept",
        "again": "same_touch",
        "direct": "direct_stepped_back",
        "denied": "no_consent",
        "seen": "view_not_counted",
        "last": "kept",
        "later": "after_order",
    }
    assert {each.touch: each.same_as for each in explanation.touches}["again"] == 2
    assert [each.position for each in explanation.touches if each.kept] == [1, 2]
    assert explanation.answer[0].startswith("2 touches of 1 visitor share the order.")
    assert explanation.credit.state == "current"
    assert [row.weights["linear"] for row in explanation.credit.rows] == [0.5, 0.5]
    assert explanation.credit.net_minor == {
        **dict.fromkeys(("first_touch", "last_touch", "linear", "time_decay", "position_based"), 1001),
        "data_driven": None,
    }
    assert (explanation.run_id, explanation.is_new_customer) == ("run-1", True)
    assert explanation.configuration.credited_with == explanation.configuration.config_version


def test_the_path_of_identity_says_who_was_stitched_and_by_which_evidence(shop: Shop) -> None:
    shop.load(
        [touch("t1", NOON - 2 * DAY, visitor="laptop", customer_id="ann"), touch("t2", NOON - DAY)],
        [order("1", NOON, customer_id="ann")],
    )
    shop.credit()
    explanation = explained(shop, "1")
    assert explanation.identity.sentence == "the order names customer ann, who has 1 other visitor"
    phone, laptop = explanation.identity.visitors
    assert (phone.visitor, phone.role) == ("phone", "placed_the_order")
    assert "order 1 (2026-03-20 12:00 UTC)" in phone.sentence
    assert (laptop.visitor, laptop.role, laptop.valid_from) == ("laptop", "stitched", NOON - 2 * DAY)
    assert "touch t1 (2026-03-18 12:00 UTC)" in laptop.sentence


def test_a_guests_order_is_followed_through_its_visitor_to_the_customer(shop: Shop) -> None:
    shop.load([touch("t1", NOON - DAY, customer_id="ann")], [order("1", NOON)])
    shop.credit()
    assert explained(shop, "1").identity.sentence == "the visitor that placed the order is customer ann"


def test_a_customer_with_too_many_visitors_is_said_to_be_not_stitched(shop: Shop) -> None:
    shop = with_settings(shop, max_visitors_per_customer=2)
    named = [touch(name, NOON - DAY, visitor=name, customer_id="ann") for name in ("laptop", "tablet")]
    shop.load([*named, touch("own", NOON - DAY / 2)], [order("1", NOON, customer_id="ann")])
    shop.credit()
    explanation = explained(shop, "1")
    assert explanation.identity.sentence.endswith("customer ann, who has 3 visitors, more than 2: not stitched")
    assert [each.role for each in explanation.identity.visitors] == [
        "placed_the_order",
        "over_the_limit",
        "over_the_limit",
    ]
    assert explanation.identity.touches_left_out == 2
    assert reasons(explanation) == {"own": "kept"}
    assert explanation.credit.state == "current"


def test_a_visitor_that_belongs_to_another_customer_is_named_with_that_customer(shop: Shop) -> None:
    shop.load(
        [
            touch("t1", NOON - 3 * DAY, visitor="shared", customer_id="bob"),
            touch("t2", NOON - 2 * DAY, visitor="shared", customer_id="ann"),
        ],
        [order("1", NOON, customer_id="ann")],
    )
    shop.credit()
    shared = explained(shop, "1").identity.visitors[-1]
    assert (shared.visitor, shared.role) == ("shared", "of_another_customer")
    assert shared.sentence == "not this customer's: customer bob has the earlier evidence"


@pytest.mark.parametrize(
    ("touches", "columns", "said"),
    [
        ([], {"visitor_id": ""}, "the order names neither a visitor nor a customer"),
        ([touch("t", NOON - 31 * DAY)], {}, "Not counted: 1 older than the look-back."),
        ([touch("t", NOON - DAY, consent="denied")], {}, "Not counted: 1 without consent."),
    ],
)
def test_an_unattributed_order_says_why_nobody_earned_it(
    shop: Shop, touches: list[dict[str, str]], columns: Mapping[str, str], said: str
) -> None:
    shop.load(touches, [order("1", NOON, **columns)])
    shop.credit()
    explanation = explained(shop, "1")
    assert explanation.status == "unattributed"
    assert explanation.answer[0].startswith("Nobody earned it: ")
    assert said in explanation.answer[0]
    assert explanation.credit.state == "current"
    assert (explanation.credit.unattributed_minor, explanation.credit.net_minor["linear"]) == (1001, 1001)


@pytest.mark.parametrize(
    ("columns", "reason", "said"),
    [
        ({"test": "true"}, "test_order", "No credit: a test order is never a conversion."),
        ({"financial_status": "pending"}, "not_paid", "No credit: it is not paid, and no conversion until it is."),
    ],
)
def test_an_order_that_is_no_conversion_says_why(shop: Shop, columns: dict[str, str], reason: str, said: str) -> None:
    shop.load([touch("t", NOON - DAY)], [order("1", NOON, **columns)])
    shop.credit()
    explanation = explained(shop, "1")
    assert (explanation.status, explanation.reason, explanation.answer[0]) == ("excluded", reason, said)
    assert explanation.credit.state == "none"


def test_an_order_voided_after_credit_says_why(shop: Shop) -> None:
    shop.load([touch("t", NOON - DAY)], [order("1", NOON)])
    shop.credit()
    shop.load(orders=[order("1", NOON, financial_status="voided")])
    explanation = explained(shop, "1")
    assert (explanation.status, explanation.reason, explanation.credit.state) == ("excluded", "not_paid", "none")
    assert [entry.cause for entry in explanation.audit] == ["order_changed"]


def test_an_order_of_an_excluded_sales_channel_says_so_whatever_its_touches(shop: Shop) -> None:
    shop = with_settings(shop, excluded_sources=("pos",))
    shop.load([touch("t", NOON - DAY)], [order("1", NOON)])
    shop.credit()
    # CSV orders carry no sales channel, so the stored state of one that has it is made by hand.
    shop.query("update analytics.orders set source_name = 'pos' where tenant_id = %(tenant_id)s")
    shop.query("delete from analytics.attribution_credits where tenant_id = %(tenant_id)s")
    shop.query(
        "update analytics.conversions set status = 'unattributed', reason = 'excluded_source'"
        " where tenant_id = %(tenant_id)s"
    )
    explanation = explained(shop, "1")
    assert explanation.answer[0] == "No credit: orders of its sales channel get no credit (excluded_sources)."
    assert explanation.credit.state == "current"


def test_a_new_order_waits_for_its_first_credit(shop: Shop) -> None:
    shop.load([touch("t", NOON - DAY)], [order("1", NOON)])
    explanation = explained(shop, "1")
    assert (explanation.status, explanation.credit.state) == ("pending", "waiting")
    assert explanation.answer == (
        "No credit yet: 1 touch will count.",
        "Waits for its first credit; the next process_attribution gives it.",
    )
    assert explanation.run_id is None


def test_a_late_touch_shows_the_older_credit_and_that_a_new_one_waits(shop: Shop) -> None:
    shop.load([touch("t", NOON - DAY)], [order("1", NOON)])
    shop.credit()
    shop.load([touch("late", NOON - 2 * DAY)])
    explanation = explained(shop, "1")
    assert explanation.credit.sentence == (
        "Waits for credit anew: a touch of its look-back came late or changed; the next process_attribution gives it."
        " What is stored until then is the older credit."
    )
    assert reasons(explanation) == {"late": "kept", "t": "kept"}
    assert len(explanation.credit.rows) == 1


def test_an_order_in_a_currency_without_a_rate_waits_for_the_rate(shop: Shop) -> None:
    shop.load([touch("t", NOON - DAY)], [order("1", NOON, currency="EUR")])
    shop.credit()
    explanation = explained(shop, "1")
    assert (explanation.status, explanation.reason) == ("pending", "no_fx_rate")
    assert explanation.credit.sentence == "Waits for a rate from EUR to the shop's USD."


def test_a_cancelled_order_keeps_its_credit_and_nets_to_zero(shop: Shop) -> None:
    # Late in the evening in New York it is the next day in UTC: the shop's day is shown.
    cancelled = (NOON + DAY).replace(hour=2).isoformat()
    shop.load([touch("t", NOON - DAY)], [order("1", NOON, cancelled_at=cancelled)])
    shop.credit()
    explanation = explained(shop, "1")
    assert explanation.answer[1] == "Cancelled on 2026-03-20: credit stays and is adjusted to zero."
    assert explanation.credit.rows[0].amounts_minor["linear"] == 1001
    assert explanation.credit.net_minor["linear"] == 0
    assert "cancellation 2026-03-20" in as_text(explanation)


def test_a_refund_is_shown_with_what_it_takes_off_the_credit(shop: Shop) -> None:
    shop.load([touch("t", NOON - DAY)], [order("1", NOON)])
    shop.credit()
    shop.query(
        "insert into analytics.refunds (tenant_id, refund_id, order_id, refunded_at, goods_minor, tax_minor)"
        " select tenant_id, 5, order_id, '2026-03-25T12:00Z', 300, 30 from analytics.orders"
        " where tenant_id = %(tenant_id)s"
    )
    assert explained(shop, "1").answer[1] == "Refund of 3.30 USD on 2026-03-25: not taken off the credit."
    shop.query(
        "insert into analytics.credit_adjustments (tenant_id, conversion_id, touchpoint_id, refund_id, order_date,"
        " refund_date, amount_first_minor, amount_last_minor, amount_linear_minor, amount_time_decay_minor,"
        " amount_position_minor) select tenant_id, conversion_id, touchpoint_id, 5, '2026-03-20', '2026-03-25',"
        " -330, -330, -330, -330, -330 from analytics.attribution_credits where tenant_id = %(tenant_id)s"
    )
    explanation = explained(shop, "1")
    assert explanation.answer[1] == "Refund of 3.30 USD on 2026-03-25: taken off the credit."
    assert explanation.credit.net_minor["time_decay"] == 671
    text = as_text(explanation)
    assert "refund 2026-03-25" in text
    assert "-3.30" in text


def test_a_refund_after_the_cancellation_pays_out_what_that_took(shop: Shop) -> None:
    shop.load([touch("t", NOON - DAY)], [order("1", NOON, cancelled_at=(NOON + DAY).isoformat())])
    shop.credit()
    shop.query(
        "insert into analytics.refunds (tenant_id, refund_id, order_id, refunded_at, goods_minor)"
        " select tenant_id, 5, order_id, '2026-03-25T12:00Z', 1001 from analytics.orders"
        " where tenant_id = %(tenant_id)s"
    )
    assert (
        explained(shop, "1").answer[2] == "Refund of 10.01 USD on 2026-03-25: pays out what the cancellation took off."
    )


def test_a_paid_order_whose_conversion_is_lost_says_who_makes_it(shop: Shop) -> None:
    shop.load([touch("t", NOON - DAY)], [order("1", NOON)])
    shop.query("delete from analytics.conversions where tenant_id = %(tenant_id)s")
    assert explained(shop, "1").answer[0] == (
        "No credit: its conversion is missing; attribution_order_reconciliation makes it."
    )


def test_credit_that_is_not_what_the_touches_earn_is_said_to_be_old(shop: Shop) -> None:
    shop.load([touch("t1", NOON - 2 * DAY), touch("t2", NOON - DAY)], [order("1", NOON)])
    shop.credit()
    other = with_settings(shop, half_life_days=3).tenant
    assert "the settings of that day were changed since" in explained(shop, "1", other).credit.sentence
    shop.query("delete from analytics.attribution_credits where tenant_id = %(tenant_id)s and position = 2")
    credit = explained(shop, "1").credit
    assert credit.state == "outdated"
    assert "1 touch that counts without credit; its amounts do not sum to the order's value" in credit.sentence


def test_an_edited_and_re_judged_order_tells_its_history(shop: Shop) -> None:
    shop.load([touch("t", NOON - DAY)], [order("1", NOON)])
    shop.credit()
    shop.load(orders=[order("1", NOON, total="12.00"), order("0", NOON - 5 * DAY)])
    shop.credit()
    explanation = explained(shop, "1")
    assert {entry.cause for entry in explanation.audit} == {"order_changed", "earlier_order"}
    text = as_text(explanation)
    assert "order_changed: value_minor 1001 -> 1200" in text
    assert "earlier_order: is_new_customer True -> False" in text


def test_urls_are_shown_without_their_queries_and_click_ids_by_name_only(shop: Shop) -> None:
    shop.load(
        [
            touch(
                "t",
                NOON - DAY,
                landing_page="https://shop.example/offer?gclid=secret-1&email=ann%40mail.example",
                referrer="https://mail.example/inbox?token=secret-2",
                fbclid="secret-3",
            )
        ],
        [order("1", NOON)],
    )
    shop.credit()
    explanation = explained(shop, "1")
    shown = explanation.touches[0]
    assert (shown.landing_page, shown.referrer) == ("https://shop.example/offer", "https://mail.example/inbox")
    assert shown.click_ids == ("gclid", "fbclid")
    everything = as_text(explanation) + json.dumps(document(explanation))
    assert "secret" not in everything
    assert "mail.example/inbox?" not in everything


def test_the_picture_fits_its_width_whatever_names_the_shop_uses(shop: Shop) -> None:
    long = "x" * 150
    touches = [
        touch(f"t{number}", NOON - DAY - number * 60 * SECOND, campaign=f"{long} {number}") for number in range(90)
    ]
    shop.load(touches, [order(long, NOON)])
    shop.credit()
    text = as_text(explained(shop, long))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "not shown, and in the JSON: 30 that count" in text
    assert "30 earlier touches" in text


def test_what_strangers_typed_is_shown_and_never_obeyed(shop: Shop) -> None:
    shop.load(
        [touch("t", NOON - DAY, campaign="[/bold]\x1b[2Jsale\u202e", source="[red]", medium="cpc")],
        [order("[/b]", NOON, customer_id="[link=https://evil.example]ann")],
    )
    shop.credit()
    text = as_text(explained(shop, "[/b]"))
    assert "order [/b]  ·  shop" in text
    assert "[link=https://evil.example]ann" in text
    assert "[/bold]\N{REPLACEMENT CHARACTER}[2Jsale\N{REPLACEMENT CHARACTER}" in text
    assert "[red] / cpc" in text
    assert "\x1b" not in text


def test_an_order_of_another_tenant_is_not_found(shop: Shop) -> None:
    shop.load(orders=[order("1", NOON)])
    other = tenant_with(tenant_id=8)
    with tenant_transaction(shop.database.jobs_url, other.tenant_id) as session:
        assert read_order(session, other, "1") is None
        assert read_similar_orders(session, "1") == []


@pytest.fixture
def named_shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A tenant that the command line can name."""
    (shop.folder / "files").mkdir()
    file = "slug: corner-shop\nname: Corner\nbrand: Corner\ntimezone: Asia/Tokyo\ncurrency: JPY\n"
    (shop.folder / "files" / "corner-shop.yaml").write_text(file, "utf-8")
    plan(shop.folder / "files", shop.database.admin_url, shop.database.control_url, apply=True)
    monkeypatch.setenv("ANALYTICS_DB_URL", shop.database.jobs_url)
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", shop.database.control_url)
    environment = {"ANALYTICS_DB_URL": shop.database.jobs_url, "ANALYTICS_CONTROL_URL": shop.database.control_url}
    made = Shop(shop.database, tenant_named("corner-shop", environment)[0], shop.folder)
    made.load([touch("t", NOON - DAY)], [order("5001", NOON, currency="JPY", total="900"), order("77", NOON + DAY)])
    made.credit()
    yield made
    made.empty()


def test_the_command_prints_a_picture_and_the_same_json_every_time(
    named_shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--tenant", "corner-shop", "--order", "5001"]
    assert main(asked) == 0
    picture = capsys.readouterr().out
    assert "order 5001  ·  corner-shop" in picture
    assert "Friday 2026-03-20 21:00:00 in Asia/Tokyo, 2026-03-20 12:00:00 UTC" in picture
    assert main([*asked, "--json"]) == 0
    first = capsys.readouterr().out
    assert main([*asked, "--json"]) == 0
    assert capsys.readouterr().out == first
    told = json.loads(first)
    assert told["placed_at"] == "2026-03-20T12:00:00Z"
    assert told["placed_at_local"] == "2026-03-20T21:00:00+09:00"
    assert told["credit"]["rows"][0]["amounts_minor"]["linear"] == 900
    assert told["credit"]["rows"][0]["weights"]["data_driven"] is None
    assert told["touches"][0]["reason"] == "kept"


def test_an_unknown_order_or_tenant_is_one_line_with_what_may_have_been_meant(
    named_shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--tenant", "corner-shop", "--order", "#5001"]) == 2
    assert capsys.readouterr().err == (
        "error: no order '#5001' of corner-shop; order ids are the shop's own, such as 5001, 77\n"
    )
    assert main(["--tenant", "corner", "--order", "5001"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: unknown tenant 'corner'; known are ")
    assert error.count("\n") == 1
