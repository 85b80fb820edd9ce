"""TikTok's API for Business: the class of an answer, by `code` of its envelope (source_apis C.9, conversion_apis C4).

The HTTP status is no classifier: refusals come with 200. Names are those of the vendor's own enum. `message` may echo
ids of the request and is never read.
"""

from collections.abc import Mapping

from include.platforms.http_status import NOT_JSON, OK, SHAPE, UNKNOWN_CODE, NotJson, by_status, json_of, unknown_status
from include.platforms.outcome import Classified, Outcome, Rule, classified, header, member

_REQUEST = Rule(Outcome.CONFIG, "request is wrong")
_ACCESS = Rule(Outcome.ACCESS, "no permission for this account, pixel, method or scope")
_GONE = Rule(Outcome.ACCESS, "advertiser or object does not exist or was deleted")
# A breach of queries per second is over in one, of queries per minute in five minutes, of queries per day at midnight
# UTC; the code is the same and nothing else says which.
_RATE = Rule(Outcome.THROTTLE, "rate limit of the app", waits=(1.0, 300.0), then=Outcome.QUOTA_DAY)
_ACCOUNT_RATE = Rule(Outcome.THROTTLE, "rate limit of the advertiser", waits=(1.0, 300.0), then=Outcome.QUOTA_DAY)
_TOKEN = Rule(Outcome.AUTH_DEAD, "access token is empty, invalid, expired or its app is blocked")
_REFRESH_TOKEN = Rule(Outcome.AUTH_DEAD, "refresh token is invalid or expired")
_SYSTEM = Rule(Outcome.TRANSIENT, "system error")
_MAINTENANCE = Rule(Outcome.TRANSIENT, "maintenance")
_OVER_LIMIT = Rule(Outcome.SHRINK, "more ids than a synchronous report holds: the page is not complete")

CODES: Mapping[int, Rule] = {
    20001: Rule(Outcome.CONFIG, "only part of the request was done"),
    **dict.fromkeys((40000, 40002, 40006, 40008, 40010, 40011, 41001, 41002), _REQUEST),
    40051: Rule(Outcome.SUNSET, "API version does not exist or is switched off"),
    **dict.fromkeys((40001, 40117, 40118, 40119, 40124, 40125, 40130, 40131, 41000), _ACCESS),
    **dict.fromkeys((40007, 40300, 40301), _GONE),
    **dict.fromkeys((40016, 40100, 40132), _RATE),
    40133: _ACCOUNT_RATE,
    40067: Rule(Outcome.SHRINK, "query is too large"),
    40101: Rule(Outcome.CONFIG, "partner is invalid"),
    **dict.fromkeys((40102, 40104, 40105, 40106, 40110, 40113), _TOKEN),
    **dict.fromkeys((40103, 40107), _REFRESH_TOKEN),
    **dict.fromkeys((40200, 40201, 40202, 40700, 50000, 50002), _SYSTEM),
    60001: _MAINTENANCE,
}
"""Code of the envelope -> rule; 51000 to 51999 are _SYSTEM as a family."""

_PATH = Rule(Outcome.CONFIG, "path does not exist; the trailing slash matters")


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Classified:
    """Return the class of an answer of reports, account reads or events."""
    log_id = header(headers, "X-Tt-Logid")
    try:
        value = json_of(body)
    except NotJson:
        value = None
        if 200 <= status < 300:
            return classified(NOT_JSON, code=status, request_id=log_id)
    code = member(value, "code")
    request_id = member(value, "request_id") or log_id
    if not isinstance(code, int):
        return _of_status(status, headers, request_id)
    if code == 0 and 200 <= status < 300:
        over_limit = bool((header(headers, "X-Tt-Ads-Throttle") or "").strip())
        return classified(_OVER_LIMIT if over_limit else OK, request_id=request_id)
    if code == 0:
        return _of_status(status, headers, request_id)
    rule = _SYSTEM if 51000 <= code <= 51999 else CODES.get(code, UNKNOWN_CODE)
    return classified(rule, code=code, request_id=request_id)


def _of_status(status: int, headers: Mapping[str, str], request_id: object) -> Classified:
    if status == 404:
        return classified(_PATH, code=status, request_id=request_id)
    if 200 <= status < 300:
        return classified(SHAPE, code=status, request_id=request_id)
    return by_status(status, headers, request_id) or unknown_status(status, request_id)
