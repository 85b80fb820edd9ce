"""GA4's body: the shape of the contract, its limits, and what is never in it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from include.delivery.ga4_payload import LARGEST_BODY, build, request_of
from include.delivery.identifiers import Person, hashed_identifiers
from include.delivery.purchase import NO_CONTEXT, REFUND, Payload, Purchase, Reason, Refund, Skip
from include.orders.state import RefundedLine
from tests.unit.delivery.purchases import BUYER, PLACED_MS, RAW, context, destination, event, hashed, line, purchase

GA4 = destination("ga4")


def built(bought: Purchase, **changes: Any) -> Payload:
    made = build(bought, event(**changes), GA4)
    assert isinstance(made, Payload)
    return made


def body_of(bought: Purchase, **changes: Any) -> dict[str, Any]:
    return dict(json.loads(built(bought, **changes).body, parse_float=Decimal))


def params_of(bought: Purchase, **changes: Any) -> dict[str, Any]:
    return dict(body_of(bought, **changes)["events"][0]["params"])


def test_a_purchase_has_the_shape_of_the_contract() -> None:
    assert body_of(purchase()) == {
        "client_id": "1234567890.1700000000",
        "timestamp_micros": PLACED_MS * 1000,
        "consent": {"ad_user_data": "GRANTED", "ad_personalization": "GRANTED"},
        "user_data": {
            "sha256_email_address": [hashed("janedoe@gmail.com")],
            "sha256_phone_number": [hashed("+12133734253")],
            "address": [
                {
                    "sha256_first_name": hashed("jane"),
                    "sha256_last_name": hashed("oneill"),
                    "sha256_street": hashed("12 main st"),
                }
            ],
        },
        "ip_override": "203.0.113.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        "events": [
            {
                "name": "purchase",
                "params": {
                    "transaction_id": "1001",
                    "currency": "EUR",
                    "value": Decimal("39.80"),
                    "tax": Decimal("7.56"),
                    "shipping": Decimal("4.90"),
                    "customer_type": "new",
                    "session_id": "1795190000",
                    "engagement_time_msec": 1,
                    "items": [{"item_id": "MUG-1", "price": Decimal("19.90"), "quantity": 2}],
                },
            }
        ],
    }


def test_it_is_posted_without_a_secret_in_what_the_core_builds() -> None:
    request = request_of(built(purchase()).body)
    assert (request.method, request.path, dict(request.params)) == ("POST", "/mp/collect", {})
    assert request.content_type == "application/json"


def test_the_value_is_the_sum_of_price_times_quantity_to_the_last_minor_unit() -> None:
    odd = purchase(lines=(line(quantity=7, unit_price_minor=333, discount_minor=100), line(line_id=2, quantity=3)))
    params = params_of(odd)
    assert params["value"] == sum(item["price"] * item["quantity"] for item in params["items"])
    assert built(odd).value_minor == params["value"] * 100


def test_the_same_event_has_the_same_bytes() -> None:
    assert built(purchase()).body == built(purchase()).body


@pytest.mark.parametrize(
    ("bought", "reason"),
    [
        (purchase(context=context(consent={})), Reason.CONSENT_MISSING),
        (purchase(context=context(consent={"analytics": "denied"})), Reason.CONSENT_DENIED),
        (purchase(context=context(ga_client_id=None)), Reason.NO_CLIENT_ID),
        (purchase(context=context(ga_client_id="jane@example.com")), Reason.NO_CLIENT_ID),
    ],
)
def test_an_order_without_consent_or_client_is_skipped_with_its_reason(bought: Purchase, reason: Reason) -> None:
    assert build(bought, event(), GA4) == Skip(reason)


def test_consent_is_decided_before_anything_is_looked_at() -> None:
    assert build(purchase(context=NO_CONTEXT), event(), GA4) == Skip(Reason.CONSENT_MISSING)


def test_a_transaction_id_that_ga4_would_cut_is_not_sent() -> None:
    assert build(purchase(), event(event_id="x" * 101), GA4) == Skip(Reason.EVENT_ID_TOO_LONG)
    assert params_of(purchase(), event_id="x" * 100)["transaction_id"] == "x" * 100


@pytest.mark.parametrize("answers", [{"marketing": "denied"}, {}, {"marketing": "granted", "sale_of_data": "denied"}])
def test_without_a_yes_to_advertising_ga4_is_told_denied_and_gets_no_hashes(answers: dict[str, str]) -> None:
    body = body_of(purchase(context=context(consent={"analytics": "granted", **answers})))
    assert body["consent"] == {"ad_user_data": "DENIED", "ad_personalization": "DENIED"}
    assert "user_data" not in body


def test_under_the_policy_ignore_an_unasked_buyers_consent_is_left_to_the_shops_tag() -> None:
    made = build(purchase(context=context(consent={})), event(), destination("ga4", consent_policy="ignore"))
    assert isinstance(made, Payload)
    assert "consent" not in json.loads(made.body)


def test_nothing_raw_of_the_buyer_is_in_the_body() -> None:
    text = built(purchase()).body.decode().lower()
    assert not [piece for piece in RAW if piece in text]


def test_what_is_unknown_is_left_out_and_never_empty() -> None:
    bare = purchase(
        tax_minor=None,
        shipping_minor=None,
        is_new_customer=None,
        customer_external_id=None,
        context=context(identifiers={}, ip=None, user_agent=None, ga_session_id="yesterday"),
    )
    body = body_of(bare)
    assert set(body) == {"client_id", "timestamp_micros", "consent", "events"}
    assert set(body["events"][0]["params"]) == {
        "transaction_id",
        "currency",
        "value",
        "engagement_time_msec",
        "items",
    }


def test_a_buyer_without_an_address_has_none() -> None:
    known = hashed_identifiers(Person(email=BUYER.email))
    assert body_of(purchase(context=context(identifiers=known)))["user_data"] == {
        "sha256_email_address": [hashed("janedoe@gmail.com")]
    }


def test_a_known_customer_is_returning() -> None:
    assert params_of(purchase(is_new_customer=False))["customer_type"] == "returning"


def test_the_largest_order_stays_within_ga4s_limits() -> None:
    lines = tuple(line(line_id=number, sku=f"{number}" + "\N{SNOWMAN}" * 200) for number in range(1_000))
    huge = purchase(lines=lines, context=context(user_agent="U" * 2_048))
    params = params_of(huge)
    assert len(params["items"]) == 200
    assert len(params) <= 25
    assert all(len(item["item_id"]) <= 100 for item in params["items"])
    assert params["value"] == sum(item["price"] * item["quantity"] for item in params["items"])
    assert len(built(huge).body) < LARGEST_BODY


def test_a_refund_names_the_purchases_transaction_and_the_goods_given_back() -> None:
    refund = Refund(1_990, 490, 378, (RefundedLine(1, 1, 1_990, 378),))
    body = body_of(purchase(), event_name=REFUND, event_seq=77, refund=refund)
    assert body["events"][0]["name"] == "refund"
    assert body["events"][0]["params"] == {
        "transaction_id": "1001",
        "currency": "EUR",
        "value": Decimal("19.90"),
        "session_id": "1795190000",
        "engagement_time_msec": 1,
        "items": [{"item_id": "MUG-1", "price": Decimal("19.90"), "quantity": 1}],
    }


def test_a_refund_without_its_sums_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="without its sums"):
        build(purchase(), event(event_name=REFUND, event_seq=77), GA4)


def test_a_currency_without_minor_units_has_whole_numbers() -> None:
    assert params_of(purchase(currency="JPY"))["value"] == 3_980
