"""Google Ads through REST: the class of an answer, by error category and code (source_apis B.9).

Errors come as one envelope, or wrapped in the array that searchStream answers with; one failure may hold several
errors, of which the gravest counts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from include.platforms.google_errors import delay_seconds, request_id_of, unlisted
from include.platforms.http_status import OK, SHAPE, NotJson, by_status, json_of, unknown_status
from include.platforms.outcome import Classified, Outcome, Rule, as_seen, classified, gravest, member

_TEMPORARY = Rule(Outcome.THROTTLE, "temporarily out of resources", waits=(60.0, 120.0, 240.0, 480.0))
_EXHAUSTED = Rule(Outcome.QUOTA_DAY, "operations of the day are used up")
_SHORT_TERM = Rule(Outcome.THROTTLE, "queries cost too much in a short time", waits=(60.0, 120.0), then=Outcome.SHRINK)
_LONG_TERM = Rule(Outcome.QUOTA_DAY, "queries cost too much over the day")
_INTERNAL = Rule(Outcome.TRANSIENT, "internal error")
_SLOW = Rule(Outcome.TRANSIENT, "deadline exceeded", then=Outcome.SHRINK)
_CUT = Rule(Outcome.TRANSIENT, "stream is cut or not JSON", then=Outcome.SHRINK)
_EXPIRED = Rule(Outcome.AUTH_DEAD, "access token is expired", refresh=True)
_REVOKED = Rule(Outcome.AUTH_DEAD, "credential is revoked or needs a person to sign in")
_DENIED = Rule(Outcome.ACCESS, "customer is not allowed or not enabled; is login_customer_id the right manager?")
_ONBOARDING = Rule(Outcome.CONFIG, "cloud project or developer token is not approved")
_REQUEST = Rule(Outcome.CONFIG, "request is wrong")
_PAGE_TOKEN = Rule(Outcome.SHRINK, "page token is no longer valid: the chunk starts anew")

CODES: Mapping[tuple[str, str], Rule] = {
    ("quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED"): _TEMPORARY,
    ("quotaError", "RESOURCE_EXHAUSTED"): _EXHAUSTED,
    ("quotaError", "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION"): _SHORT_TERM,
    ("quotaError", "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION"): _LONG_TERM,
    ("quotaError", "ACCESS_PROHIBITED"): _DENIED,
    ("internalError", "INTERNAL_ERROR"): _INTERNAL,
    ("internalError", "TRANSIENT_ERROR"): _INTERNAL,
    ("internalError", "DEADLINE_EXCEEDED"): _SLOW,
    ("authenticationError", "OAUTH_TOKEN_EXPIRED"): _EXPIRED,
    ("authenticationError", "OAUTH_TOKEN_REVOKED"): _REVOKED,
    ("authorizationError", "USER_PERMISSION_DENIED"): _DENIED,
    ("authorizationError", "CUSTOMER_NOT_ENABLED"): _DENIED,
    ("authorizationError", "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION"): _DENIED,
    ("authorizationError", "METRIC_ACCESS_DENIED"): _DENIED,
    ("authorizationError", "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION"): _ONBOARDING,
    ("requestError", "UNSUPPORTED_VERSION"): Rule(Outcome.SUNSET, "API version is switched off"),
    ("requestError", "EXPIRED_PAGE_TOKEN"): _PAGE_TOKEN,
    ("requestError", "INVALID_PAGE_TOKEN"): _PAGE_TOKEN,
}
"""(category, code) -> rule."""

PREFIXES: tuple[tuple[str, str, Rule], ...] = (
    ("authenticationError", "TWO_STEP_VERIFICATION", _REVOKED),
    ("authorizationError", "DEVELOPER_TOKEN_", _ONBOARDING),
    ("authenticationError", "DEVELOPER_TOKEN_", _ONBOARDING),
    ("queryError", "", _REQUEST),
    ("fieldError", "", _REQUEST),
    ("dateRangeError", "", _REQUEST),
)
"""(category, start of the code, rule): families of codes."""

_UNKNOWN = Rule(Outcome.UNKNOWN, "code is in no table")
_LONGEST_THROTTLE_SECONDS = 900.0


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Classified:
    """Return the class of an answer of search, searchStream or listAccessibleCustomers."""
    try:
        value = json_of(body)
    except NotJson:
        if 200 <= status < 300:
            return classified(_CUT, code=status, request_id=request_id_of(headers))
        return _of_status(status, headers, None)
    batches = value if isinstance(value, list) else [value]
    wrapped = next((batch for batch in batches if member(batch, "error") is not None), None)
    if wrapped is not None:
        return _of_envelope(status, headers, wrapped)
    if not 200 <= status < 300:
        return _of_status(status, headers, None)
    if not all(isinstance(batch, dict) for batch in batches):
        return classified(SHAPE, code=status)
    return classified(OK, request_id=request_id_of(headers, batches[0] if batches else None))


def _of_envelope(status: int, headers: Mapping[str, str], envelope: Any) -> Classified:
    request_id = request_id_of(headers, envelope)
    found = [_of_error(error, request_id) for error in _errors(envelope)]
    listed = [one for one in found if one.outcome is not Outcome.UNKNOWN]
    if listed:
        return gravest(listed)
    shared = _shared_rule(status)
    if shared is not None:
        code, subcode = (found[0].code, found[0].subcode) if found else (status, None)
        return classified(shared, code=code, subcode=subcode, request_id=request_id)
    return found[0] if found else unlisted(status, headers, envelope)


def _errors(envelope: Any) -> Iterator[Any]:
    for detail in member(envelope, "error", "details") or []:
        yield from member(detail, "errors") or []


def _of_error(error: Any, request_id: object) -> Classified:
    codes = member(error, "errorCode")
    category, code = next(iter(codes.items()), ("", "")) if isinstance(codes, dict) else ("", "")
    wait = delay_seconds(member(error, "details", "quotaErrorDetails", "retryDelay"))
    one = classified(
        _rule_of(str(category), str(code)), code=category, subcode=code, wait_seconds=wait, request_id=request_id
    )
    # The same code stands for a short pause and for a spent day; the delay tells them apart.
    if code == "RESOURCE_EXHAUSTED" and wait is not None and wait <= _LONGEST_THROTTLE_SECONDS:
        return as_seen(one, Outcome.THROTTLE)
    return one


def _rule_of(category: str, code: str) -> Rule:
    if (category, code) in CODES:
        return CODES[(category, code)]
    for family, start, rule in PREFIXES:
        if category == family and code.startswith(start):
            return rule
    return _UNKNOWN


def _shared_rule(status: int) -> Rule | None:
    if status == 401:
        return _EXPIRED
    return _DENIED if status == 403 else None


def _of_status(status: int, headers: Mapping[str, str], request_id: object) -> Classified:
    request_id = request_id or request_id_of(headers)
    if status == 504:
        return classified(_SLOW, code=status, request_id=request_id)
    if (shared := _shared_rule(status)) is not None:
        return classified(shared, code=status, request_id=request_id)
    return by_status(status, headers, request_id) or unknown_status(status, request_id)
