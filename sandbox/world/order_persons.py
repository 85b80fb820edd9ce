"""Who is named in an order: invented names, addresses at example.com, telephone numbers and streets of nobody."""

from typing import Any

from sandbox.world.world import World

_FIRST_ADDRESS = 9_300_000_000_000
_NAMES = (
    ("Ada", "Nwosu"), ("Zoë", "Lindqvist"), ("Łukasz", "Żak"), ("María José", "Núñez"), ("Seán", "O'Neill"),
    ("陽子", "田中"), ("Jean-Luc", "d'Arc"), ("Ngọc", "Trần"), ("Oğuz", "Şahin"), ("Mele", "Tuʻipulotu"),
)  # fmt: skip
_CITIES = {
    "USD": ("Springfield", "US", "United States", "NY", "New York", "12345"),
    "EUR": ("Villeneuve", "FR", "France", "", "", "75000"),
    "JPY": ("みどり市", "JP", "Japan", "JP-13", "Tōkyō", "100-0001"),
    "AUD": ("London", "KI", "Kiribati", "", "", ""),
    "NZD": ("Alofi", "NU", "Niue", "", "", "9974"),
}
_PLACELESS = ("Anytown", "ZZ", "Nowhere", "", "", "00000")


def person_fields(world: World, order: int, customer_id: str | None, created: str) -> dict[str, Any]:
    """Return the order's fields about its buyer: customer, email, phone, addresses.

    A guest leaves an address and is nobody's customer; an order of nobody, as at a counter, leaves nothing.
    """
    person = int(world.people.order_person[order])
    if person < 0:
        return {
            "customer": None,
            "email": "",
            "contact_email": None,
            "phone": None,
            "buyer_accepts_marketing": False,
            "billing_address": None,
            "shipping_address": None,
        }
    first, last = _NAMES[person % len(_NAMES)]
    email = f"buyer.{person}@example.com"
    phone = f"+1202555{100 + person % 100:04d}" if person % 3 else None
    address = _address(world.shop.currency, person, first, last, phone)
    return {
        "customer": _customer(world, person, customer_id, email, phone, address, created),
        "email": email,
        "contact_email": email,
        "phone": phone,
        "buyer_accepts_marketing": person % 2 == 0,
        "billing_address": address,
        "shipping_address": address,
    }


def _customer(
    world: World,
    person: int,
    customer_id: str | None,
    email: str,
    phone: str | None,
    address: dict[str, Any],
    created: str,
) -> dict[str, Any] | None:
    if customer_id is None:
        return None
    return {
        "id": int(customer_id),
        "admin_graphql_api_id": f"gid://shopify/Customer/{customer_id}",
        "created_at": created,
        "updated_at": created,
        "first_name": address["first_name"],
        "last_name": address["last_name"],
        "email": email,
        "phone": phone,
        "state": "enabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "tax_exemptions": [],
        "tags": "",
        "currency": world.shop.currency,
        "default_address": {
            **address,
            "id": _FIRST_ADDRESS + person,
            "customer_id": int(customer_id),
            "country_name": address["country"],
            "default": True,
        },
    }


def _address(currency: str, person: int, first: str, last: str, phone: str | None) -> dict[str, Any]:
    city, country_code, country, province_code, province, postcode = _CITIES.get(currency, _PLACELESS)
    return {
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "company": None,
        "address1": f"{1 + person % 900} Example Street",
        "address2": None,
        "city": city,
        "zip": postcode,
        "province": province,
        "province_code": province_code,
        "country": country,
        "country_code": country_code,
        "phone": phone,
        "latitude": None,
        "longitude": None,
    }
