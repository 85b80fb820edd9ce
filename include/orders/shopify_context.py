"""What an order's payload says of the buyer's browser, consent and identity, as a destination will need it.

Read gently: themes and apps write these fields, so a strange one is left out and never costs the order.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from include.delivery.identifiers import Person, hashed_identifiers
from include.errors import InvalidInput
from include.orders.payload import Object, checked_instant, read_object, read_objects
from include.orders.state import Context

_MAX_VALUE = 2_048
_MAX_TTCLID = 1_000
_VISITOR = ("visitor_id", "_visitor_id")
_PURPOSES = {
    "analytics": ("consent_analytics", "analyticsProcessingAllowed"),
    "marketing": ("consent_marketing", "marketingAllowed"),
    "preferences": ("consent_preferences", "preferencesProcessingAllowed"),
    "sale_of_data": ("consent_sale_of_data", "saleOfDataAllowed"),
}
_ANSWERS = {
    **dict.fromkeys(("true", "1", "yes", "granted"), "granted"),
    **dict.fromkeys(("false", "0", "no", "denied"), "denied"),
}

Notes = Mapping[str, str]


def note_attributes_of(order: Object) -> Notes:
    """Return the order's note attributes that are texts or numbers of a sane length; of a repeated name the last."""
    notes = {}
    for attribute in read_objects(order, "note_attributes"):
        name, value = attribute.get("name"), _usable(attribute.get("value"))
        if type(name) is str and value is not None:
            notes[name] = value
    return notes


def visitor_of(notes: Notes) -> str | None:
    """Return the external id of the visitor that placed the order, as the theme noted it."""
    return _first(notes, *_VISITOR)


def parse_context(order: Object, notes: Notes, placed_at: datetime, region: str | None) -> Context:
    """Return the context of an order.

    A ttclid that no attribute names is taken from the landing page. No fbc is made of its fbclid: fbc holds the instant
    when the click id was first seen, which an order does not know. Consent that was noted without a time dates from
    the order. A landing page that is only a path gets the host of the order's own status page, and a browser whose
    first page the shop did not note the shop's front page: destinations want a whole address.
    """
    client = read_object(order, "client_details") or {}
    landing = _usable(order.get("landing_site"))
    ip = _usable(order.get("browser_ip")) or _usable(client.get("browser_ip"))
    consent = {
        purpose: answer
        for purpose, names in _PURPOSES.items()
        if (answer := _ANSWERS.get((_first(notes, *names) or "").lower())) is not None
    }
    return Context(
        ga_client_id=_ga_client_id(_first(notes, "ga_client_id", "_ga")),
        ga_session_id=_first(notes, "ga_session_id"),
        fbp=_first(notes, "_fbp", "fbp"),
        fbc=_first(notes, "_fbc", "fbc"),
        ttclid=_ttclid(_first(notes, "ttclid") or _query_value(landing, "ttclid")),
        ttp=_first(notes, "_ttp", "ttp"),
        ip=ip,
        user_agent=_usable(client.get("user_agent")),
        landing_url=_page_of(landing, _usable(order.get("order_status_url"))) if landing or ip else None,
        identifiers=hashed_identifiers(_person_of(order), region),
        consent=consent,
        consent_source=(_first(notes, "consent_source") or "note_attributes") if consent else None,
        consent_at=(_instant(_first(notes, "consent_at"), placed_at) or placed_at) if consent else None,
    )


def _usable(value: object) -> str | None:
    text = str(value) if type(value) is int else value
    if type(text) is not str or not 0 < len(text) <= _MAX_VALUE or "\x00" in text:
        return None
    return text.strip() or None


def _first(notes: Notes, *names: str) -> str | None:
    return next((notes[name] for name in names if name in notes), None)


def _ga_client_id(value: str | None) -> str | None:
    """Return the client id within the value of a `_ga` cookie (GA1.1.<id>), or the value as it is."""
    if value is None or not value.startswith("GA"):
        return value
    parts = value.split(".")
    return ".".join(parts[-2:]) if len(parts) >= 4 else value


def _ttclid(value: str | None) -> str | None:
    return value if value is not None and len(value) <= _MAX_TTCLID else None


def _query_value(url: str | None, name: str) -> str | None:
    if url is None or name not in url:
        return None
    try:
        return _usable(parse_qs(urlsplit(url).query).get(name, [None])[0])
    except ValueError:
        return None


def _page_of(landing: str | None, status_url: str | None) -> str | None:
    """Return an absolute landing page as it is, a path or none as a page of the shop that has the status page."""
    if landing is not None and (not landing.startswith("/") or landing.startswith("//")):
        return landing
    try:
        shop = urlsplit(status_url or "")
    except ValueError:
        return landing
    return f"https://{shop.netloc}{landing or '/'}" if shop.scheme == "https" and shop.netloc else landing


def _instant(text: str | None, placed_at: datetime) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text or "")
        return checked_instant(instant if instant.tzinfo else instant.replace(tzinfo=UTC), "consent_at", placed_at)
    except (ValueError, InvalidInput):
        return None


def _person_of(order: Object) -> Person:
    """Return who bought: what the order itself names before the customer, billing before shipping before default."""
    customer = _gentle(order, "customer")
    addresses = [_gentle(order, "billing_address"), _gentle(order, "shipping_address")]
    addresses.append(_gentle(customer, "default_address"))
    address = next((each for each in addresses if each), {})
    everywhere = (order, customer, *addresses)
    return Person(
        email=_first_of((order, customer), "email", "contact_email"),
        phone=_first_of(everywhere, "phone"),
        first_name=_first_of((address, customer), "first_name"),
        last_name=_first_of((address, customer), "last_name"),
        street=_first_of((address,), "address1"),
        city=_first_of((address,), "city"),
        state=_first_of((address,), "province"),
        state_code=_first_of((address,), "province_code"),
        postal_code=_first_of((address,), "zip"),
        country=_first_of((address,), "country_code"),
    )


def _gentle(source: Object, name: str) -> Object:
    value = source.get(name)
    return value if type(value) is dict else {}


def _first_of(sources: tuple[Object, ...], *names: str) -> str | None:
    for source in sources:
        for name in names:
            value = source.get(name)
            if value and type(value) is str and len(value) <= _MAX_VALUE:
                return value
    return None
