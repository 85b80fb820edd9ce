"""Who may be told: absence is a no, a no is a skip, an opt-out of sale is each vendor's own restriction."""

from itertools import product

import pytest

from include.delivery.consent import decide
from include.delivery.purchase import Reason, Vendor

YES, NO = "granted", "denied"
VENDORS: tuple[Vendor, ...] = ("ga4", "meta", "tiktok")


@pytest.mark.parametrize(
    ("vendor", "answers", "refused"),
    [
        ("ga4", {}, Reason.CONSENT_MISSING),
        ("ga4", {"marketing": YES}, Reason.CONSENT_MISSING),
        ("ga4", {"analytics": NO, "marketing": YES}, Reason.CONSENT_DENIED),
        ("ga4", {"analytics": YES}, None),
        ("ga4", {"analytics": YES, "marketing": NO}, None),
        ("meta", {}, Reason.CONSENT_MISSING),
        ("meta", {"analytics": YES}, Reason.CONSENT_MISSING),
        ("meta", {"analytics": YES, "marketing": NO}, Reason.CONSENT_DENIED),
        ("meta", {"marketing": YES}, None),
        ("tiktok", {"analytics": YES}, Reason.CONSENT_MISSING),
        ("tiktok", {"marketing": NO}, Reason.CONSENT_DENIED),
        ("tiktok", {"marketing": YES, "analytics": NO}, None),
        ("meta", {"marketing": "perhaps"}, Reason.CONSENT_MISSING),
    ],
)
def test_each_vendor_needs_a_yes_to_its_own_purpose(
    vendor: Vendor, answers: dict[str, str], refused: Reason | None
) -> None:
    assert decide(answers, vendor, "require").refused == refused


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_combination_of_answers_without_a_yes_is_sent(vendor: Vendor) -> None:
    for analytics, marketing, sale in product((None, NO, "", "yes"), repeat=3):
        answers = {"analytics": analytics, "marketing": marketing, "sale_of_data": sale}
        given = {purpose: answer for purpose, answer in answers.items() if answer is not None}
        assert decide(given, vendor, "require").refused is not None


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_policy_ignore_sends_without_an_answer_and_against_one(vendor: Vendor) -> None:
    assert decide({}, vendor, "ignore").refused is None
    assert decide({"analytics": NO, "marketing": NO}, vendor, "ignore").refused is None


@pytest.mark.parametrize(
    ("answers", "policy", "ads"),
    [
        ({"analytics": YES, "marketing": YES}, "require", "GRANTED"),
        ({"analytics": YES, "marketing": NO}, "require", "DENIED"),
        ({"analytics": YES}, "require", "DENIED"),
        ({"analytics": YES, "marketing": YES, "sale_of_data": NO}, "require", "DENIED"),
        ({"analytics": YES, "marketing": YES, "sale_of_data": YES}, "require", "GRANTED"),
        ({}, "ignore", None),
        ({"marketing": NO}, "ignore", "DENIED"),
        ({"sale_of_data": NO}, "ignore", "DENIED"),
    ],
)
def test_ga4_is_told_the_answer_on_advertising(answers: dict[str, str], policy: str, ads: str | None) -> None:
    assert decide(answers, "ga4", policy).ads == ads  # type: ignore[arg-type]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("policy", ["require", "ignore"])
def test_only_an_opt_out_of_sale_limits(vendor: Vendor, policy: str) -> None:
    asked = {"analytics": YES, "marketing": YES}
    assert decide(asked | {"sale_of_data": NO}, vendor, policy).limited  # type: ignore[arg-type]
    assert not decide(asked | {"sale_of_data": YES}, vendor, policy).limited  # type: ignore[arg-type]
    assert not decide(asked, vendor, policy).limited  # type: ignore[arg-type]
