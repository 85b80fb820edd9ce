"""TikTok's element and envelope: the shape of the contract; its answer is blind to what is misspelt."""

import json
from decimal import Decimal
from typing import Any

import pytest

from include.delivery.purchase import NO_CONTEXT, REFUND, Payload, Purchase, Reason, Refund, Skip
from include.delivery.tiktok_payload import batch, build, request_of
from tests.unit.delivery.purchases import PLACED_MS, RAW, context, destination, event, hashed, purchase

TIKTOK = destination("tiktok")
BARE = context(identifiers={}, ip=None, ttclid=None, ttp=None)


def element_of(bought: Purchase, **changes: Any) -> dict[str, Any]:
    made = build(bought, event(**changes), TIKTOK)
    assert isinstance(made, Payload)
    return dict(json.loads(made.body, parse_float=Decimal))


def test_a_purchase_has_the_shape_of_the_contract() -> None:
    assert element_of(purchase(), event_id="purchase_1001") == {
        "event": "Purchase",
        "event_time": PLACED_MS // 1000,
        "event_id": "purchase_1001",
        "user": {
            "email": hashed("jane.doe@gmail.com"),
            "phone": hashed("+12133734253"),
            "first_name": hashed("jane"),
            "last_name": hashed("o'neill"),
            "zip_code": hashed("90012"),
            "external_id": hashed("7001"),
            "ttclid": "E.C.P.abc",
            "ttp": "01HZX",
            "ip": "203.0.113.7",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        },
        "page": {"url": "https://shop.example/products/mug"},
        "limited_data_use": False,
        "properties": {
            "currency": "EUR",
            "value": Decimal("39.80"),
            "order_id": "1001",
            "content_type": "product",
            "contents": [{"content_id": "MUG-1", "price": Decimal("19.90"), "quantity": 2}],
            "num_items": 2,
        },
    }


def test_the_request_names_the_pixel_and_joins_frozen_elements() -> None:
    request = request_of([b'{"a":1}', b'{"b":2}'], TIKTOK)
    assert (request.method, request.path) == ("POST", "/open_api/v1.3/event/track/")
    assert request.body == b'{"event_source":"web","event_source_id":"C4PIXEL","data":[{"a":1},{"b":2}]}'


def test_events_do_not_wait_for_the_pace_of_reports() -> None:
    assert request_of([b"{}"], TIKTOK).cost == 0


@pytest.mark.parametrize("number", [0, 1_001])
def test_a_request_holds_one_to_a_thousand_events(number: int) -> None:
    assert len(json.loads(batch([b"{}"] * 1_000, "C4"))["data"]) == 1_000
    with pytest.raises(ValueError, match="1 to 1000 events"):
        batch([b"{}"] * number, "C4")


def test_tiktoks_published_external_id_comes_out() -> None:
    found = element_of(purchase(customer_external_id="user_123"))["user"]["external_id"]
    assert found == "80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b"


@pytest.mark.parametrize(
    ("bought", "reason"),
    [
        (purchase(context=context(consent={})), Reason.CONSENT_MISSING),
        (purchase(context=context(consent={"marketing": "denied"})), Reason.CONSENT_DENIED),
        (purchase(context=NO_CONTEXT), Reason.CONSENT_MISSING),
        (purchase(currency="XPF"), Reason.CURRENCY_NOT_SUPPORTED),
        (purchase(customer_external_id=None, context=BARE), Reason.NO_IDENTIFIERS),
        (purchase(context=context(landing_url=None)), Reason.NO_PAGE),
    ],
)
def test_an_order_without_what_tiktok_needs_is_skipped_with_its_reason(bought: Purchase, reason: Reason) -> None:
    assert build(bought, event(), TIKTOK) == Skip(reason)


def test_the_shops_own_site_stands_for_a_page_it_did_not_note() -> None:
    made = build(purchase(context=context(landing_url=None)), event(), destination("tiktok", site="https://s.example"))
    assert isinstance(made, Payload)
    assert json.loads(made.body)["page"] == {"url": "https://s.example/"}


def test_an_opt_out_of_sale_is_limited_data_use() -> None:
    answers = {"marketing": "granted", "sale_of_data": "denied"}
    assert element_of(purchase(context=context(consent=answers)))["limited_data_use"] is True


@pytest.mark.parametrize("stored", ["jane@example.com", "", hashed("")])
def test_a_stored_identifier_that_is_no_hash_or_the_hash_of_nothing_is_left_out(stored: str) -> None:
    user = element_of(purchase(context=context(identifiers={"tiktok": {"email": stored, "city": hashed("x")}})))["user"]
    assert not {"email", "city"} & user.keys()


def test_a_click_id_longer_than_tiktok_takes_costs_the_click_id_and_not_the_event() -> None:
    assert "ttclid" not in element_of(purchase(context=context(ttclid="E" * 1_001)))["user"]
    assert element_of(purchase(context=context(ttclid="E" * 1_000)))["user"]["ttclid"] == "E" * 1_000


def test_nothing_raw_of_the_buyer_is_in_the_element() -> None:
    made = build(purchase(), event(), TIKTOK)
    assert isinstance(made, Payload)
    assert not [piece for piece in RAW if piece in made.body.decode().lower()]


def test_tiktok_has_no_event_for_a_refund() -> None:
    given_back = event(event_name=REFUND, event_seq=7, refund=Refund(1, 0, 0))
    assert build(purchase(), given_back, TIKTOK) == Skip(Reason.REFUND_NOT_SUPPORTED)
