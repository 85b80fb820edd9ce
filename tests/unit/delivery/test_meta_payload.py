"""Meta's element and envelope: the shape of the contract, and what would make Meta refuse the whole request."""

import json
from decimal import Decimal
from typing import Any

import pytest

from include.delivery.identifiers import Person, hashed_identifiers
from include.delivery.meta_payload import batch, build, request_of
from include.delivery.purchase import NO_CONTEXT, REFUND, Payload, Purchase, Reason, Refund, Skip
from tests.unit.delivery.purchases import PLACED_MS, RAW, context, destination, event, hashed, line, purchase

META = destination("meta")
BARE = context(identifiers={}, ip=None, user_agent=None, fbc=None, fbp=None)


def element_of(bought: Purchase, **changes: Any) -> dict[str, Any]:
    made = build(bought, event(**changes), META)
    assert isinstance(made, Payload)
    return dict(json.loads(made.body, parse_float=Decimal))


def test_a_purchase_has_the_shape_of_the_contract() -> None:
    assert element_of(purchase(), event_id="purchase_1001") == {
        "event_name": "Purchase",
        "event_time": PLACED_MS // 1000,
        "event_id": "purchase_1001",
        "action_source": "website",
        "event_source_url": "https://shop.example/products/mug",
        "user_data": {
            "em": [hashed("jane.doe@gmail.com")],
            "ph": [hashed("12133734253")],
            "fn": [hashed("jane")],
            "ln": [hashed("oneill")],
            "ct": [hashed("losangeles")],
            "st": [hashed("ca")],
            "zp": [hashed("90012")],
            "country": [hashed("us")],
            "external_id": [hashed("7001")],
            "client_ip_address": "203.0.113.7",
            "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
            "fbc": f"fb.1.{PLACED_MS - 3_600_000}.IwAR2aBcDeF",
            "fbp": f"fb.1.{PLACED_MS - 86_400_000}.2000000001",
        },
        "custom_data": {
            "currency": "EUR",
            "value": Decimal("39.80"),
            "order_id": "1001",
            "content_type": "product",
            "content_ids": ["MUG-1"],
            "contents": [{"id": "MUG-1", "quantity": 2, "item_price": Decimal("19.90")}],
            "num_items": 2,
        },
    }


def test_the_request_goes_to_the_pixel_without_a_token_in_its_address_and_joins_frozen_elements() -> None:
    request = request_of([b'{"a":1}', b'{"b":2}'], META, "v26.0")
    assert (request.method, request.path, dict(request.params)) == ("POST", "/v26.0/555000111/events", {})
    assert request.body == b'{"data":[{"a":1},{"b":2}]}'


def test_events_do_not_wait_for_the_pace_of_reports() -> None:
    assert 0 < request_of([b"{}"], META, "v26.0").cost <= 0.05


@pytest.mark.parametrize("number", [0, 1_001])
def test_a_request_holds_one_to_a_thousand_events(number: int) -> None:
    assert len(json.loads(batch([b"{}"] * 1_000))["data"]) == 1_000
    with pytest.raises(ValueError, match="1 to 1000 events"):
        batch([b"{}"] * number)


def test_num_items_counts_units_not_products() -> None:
    data = element_of(purchase(lines=(line(quantity=5), line(line_id=2, sku="B", quantity=3))))["custom_data"]
    assert data["num_items"] == 8
    assert data["content_ids"] == ["MUG-1", "B"]


def test_a_product_at_two_prices_is_one_content_id() -> None:
    data = element_of(purchase(lines=(line(quantity=3, discount_minor=1),)))["custom_data"]
    assert data["content_ids"] == ["MUG-1"]
    assert sum(one["item_price"] * one["quantity"] for one in data["contents"]) == data["value"]


@pytest.mark.parametrize(
    ("bought", "reason"),
    [
        (purchase(context=context(consent={})), Reason.CONSENT_MISSING),
        (purchase(context=context(consent={"marketing": "denied"})), Reason.CONSENT_DENIED),
        (purchase(context=NO_CONTEXT), Reason.CONSENT_MISSING),
        (purchase(customer_external_id=None, context=BARE), Reason.NO_IDENTIFIERS),
    ],
)
def test_an_order_without_consent_or_identifiers_is_skipped_with_its_reason(bought: Purchase, reason: Reason) -> None:
    assert build(bought, event(), META) == Skip(reason)


TOO_WEAK = [
    Person(city="Paris", country="FR", postal_code="75001", state="IDF"),
    Person(country="FR"),
    Person(),
]


@pytest.mark.parametrize("person", TOO_WEAK)
@pytest.mark.parametrize("agent", ["Mozilla/5.0", None])
def test_what_tells_no_buyer_from_another_is_not_sent(person: Person, agent: str | None) -> None:
    bare = context(identifiers=hashed_identifiers(person), ip=None, user_agent=agent, fbc=None, fbp=None)
    assert build(purchase(customer_external_id=None, context=bare), event(), META) == Skip(Reason.NO_IDENTIFIERS)


@pytest.mark.parametrize("field", ["em", "fbp", "fbc", "client_ip_address", "external_id"])
def test_one_usable_key_is_enough(field: str) -> None:
    known: dict[str, Any] = {"fbp": {"fbp": context().fbp}, "fbc": {"fbc": context().fbc}}.get(field, {})
    if field == "em":
        known = {"identifiers": {"meta": {"em": hashed("a@b.fr")}}}
    if field == "client_ip_address":
        known = {"ip": "203.0.113.7"}
    bare = context(**{"identifiers": {}, "ip": None, "user_agent": None, "fbc": None, "fbp": None, **known})
    buyer = "7001" if field == "external_id" else None
    assert set(element_of(purchase(customer_external_id=buyer, context=bare))["user_data"]) == {field}


@pytest.mark.parametrize("stored", ["jane@example.com", "", hashed(""), "ABC"])
def test_a_stored_identifier_that_is_no_hash_or_the_hash_of_nothing_is_left_out(stored: str) -> None:
    kept = context(identifiers={"meta": {"em": stored, "ph": hashed("33477123456"), "unknown": hashed("x")}})
    person = element_of(purchase(context=kept))["user_data"]
    assert "em" not in person
    assert "unknown" not in person
    assert "ph" in person


def test_an_opt_out_of_sale_is_limited_data_use_where_meta_finds_the_buyer_to_be() -> None:
    answers = {"marketing": "granted", "sale_of_data": "denied"}
    element = element_of(purchase(context=context(consent=answers)))
    assert element["data_processing_options"] == ["LDU"]
    assert (element["data_processing_options_country"], element["data_processing_options_state"]) == (0, 0)
    assert "data_processing_options" not in element_of(purchase())


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({"source_name": "pos"}, "physical_store"),
        ({"context": context(landing_url=None)}, "other"),
        ({"context": context(user_agent=None)}, "other"),
    ],
)
def test_what_lacks_a_page_or_a_browser_is_no_website_event(changes: dict[str, Any], source: str) -> None:
    element = element_of(purchase(**changes))
    assert element["action_source"] == source
    assert "event_source_url" not in element


def test_a_cut_address_costs_the_address_and_not_the_event() -> None:
    assert "client_ip_address" not in element_of(purchase(context=context(ip="203.0.113.0")))["user_data"]


def test_nothing_raw_of_the_buyer_is_in_the_element() -> None:
    made = build(purchase(), event(), META)
    assert isinstance(made, Payload)
    assert not [piece for piece in RAW if piece in made.body.decode().lower()]


def test_meta_has_no_event_for_a_refund() -> None:
    given_back = event(event_name=REFUND, event_seq=7, refund=Refund(1, 0, 0))
    assert build(purchase(), given_back, META) == Skip(Reason.REFUND_NOT_SUPPORTED)
