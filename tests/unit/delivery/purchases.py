"""A purchase as most tests want it: two mugs of a shop whose prices are without tax, of a buyer who agreed."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from include.delivery.identifiers import Person, hashed_identifiers
from include.delivery.purchase import PURCHASE, Destination, Event, Purchase, Vendor
from include.orders.state import Context, Line

PLACED = datetime(2026, 11, 23, 9, 30, 15, 250_000, tzinfo=UTC)
PLACED_MS = 1_795_426_215_250
BUYER = Person(
    email="Jane.Doe@gmail.com",
    phone="(213) 373-4253",
    first_name="Jane",
    last_name="O'Neill",
    street="12 Main St.",
    city="Los Angeles",
    state="California",
    state_code="CA",
    postal_code="90012-1234",
    country="US",
)
RAW = ("jane", "doe@", "373", "neill", "main st", "los angeles", "90012")
"""Pieces of the buyer that must be in no payload."""


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def line(**changes: Any) -> Line:
    mug = Line(
        line_id=1,
        product_id="801",
        variant_id="901",
        sku="MUG-1",
        quantity=2,
        unit_price_minor=1_990,
        discount_minor=0,
        tax_minor=756,
        gift_card=False,
    )
    return replace(mug, **changes)


def context(**changes: Any) -> Context:
    known = Context(
        ga_client_id="1234567890.1700000000",
        ga_session_id="1795190000",
        fbp=f"fb.1.{PLACED_MS - 86_400_000}.2000000001",
        fbc=f"fb.1.{PLACED_MS - 3_600_000}.IwAR2aBcDeF",
        ttclid="E.C.P.abc",
        ttp="01HZX",
        ip="203.0.113.7",
        user_agent="Mozilla/5.0 (X11; Linux x86_64)",
        landing_url="https://shop.example/products/mug?utm_source=x&email=jane.doe%40gmail.com",
        identifiers=hashed_identifiers(BUYER),
        consent={"analytics": "granted", "marketing": "granted"},
        consent_source="note_attributes",
        consent_at=PLACED,
    )
    return replace(known, **changes)


def purchase(**changes: Any) -> Purchase:
    mugs = Purchase(
        order_id=42,
        external_id="1001",
        name="#1001",
        placed_at=PLACED,
        processed_at=PLACED,
        currency="EUR",
        total_minor=5_226,
        gross_minor=3_980,
        discounts_minor=0,
        shipping_minor=490,
        tax_minor=756,
        tips_minor=0,
        taxes_included=False,
        source_name="web",
        is_new_customer=True,
        customer_external_id="7001",
        visitor_external_id="v-1",
        lines=(line(),),
        context=context(),
    )
    return replace(mugs, **changes)


def event(**changes: Any) -> Event:
    return replace(Event(PURCHASE, 0, "1001", PLACED), **changes)


def destination(vendor: Vendor, **changes: Any) -> Destination:
    sources = {"ga4": "G-TEST", "meta": "555000111", "tiktok": "C4PIXEL"}
    made = Destination(f"{vendor}-web", vendor, f"acme_{vendor}", PLACED, source_id=sources[vendor])
    return replace(made, **changes)
