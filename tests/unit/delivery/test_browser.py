"""What goes out raw goes out well formed or not at all."""

from datetime import timedelta

import pytest

from include.delivery.browser import browser_of, click_of, client_of, page_of, session_of, usable_address
from tests.unit.delivery.purchases import PLACED, PLACED_MS, context

DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 2001:DB8::1 ", "2001:db8::1"),
        ("203.0.113.0", None),
        ("2001:db8:1234::", None),
        ("203.0.113", None),
        ("nowhere", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_that_is_none_or_was_cut_is_left_out(text: str | None, address: str | None) -> None:
    assert usable_address(text) == address


@pytest.mark.parametrize(
    ("landing", "site", "page"),
    [
        ("https://shop.example/a?email=j%40x.fr#f", None, "https://shop.example/a"),
        ("https://user:pw@shop.example:8443/a", None, "https://shop.example:8443/a"),
        ("https://shop.example", None, "https://shop.example/"),
        ("https://shop.example/u/jane@x.fr/cart", None, "https://shop.example/"),
        ("https://shop.example/u/jane%40x.fr", None, "https://shop.example/"),
        ("/products/mug?fbclid=1", "https://shop.example", "https://shop.example/products/mug"),
        ("/products/mug", None, None),
        ("//evil.example/x", "https://shop.example", "https://shop.example/"),
        ("javascript:alert(1)", None, None),
        ("https://[broken", "https://shop.example", "https://shop.example/"),
        (None, "https://shop.example", "https://shop.example/"),
        (None, None, None),
    ],
)
def test_a_page_is_told_without_what_may_name_its_reader(
    landing: str | None, site: str | None, page: str | None
) -> None:
    assert page_of(context(landing_url=landing), site) == page


@pytest.mark.parametrize(
    ("fbc", "kept"),
    [
        (f"fb.1.{PLACED_MS}.IwAR2aBcDeF", True),
        (f"fb.2.{PLACED_MS - 89 * DAY_MS}.IwAR2.AbCdEfGh", True),
        (f"fb.1.{PLACED_MS + 30_000}.IwAR", True),
        (f"fb.1.{PLACED_MS + 120_000}.IwAR", False),
        (f"fb.1.{PLACED_MS - 91 * DAY_MS}.IwAR", False),
        (f"fb.1.{PLACED_MS // 1000}.IwAR", False),
        ("IwAR2aBcDeF", False),
        (f"fb.1.{PLACED_MS}.", False),
        (f"fb.1.{PLACED_MS}.a b", False),
        (None, False),
    ],
)
def test_a_click_cookie_goes_out_unchanged_unless_malformed_stale_or_later_than_the_event(
    fbc: str | None, kept: bool
) -> None:
    assert click_of(fbc, PLACED) == (fbc if kept else None)


def test_a_click_is_as_old_as_it_is_and_never_restamped() -> None:
    fbc = f"fb.1.{PLACED_MS - 80 * DAY_MS}.IwAR"
    assert click_of(fbc, PLACED) == fbc
    assert click_of(fbc, PLACED + timedelta(days=11)) is None


@pytest.mark.parametrize(
    ("fbp", "kept"),
    [
        ("fb.1.1795000000000.123", True),
        ("fb.1.1795000000000.123.AQYBAQIA", True),
        ("fb.1.1795000000.123", False),
        ("123", False),
        ("", False),
        (None, False),
    ],
)
def test_a_browser_cookie_goes_out_unchanged_or_not_at_all(fbp: str | None, kept: bool) -> None:
    assert browser_of(fbp) == (fbp if kept else None)


@pytest.mark.parametrize(
    ("client", "kept"),
    [
        ("1234567890.1700000000", True),
        ("GA1.1.1234567890.1700000000", True),
        ("jane@example.com", False),
        ("a b", False),
        ("", False),
        (None, False),
    ],
)
def test_a_client_id_is_a_cookies_value_and_nobodys_address(client: str | None, kept: bool) -> None:
    assert client_of(client) == (client if kept else None)


@pytest.mark.parametrize(
    ("session", "kept"),
    [
        ("1795190000", True),
        ("GS1.1.1795190000.1.1.1795190100.60.0.0", True),
        ("GS2.1.s1795190000$o1$g1$t1795190100", True),
        ("0", False),
        ("-5", False),
        ("abc", False),
        (None, False),
    ],
)
def test_a_session_is_a_positive_number_or_the_session_cookie(session: str | None, kept: bool) -> None:
    assert session_of(session) == (session if kept else None)
