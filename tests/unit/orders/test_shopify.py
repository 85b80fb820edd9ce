"""Webhook bodies as states: what each field becomes, what is refused, and that nothing else ever escapes."""

import copy
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.errors import InvalidInput
from include.orders.payload import MAX_BODY_BYTES
from include.orders.row_ids import customer_id_of, order_id_of, visitor_id_of
from include.orders.shopify import ORDER_TOPICS, TOPICS, parse_delivery
from include.orders.shopify_refunds import line_id_of
from include.orders.state import Delivery, EditHint, OrderState, RefundState
from tests.unit.orders.payloads import EMAIL, Json, body, edit, line, money, order, refund

TENANT = 7
NOW = datetime(2026, 4, 10, 12, tzinfo=UTC)
TRIGGERED = datetime(2026, 3, 1, 9, 0, 3, tzinfo=UTC)
TEMPLATES: list[tuple[str, Json]] = [
    ("orders/updated", order(refunds=[refund()])),
    ("orders/create", order()),
    (
        "refunds/create",
        refund(order_adjustments=[{"amount": "-5.00", "tax_amount": "0.00", "kind": "shipping_refund"}]),
    ),
    ("orders/edited", edit()),
]


def parse(topic: str, document: object, triggered_at: datetime = TRIGGERED) -> Delivery:
    payload = document if isinstance(document, bytes) else body(document)
    return parse_delivery(topic, payload, tenant_id=TENANT, triggered_at=triggered_at, now=NOW)


def order_of(document: Json) -> OrderState:
    state = parse("orders/updated", document)
    assert isinstance(state, OrderState)
    return state


def refund_of(document: Json) -> RefundState:
    state = parse("refunds/create", document)
    assert isinstance(state, RefundState)
    return state


def amounts(state: RefundState) -> tuple[int, int, int]:
    return state.goods_minor, state.shipping_minor, state.tax_minor


def test_an_order_keeps_its_ids_instants_and_amounts() -> None:
    state = order_of(order())
    assert (state.order_id, state.external_id) == (order_id_of(TENANT, "5400000000001"), "5400000000001")
    assert state.customer_id == customer_id_of(TENANT, "7000000000001")
    assert state.visitor_id == visitor_id_of(TENANT, "v-1")
    assert state.placed_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert state.processed_at == datetime(2026, 3, 1, 9, 0, 1, tzinfo=UTC)
    assert state.version[:2] == (datetime(2026, 3, 1, 9, 0, 2, tzinfo=UTC), TRIGGERED)
    assert (state.currency, state.total_minor, state.gross_minor, state.discounts_minor) == ("EUR", 4500, 4400, 400)
    assert (state.shipping_minor, state.tax_minor, state.tips_minor) == (500, 750, 0)
    assert (state.name, state.gateway, state.source_name, state.source) == (
        "#1001",
        "shopify_payments",
        "web",
        "shopify",
    )
    (only,) = state.lines
    assert (only.quantity, only.unit_price_minor, only.discount_minor, only.tax_minor) == (2, 2200, 400, 667)
    assert (only.product_id, only.variant_id, only.sku) == ("8100000000001", "44000000000001", "SKU-1")


@pytest.mark.parametrize("topic", sorted(ORDER_TOPICS))
def test_the_topic_of_a_whole_order_makes_no_difference(topic: str) -> None:
    assert parse(topic, order()) == parse("orders/updated", order())


def test_a_shop_in_euro_books_euro_although_the_customer_saw_yen() -> None:
    seen = money("45.00", "7250", seen="JPY")
    document = order(
        presentment_currency="JPY", total_price_set=seen, current_total_price_set=seen, total_shipping_price_set=seen
    )
    del document["total_price"], document["current_total_price"]
    state = order_of(document)
    assert (state.currency, state.presentment_currency) == ("EUR", "JPY")
    assert (state.total_minor, state.shipping_minor) == (4500, 4500)


def test_a_shop_in_yen_has_no_decimals() -> None:
    document = json.loads(json.dumps(order()).replace('"EUR"', '"JPY"').replace('.00"', '"'))
    document["line_items"][0]["tax_lines"] = []
    document["total_tax"] = "750"
    assert order_of(document).total_minor == 45


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        pytest.param({}, 4500, id="untouched"),
        pytest.param({"current_total_price": "25.00"}, 2500, id="an edit took goods out"),
        pytest.param({"current_total_price": "65.00", "total_price": "65.00"}, 6500, id="an edit added goods"),
        pytest.param({"current_total_price": "25.00", "refunds": [refund()]}, 4500, id="a refund is no edit"),
        pytest.param({"current_total_price": "5.00", "refunds": [refund()]}, 2500, id="an edit and a refund"),
        pytest.param({"current_total_price": "45.00", "refunds": [refund()]}, 4500, id="never above total_price"),
        pytest.param(
            {"current_total_price": "0.00", "cancelled_at": "2026-03-02T10:00:00Z"}, 4500, id="a cancelled order"
        ),
        pytest.param(
            {"current_total_price": "25.00", "financial_status": "partially_refunded"}, 4500, id="refunds not listed"
        ),
        pytest.param({"current_total_price": None, "current_total_price_set": None}, 4500, id="an old API version"),
    ],
)
def test_the_total_is_what_the_customer_pays_after_edits_and_before_refunds(changes: Json, total: int) -> None:
    assert order_of(order(**changes)).total_minor == total


def test_tax_on_top_of_prices_is_part_of_what_a_refund_gave_back() -> None:
    document = order(taxes_included=False, current_total_price="21.67", refunds=[refund()])
    assert order_of(document).total_minor == 2167 + 2000 + 333


@pytest.mark.parametrize(
    ("changes", "quantity"),
    [
        ({"current_quantity": 1}, 1),
        ({"current_quantity": 0, "quantity": 1}, 1),
        ({"current_quantity": None}, 2),
    ],
    ids=["edited and refunded", "all refunded", "an old API version"],
)
def test_a_lines_quantity_is_that_after_edits_and_before_refunds(changes: Json, quantity: int) -> None:
    document = order(line_items=[line(**changes)], refunds=[refund()] if changes["current_quantity"] == 0 else [])
    assert order_of(document).lines[0].quantity == quantity


def test_a_test_order_a_guest_and_a_cancellation_are_kept_as_such() -> None:
    state = order_of(order(test=True, customer=None, note_attributes=[], cancelled_at="2026-03-02T00:00:00-05:00"))
    assert state.test
    assert (state.customer_id, state.visitor_id) == (None, None)
    assert state.cancelled_at == datetime(2026, 3, 2, 5, tzinfo=UTC)


def test_an_order_without_a_financial_status_has_not_been_paid() -> None:
    assert order_of(order(financial_status=None)).financial_status == "pending"


def test_a_name_in_any_script_survives() -> None:
    assert order_of(order(name="#١٠٠١ – 注文")).name == "#١٠٠١ – 注文"


@pytest.mark.parametrize(
    ("landing", "status_url", "page"),
    [
        ("/a?x=1", "https://shop.example/orders/1?key=2", "https://shop.example/a?x=1"),
        ("https://other.example/a", "https://shop.example/orders/1", "https://other.example/a"),
        (None, "https://shop.example/orders/1", "https://shop.example/"),
        ("/a?x=1", None, "/a?x=1"),
        ("/a", "https://[", "/a"),
        (None, None, None),
    ],
)
def test_a_landing_page_is_a_whole_address_where_the_order_names_the_shops_host(
    landing: str | None, status_url: str | None, page: str | None
) -> None:
    assert order_of(order(landing_site=landing, order_status_url=status_url)).context.landing_url == page


def test_an_order_without_a_browser_has_no_landing_page() -> None:
    in_shop = order(landing_site=None, browser_ip=None, client_details=None, order_status_url="https://shop.example/1")
    assert order_of(in_shop).context.landing_url is None


def test_the_context_names_browser_consent_and_hashes_and_nothing_raw() -> None:
    context = order_of(order()).context
    assert (context.ga_client_id, context.fbp) == ("1234567890.1767225600", "fb.1.1767225600000.42")
    assert context.ttclid == "E.C.P.abc"
    assert context.fbc is None
    assert (context.ip, context.user_agent) == ("203.0.113.41", "Mozilla/5.0")
    assert context.consent == {"marketing": "granted", "sale_of_data": "denied"}
    assert (context.consent_source, context.consent_at) == ("note_attributes", datetime(2026, 3, 1, 9, tzinfo=UTC))
    assert set(context.identifiers) == {"ga4", "meta", "tiktok"}
    assert EMAIL.lower() not in repr(order_of(order())).lower()
    assert "zoë" not in repr(order_of(order())).lower()


def test_no_answer_about_consent_is_not_consent() -> None:
    context = order_of(order(note_attributes=[{"name": "consent_marketing", "value": "perhaps"}])).context
    assert (dict(context.consent), context.consent_source, context.consent_at) == ({}, None, None)


@pytest.mark.parametrize("value", [17, None, True, {"a": 1}, ["x"], "x" * 5000, "nul\x00"])
def test_strange_note_attributes_never_cost_the_order(value: object) -> None:
    attributes = [{"name": name, "value": value} for name in ("_fbp", "_ga", "ttclid", "consent_at", "visitor_id")]
    assert order_of(order(note_attributes=attributes)).total_minor == 4500


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, (2000, 0, 333), id="one line"),
        pytest.param(
            {"order_adjustments": [{"amount": "-5.00", "tax_amount": "-0.83", "kind": "shipping_refund"}]},
            (2000, 500, 416),
            id="shipping as an adjustment",
        ),
        pytest.param(
            {"refund_shipping_lines": [{"subtotal_amount_set": money("5.00"), "tax_amount_set": money("0.83")}]},
            (2000, 500, 416),
            id="shipping as a line, since 2024-10",
        ),
        pytest.param(
            {"order_adjustments": [{"amount": "8.00", "tax_amount": "0.00", "kind": "refund_discrepancy"}]},
            (1200, 0, 333),
            id="less given back than the lines say",
        ),
        pytest.param(
            {
                "refund_line_items": [],
                "order_adjustments": [{"amount": "-12.50", "tax_amount": "0.00", "kind": "refund_discrepancy"}],
            },
            (1250, 0, 0),
            id="an amount without lines",
        ),
        pytest.param(
            {"order_adjustments": [{"amount": "21.00", "tax_amount": "0.00", "kind": "refund_discrepancy"}]},
            (0, 0, 233),
            id="a discrepancy larger than the goods",
        ),
        pytest.param({"refund_line_items": []}, (2000, 0, 0), id="transactions only"),
        pytest.param({"refund_line_items": [], "transactions": []}, (0, 0, 0), id="nothing given back"),
    ],
)
def test_a_refund_is_goods_shipping_and_tax_all_positive(changes: Json, expected: tuple[int, int, int]) -> None:
    assert amounts(refund_of(refund(**changes))) == expected


def test_a_refund_is_dated_when_the_shop_made_it_in_another_month_than_the_order() -> None:
    state = order_of(order(refunds=[refund()], current_total_price="25.00"))
    (given_back,) = state.refunds
    assert given_back.refunded_at == datetime(2026, 4, 2, 7, tzinfo=UTC)
    assert state.placed_at.month == 3
    assert given_back.order_id == state.order_id


def test_a_refund_says_the_same_within_its_order_and_alone() -> None:
    (within,) = order_of(order(refunds=[refund()])).refunds
    alone = refund_of(refund())
    assert (within.refund_id, within.row_digest) == (alone.refund_id, alone.row_digest)


@pytest.mark.parametrize(("restock_type", "restocked"), [("return", True), ("cancel", True), ("no_restock", False)])
def test_goods_are_restocked_when_the_shop_put_them_back(restock_type: str, restocked: bool) -> None:
    document = refund()
    document["refund_line_items"][0]["restock_type"] = restock_type
    assert refund_of(document).restocked is restocked


def test_each_line_says_whether_its_own_goods_went_back_to_stock() -> None:
    document = refund()
    (kept,) = document["refund_line_items"]
    document["refund_line_items"] = [kept, {**kept, "id": 2, "line_item_id": 13_900_000_000_002}]
    document["refund_line_items"][1]["restock_type"] = "no_restock"
    state = refund_of(document)
    assert (state.restocked, [line.restocked for line in state.lines]) == (True, [True, False])


def test_a_refund_in_another_currency_than_the_shops_is_refused_instead_of_mixed() -> None:
    document = order(refunds=[refund(refund_line_items=[], transactions=[
        {"amount": "3000", "currency": "JPY", "kind": "refund", "status": "success"}
    ])])  # fmt: skip
    with pytest.raises(InvalidInput, match="another currency"):
        order_of(document)


def test_an_edit_is_news_of_an_edit_and_of_the_pieces_it_added_and_took_away() -> None:
    document = edit()
    document["order_edit"]["line_items"] = {
        "additions": [{"id": 21, "delta": 2}],
        "removals": [{"id": 22, "delta": 1}, {"id": 23, "delta": -3}],
    }
    hint = parse("orders/edited", document)
    assert isinstance(hint, EditHint)
    assert hint.committed_at == datetime(2026, 3, 3, 11, tzinfo=UTC)
    assert (hint.order_id, hint.external_id) == (order_id_of(TENANT, "5400000000001"), "5400000000001")
    assert [(line.line_id, line.quantity) for line in hint.lines] == [
        (line_id_of(TENANT, "21"), 2),
        (line_id_of(TENANT, "22"), -1),
        (line_id_of(TENANT, "23"), -3),
    ]
    assert {(line.order_id, line.committed_at) for line in hint.lines} == {(hint.order_id, hint.committed_at)}
    assert len({line.edit_id for line in hint.lines}) == 1


def test_equal_content_has_an_equal_digest_and_a_change_in_lines_or_context_another() -> None:
    first = order_of(order())
    assert order_of(order(updated_at="2026-03-05T10:00:00+01:00")).row_digest == first.row_digest
    assert order_of(order(line_items=[line(sku="SKU-2")])).row_digest != first.row_digest
    assert order_of(order(browser_ip="203.0.113.42")).row_digest != first.row_digest


REFUSED: list[Any] = [
    pytest.param("orders/create", b"<html>", "not JSON", id="html"),
    pytest.param("orders/create", b"", "not JSON", id="nothing"),
    pytest.param("orders/create", b"\xff\xfe{}", "not JSON", id="another encoding"),
    pytest.param("orders/create", b'{"id": NaN}', "not JSON", id="NaN"),
    pytest.param("orders/create", b'{"id": 1e999}', "not JSON", id="infinity"),
    pytest.param("orders/create", b'{"name": "\\ud800"}', "not JSON", id="half a surrogate pair"),
    pytest.param("orders/create", b"[" * 100_000, "not JSON", id="depth"),
    pytest.param("orders/create", b"[]", "not a JSON object", id="a list"),
    pytest.param("orders/create", b" " * (MAX_BODY_BYTES + 1), "larger than", id="absurd size"),
    pytest.param("products/update", body({}), "topic", id="unknown topic"),
    pytest.param("orders/create", {}, "id is missing", id="no id"),
    pytest.param("orders/create", order(id="5400000000001"), "id is not", id="id as text"),
    pytest.param("orders/create", order(id=2**63), "id is not", id="id of 64 bits and more"),
    pytest.param("orders/create", order(id=True), "id is not", id="id true"),
    pytest.param("orders/create", order(id=-1), "id is not", id="negative id"),
    pytest.param("orders/create", order(currency="EURO"), "currency", id="no currency"),
    pytest.param("orders/create", order(currency="XXX"), "currency", id="currency without units"),
    pytest.param("orders/create", order(currency=None), "currency is missing", id="currency null"),
    pytest.param("orders/create", order(total_price="-1.00"), "total_price is negative", id="negative"),
    pytest.param("orders/create", order(total_price="1.001"), "total_price is not an amount", id="a tenth of a cent"),
    pytest.param("orders/create", order(total_price="abc"), "total_price is not an amount", id="words"),
    pytest.param("orders/create", order(total_price="9" * 41), "at most 40", id="long digits"),
    pytest.param("orders/create", order(total_price=True), "total_price is not an amount", id="amount true"),
    pytest.param("orders/create", order(total_price=1e300), "total_price is not an amount", id="huge number"),
    pytest.param("orders/create", order(updated_at=None), "updated_at is missing", id="no updated_at"),
    pytest.param("orders/create", order(updated_at="2026-04-12T12:00:00Z"), "updated_at lies in the fut", id="future"),
    pytest.param("orders/create", order(created_at="yesterday"), "created_at is not ISO", id="no time"),
    pytest.param("orders/create", order(created_at="2026-03-01T10:00:00"), "no offset", id="no offset"),
    pytest.param("orders/create", order(created_at="0001-01-01T00:00:00+14:00"), "before 1990", id="before UTC"),
    pytest.param("orders/create", order(created_at="9999-12-31T23:59:59-14:00"), "future", id="after UTC"),
    pytest.param("orders/create", order(test="yes"), "test is neither", id="test as text"),
    pytest.param("orders/create", order(name="a\x00b"), "NUL", id="NUL"),
    pytest.param("orders/create", order(name="x" * 600), "longer than", id="long name"),
    pytest.param("orders/create", order(line_items={}), "line_items is not a list", id="lines as object"),
    pytest.param("orders/create", order(line_items=[1]), "not an object", id="a line as number"),
    pytest.param("orders/create", order(line_items=[line()] * 2001), "more than 2000", id="too many lines"),
    pytest.param("orders/create", order(line_items=[line(), line()]), "one id twice", id="a line twice"),
    pytest.param("orders/create", order(refunds=[refund(), refund()]), "one id twice", id="a refund twice"),
    pytest.param("orders/create", order(line_items=[line(quantity=-1)]), "quantity", id="negative quantity"),
    pytest.param("orders/create", order(line_items=[line(quantity=1.5)]), "quantity", id="half a chair"),
    pytest.param("orders/create", order(customer="me"), "customer is not an object", id="customer as text"),
    pytest.param("orders/create", order(total_shipping_price_set=money("5.00", currency="USD")), "currency", id="set"),
    pytest.param("refunds/create", refund(order_id=None), "order_id is missing", id="whose refund"),
    pytest.param(
        "refunds/create",
        refund(refund_line_items=[], transactions=[], total_duties_set=None),
        "no currency",
        id="refund without currency",
    ),
    pytest.param("orders/edited", order(), "order_edit is missing", id="another body"),
]


@pytest.mark.parametrize(("topic", "document", "words"), REFUSED)
def test_what_cannot_be_used_is_refused_in_one_line_that_names_it(topic: str, document: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refusal:
        parse(topic, document)
    assert "\n" not in str(refusal.value)


def test_a_header_time_in_the_future_is_refused_because_it_would_win_for_ever() -> None:
    with pytest.raises(InvalidInput, match="triggered_at lies in the future"):
        parse("orders/create", order(), datetime(2026, 4, 12, tzinfo=UTC))


def test_a_refusal_quotes_nothing_of_the_body() -> None:
    secret = "zoe@example.com"
    for name in ("total_price", "created_at", "currency", "id", "name", "test", "updated_at"):
        with pytest.raises(InvalidInput) as refusal:
            parse("orders/create", order(**{name: [secret]}))
        assert secret not in str(refusal.value)
        assert name in str(refusal.value)


def test_a_repeated_key_counts_by_its_last_value() -> None:
    doubled = body(order()).replace(b'"total_price": "45.00"', b'"total_price": "1.00", "total_price": "45.00"', 1)
    state = parse("orders/create", doubled)
    assert isinstance(state, OrderState)
    assert state.total_minor == 4500


def _places(document: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    if isinstance(document, dict):
        entries: Any = document.items()
    elif isinstance(document, list):
        entries = enumerate(document)
    else:
        return found
    for key, value in entries:
        found += _places(value, (*path, key))
    return found


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(
        ["", "0", "-0.00", "1e9", "NaN", "٤٢", "\x00", "EUR", "XXX", "2026-02-30", "9999-12-31T23:59:59-14:00"]
    ),
    st.lists(st.none() | st.text(max_size=3) | st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.none() | st.integers(), max_size=2),
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a real body with up to four fields changed, removed, or taken from elsewhere in it, under some topic."""
    topic, template = draw(st.sampled_from(TEMPLATES))
    document = copy.deepcopy(template)
    places = _places(template)
    for _ in range(draw(st.integers(1, 4))):
        *above, last = draw(st.sampled_from(places))
        parent: Any = document
        try:
            for step in above:
                parent = parent[step]
            if draw(st.integers(0, 5)) == 0:
                del parent[last]
            elif draw(st.integers(0, 5)) == 0:
                parent[last] = copy.deepcopy(document)
            else:
                parent[last] = draw(_VALUES)
        except (KeyError, IndexError, TypeError):
            continue
    text = json.dumps(document)
    if draw(st.integers(0, 9)) == 0:
        cut = draw(st.integers(0, len(text)))
        text = text[:cut] + draw(st.text(max_size=3)) + text[cut + draw(st.integers(0, 3)) :]
    if draw(st.integers(0, 9)) == 0:
        topic = draw(st.sampled_from(TOPICS) | st.text(max_size=20))
    return topic, text.encode("utf-8", "surrogatepass")


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(mutated())
def test_of_mutated_bodies_only_our_own_refusal_ever_escapes(delivery: tuple[str, bytes]) -> None:
    topic, payload = delivery
    with suppress(InvalidInput):
        assert isinstance(parse(topic, payload), OrderState | RefundState | EditHint)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TOPICS), st.binary(max_size=200))
def test_of_any_bytes_only_our_own_refusal_ever_escapes(topic: str, payload: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse(topic, payload)
