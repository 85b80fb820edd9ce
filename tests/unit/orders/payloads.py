"""Bodies of a shop's webhooks as Shopify's REST Admin API writes them, small enough to change one field at a time."""

import json
from typing import Any

Json = dict[str, Any]

PERSON = {
    "first_name": "Zoë",
    "last_name": "O'Brien-Müller",
    "address1": "12 Rue de l'Église",
    "city": "Saint-Étienne",
    "province": "Loire",
    "province_code": None,
    "country_code": "FR",
    "zip": "42 000",
    "phone": "04 77 12 34 56",
}
EMAIL = "Zoe.Brien@GMail.com"


def money(shop: str, presentment: str | None = None, *, currency: str = "EUR", seen: str = "EUR") -> Json:
    """Return a `_set` of both sides."""
    return {
        "shop_money": {"amount": shop, "currency_code": currency},
        "presentment_money": {"amount": presentment or shop, "currency_code": seen},
    }


def line(number: int = 1, **changes: Any) -> Json:
    """Return a line item of 20.00 with tax."""
    return {
        "id": 13_900_000_000_000 + number,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{number}",
        "current_quantity": 2,
        "discount_allocations": [{"amount": "4.00", "amount_set": money("4.00"), "discount_application_index": 0}],
        "duties": [],
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 100,
        "name": "Chaise",
        "price": "22.00",
        "price_set": money("22.00"),
        "product_exists": True,
        "product_id": 8_100_000_000_001,
        "properties": [],
        "quantity": 2,
        "sku": "SKU-1",
        "tax_lines": [{"price": "6.67", "price_set": money("6.67"), "rate": 0.2, "title": "TVA"}],
        "taxable": True,
        "title": "Chaise",
        "total_discount": "0.00",
        "variant_id": 44_000_000_000_001,
        "variant_title": None,
        **changes,
    }


def order(number: int = 1, **changes: Any) -> Json:
    """Return a paid order of 45.00 EUR: two chairs at 22.00 less 4.00, and 5.00 for shipping, tax within."""
    return {
        "id": 5_400_000_000_000 + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{number}",
        "app_id": 580111,
        "billing_address": PERSON,
        "browser_ip": "203.0.113.41",
        "cancel_reason": None,
        "cancelled_at": None,
        "cart_token": None,
        "client_details": {
            "accept_language": "fr-FR",
            "browser_height": None,
            "browser_ip": "203.0.113.41",
            "browser_width": None,
            "session_hash": None,
            "user_agent": "Mozilla/5.0",
        },
        "contact_email": EMAIL,
        "created_at": "2026-03-01T10:00:00+01:00",
        "currency": "EUR",
        "current_total_price": "45.00",
        "current_total_price_set": money("45.00"),
        "customer": {
            "id": 7_000_000_000_001,
            "email": EMAIL,
            "first_name": "Zoë",
            "last_name": "O'Brien-Müller",
            "phone": None,
            "default_address": PERSON,
        },
        "discount_codes": [],
        "email": EMAIL,
        "financial_status": "paid",
        "fulfillments": [],
        "landing_site": "/products/chaise?utm_source=tiktok&ttclid=E.C.P.abc",
        "line_items": [line()],
        "name": f"#{1000 + number}",
        "note": None,
        "note_attributes": [
            {"name": "visitor_id", "value": "v-1"},
            {"name": "_ga", "value": "GA1.1.1234567890.1767225600"},
            {"name": "_fbp", "value": "fb.1.1767225600000.42"},
            {"name": "consent_marketing", "value": "true"},
            {"name": "saleOfDataAllowed", "value": "no"},
        ],
        "payment_gateway_names": ["shopify_payments"],
        "phone": None,
        "presentment_currency": "EUR",
        "processed_at": "2026-03-01T10:00:01+01:00",
        "refunds": [],
        "shipping_address": PERSON,
        "source_name": "web",
        "taxes_included": True,
        "test": False,
        "total_discounts": "4.00",
        "total_line_items_price": "44.00",
        "total_price": "45.00",
        "total_price_set": money("45.00"),
        "total_shipping_price_set": money("5.00"),
        "total_tax": "7.50",
        "total_tip_received": "0.00",
        "updated_at": "2026-03-01T10:00:02+01:00",
        **changes,
    }


def refund(number: int = 1, of: int = 1, **changes: Any) -> Json:
    """Return a refund of one chair, 20.00 with 3.33 tax within, of order number `of`."""
    return {
        "id": 910_000_000_000 + number,
        "admin_graphql_api_id": f"gid://shopify/Refund/{number}",
        "created_at": "2026-04-02T09:00:00+02:00",
        "duties": [],
        "note": "too small",
        "order_adjustments": [],
        "order_id": 5_400_000_000_000 + of,
        "processed_at": "2026-04-02T09:00:00+02:00",
        "refund_line_items": [
            {
                "id": 580_000_000_000 + number,
                "line_item": line(),
                "line_item_id": 13_900_000_000_001,
                "location_id": None,
                "quantity": 1,
                "restock_type": "return",
                "subtotal": 20.0,
                "subtotal_set": money("20.00"),
                "total_tax": 3.33,
                "total_tax_set": money("3.33"),
            }
        ],
        "refund_shipping_lines": [],
        "restock": True,
        "total_duties_set": money("0.00"),
        "transactions": [
            {"id": 1, "amount": "20.00", "currency": "EUR", "gateway": "bogus", "kind": "refund", "status": "success"}
        ],
        "user_id": None,
        **changes,
    }


def edit(number: int = 1, of: int = 1, **changes: Any) -> Json:
    """Return the news that order number `of` was edited."""
    return {
        "order_edit": {
            "id": 2_300_000_000_000 + number,
            "app_id": None,
            "committed_at": "2026-03-03T12:00:00+01:00",
            "created_at": "2026-03-03T11:59:00+01:00",
            "line_items": {"additions": [{"id": 13_900_000_000_002, "delta": 1}], "removals": []},
            "notify_customer": False,
            "order_id": 5_400_000_000_000 + of,
            "staff_note": "",
            "user_id": None,
            **changes,
        }
    }


def body(document: object) -> bytes:
    """Return the bytes of a JSON document."""
    return json.dumps(document, ensure_ascii=False).encode()
