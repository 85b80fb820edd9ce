"""May this buyer's purchase be sent, and with which restriction: decided before a payload is built (conversion_apis E).

Under the policy `require` no answer is a no. GA4 has no field for a denied analytics consent and Meta and TikTok have
none for a denied marketing consent, so what is denied is not sent. A buyer who opted out of the sale of data is sent
with the vendor's own restriction: Meta's limited data use, TikTok's limited_data_use, GA4's DENIED.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from include.delivery.purchase import Reason, Vendor

_PURPOSE: Mapping[Vendor, str] = {"ga4": "analytics", "meta": "marketing", "tiktok": "marketing"}

Answer = Literal["GRANTED", "DENIED"]


@dataclass(frozen=True, slots=True)
class Consent:
    """The decision. refused: why nothing is sent, or None. limited: the buyer opted out of the sale of data.

    ads: what GA4 is told of ad_user_data and ad_personalization; None leaves it to the answers of the shop's own tag.
    """

    refused: Reason | None
    limited: bool
    ads: Answer | None


def decide(answers: Mapping[str, str], vendor: Vendor, policy: Literal["require", "ignore"]) -> Consent:
    """Return the decision for an order's answers: purpose (analytics, marketing, sale_of_data) -> granted or denied.

    Under `ignore` the tenant answers for sending without an answer and against one; what the buyer said is still told
    to GA4, and an opt-out of sale still restricts.
    """
    limited = answers.get("sale_of_data") == "denied"
    return Consent(_refused(answers, vendor) if policy == "require" else None, limited, _ads(answers, policy, limited))


def _refused(answers: Mapping[str, str], vendor: Vendor) -> Reason | None:
    answer = answers.get(_PURPOSE[vendor])
    if answer == "granted":
        return None
    return Reason.CONSENT_DENIED if answer == "denied" else Reason.CONSENT_MISSING


def _ads(answers: Mapping[str, str], policy: str, limited: bool) -> Answer | None:
    marketing = answers.get("marketing")
    if limited or marketing == "denied":
        return "DENIED"
    if marketing == "granted":
        return "GRANTED"
    return "DENIED" if policy == "require" else None
