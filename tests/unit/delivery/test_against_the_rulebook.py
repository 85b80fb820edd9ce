"""Whatever a shop writes, what is built breaks no rule of the vendors: the sandbox's rulebook is the second opinion."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from include.delivery import ga4_payload, meta_payload, tiktok_payload
from include.delivery.identifiers import Person, hashed_identifiers
from include.delivery.purchase import REFUND, Payload, Purchase, Refund
from include.orders.state import Context, RefundedLine
from sandbox.server.finding import Finding
from sandbox.server.vendors.ga4 import body_rules
from sandbox.server.vendors.ga4 import event_rules as ga4_rules
from sandbox.server.vendors.meta import event_rules as meta_rules
from sandbox.server.vendors.tiktok import event_rules as tiktok_rules
from tests.unit.delivery.purchases import PLACED, PLACED_MS, destination, event, purchase
from tests.unit.delivery.test_value import LINES

NOW = PLACED + timedelta(hours=1)
TEXT = st.none() | st.text(max_size=30)
ANSWER = st.sampled_from(["granted", "denied", "?"])
PERSONS = st.builds(
    Person,
    email=TEXT | st.emails(),
    phone=TEXT | st.sampled_from(["+33 4 77 12 34 56", "(213) 373-4253", "030 901820", "\u0660\u0661\u0662"]),
    first_name=TEXT,
    last_name=TEXT,
    street=TEXT,
    city=TEXT,
    state=TEXT,
    state_code=TEXT,
    postal_code=TEXT,
    country=st.none() | st.sampled_from(["US", "FR", "de", "U.S.", "usa", "", "12"]),
)
COOKIES = st.none() | st.text(max_size=40) | st.sampled_from([f"fb.1.{PLACED_MS - 1000}.AbC", "fb.1.1795000000000.77"])
CONTEXTS = st.builds(
    Context,
    ga_client_id=st.none() | st.sampled_from(["1.2", "1234567890.1700000000", "a@b.fr"]),
    ga_session_id=TEXT | st.sampled_from(["1795190000", "GS1.1.1795190000.1"]),
    fbp=COOKIES,
    fbc=COOKIES,
    ttclid=TEXT | st.just("E" * 1_001),
    ttp=TEXT,
    ip=TEXT | st.ip_addresses().map(str) | st.sampled_from(["203.0.113.0", "2001:db8::"]),
    user_agent=TEXT,
    landing_url=TEXT
    | st.sampled_from(["https://shop.example/?email=j@x.fr", "/a/j@x.fr", "/p?x", "//x", "https://[", "http://:1/"]),
    identifiers=st.one_of(
        st.builds(hashed_identifiers, PERSONS, st.sampled_from([None, "FR"])),
        st.dictionaries(st.sampled_from(["ga4", "meta", "tiktok"]), st.dictionaries(st.text(), st.text())),
    ),
    consent=st.dictionaries(st.sampled_from(["analytics", "marketing", "sale_of_data"]), ANSWER),
    consent_source=st.none(),
    consent_at=st.none(),
)
PURCHASES = st.builds(
    lambda **changes: purchase(**changes),
    currency=st.sampled_from(["EUR", "JPY", "KWD", "USD"]),
    total_minor=st.integers(0, 2**53),
    shipping_minor=st.none() | st.integers(0, 10**6),
    tax_minor=st.none() | st.integers(0, 10**6),
    taxes_included=st.booleans(),
    source_name=st.sampled_from([None, "web", "pos"]),
    is_new_customer=st.sampled_from([None, True, False]),
    customer_external_id=TEXT,
    lines=st.lists(LINES, max_size=4).map(tuple),
    context=CONTEXTS,
)
POLICY: st.SearchStrategy[Any] = st.sampled_from(["require", "ignore"])
SITE = st.sampled_from([None, "https://shop.example"])


def unbroken(findings: Iterable[Finding]) -> None:
    assert [(one.rule, one.detail) for one in findings] == []


@given(PURCHASES, POLICY)
def test_ga4(bought: Purchase, policy: Any) -> None:
    made = ga4_payload.build(bought, event(), destination("ga4", consent_policy=policy))
    if isinstance(made, Payload):
        body = json.loads(made.body)
        unbroken(body_rules.body_findings(body))
        unbroken(ga4_rules.event_findings(body["events"][0], body["timestamp_micros"], NOW))


@given(PURCHASES, st.integers(0, 10**6), st.integers(0, 10), st.integers(0, 10**6))
def test_ga4s_refund(bought: Purchase, goods: int, quantity: int, subtotal: int) -> None:
    refund = Refund(goods, 0, 0, (RefundedLine(1, quantity, subtotal, 0),))
    given_back = event(event_name=REFUND, event_seq=7, refund=refund)
    made = ga4_payload.build(bought, given_back, destination("ga4", consent_policy="ignore"))
    if isinstance(made, Payload):
        body = json.loads(made.body)
        unbroken(body_rules.body_findings(body))
        unbroken(ga4_rules.event_findings(body["events"][0], body["timestamp_micros"], NOW))


@given(PURCHASES, POLICY, SITE)
def test_meta(bought: Purchase, policy: Any, site: str | None) -> None:
    made = meta_payload.build(bought, event(), destination("meta", consent_policy=policy, site=site))
    if isinstance(made, Payload):
        unbroken(meta_rules.event_findings(json.loads(made.body), NOW))


@given(PURCHASES, POLICY, SITE)
def test_tiktok(bought: Purchase, policy: Any, site: str | None) -> None:
    made = tiktok_payload.build(bought, event(), destination("tiktok", consent_policy=policy, site=site))
    if isinstance(made, Payload):
        unbroken(tiktok_rules.event_findings(json.loads(made.body), "web", NOW))
