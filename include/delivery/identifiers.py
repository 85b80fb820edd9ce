"""E-mail, telephone, name and address as each vendor wants them: normalised by its own rule, then SHA-256.

The three vendors disagree, so there is one hash per vendor and field. Sources: GA4 "Send user-provided data"
(/analytics/devguides/collection/ga4/uid-data), Meta "Customer information parameters"
(/docs/marketing-api/conversions-api/parameters/customer-information-parameters) with its Python SDK's normalize.py
where the page is silent, TikTok Events API 2.0 "user". What is empty after its rule is left out: the hash of nothing
would make strangers one person. Nothing raw leaves this module, so fields that vendors take in the clear (city, region
and country for GA4 and TikTok) are not in its result.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from unicodedata import category

import phonenumbers

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_GMAIL = ("@gmail.com", "@googlemail.com")
_COUNTRY = re.compile(r"[a-z]{2}")
_US = "us"
_HASH = re.compile(r"[0-9a-f]{64}")
_OF_NOTHING = sha256(b"").hexdigest()
# First letters of Unicode categories. Marks stay: without its vowel signs a name is another name.
_PUNCTUATION = "PSC"
_DIGITS = "N"
_BLANKS = "Z"

Hashes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer's raw data as the shop wrote it; country is ISO 3166 alpha-2, state_code as in ISO 3166-2 (KY)."""

    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    street: str | None = None
    city: str | None = None
    state: str | None = None
    state_code: str | None = None
    postal_code: str | None = None
    country: str | None = None

    def __repr__(self) -> str:
        return "Person(...)"


def hashed_identifiers(person: Person, region: str | None = None) -> dict[str, Hashes]:
    """Return vendor -> field of its API -> hex SHA-256, with only the fields that have a value.

    region: ISO 3166 country of a telephone number without a country code, where the address names none.
    """
    email = normalised_email(person.email)
    country = normalised_country(person.country)
    phone = e164(person.phone, (country or region or "").upper() or None)
    postal = normalised_postal_code(person.postal_code, country)
    vendors = {
        "ga4": {
            "sha256_email_address": ga4_email(email),
            "sha256_phone_number": phone,
            "sha256_first_name": _without(person.first_name, _PUNCTUATION + _DIGITS),
            "sha256_last_name": _without(person.last_name, _PUNCTUATION + _DIGITS),
            "sha256_street": _without(person.street, _PUNCTUATION),
        },
        "meta": {
            "em": email,
            "ph": phone[1:] if phone else None,
            "fn": _without(person.first_name, _PUNCTUATION),
            "ln": _without(person.last_name, _PUNCTUATION),
            "ct": _without(person.city, _PUNCTUATION + _DIGITS + _BLANKS),
            "st": meta_state(person.state, person.state_code, country),
            "zp": postal,
            "country": country,
        },
        "tiktok": {
            "email": email,
            "phone": phone,
            "first_name": _lower(person.first_name),
            "last_name": _lower(person.last_name),
            "zip_code": postal,
        },
    }
    hashed = {vendor: _hash_all(fields) for vendor, fields in vendors.items()}
    return {vendor: fields for vendor, fields in hashed.items() if fields}


def usable_hashes(identifiers: Mapping[str, Mapping[str, str]], vendor: str) -> Hashes:
    """Return a vendor's hashes of stored identifiers: what is none, or is the hash of nothing, is left out."""
    fields = identifiers.get(vendor) or {}
    return {name: value for name, value in fields.items() if _HASH.fullmatch(str(value)) and value != _OF_NOTHING}


def hashed_id(external_id: str | None) -> str | None:
    """Return the hash of the shop's own id of a buyer, as Meta and TikTok take it; None without one."""
    text = (external_id or "").strip()
    return sha256(text.encode()).hexdigest() if text else None


def normalised_email(text: str | None) -> str | None:
    """Return an address in lower case without blanks, or None when it is none."""
    if text is None:
        return None
    email = "".join(text.split()).lower()
    return email if _EMAIL.fullmatch(email) else None


def ga4_email(email: str | None) -> str | None:
    """Return a normalised address as GA4 wants it: no dots before the @ of gmail.com and googlemail.com."""
    if email is None or not email.endswith(_GMAIL):
        return email
    name, _, domain = email.partition("@")
    name = name.replace(".", "")
    return f"{name}@{domain}" if name else None


# phonenumbers takes 60 us, and an order's deliveries repeat its number.
@lru_cache(maxsize=8_192)
def e164(text: str | None, region: str | None) -> str | None:
    """Return a telephone number as +<country><number>, or None when it is not a possible one.

    region: ISO 3166 country (upper case) of a number that names none.
    """
    if text is None:
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def normalised_country(text: str | None) -> str | None:
    """Return an ISO 3166 alpha-2 code in lower case, or None when it is none."""
    code = (text or "").strip().lower()
    return code if _COUNTRY.fullmatch(code) else None


def normalised_postal_code(text: str | None, country: str | None) -> str | None:
    """Return a postal code in lower case without blanks and dashes; of the United States its first five digits."""
    code = "".join((text or "").split()).replace("-", "").lower()
    return (code[:5] if country == _US else code) or None


def meta_state(state: str | None, code: str | None, country: str | None) -> str | None:
    """Return Meta's `st`: the two-letter code in the United States, elsewhere the name's letters."""
    return _without(code if country == _US else state, _PUNCTUATION + _DIGITS + _BLANKS)


def _lower(text: str | None) -> str | None:
    return (text or "").strip().lower() or None


def _without(text: str | None, classes: str) -> str | None:
    """Return a text in lower case without the characters of Unicode classes such as P (punctuation)."""
    lower = (text or "").lower()
    if lower.isascii():
        return lower.translate(_ascii_of(classes)).strip() or None
    return "".join(char for char in lower if category(char)[0] not in classes).strip() or None


@cache
def _ascii_of(classes: str) -> dict[int, None]:
    """Return the ASCII characters of classes as str.translate deletes them: ten times faster, and most texts are."""
    return {code: None for code in range(128) if category(chr(code))[0] in classes}


def _hash_all(fields: dict[str, str | None]) -> Hashes:
    return {name: sha256(value.encode()).hexdigest() for name, value in fields.items() if value}
