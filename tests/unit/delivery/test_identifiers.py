"""Each vendor's own rule before the hash; vectors are the vendors' where they publish some."""

from hashlib import sha256

import pytest

from include.delivery.identifiers import Person, e164, ga4_email, hashed_identifiers, meta_state, normalised_postal_code


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
