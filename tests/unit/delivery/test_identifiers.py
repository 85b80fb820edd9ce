"""Each vendor's own rule before the hash; vectors are the vendors' where they publish some."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.delivery.identifiers import (
    Person,
    e164,
    ga4_email,
    hashed_id,
    hashed_identifiers,
    meta_state,
    normalised_postal_code,
    usable_hashes,
)


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("person", "vendor", "field", "normalised"),
    [
        (Person(email=" Alice_ABC@gmail.com "), "tiktok", "email", "alice_abc@gmail.com"),
        (Person(email="Jane.Doe@GoogleMail.com"), "ga4", "sha256_email_address", "janedoe@googlemail.com"),
        (Person(email="Jane.Doe@GoogleMail.com"), "meta", "em", "jane.doe@googlemail.com"),
        (Person(email="jane.doe@example.com"), "ga4", "sha256_email_address", "jane.doe@example.com"),
        (Person(phone="(213) 373-4253", country="US"), "ga4", "sha256_phone_number", "+12133734253"),
        (Person(phone="(213) 373-4253", country="US"), "meta", "ph", "12133734253"),
        (Person(phone="(213) 373-4253", country="US"), "tiktok", "phone", "+12133734253"),
        (Person(first_name=" Mary-Jane 2 "), "ga4", "sha256_first_name", "maryjane"),
        (Person(first_name="Mary-Jane"), "meta", "fn", "maryjane"),
        (Person(first_name=" Mary-Jane "), "tiktok", "first_name", "mary-jane"),
        (Person(last_name="O'Brien"), "meta", "ln", "obrien"),
        (Person(last_name="देवी"), "meta", "ln", "देवी"),
        (Person(street="12 Main St., #4"), "ga4", "sha256_street", "12 main st 4"),
        (Person(city="São Paulo"), "meta", "ct", "sãopaulo"),
        (Person(state="California", state_code="CA", country="US"), "meta", "st", "ca"),
        (Person(state="Île-de-France", country="FR"), "meta", "st", "îledefrance"),
        (Person(postal_code="94043-1234", country="US"), "meta", "zp", "94043"),
        (Person(postal_code="K1A 0A6", country="CA"), "meta", "zp", "k1a0a6"),
        (Person(country="FR"), "meta", "country", "fr"),
        (Person(country=" Fr "), "meta", "country", "fr"),
        (Person(email="ja ne@Example.COM"), "ga4", "sha256_email_address", "jane@example.com"),
        (Person(email="j.a.n.e+shop@gmail.com"), "ga4", "sha256_email_address", "jane+shop@gmail.com"),
        (Person(email="j.doe@gmail.com.example"), "ga4", "sha256_email_address", "j.doe@gmail.com.example"),
        (Person(phone="+44 (0)20 7946 0958"), "ga4", "sha256_phone_number", "+442079460958"),
        (Person(phone="+44 (0)20 7946 0958"), "meta", "ph", "442079460958"),
        (Person(phone="+44 (0)20 7946 0958"), "tiktok", "phone", "+442079460958"),
        (Person(phone="0044 20 7946 0958", country="FR"), "meta", "ph", "442079460958"),
        (Person(phone="+٤٤ ٢٠ ٧٩٤٦ ٠٩٥٨"), "meta", "ph", "442079460958"),
        (Person(phone="+1 213 373 4253 ext. 9"), "tiktok", "phone", "+12133734253"),
        (Person(last_name="O'Neill-3rd"), "ga4", "sha256_last_name", "oneillrd"),
        (Person(last_name="O'Neill 3rd"), "meta", "ln", "oneill 3rd"),
        (Person(last_name=" O'Neill "), "tiktok", "last_name", "o'neill"),
        (Person(first_name="ZOË"), "ga4", "sha256_first_name", "zoë"),
        (Person(first_name="ZOË"), "meta", "fn", "zoë"),
        (Person(city="L'Isle-d'Abeau"), "meta", "ct", "lisledabeau"),
        (Person(state="New South Wales", state_code="NSW", country="AU"), "meta", "st", "newsouthwales"),
        (Person(postal_code="94043-1234", country="US"), "tiktok", "zip_code", "94043"),
        (Person(postal_code=" SW1A 2AA ", country="GB"), "meta", "zp", "sw1a2aa"),
        (Person(postal_code=" SW1A 2AA ", country="GB"), "tiktok", "zip_code", "sw1a2aa"),
    ],
)
def test_every_field_is_normalised_by_its_vendors_rule_before_it_is_hashed(
    person: Person, vendor: str, field: str, normalised: str
) -> None:
    assert hashed_identifiers(person)[vendor][field] == hashed(normalised)


def test_tiktoks_published_vectors_come_out() -> None:
    found = hashed_identifiers(Person(email="alice_abc@gmail.com", phone="+12133734253"))["tiktok"]
    assert found["email"] == "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
    assert found["phone"] == "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd"


@pytest.mark.parametrize(
    "person",
    [
        Person(),
        Person(email=" ", phone="", first_name="...", city="123", state="01", postal_code=" - "),
        Person(email="nobody", phone="call me", country="France"),
        Person(email="...@gmail.com@", phone="1"),
    ],
)
def test_what_is_empty_after_its_rule_is_left_out_because_the_hash_of_nothing_is_everybodys(person: Person) -> None:
    found = hashed_identifiers(person)
    assert hashed("") not in [value for fields in found.values() for value in fields.values()]
    assert "email" not in found.get("tiktok", {})
    assert "ph" not in found.get("meta", {})


def test_an_address_of_dots_alone_is_nobodys_at_ga4() -> None:
    assert ga4_email("...@gmail.com") is None


def test_a_number_without_a_country_code_takes_the_address_country_and_else_the_shops_region() -> None:
    assert e164("04 77 12 34 56", "FR") == "+33477123456"
    person = Person(phone="04 77 12 34 56")
    assert "tiktok" not in hashed_identifiers(person)
    assert hashed_identifiers(person, "FR")["tiktok"]["phone"] == hashed("+33477123456")
    in_germany = Person(phone="030 901820", country="DE")
    assert hashed_identifiers(in_germany, "FR")["tiktok"]["phone"] == hashed("+4930901820")


def test_no_raw_value_leaves_and_no_text_of_a_person_shows_it() -> None:
    person = Person("z@example.com", "+33477123456", "Zoe", "Brien", "1 Rue", "Lyon", "Rhône", None, "69000", "FR")
    values = [value for fields in hashed_identifiers(person).values() for value in fields.values()]
    assert all(len(value) == 64 and set(value) <= set("0123456789abcdef") for value in values)
    assert "example" not in repr(person)


def test_states_and_postal_codes_of_other_countries_keep_their_shape() -> None:
    assert meta_state("Bayern", "BY", "de") == "bayern"
    assert normalised_postal_code("12345-678", "br") == "12345678"


NAMES = st.text(max_size=20)
PEOPLE = st.builds(
    Person,
    email=NAMES | st.emails(),
    phone=NAMES | st.from_regex(r"\+?[0-9 ()./-]{6,18}", fullmatch=True),
    first_name=NAMES,
    last_name=NAMES,
    street=NAMES,
    city=NAMES,
    state=NAMES,
    state_code=NAMES,
    postal_code=NAMES,
    country=NAMES | st.sampled_from(["US", "FR", "DE", "GB"]),
)


@given(PEOPLE, st.sampled_from([None, "US", "FR"]))
def test_whatever_a_shop_writes_every_value_is_a_hash_of_something(person: Person, region: str | None) -> None:
    for fields in hashed_identifiers(person, region).values():
        assert fields
        assert all(len(value) == 64 and value != hashed("") for value in fields.values())


@given(st.emails(), st.sampled_from([str.upper, str.lower, lambda text: f"  {text}\t"]))
def test_one_mailbox_is_one_hash_however_it_is_typed(email: str, typed: Callable[[str], str]) -> None:
    if email.isascii():
        assert hashed_identifiers(Person(email=typed(email))) == hashed_identifiers(Person(email=email))


@given(
    st.integers(200_0000, 999_9999), st.sampled_from(["({}) {}-{}", "{}.{}.{}", "{} {} {}", "+1{}{}{}", "1-{}-{}-{}"])
)
def test_one_telephone_is_one_hash_however_it_is_written(number: int, written: str) -> None:
    text = written.format("213", str(number)[:3], str(number)[3:])
    found = hashed_identifiers(Person(phone=text, country="US"))
    assert found["tiktok"]["phone"] == found["ga4"]["sha256_phone_number"] == hashed(f"+1213{number}")
    assert found["meta"]["ph"] == hashed(f"1213{number}")


@given(st.text("abcdefghij", min_size=1, max_size=12), st.sampled_from(["gmail.com", "googlemail.com"]), st.data())
def test_dots_of_a_gmail_name_mean_nothing_to_ga4_and_something_to_the_others(
    name: str, domain: str, data: st.DataObject
) -> None:
    dotted = ".".join(data.draw(st.permutations(name))) if len(name) > 1 else name
    found = hashed_identifiers(Person(email=f"{dotted}@{domain}"))
    assert found["ga4"]["sha256_email_address"] == hashed(f"{dotted.replace('.', '')}@{domain}")
    assert found["meta"]["em"] == found["tiktok"]["email"] == hashed(f"{dotted}@{domain}")


def test_stored_identifiers_are_used_only_where_they_are_hashes_of_something() -> None:
    stored = {"meta": {"em": hashed("a"), "ph": hashed(""), "fn": "jane", "ln": "", "ct": hashed("b").upper()}}
    assert usable_hashes(stored, "meta") == {"em": hashed("a")}
    assert usable_hashes(stored, "tiktok") == {}


def test_a_buyers_id_is_hashed_as_it_is_and_none_is_left_out() -> None:
    assert hashed_id("user_123") == "80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b"
    assert hashed_id(" ") is hashed_id(None) is None
